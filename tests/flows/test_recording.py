"""Recording adds, says what it did, and never gives up a value unasked."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import golden
from harness.golden import Absence, RecordAction
from harness.observation import Crashed, NotApplicable, Outcome, TimedOut, Unavailable
from harness.recording import Recorded, exit_code, record_measurement
from harness.releases.release import Release
from tests.report.samples import FROZEN, TRAINED, case, f32, observed
from tests.unit.each import each
from tests.unit.measured import RELEASES, measurement, selection

ONE, TWO = case(training=True), case(training=False)
GOOD = observed({"output": f32(TRAINED)})
OTHER = observed({"output": f32(FROZEN)})


parse = Release.parse


def record(
    root: Path, outcome: Outcome, *, release: str = RELEASES["tf1"], replace: str | None = None, prune: bool = False
) -> Recorded:
    (done,) = record_measurement(
        measurement({(ONE.id, "tf1"): outcome}, selection([ONE]), releases={"tf1": release}),
        root,
        replace=[Release.parse(replace)] if replace else [],
        prune=prune,
    )
    return done


def tree(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in root.rglob("*.json")}


def test_the_first_observation_opens_a_behaviour(tmp_path: Path) -> None:
    assert record(tmp_path, GOOD).action is RecordAction.NEW
    assert golden.check(tmp_path) == []


def test_recording_again_changes_no_byte(tmp_path: Path) -> None:
    record(tmp_path, GOOD)
    before = tree(tmp_path)
    assert record(tmp_path, GOOD).action is RecordAction.UNCHANGED
    assert tree(tmp_path) == before


def test_another_release_joins_or_opens(tmp_path: Path) -> None:
    record(tmp_path, GOOD, release="1.4.1")
    assert record(tmp_path, GOOD, release="1.5.1").action is RecordAction.JOINED
    assert record(tmp_path, OTHER, release="1.6.0").action is RecordAction.NEW


def test_a_recorded_value_is_kept_until_its_release_is_named(tmp_path: Path) -> None:
    record(tmp_path, GOOD)
    before = tree(tmp_path)
    kept = record(tmp_path, OTHER)
    assert (kept.action, kept.replaced) == (RecordAction.VALUE_CHANGED, False)
    assert kept.diff is not None
    assert kept.diff.fields == ("output",)
    assert tree(tmp_path) == before
    assert record(tmp_path, OTHER, replace="1.15.5").replaced is False
    assert tree(tmp_path) == before
    assert record(tmp_path, OTHER, replace="2.21.0").replaced is True
    assert record(tmp_path, OTHER).action is RecordAction.UNCHANGED


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (NotApplicable(reason="no flag"), "not applicable: no flag"),
        (TimedOut(seconds=3, stderr=""), "timed out after 3 s"),
        (Crashed(cause="SIGKILL", stderr=""), "crashed: SIGKILL"),
    ],
)
def test_what_cannot_be_recorded_is_said_and_writes_nothing(tmp_path: Path, outcome: Outcome, reason: str) -> None:
    done = record(tmp_path, outcome)
    assert (done.action, done.reason) == (None, reason)
    assert tree(tmp_path) == {}


def test_a_release_without_the_runner_is_told_until_it_is_measured(tmp_path: Path) -> None:
    done = record(tmp_path, Unavailable(reason="no layers: gone"), release="1.0.1")
    assert (done.action, done.reason) == (None, "unavailable: no layers: gone")
    assert list(tree(tmp_path)) == [golden.PROVENANCE]
    facts = golden.read_provenance(tmp_path)["1.0.1"]["tf1"]
    assert (facts["unavailable"], facts["platform"]) == ("no layers: gone", "linux-x86_64")
    record(tmp_path, Unavailable(reason="no layers: gone"), release="1.1.0")
    record(tmp_path, Unavailable(reason="another"), release="1.2.1")
    assert golden.absences(golden.read_provenance(tmp_path)) == (
        Absence(runner="tf1", releases=(parse("1.0.1"), parse("1.1.0")), reason="no layers: gone"),
        Absence(runner="tf1", releases=(parse("1.2.1"),), reason="another"),
    )
    record(tmp_path, GOOD, release="1.0.1")
    assert golden.UNAVAILABLE not in golden.read_provenance(tmp_path)["1.0.1"]["tf1"]
    assert golden.check(tmp_path) == []


def test_what_was_measured_is_not_taken_for_absent_later(tmp_path: Path) -> None:
    record(tmp_path, GOOD)
    before = tree(tmp_path)
    record(tmp_path, Unavailable(reason="broken installation"))
    assert tree(tmp_path) == before


@pytest.mark.parametrize(("runner", "release"), [("tf1", "2.21.0+keras-3.15.1"), ("tf_keras", "2.15.1")])
def test_a_package_that_is_not_installed_makes_no_release_without_the_runner(
    tmp_path: Path, runner: str, release: str
) -> None:
    nothing = Unavailable(reason="No module named 'tf_keras'")
    asked = measurement({(ONE.id, runner): nothing}, selection([ONE]), releases={runner: release})
    record_measurement(asked, tmp_path, replace=(), prune=False)
    assert tree(tmp_path) == {}


def test_provenance_says_on_what(tmp_path: Path) -> None:
    record(tmp_path, GOOD)
    facts = golden.read_provenance(tmp_path)[RELEASES["tf1"]]["tf1"]
    assert facts["cpu_features"] == ["avx2"]
    assert facts["layer_classes"] == ["keras.layers.BatchNormalization"]
    assert facts["versions"] == {"tensorflow": "2.21.0", "keras": "3.15.1", "numpy": "2.4.6", "python": "3.11.7"}
    flags = facts["flags"]
    assert isinstance(flags, dict)
    assert flags["threads"] == "1"


def test_pruning_drops_cases_that_the_scenario_lost(tmp_path: Path) -> None:
    both = measurement({(ONE.id, "tf1"): GOOD, (TWO.id, "tf1"): GOOD}, selection([ONE, TWO]))
    record_measurement(both, tmp_path, replace=(), prune=False)
    record(tmp_path, GOOD)
    kept = golden.read(tmp_path, ONE.scenario)
    assert kept is not None
    assert set(kept.cases) == {ONE.key, TWO.key}
    record(tmp_path, GOOD, prune=True)
    pruned = golden.read(tmp_path, ONE.scenario)
    assert pruned is not None
    assert set(pruned.cases) == {ONE.key}


def recorded(action: RecordAction | None, reason: str = "", replaced: bool = False) -> Recorded:
    return Recorded(
        case="flags/x", runner="tf1", release="2.21.0", action=action, replaced=replaced, diff=None, reason=reason
    )


@each(
    "done, code",
    [
        ([recorded(RecordAction.NEW)], 0),
        ([recorded(RecordAction.UNCHANGED), recorded(None, "unavailable: no Keras")], 0),
        ([recorded(None, "unavailable: no Keras")], 3),
        ([recorded(RecordAction.UNCHANGED), recorded(None, "not applicable: no flag")], 0),
        ([recorded(RecordAction.VALUE_CHANGED)], 1),
        ([recorded(RecordAction.VALUE_CHANGED, replaced=True)], 0),
        ([recorded(RecordAction.VALUE_CHANGED), recorded(None, "crashed: SIGKILL")], 6),
    ],
)
def test_exit_codes(done: list[Recorded], code: int) -> None:
    assert exit_code(done) == code
