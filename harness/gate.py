"""The migration gate: runners have to be equal, but for the differences that their scenarios expect."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from harness.comparison import (
    Between,
    CaseComparison,
    Comparison,
    Gate,
    Relation,
    ScenarioComparison,
    Unexpected,
    Vanished,
    Verdict,
)
from harness.releases.release import Release
from harness.scenario import Selection
from harness.scenario.difference import ExpectedDifference
from harness.semantics.account import Told

_LOST = (Verdict.CRASHED, Verdict.TIMED_OUT)


def gated(comparison: Comparison, selections: Sequence[Selection]) -> Comparison:
    """``comparison`` with how its runners differ held against what its scenarios expect.

    That an expected difference is gone is only said of scenarios that ran in whole.

    Args:
        comparison: explained, see :func:`harness.reasons.explained`.
        selections: the scenarios that it is of, in its order.
    """
    unexpected: list[Unexpected] = []
    vanished: list[Vanished] = []
    for selection, scenario in zip(selections, comparison.scenarios, strict=True):
        unexpected += _unexpected(selection.scenario.differences, scenario)
        if len(selection.cases) == len(selection.scenario.cases):
            vanished += _vanished(selection.scenario.differences, scenario)
    relations = Counter(between.relation for case in comparison.cases() for between in case.between)
    gate = Gate(
        compared=relations.total(),
        expected=relations[Relation.DIFFERS] - len(unexpected),
        unexplained=relations[Relation.UNEXPLAINED],
        unexpected=tuple(unexpected),
        vanished=tuple(vanished),
    )
    return replace(comparison, gate=gate)


def _unexpected(expected: Sequence[ExpectedDifference], scenario: ScenarioComparison) -> Iterator[Unexpected]:
    for case in scenario.cases:
        for between in case.between:
            if between.relation is Relation.DIFFERS and between.explanation is not None:
                allowed = {one.rule for one in expected if _about(one, case, between)}
                if missing := _missing(between.explanation, allowed):
                    yield Unexpected(case=case.case, between=between, rules=missing)


def _missing(explanation: Told, allowed: Collection[str]) -> tuple[str, ...]:
    """What the explanation that lacks least has besides ``allowed``; any will do where the case cannot tell them."""
    lacking = [tuple(one.rule for one in changes if one.rule not in allowed) for changes in explanation.sets]
    return min(lacking, key=len)


def _vanished(expected: Sequence[ExpectedDifference], scenario: ScenarioComparison) -> Iterator[Vanished]:
    for one in expected:
        pairs = [(case, between) for case in scenario.cases for between in case.between if _about(one, case, between)]
        # What was lost, and what no rule explains, may well be what was expected.
        unknown = any(between.relation is Relation.UNEXPLAINED for _, between in pairs) or _lost(one, scenario)
        if pairs and not unknown and not any(one.rule in _rules(between) for _, between in pairs):
            yield Vanished(scenario=scenario.name, expected=one, compared=len(pairs))


def _rules(between: Between) -> set[str]:
    """Every rule that some explanation of the difference needs."""
    sets = between.explanation.sets if between.explanation else ()
    return {change.rule for changes in sets for change in changes}


def _about(expected: ExpectedDifference, case: CaseComparison, between: Between) -> bool:
    name = next(result.release for result in case.results if result.runner == between.right)
    return expected.about(case.case, between.right, Release.parse(name) if name else None)


def _lost(expected: ExpectedDifference, scenario: ScenarioComparison) -> bool:
    """Whether a worker died on a case that it is about."""
    return any(
        result.verdict in _LOST and expected.about(case.case, result.runner, None)
        for case in scenario.cases
        for result in case.results
    )
