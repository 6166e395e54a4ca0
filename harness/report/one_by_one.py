"""Texts about one failure alone, as the terminal with ``-v`` says them: for reports of one thing at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from harness.comparison import (
    CaseComparison,
    Comparison,
    Gate,
    Relation,
    RunnerResult,
    ScenarioComparison,
    Vanished,
    Verdict,
)
from harness.diff import Diff
from harness.report.assertions import assertions
from harness.report.differences import differences
from harness.report.failures import Page, failures, place
from harness.report.gate import gate
from harness.report.style import Style
from harness.report.why import one_line

WIDTH = 120

_FINE = (Verdict.MATCH, Verdict.NONDETERMINISTIC, Verdict.UNAVAILABLE, Verdict.NOT_APPLICABLE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One runner's outcome of one case, with all that is said of it.

    Attributes:
        comparison: nothing but this outcome: that runner's result and assertions, and how it differs from its
            reference.
    """

    scenario: ScenarioComparison
    case: CaseComparison
    result: RunnerResult
    comparison: Comparison

    @property
    def name(self) -> str:
        """``flags/x[training=true] [tf1]``: what no other item of a comparison is called."""
        return f"{self.case.case.id} [{self.result.runner}]"

    @property
    def failed(self) -> bool:
        """Whether the exit code tells of it: a verdict that is none of the harmless ones, or more than the verdict."""
        return self.result.verdict not in _FINE or self.comparison.failing()

    @property
    def brief(self) -> str:
        """The failure in a line: what is otherwise, with the first element and both values, and why."""
        parts = [] if self.result.verdict in _FINE else list(_changed(self.result))
        case = self.comparison.scenarios[0].cases[0]
        for between in case.between:
            at = _first(between.diff, between.left, between.right)
            parts.append(f"differs from {between.left}: {at}: UNEXPLAINED")
        for one in self.comparison.gate.unexpected if self.comparison.gate else ():
            parts.append(f"differs from {one.between.left} by {' and '.join(one.rules)}, which is not expected")
        parts += [f"does not hold: {one.says}: {one.detail}" for one in case.assertions]
        return "; ".join(parts)

    def failure(self) -> str:
        """What the terminal says of it with ``-v``, without colour; empty where nothing failed."""
        if not self.failed:
            return ""
        page = page_of(self.comparison)
        parts = [*failures(self.comparison, page), *differences(self.comparison, page), *gate(self.comparison, page)]
        if self.comparison.contradicted():
            parts += assertions(self.comparison, page)
        return "\n\n".join(parts)


def page_of(comparison: Comparison) -> Page:
    """How the texts are written."""
    return Page(
        width=WIDTH,
        verbose=1,
        style=Style(color=False),
        program=comparison.program,
        arguments=comparison.arguments,
    )


def _changed(result: RunnerResult) -> Iterator[str]:
    yield result.verdict.value
    if result.diff is not None:
        yield _first(result.diff, "measured", "golden")
    elif result.reason:
        yield result.reason
    if result.explanation is not None:
        found = result.explanation
        yield one_line(found).removeprefix("why: ") if found.explained else "UNEXPLAINED"


def _first(diff: Diff, left: str, right: str) -> str:
    """``step 1, moving_mean[1]: measured 1.5, golden 1.6``: of what differs, the first."""
    first = diff.differences[0]
    return f"{place(first)}: {left} {first.left}, {right} {first.right}"


def items(comparison: Comparison) -> Iterator[Item]:
    """Every runner's outcome of every case, in report order."""
    for scenario in comparison.scenarios:
        for case in scenario.cases:
            for result in case.results:
                yield Item(
                    scenario=scenario, case=case, result=result, comparison=_only(comparison, scenario, case, result)
                )


def holding(comparison: Comparison, *verdicts: Verdict) -> Comparison:
    """Nothing but the results of these verdicts."""
    scenarios = []
    for scenario in comparison.scenarios:
        found = [
            replace(case, results=kept, between=(), claims=(), assertions=())
            for case in scenario.cases
            if (kept := tuple(result for result in case.results if result.verdict in verdicts))
        ]
        scenarios += [replace(scenario, cases=tuple(found))] if found else []
    return replace(comparison, scenarios=tuple(scenarios), stale=(), gate=None)


def vanished_text(comparison: Comparison, vanished: Vanished) -> str:
    """What the terminal says of one expected difference that is gone, without colour."""
    alone = Gate(compared=vanished.compared, expected=0, unexplained=0, unexpected=(), vanished=(vanished,))
    return "\n".join(gate(replace(comparison, scenarios=(), gate=alone), page_of(comparison)))


def _only(
    comparison: Comparison, scenario: ScenarioComparison, case: CaseComparison, result: RunnerResult
) -> Comparison:
    runner = result.runner
    # A difference that is explained is no failure: whether it was expected is the gate's to say.
    unexplained = tuple(one for one in case.between if one.right == runner and one.relation is Relation.UNEXPLAINED)
    contradicted = tuple(one for one in case.assertions if one.runner == runner and one.holds is False)
    alone = replace(case, results=(result,), between=unexplained, claims=(), assertions=contradicted)
    judged = comparison.gate
    if judged is not None:
        mine = [one for one in judged.unexpected if one.case.id == case.case.id and one.between.right == runner]
        judged = replace(judged, unexpected=tuple(mine), vanished=())
    return replace(comparison, runners=(runner,), scenarios=(replace(scenario, cases=(alone,)),), stale=(), gate=judged)
