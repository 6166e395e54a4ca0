"""Builds the Comparison: one measurement against golden, runner against runner, claim against measurement."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from packaging.version import Version

from harness.case import Case
from harness.comparison import (
    Between,
    CaseComparison,
    Comparison,
    Machine,
    Relation,
    RunnerResult,
    ScenarioComparison,
    Stale,
    Verdict,
)
from harness.diff import Diff
from harness.errors import InvalidGolden, Problem
from harness.execution.plan import reference
from harness.golden import Behaviour, GoldenFile, expected, orphans, read
from harness.observation import Crashed, NotApplicable, Observation, Outcome, TimedOut, Unavailable, recordable
from harness.releases.release import Release
from harness.scenario import Scenario, Selection
from harness.scenario.assertion import Other
from harness.scenario.value import SameAs
from harness.semantics import assertions
from harness.semantics.assertions import AssertionResult
from harness.semantics.claims import ClaimResult, judge, result
from harness.semantics.examiner import Examiner, Examiners
from harness.semantics.judgement import Shown
from harness.session import Measurement
from harness.settled import as_recorded


def read_goldens(root: Path, selections: Sequence[Selection]) -> dict[str, GoldenFile | None]:
    """The golden files of the selected scenarios, by name.

    Raises:
        InvalidGolden: every file that is not in the format.
    """
    found: dict[str, GoldenFile | None] = {}
    problems: list[Problem] = []
    for selection in selections:
        try:
            found[selection.scenario.name] = read(root, selection.scenario.name)
        except InvalidGolden as error:
            problems += error.problems
    if problems:
        raise InvalidGolden(*problems)
    return found


def compared_ahead(
    selections: Sequence[Selection],
    goldens: Mapping[str, GoldenFile | None],
    examiners: Examiners,
    runners: Callable[[Selection], Sequence[str]],
    tensorflow: str,
) -> Iterator[None]:
    """Compare runners as they are recorded up to ``tensorflow``, one pair at a time: most runs show the same again.

    What was read in a recorded observation is known of a measured one that is alike to the bit.
    """
    for selection in selections:
        golden = goldens[selection.scenario.name]
        for case in selection.cases:
            recorded = golden.cases.get(case.key) if golden else None
            if recorded is None or recorded.sha256 != case.sha256:
                continue
            found = {runner: _newest(recorded.runners.get(runner, ()), tensorflow) for runner in runners(selection)}
            outcomes = {runner: observation for runner, observation in found.items() if observation is not None}
            for _ in _between(outcomes, examiners.of(case)):
                yield


def _newest(behaviours: Sequence[Behaviour], tensorflow: str) -> Observation | None:
    """What is recorded for the newest release up to ``tensorflow``, whatever Keras it has."""
    last = Version(tensorflow)
    recorded = ((Release.parse(name), one.observation) for one in behaviours for name in one.releases)
    below = [(release, observation) for release, observation in recorded if Version(release.tensorflow) <= last]
    return max(below, key=lambda pair: pair[0])[1] if below else None


def compare_run(
    measurement: Measurement,
    *,
    goldens: Mapping[str, GoldenFile | None],
    golden_root: Path,
    scenarios: Sequence[Scenario],
    baseline: Release | None,
    device: str,
    arguments: Sequence[str],
    program: Sequence[str] = ("harness",),
    examiners: Examiners | None = None,
) -> Comparison:
    """The comparison of one measurement.

    Args:
        measurement: what ran.
        goldens: by scenario, see :func:`read_goldens`.
        golden_root: where they are.
        scenarios: *every* scenario of the folder when recorded things that none stands for are to be found;
            empty for a selection, which cannot tell.
        baseline: expect what is recorded for this release; by default, for the one that ran.
        device: the device asked for.
        arguments: the options that a rerun of a single case has to repeat.
        program: how the user's shell finds this program.
        examiners: who reads the observations, for :func:`harness.reasons.explained` to share; by default nobody shares.

    Raises:
        InvalidGolden: a golden file that no scenario stands for is not in the format.
    """
    measurement = replace(measurement, outcomes=_with_known_races(measurement, goldens, baseline))
    readers = examiners or Examiners(selection.scenario for selection in measurement.selections)
    compared = [
        _compare_scenario(selection, measurement, readers, goldens[selection.scenario.name], baseline)
        for selection in measurement.selections
    ]
    # A case that was recorded under another hash has its verdict already.
    current = [(scenario.name, dict.fromkeys(case.key for case in scenario.cases)) for scenario in scenarios]
    found = orphans(golden_root, current) if scenarios else []
    return Comparison(
        versions=_versions(measurement),
        runners=measurement.runners,
        device=device,
        seconds=measurement.seconds,
        scenarios=tuple(compared),
        stale=tuple(Stale(what=orphan.what, reason=orphan.reason) for orphan in found),
        arguments=tuple(arguments),
        program=tuple(program),
        machines=_machines(measurement),
    )


def _with_known_races(
    measurement: Measurement, goldens: Mapping[str, GoldenFile | None], baseline: Release | None
) -> Mapping[tuple[str, str], Outcome]:
    """The outcomes, each that golden says to be nondeterministic in that form: whether a race shows is chance."""
    outcomes = dict(measurement.outcomes)
    repeated = [case for one in measurement.selections for case in one.cases if case.repetitions > 1]
    for case, runner in ((case, runner) for case in repeated for runner in measurement.releases):
        outcome, golden = outcomes.get((case.id, runner)), goldens[case.scenario]
        recorded = golden.cases.get(case.key) if golden else None
        if not isinstance(outcome, Observation) or recorded is None or recorded.sha256 != case.sha256:
            continue
        wanted = baseline or Release.parse(measurement.releases[runner])
        if found := expected(recorded.runners.get(runner, ()), wanted):
            outcomes[case.id, runner] = as_recorded(outcome, found[0].observation, case.repetitions)
    return outcomes


def _machines(measurement: Measurement) -> tuple[Machine, ...]:
    found = (measurement.facts[runner] for runner in measurement.runners if runner in measurement.facts)
    return tuple(
        dict.fromkeys(
            Machine(platform=one.platform, cpu_features=tuple(one.cpu_features), threads=one.threads) for one in found
        )
    )


def _versions(measurement: Measurement) -> Mapping[str, str]:
    merged: dict[str, str] = {}
    for runner in measurement.runners:
        if runner in measurement.facts:
            merged.update({name: text for name, text in measurement.facts[runner].versions.items() if text})
    return merged


def _compare_scenario(
    selection: Selection,
    measurement: Measurement,
    examiners: Examiners,
    golden: GoldenFile | None,
    baseline: Release | None,
) -> ScenarioComparison:
    """Everything about the selected cases of one scenario."""
    scenario = selection.scenario
    return ScenarioComparison(
        name=scenario.name,
        title=scenario.title,
        path=scenario.path,
        line=scenario.line,
        cases=tuple(
            _compare_case(selection, examiners.of(case), measurement, golden, baseline) for case in selection.cases
        ),
    )


def _compare_case(
    selection: Selection,
    examiner: Examiner,
    measurement: Measurement,
    golden: GoldenFile | None,
    baseline: Release | None,
) -> CaseComparison:
    case = examiner.case
    outcomes = {
        runner: measurement.outcomes[case.id, runner]
        for runner in measurement.runners
        if (case.id, runner) in measurement.outcomes
    }
    recorded = golden.cases.get(case.key) if golden else None
    results = []
    for runner, outcome in outcomes.items():
        release = measurement.releases.get(runner)
        if recorded is not None and recorded.sha256 != case.sha256 and not isinstance(outcome, NotApplicable):
            results.append(_stale(runner, release, outcome))
            continue
        behaviours = recorded.runners.get(runner, ()) if recorded else ()
        results.append(_against_golden(runner, release, outcome, behaviours, baseline, examiner))
    return CaseComparison(
        case=case,
        results=tuple(results),
        between=tuple(_between(outcomes, examiner)),
        claims=tuple(_claims(selection, case, measurement)),
        assertions=tuple(_assertions(selection, case, measurement)),
    )


def _stale(runner: str, release: str | None, outcome: Outcome) -> RunnerResult:
    return RunnerResult(
        runner=runner,
        release=release,
        outcome=outcome,
        verdict=Verdict.STALE,
        baseline=None,
        diff=None,
        reason="the golden file was recorded for another version of this case",
    )


def _against_golden(
    runner: str,
    release: str | None,
    outcome: Outcome,
    behaviours: Sequence[Behaviour],
    baseline: Release | None,
    examiner: Examiner,
) -> RunnerResult:
    wanted = baseline or (Release.parse(release) if release else None)
    found = expected(behaviours, wanted) if wanted and not isinstance(outcome, Unavailable | NotApplicable) else None
    measured = recordable(outcome)
    difference = None
    if found and measured:
        difference = examiner.diff(measured, found[0].observation)
    verdict, reason = _judge(outcome, difference, found[0].observation if found else None)
    return RunnerResult(
        runner=runner,
        release=release,
        outcome=outcome,
        verdict=verdict,
        baseline=str(found[1]) if found else None,
        diff=difference if verdict in (Verdict.MATCH, Verdict.NONDETERMINISTIC, Verdict.CHANGED) else None,
        reason=reason,
    )


def _judge(outcome: Outcome, difference: Diff | None, expectation: Observation | None) -> tuple[Verdict, str]:
    """The verdict, and the reason where it is not a comparison of two measurements."""
    agrees = difference is not None and not difference.differences
    match outcome:
        case Unavailable(reason=reason):
            return Verdict.UNAVAILABLE, reason
        case NotApplicable(reason=reason):
            return Verdict.NOT_APPLICABLE, reason
        case TimedOut(seconds=seconds):
            return Verdict.TIMED_OUT, f"no answer within {seconds:g} s"
        case Crashed(cause=cause):
            return (Verdict.MATCH, "") if agrees else (Verdict.CRASHED, cause)
        case Observation() if expectation is None:
            return Verdict.NEW, "no golden behaviour is recorded for this release or one before it"
        case Observation(nondeterministic=True) if agrees:
            return Verdict.NONDETERMINISTIC, ""
    return (Verdict.MATCH if agrees else Verdict.CHANGED), ""


def _pairs(runners: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each runner with its reference, or where that did not run with the first that did."""
    for runner in runners:
        wanted = reference(runner)
        other = wanted if wanted is not None and wanted in runners else runners[0]
        if other != runner:
            yield other, runner


def _between(outcomes: Mapping[str, Outcome], examiner: Examiner) -> Iterator[Between]:
    measured = [runner for runner, outcome in outcomes.items() if isinstance(outcome, Observation)]
    for left, right in _pairs(measured):
        one, other = outcomes[left], outcomes[right]
        if isinstance(one, Observation) and isinstance(other, Observation):
            difference = examiner.diff(one, other, same_runner=False)
            relation = Relation.DIFFERS if difference.differences else Relation.SAME
            yield Between(left=left, right=right, relation=relation, diff=difference)


def _claims(selection: Selection, case: Case, measurement: Measurement) -> Iterator[ClaimResult]:
    """Every claim about this case and meant for what ran, against every runner's measurement."""
    scenario = selection.scenario
    for claim in scenario.claims:
        for runner in measurement.runners:
            name = measurement.releases.get(runner)
            meant = claim.meant_for(runner, Release.parse(name) if name else None)
            if not meant or not claim.about(case) or (case.id, runner) not in measurement.outcomes:
                continue
            outcome = measurement.outcomes[case.id, runner]
            judgement = None
            if isinstance(outcome, Observation):
                shown = Shown(case=case, observation=outcome, tolerance=scenario.tolerance, exact=True)
                judgement = judge(claim, shown, partial(_other, scenario, case, runner, measurement))
            yield result(claim, runner, judgement)


def _other(
    scenario: Scenario, case: Case, runner: str, measurement: Measurement, same_as: SameAs
) -> Observation | None:
    other = same_as.of(case, scenario.cases)
    outcome = measurement.outcomes.get((other.id, runner)) if other else None
    return outcome if isinstance(outcome, Observation) else None


def _assertions(selection: Selection, case: Case, measurement: Measurement) -> Iterator[AssertionResult]:
    """Every assertion about this case and meant for what ran, against every runner's measurement."""
    scenario = selection.scenario
    for assertion in scenario.assertions:
        for runner in measurement.runners:
            name = measurement.releases.get(runner)
            outcome = measurement.outcomes.get((case.id, runner))
            if outcome is None or not assertion.about(case, runner, Release.parse(name) if name else None):
                continue
            judgement = None
            if isinstance(outcome, Observation):
                shown = Shown(case=case, observation=outcome, tolerance=scenario.tolerance, exact=True)
                judgement = assertions.judge(
                    assertion, shown, partial(_other_side, scenario, case, runner, measurement)
                )
            yield assertions.result(assertion, runner, judgement)


def _other_side(
    scenario: Scenario, case: Case, runner: str, measurement: Measurement, other: Other
) -> Observation | None:
    there = other.case(case, scenario.cases)
    outcome = measurement.outcomes.get((there.id, other.runner or runner)) if there else None
    return outcome if isinstance(outcome, Observation) else None


_EXIT_CODES = (
    # A run that lost cases says less than it seems to: a crash outranks a change, a change a missing golden.
    (6, (Verdict.CRASHED, Verdict.TIMED_OUT)),
    (1, (Verdict.CHANGED,)),
    (4, (Verdict.NEW, Verdict.STALE)),
    (0, (Verdict.MATCH, Verdict.NONDETERMINISTIC)),
)


def exit_code(comparison: Comparison) -> int:
    """The exit code of a run: its worst verdict; 3 when everything is unavailable or not applicable.

    A difference between runners that nothing explains, or that a gate does not expect, and a contradicted assertion
    are as bad as a change. A gate that no two runners came to has not been passed.
    """
    verdicts = _verdicts(comparison)
    code = next((code for code, worst in _EXIT_CODES if verdicts & set(worst)), 3)
    if comparison.failing() and code != 6:
        return 1
    if comparison.gate is not None and not comparison.gate.compared and code == 0:
        return 3
    return 4 if comparison.stale and code in (0, 3) else code


def worst(codes: Sequence[int]) -> int:
    """One exit code for several targets: the gravest; a target where nothing ran counts only when none did."""
    return next((code for code in (6, 1, 2, 7, 4, 5) if code in codes), 0 if 0 in codes else 3)


def lost_code(comparison: Comparison) -> int:
    """The exit code of a run that expects nothing: 6 when a worker was lost, 3 when no runner was there, else 0."""
    verdicts = _verdicts(comparison)
    if verdicts & {Verdict.CRASHED, Verdict.TIMED_OUT}:
        return 6
    return 3 if verdicts <= {Verdict.UNAVAILABLE, Verdict.NOT_APPLICABLE} else 0


def _verdicts(comparison: Comparison) -> set[Verdict]:
    return {result.verdict for case in comparison.cases() for result in case.results}
