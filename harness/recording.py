"""Records a measurement into golden: additive, one scenario file at a time, under a lock."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from harness import golden
from harness.case import Case, Json
from harness.diff import Diff, diff, same
from harness.execution.isolation import FLAGS
from harness.golden import GoldenFile, RecordAction
from harness.observation import Crashed, Observation, Outcome, TimedOut, Unavailable, recordable
from harness.releases.release import Release
from harness.scenario import Selection
from harness.session import Measurement
from harness.tolerance import Tolerance

_UNAVAILABLE = "unavailable"
_WROTE = (RecordAction.NEW, RecordAction.JOINED, RecordAction.STALE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Recorded:
    """What recording one runner's outcome of one case did.

    Attributes:
        case: its id.
        runner: whose outcome.
        release: what it ran on; ``None`` when the runner is unavailable.
        action: ``None`` when there was nothing that could be recorded.
        replaced: whether a recorded value was given up for this one.
        diff: measured against recorded, where the value changed.
        reason: why nothing could be recorded; empty otherwise.
    """

    case: str
    runner: str
    release: str | None
    action: RecordAction | None
    replaced: bool
    diff: Diff | None
    reason: str

    @property
    def unavailable(self) -> bool:
        """Whether the runner was not there."""
        return self.reason.startswith(_UNAVAILABLE)


def record_measurement(
    measurement: Measurement, golden_root: Path, *, replace: Release | None, prune: bool
) -> tuple[Recorded, ...]:
    """Record every outcome that golden can hold.

    Args:
        measurement: what to record.
        golden_root: the golden folder; made when missing.
        replace: the release whose recorded values may be given up: all its runners' by TensorFlow version,
            or one Keras line's by full name.
        prune: drop recorded cases that the scenario no longer has.

    Raises:
        InvalidGolden: a golden file of a selected scenario is not in the format; nothing of it is touched.
    """
    golden_root.mkdir(parents=True, exist_ok=True)
    done: list[Recorded] = []
    with golden.locked(golden_root):
        for selection in measurement.selections:
            done += _record_scenario(selection, measurement, golden_root, replace, prune)
        _record_provenance(golden_root, measurement, done)
    return tuple(done)


def _record_scenario(
    selection: Selection, measurement: Measurement, root: Path, replace: Release | None, prune: bool
) -> list[Recorded]:
    scenario = selection.scenario
    file = golden.read(root, scenario.name) or GoldenFile(scenario=scenario.name, cases={})
    done = []
    for case in selection.cases:
        for runner in measurement.runners:
            outcome = measurement.outcomes.get((case.id, runner))
            if outcome is not None:
                release = measurement.releases.get(runner)
                file, result = _record_one(file, case, runner, release, outcome, scenario.tolerance, replace)
                done.append(result)
    if prune:
        file = golden.prune(file, {case.key for case in scenario.cases})
    golden.write(root, file)
    return done


def _record_one(
    file: GoldenFile,
    case: Case,
    runner: str,
    release: str | None,
    outcome: Outcome,
    tolerance: Tolerance,
    replace: Release | None,
) -> tuple[GoldenFile, Recorded]:
    observation = recordable(outcome)
    told = partial(Recorded, case=case.id, runner=runner, release=release)
    if observation is None or release is None:
        return file, told(action=None, replaced=False, diff=None, reason=_why_not(outcome))
    where = Release.parse(release)
    replacing = replace is not None and replace in (where, Release(tensorflow=where.tensorflow))
    before = file.cases.get(case.key)
    file, action = golden.record_case(
        file,
        key=case.key,
        sha256=case.sha256,
        runner=runner,
        release=where,
        observation=observation,
        same=partial(same, case=case, tolerance=tolerance),
        replace=replacing,
    )
    difference = None
    if action is RecordAction.VALUE_CHANGED and before is not None:
        recorded = golden.covering(before.runners[runner], where)
        assert recorded is not None
        difference = diff(observation, recorded.observation, case=case, tolerance=tolerance)
    return file, told(action=action, replaced=replacing, diff=difference, reason="")


def _why_not(outcome: Outcome) -> str:
    match outcome:
        case Unavailable(reason=reason):
            return f"{_UNAVAILABLE}: {reason}"
        case TimedOut(seconds=seconds):
            return f"timed out after {seconds:g} s"
        case Crashed(cause=cause):
            return f"crashed: {cause}"
        case Observation():
            return ""


def _record_provenance(root: Path, measurement: Measurement, done: Sequence[Recorded]) -> None:
    """Say on what a release was measured, when something of it was written; else what is said stays true."""
    known = golden.read_provenance(root)
    for runner, release in measurement.releases.items():
        mine = [result for result in done if result.runner == runner]
        wrote = any(
            result.action in _WROTE or (result.replaced and result.action is RecordAction.VALUE_CHANGED)
            for result in mine
        )
        recorded = any(result.action is not None for result in mine)
        told = known.get(release, {}).get(runner)
        if wrote or (recorded and told is None):
            facts = _provenance(measurement, runner, told or {})
            golden.update_provenance(root, Release.parse(release), runner, facts)


def _provenance(measurement: Measurement, runner: str, told: Mapping[str, Json]) -> Mapping[str, Json]:
    """On what a runner measured; what a run of a few cases did not see of classes and devices stays told."""
    facts = measurement.facts[runner]
    versions: dict[str, Json] = {name: version for name, version in facts.versions.items() if version}
    return {
        "versions": versions,
        "platform": facts.platform,
        "cpu_features": list(facts.cpu_features),
        "flags": {**FLAGS, "threads": str(facts.threads)},
        "layer_classes": _identities(measurement, runner, "layer_class", told.get("layer_classes")),
        "devices": _identities(measurement, runner, "device", told.get("devices")),
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
    }


def _identities(measurement: Measurement, runner: str, attribute: str, told: Json) -> list[str]:
    found = {
        getattr(outcome.identity, attribute)
        for (_, ran), outcome in measurement.outcomes.items()
        if ran == runner and isinstance(outcome, Observation) and outcome.identity is not None
    }
    return sorted(found.union(told if isinstance(told, list) else ()) - {""})


def exit_code(done: Sequence[Recorded]) -> int:
    """6 when a worker was lost, 1 when a recorded value differs and was kept, 3 when nothing was recorded, else 0."""
    if any(result.action is None and not result.unavailable for result in done):
        return 6
    if any(result.action is RecordAction.VALUE_CHANGED and not result.replaced for result in done):
        return 1
    return 0 if any(result.action is not None for result in done) else 3
