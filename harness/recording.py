"""Records a measurement into golden: additive, one scenario file at a time, under a lock."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from harness import golden
from harness.case import Json
from harness.diff import Diff
from harness.execution.isolation import FLAGS
from harness.golden import GoldenFile, RecordAction
from harness.observation import Crashed, NotApplicable, Observation, Outcome, TimedOut, Unavailable, recordable
from harness.releases.release import Release
from harness.scenario import Selection
from harness.semantics.examiner import Examiner
from harness.session import Measurement
from harness.settled import as_recorded

_UNAVAILABLE = "unavailable"
_PREFIX = f"{_UNAVAILABLE}: "
_NOT_APPLICABLE = "not applicable"
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
        """Whether there was nothing to measure: the runner was not there, or has no notion of the case."""
        return self.reason.startswith((_UNAVAILABLE, _NOT_APPLICABLE))


def record_measurement(
    measurement: Measurement, golden_root: Path, *, replace: Sequence[Release], prune: bool
) -> tuple[Recorded, ...]:
    """Record every outcome that golden can hold.

    Args:
        measurement: what to record.
        golden_root: the golden folder; made when missing.
        replace: releases whose recorded values may be given up: all their runners' by TensorFlow version,
            or one Keras line's by full name.
        prune: drop recorded cases that the scenario no longer has.

    Raises:
        InvalidGolden: a golden file of a selected scenario is not in the format; nothing of it is touched.
    """
    golden_root.mkdir(parents=True, exist_ok=True)
    files: list[GoldenFile] = []
    done: list[Recorded] = []
    with golden.locked(golden_root):
        for selection in measurement.selections:
            file, results = _record_scenario(selection, measurement, golden_root, replace, prune)
            files.append(file)
            done += results
        # First, so that a kill leaves no golden file with a release of which provenance knows nothing.
        _record_provenance(golden_root, measurement, done)
        for file in files:
            golden.write(golden_root, file)
    return tuple(done)


def _record_scenario(
    selection: Selection, measurement: Measurement, root: Path, replace: Sequence[Release], prune: bool
) -> tuple[GoldenFile, list[Recorded]]:
    """The golden file of a scenario with what was measured in it, not written yet."""
    scenario = selection.scenario
    file = golden.read(root, scenario.name) or GoldenFile(scenario=scenario.name, cases={})
    done = []
    for case in selection.cases:
        examiner = Examiner(case, scenario.tolerance)
        for runner in measurement.runners:
            outcome = measurement.outcomes.get((case.id, runner))
            if outcome is not None:
                release = measurement.releases.get(runner)
                file, result = _record_one(file, examiner, runner, release, outcome, replace)
                done.append(result)
    if prune:
        file = golden.prune(file, {case.key for case in scenario.cases})
    return file, done


def _record_one(
    file: GoldenFile,
    examiner: Examiner,
    runner: str,
    release: str | None,
    outcome: Outcome,
    replace: Sequence[Release],
) -> tuple[GoldenFile, Recorded]:
    case = examiner.case
    observation = recordable(outcome)
    told = partial(Recorded, case=case.id, runner=runner, release=release)
    if observation is None or release is None:
        return file, told(action=None, replaced=False, diff=None, reason=_why_not(outcome))
    where = Release.parse(release)
    replacing = where in replace or Release(tensorflow=where.tensorflow) in replace
    before = file.cases.get(case.key)
    file, action = golden.record_case(
        file,
        key=case.key,
        sha256=case.sha256,
        runner=runner,
        release=where,
        observation=observation,
        same=examiner.same,
        replace=replacing,
    )
    difference = None
    if action is RecordAction.VALUE_CHANGED and before is not None:
        recorded = golden.covering(before.runners[runner], where)
        assert recorded is not None
        measured = as_recorded(observation, recorded.observation, case.repetitions)
        difference = examiner.diff(measured, recorded.observation)
    return file, told(action=action, replaced=replacing, diff=difference, reason="")


def _why_not(outcome: Outcome) -> str:
    match outcome:
        case Unavailable(reason=reason):
            return f"{_PREFIX}{reason}"
        case NotApplicable(reason=reason):
            return f"{_NOT_APPLICABLE}: {reason}"
        case TimedOut(seconds=seconds):
            return f"timed out after {seconds:g} s"
        case Crashed(cause=cause):
            return f"crashed: {cause}"
        case Observation():
            return ""


def _record_provenance(root: Path, measurement: Measurement, done: Sequence[Recorded]) -> None:
    """Say on what a release was measured, when something of it was written; else what is said stays true.

    Of a release that does not have the runner, say why.
    """
    known = golden.read_provenance(root)
    for runner, name in measurement.releases.items():
        release, told = Release.parse(name), known.get(name, {}).get(runner)
        mine = [result for result in done if result.runner == runner]
        unknown = told is None or golden.UNAVAILABLE in told
        if _wrote(mine) or (unknown and any(result.action is not None for result in mine)):
            facts = _provenance(measurement, runner, told or {})
        elif unknown and _has(release, runner) and (reason := _absent(mine)):
            facts = {**_versions(measurement, runner), golden.UNAVAILABLE: reason}
        else:
            continue
        golden.update_provenance(root, release, runner, facts)


def _wrote(done: Sequence[Recorded]) -> bool:
    return any(
        result.action in _WROTE or (result.replaced and result.action is RecordAction.VALUE_CHANGED) for result in done
    )


def _absent(done: Sequence[Recorded]) -> str:
    """Why the release does not have the runner; empty where it has."""
    reasons = [result.reason.removeprefix(_PREFIX) for result in done if result.reason.startswith(_PREFIX)]
    return reasons[0] if reasons and all(result.unavailable for result in done) else ""


def _has(release: Release, runner: str) -> bool:
    """Whether ``runner`` records under releases like this one: a missing package makes no release without a runner."""
    libraries = {"keras": (None, "keras"), "tf_keras": ("tf_keras",)}
    return release.library in libraries.get(runner.partition(":")[0], (None, "tf_keras"))


def _provenance(measurement: Measurement, runner: str, told: Mapping[str, Json]) -> Mapping[str, Json]:
    """On what a runner measured; what a run of a few cases did not see of classes and devices stays told."""
    facts = measurement.facts[runner]
    return {
        **_versions(measurement, runner),
        "cpu_features": list(facts.cpu_features),
        "flags": {**FLAGS, "threads": str(facts.threads)},
        "layer_classes": _identities(measurement, runner, "layer_class", told.get("layer_classes")),
        "devices": _identities(measurement, runner, "device", told.get("devices")),
    }


def _versions(measurement: Measurement, runner: str) -> dict[str, Json]:
    """What was there, where, and when."""
    facts = measurement.facts[runner]
    versions: dict[str, Json] = {name: version for name, version in facts.versions.items() if version}
    today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    return {"versions": versions, "platform": facts.platform, "date": today}


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
