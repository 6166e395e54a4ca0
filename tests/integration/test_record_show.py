"""``harness record`` and ``harness show`` on the installed TensorFlow, and running on other Pythons."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness import golden

Run = Callable[..., tuple[int, str, str]]
FROZEN = "flags/frozen"
CASE = "flags/frozen[training=true,trainable=false]"


def tree(root: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def test_recording_again_changes_no_byte(harness: Run, project: Path) -> None:
    before = tree(project / "golden")
    code, out, _ = harness("record", FROZEN)
    assert code == 0
    assert "8 unchanged" in out
    assert tree(project / "golden") == before
    assert golden.check(project / "golden") == []


def test_a_deleted_file_is_recorded_byte_for_byte(harness: Run, project: Path) -> None:
    before = tree(project / "golden")
    (project / "golden/flags/frozen.json").unlink()
    code, out, _ = harness("record", FROZEN, "--runner", "tf1", "--runner", "keras", "--runner", "tf_keras")
    assert code == 0
    assert "12 new" in out
    assert tree(project / "golden") == before


def test_another_value_is_said_and_kept_until_replaced(harness: Run, project: Path) -> None:
    path = project / "golden/flags/frozen.json"
    right = path.read_text()
    wrong = right.replace('"values": [0.5, 1.5]', '"values": [0.5, 1.75]')
    path.write_text(wrong)
    code, out, _ = harness("record", FROZEN)
    assert code == 1
    assert "value changed, kept" in out
    assert "step 1, moving_mean[1]: measured 1.5, recorded 1.75" in out
    assert "--replace 2." in out
    assert path.read_text() == wrong
    runners = ["--runner", "tf1", "--runner", "keras", "--runner", "tf_keras"]
    release = json.loads(right)["cases"]["training=true,trainable=true"]["keras"][0]["releases"][0]
    code, out, _ = harness("record", FROZEN, *runners, "--replace", release.partition("+")[0], "--replace", "1.0.1")
    assert code == 0
    assert "value replaced" in out
    assert path.read_text() == right


def test_pruning_drops_a_case_that_is_gone(harness: Run, project: Path) -> None:
    scenario = project / "scenarios/flags/frozen.yaml"
    lines = scenario.read_text().splitlines()
    claims = lines.index("claims:")
    shorter = [line.replace("trainable: [true, false]", "trainable: [true]") for line in lines[:claims]]
    scenario.write_text("\n".join(shorter) + "\n")
    harness("record", FROZEN)
    kept = golden.read(project / "golden", FROZEN)
    assert kept is not None
    assert len(kept.cases) == 4
    harness("record", FROZEN, "--prune")
    pruned = golden.read(project / "golden", FROZEN)
    assert pruned is not None
    assert set(pruned.cases) == {"training=true,trainable=true", "training=false,trainable=true"}


@pytest.mark.usefixtures("project")
def test_a_gpu_is_never_recorded(harness: Run) -> None:
    code, _, err = harness("record", FROZEN, "--device", "gpu:1")
    assert code == 2
    assert "--device: golden files hold what the CPU does, got gpu:1" in err


@pytest.mark.usefixtures("project")
def test_show_puts_the_runners_side_by_side(harness: Run) -> None:
    code, out, _ = harness("show", CASE)
    assert code == 0
    assert "tf_keras.src.legacy_tf_layers.normalization." in out
    assert "step 1: call with training=true" in out
    assert "output float32 [2, 2]: 4 of 4 differ in keras (*)" in out
    assert "moving_mean float32 [2]: all agree" in out


@pytest.mark.usefixtures("project")
def test_show_prints_all_digits_when_asked(harness: Run) -> None:
    _, rounded, _ = harness("show", CASE, "--runner", "tf1")
    _, exact, _ = harness("show", CASE, "--runner", "tf1", "-v")
    assert "-0.9990008" not in rounded
    assert "-0.9990008" in exact


@pytest.mark.usefixtures("project")
def test_show_tells_an_exception_as_what_the_runner_did(harness: Run) -> None:
    code, out, _ = harness("show", "flags/refused")
    assert code == 0
    assert "ValueError" in out
    assert "fused" in out


@pytest.mark.usefixtures("project")
def test_any_python_with_a_tensorflow_will_do(harness: Run) -> None:
    code, out, _ = harness("compare", FROZEN, "--python", sys.executable)
    assert code == 0
    assert "8 match" in out


@pytest.mark.usefixtures("project")
def test_a_python_without_tensorflow_is_said_and_does_not_stop_the_others(harness: Run, tmp_path: Path) -> None:
    nothing = tmp_path / "python"
    code, out, err = harness("compare", FROZEN, "--python", str(nothing), "--python", sys.executable)
    assert code == 5
    assert f"--python {nothing}: cannot be asked what it has" in err
    assert "8 match" in out
    assert "1 of 2 releases match" in out


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("verb", ["compare", "record", "show"])
def test_a_release_that_never_was_is_refused(harness: Run, verb: str) -> None:
    code, out, err = harness(verb, FROZEN, "--tf", "0.12")
    assert (code, out) == (2, "")
    assert err.startswith("TensorFlow 0.12: no such version")
