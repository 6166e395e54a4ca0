"""Reads the JSON of a run back into the values that every report is made from: exact, but for the arrays."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from harness.case import CaseName
from harness.comparison import (
    Between,
    CaseComparison,
    Comparison,
    Gate,
    Machine,
    Relation,
    RunnerResult,
    ScenarioComparison,
    Stale,
    Unexpected,
    Vanished,
    Verdict,
)
from harness.diff import Closest, Diff, Difference, DifferenceKind
from harness.errors import InvalidRun, Problem
from harness.observation import (
    Crashed,
    Identity,
    NotApplicable,
    Outcome,
    Raised,
    Reported,
    Spread,
    Structure,
    TimedOut,
    Unavailable,
)
from harness.releases.ranges import Range, ReleaseRange
from harness.report import run_model as model
from harness.rules import BY_ID
from harness.run import Part, Run, TargetRun
from harness.scale import BoundSource
from harness.scenario.difference import ExpectedDifference
from harness.semantics.account import Account
from harness.semantics.agreement import Residual
from harness.semantics.assertions import AssertionResult
from harness.semantics.claims import ClaimResult
from harness.semantics.evidence import CaseFacts
from harness.semantics.explain import Change

_HINT = "`harness compare --json FILE` writes one; docs/run.schema.json says what it holds"


def read_run(data: bytes, place: str) -> Run:
    """The run in ``data``; writing it again gives the same bytes.

    Args:
        data: the content of the file.
        place: what to call it in an error.

    Raises:
        InvalidRun: not in the format, or with a rule that this version does not know.
    """
    try:
        found = model.RunModel.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        message = f"not the JSON of a run: {where + ': ' if where else ''}{first['msg']}"
        raise InvalidRun(Problem(place=place, message=message, hint=_HINT)) from None
    _check(found, place)
    return Run(targets=tuple(_target(one) for one in found.targets), code=found.exit_code)


def _check(found: model.RunModel, place: str) -> None:
    """What the models do not say: rules and pairs of runners that are referred to are there."""
    unknown: set[str] = set()
    for comparison in (one.comparison for one in found.targets if one.comparison):
        cases = [case for scenario in comparison.scenarios for case in scenario.cases]
        told = [one.explanation for case in cases for one in case.results]
        told += [one.explanation for case in cases for one in case.between]
        unknown |= {change.rule for one in told if one for changes in one.sets for change in changes} - BY_ID.keys()
        pairs = {(case.id, one.left, one.right) for case in cases for one in case.between}
        for one in comparison.gate.unexpected if comparison.gate else ():
            if (one.case, one.left, one.right) not in pairs:
                message = f"the gate names {one.left} and {one.right} of {one.case}, which are not compared in it"
                raise InvalidRun(Problem(place=place, message=message, hint=_HINT))
    if unknown:
        message = f"there is no rule {', '.join(sorted(unknown))}: harness {found.harness} wrote this file"
        raise InvalidRun(Problem(place=place, message=message, hint="read it with the version that wrote it"))


def _target(found: model.TargetModel) -> TargetRun:
    part = found.shard
    return TargetRun(
        target=found.target,
        comparison=_comparison(found.comparison) if found.comparison else None,
        code=found.exit_code,
        problems=tuple(Problem(place=one.place, message=one.message, hint=one.hint) for one in found.problems),
        part=Part(count=part.count, indices=part.indices, cases=part.cases) if part else None,
    )


def _comparison(found: model.ComparisonModel) -> Comparison:
    environment = found.environment
    scenarios = tuple(_scenario(scenario) for scenario in found.scenarios)
    return Comparison(
        versions=environment.versions,
        runners=environment.runners,
        device=environment.device,
        seconds=found.seconds,
        scenarios=scenarios,
        stale=tuple(Stale(what=one.what, reason=one.reason) for one in found.stale),
        arguments=environment.arguments,
        program=environment.program,
        machines=tuple(Machine(**dict(one)) for one in environment.machines),
        gate=_gate(found.gate, {case.case.id: case for one in scenarios for case in one.cases}) if found.gate else None,
    )


def _scenario(found: model.ScenarioModel) -> ScenarioComparison:
    return ScenarioComparison(
        name=found.name,
        title=found.title,
        path=Path(found.path),
        line=found.line,
        cases=tuple(_case(case, found.name) for case in found.cases),
    )


def _case(found: model.CaseModel, scenario: str) -> CaseComparison:
    name = CaseName(id=found.id, scenario=scenario, variation=found.variation, sha256=found.sha256)
    return CaseComparison(
        case=name,
        results=tuple(_result(one) for one in found.results),
        between=tuple(_between(one) for one in found.between),
        claims=tuple(ClaimResult(**dict(one)) for one in found.claims),
        assertions=tuple(AssertionResult(**dict(one)) for one in found.assertions),
    )


def _result(found: model.ResultModel) -> RunnerResult:
    return RunnerResult(
        runner=found.runner,
        release=found.release,
        outcome=_outcome(found.outcome),
        verdict=Verdict(found.verdict),
        baseline=found.baseline,
        diff=_diff(found.diff) if found.diff else None,
        reason=found.reason,
        explanation=_account(found.explanation) if found.explanation else None,
    )


def _between(found: model.BetweenModel) -> Between:
    return Between(
        left=found.left,
        right=found.right,
        relation=Relation(found.relation),
        diff=_diff(found.diff),
        explanation=_account(found.explanation) if found.explanation else None,
    )


def _outcome(found: model.Outcome) -> Outcome | Reported:
    match found:
        case model.MeasuredModel():
            return Reported(
                steps=found.steps,
                structure=Structure(**dict(found.structure)) if found.structure else None,
                raised=Raised(**dict(found.raised)) if found.raised else None,
                identity=Identity(**dict(found.identity)) if found.identity else None,
                nondeterministic=found.nondeterministic,
                spreads=tuple(Spread(**dict(one)) for one in found.spreads),
            )
        case model.CrashedModel():
            return Crashed(cause=found.cause, stderr=found.stderr)
        case model.TimedOutModel():
            return TimedOut(seconds=found.seconds, stderr=found.stderr)
        case model.UnavailableModel(kind="unavailable"):
            return Unavailable(reason=found.reason)
        case model.UnavailableModel():
            return NotApplicable(reason=found.reason)


def _diff(found: model.DiffModel) -> Diff:
    return Diff(
        differences=tuple(_difference(one) for one in found.differences),
        identical=found.identical,
        closest=_closest(found.closest) if found.closest else None,
    )


def _difference(found: model.DifferenceModel) -> Difference:
    return Difference(
        kind=DifferenceKind(found.kind),
        step=found.step,
        field=found.field,
        left=found.left,
        right=found.right,
        index=found.index,
        error=_maybe(found.error),
        bound=_maybe(found.bound),
        source=BoundSource(found.source) if found.source else None,
        ulps=_maybe(found.ulps),
        elements=found.elements,
        size=found.size,
        passing=_maybe(found.passing),
    )


def _closest(found: model.ClosestModel) -> Closest:
    error, bound = float(found.error), float(found.bound)
    return Closest(
        step=found.step, field=found.field, index=found.index, error=error, bound=bound, ulps=_maybe(found.ulps)
    )


def _account(found: model.ExplanationModel) -> Account:
    sets = tuple(
        tuple(Change(rule=one.rule, left=one.left, right=one.right) for one in changes) for changes in found.sets
    )
    shown: tuple[Mapping[str, Difference], ...] = tuple(
        {one.rule: _difference(one.number) for one in changes if one.number} for changes in found.sets
    )
    return Account(
        differences=found.differences,
        explained=found.explained,
        sets=sets,
        numbers=shown if found.facts else (),
        facts=(_facts(found.facts[0]), _facts(found.facts[1])) if found.facts else None,
        unexplained=_residual(found.unexplained) if found.unexplained else None,
    )


def _facts(found: model.FactsModel) -> CaseFacts:
    return CaseFacts(
        values=found.values,
        initial_weight=_maybe(found.initial_weight),
        fused=found.fused,
        update_ops=found.update_ops,
    )


def _residual(found: model.ResidualModel) -> tuple[str, Residual]:
    residual = Residual(
        step=found.step,
        field=found.field,
        predicted=found.predicted,
        measured=found.measured,
        error=float(found.error),
        bound=float(found.bound),
    )
    return found.side, residual


def _gate(found: model.GateModel, cases: Mapping[str, CaseComparison]) -> Gate:
    return Gate(
        compared=found.compared,
        expected=found.expected,
        unexplained=found.unexplained,
        unexpected=tuple(_unexpected(one, cases[one.case]) for one in found.unexpected),
        vanished=tuple(_vanished(one) for one in found.vanished),
    )


def _unexpected(found: model.UnexpectedModel, case: CaseComparison) -> Unexpected:
    between = next(one for one in case.between if (one.left, one.right) == (found.left, found.right))
    return Unexpected(case=case.case, between=between, rules=found.rules)


def _vanished(found: model.VanishedModel) -> Vanished:
    expected = ExpectedDifference(
        rule=found.rule,
        place=found.place,
        runners=found.runners,
        releases=_releases(found.releases) if found.releases else None,
        where=found.where,
    )
    return Vanished(scenario=found.scenario, expected=expected, compared=found.compared)


def _releases(found: model.ReleasesModel) -> ReleaseRange:
    tensorflow, keras = (Range.parse(text) if text else None for text in (found.tensorflow, found.keras))
    return ReleaseRange(tensorflow=tensorflow, keras=keras)


def _maybe(value: model.Number | None) -> float | None:
    return None if value is None else float(value)
