"""Forgetting a release and recording it again: what comes out otherwise is found, and nothing is touched."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from harness import golden
from harness.observation import Crashed, Observation, Outcome
from harness.recording import record_measurement
from harness.report.reproduced import render_reproduced
from harness.reproduction import Deviation, Reproduction, reproduce
from harness.session import Measurement
from tests.report.samples import FROZEN, TRAINED, case, f32, observed
from tests.unit.measured import measurement, selection

ONE, TWO = case(training=True), case(training=False)
GOOD, OTHER = observed({"output": f32(TRAINED)}), observed({"output": f32(FROZEN)})
CLOSE = observed({"output": f32(np.multiply(TRAINED, 1 + 1e-6))})
BIG = {release: observed({"output": f32([number, *[0.5] * 599])}) for release, number in (("1.4.1", 1), ("1.5.1", 2))}


def measured(release: str, *outcomes: Outcome) -> Measurement:
    """Cases ONE, TWO, ... by tf1 on ``release``."""
    cases = (ONE, TWO)[: len(outcomes)]
    by_case: Mapping[tuple[str, str], Outcome] = {
        (each.id, "tf1"): outcome for each, outcome in zip(cases, outcomes, strict=True)
    }
    return measurement(by_case, selection(cases), releases={"tf1": release})


def record(root: Path, found: Measurement) -> None:
    record_measurement(found, root, replace=(), prune=False)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Three releases; the middle one joins the lowest in one case, and opens a behaviour in the other."""
    for found in (measured("1.4.1", GOOD, GOOD), measured("1.5.1", GOOD, OTHER), measured("1.6.0", GOOD, OTHER)):
        record(tmp_path, found)
    return tmp_path


def tree(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def text(found: Reproduction) -> str:
    return render_reproduced(found, width=1000, color=False)


@pytest.mark.parametrize(
    ("release", "second"), [("1.4.1", GOOD), ("1.5.1", OTHER), ("1.6.0", OTHER)], ids=["lowest", "opens", "joins"]
)
def test_any_release_comes_out_the_same(root: Path, release: str, second: Observation) -> None:
    before = tree(root)
    found = reproduce(measured(release, GOOD, second), root)
    assert (found.releases, found.files, found.deviations) == ((release,), 2, ())
    assert [one.action for one in found.recorded] != [golden.RecordAction.UNCHANGED] * 2
    assert tree(root) == before
    assert text(found) == f"{release}: no file would change, forgotten and recorded again\n"


def test_other_last_digits_of_the_release_that_gave_them_are_found(root: Path) -> None:
    before = tree(root)
    [deviation] = reproduce(measured("1.4.1", CLOSE, GOOD), root).deviations
    assert deviation.path == root / f"{ONE.scenario}.json"
    line = before[f"{ONE.scenario}.json"].decode().splitlines()[deviation.line - 1]
    assert deviation.recorded == line.strip()
    assert deviation.anew != deviation.recorded
    assert tree(root) == before
    assert reproduce(measured("1.6.0", CLOSE, OTHER), root).deviations == ()


def test_another_behaviour_is_found_and_both_are_told(root: Path) -> None:
    found = reproduce(measured("1.5.1", OTHER, OTHER), root)
    [deviation] = found.deviations
    assert text(found).startswith("1.5.1: 1 of 2 files would change, forgotten and recorded again\n")
    assert f"{ONE.scenario}.json:{deviation.line}\n    recorded {deviation.recorded}" in text(found)
    assert f"\n    anew     {deviation.anew}" in text(found)


def test_a_case_that_is_not_measured_is_not_forgotten(root: Path) -> None:
    assert reproduce(measured("1.5.1", GOOD), root).deviations == ()


def test_what_is_not_recorded_is_found(root: Path) -> None:
    found = reproduce(measured("1.7.1", GOOD, GOOD), root)
    assert [one.path.name for one in found.deviations] == [f"{ONE.scenario.rpartition('/')[2]}.json", "provenance.json"]


def test_a_lost_worker_is_told(root: Path) -> None:
    found = reproduce(measured("1.5.1", Crashed(cause="SIGKILL", stderr=""), OTHER), root)
    assert len(found.deviations) == 1
    assert text(found).endswith(f"  {ONE.id}, tf1: crashed: SIGKILL\n")


def test_a_sidecar_counts(tmp_path: Path) -> None:
    for release, observation in BIG.items():
        record(tmp_path, measured(release, observation))
    assert reproduce(measured("1.5.1", BIG["1.5.1"]), tmp_path).files == 3
    assert reproduce(measured("1.5.1", BIG["1.5.1"]), tmp_path).deviations == ()
    deviations = reproduce(measured("1.5.1", BIG["1.4.1"]), tmp_path).deviations
    assert [one.path.suffix for one in deviations] == [".json", ".npz"]
    assert deviations[1].line == 0


def test_lines_are_wrapped_cut_and_coloured() -> None:
    long = Deviation(path=Path("golden/flags/x.json"), line=3, recorded="7, " * 200, anew="")
    found = Reproduction(releases=("1.4.1",), files=2, deviations=(long,), recorded=())
    plain = render_reproduced(found, width=60, color=False)
    assert max(map(len, plain.splitlines())) <= 60
    assert plain.count("7,") == 133
    assert "..." in plain
    assert plain.endswith("    anew     nothing\n")
    assert "\x1b[31m" in render_reproduced(found, width=60, color=True)
