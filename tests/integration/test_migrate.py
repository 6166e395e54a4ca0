"""``harness migrate`` on the installed TensorFlow: the printed code runs, and does what tf1 did."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.golden import covering, read
from harness.releases.environment import find
from harness.releases.release import Release
from harness.releases.selection import resolve

ROOT = Path(__file__).parents[2]
SEED = "flags/seed-article"
RANKS = "statistics/moving-variance-by-rank"
UNREPRODUCIBLE = "numerics/non-finite[input.shape=[4,4],training=true]"
STATE = ("gamma", "beta", "moving_mean", "moving_variance")

EXECUTE = """\
import json, sys
results = []
for code in json.load(sys.stdin):
    space = {}
    exec(code, space)
    layer = space["layer"]
    state = {name: getattr(layer, name).numpy().tolist() for name in STATE}
    trainable = [variable.name.split("/")[-1].split(":")[0] for variable in layer.trainable_variables]
    results.append({**state, "output": space["output"].numpy().tolist(), "trainable": trainable})
print(json.dumps(results))
""".replace("STATE", repr(STATE))

MINE = """\
title: A frozen layer of mine
why: Nobody recorded it.
input: {values: [[0, 1], [2, 5], [4, 6]]}
initializers: {beta: 1, gamma: 2, moving_mean: 0.5, moving_variance: 3}
layer: {momentum: 0.5, epsilon: 0.001}
training: true
trainable: false
steps: 2
"""

Run = Callable[..., tuple[int, str, str]]


def execute(codes: list[str]) -> list[dict[str, Any]]:
    """What programs leave behind, run by a Python that knows nothing of the harness."""
    command = [sys.executable, "-c", EXECUTE]
    ran = subprocess.run(command, input=json.dumps(codes), capture_output=True, text=True, check=False, timeout=300)
    assert ran.returncode == 0, ran.stderr
    results: list[dict[str, Any]] = json.loads(ran.stdout)
    return results


def blocks(code: str) -> dict[str, str]:
    """Programs by the case ids in the comments above them."""
    parts = re.split(r"^# (\S+/\S+)\n", code, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_printed_code_run_elsewhere_does_what_golden_holds(harness: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    code, out, err = harness("migrate", SEED, RANKS, "--from", "tf1@1.15.5", "-q")
    assert (code, err) == (0, "")
    programs = blocks(out)
    assert len(programs) == 8
    for case, result in zip(programs, execute(list(programs.values())), strict=True):
        scenario, _, key = case.partition("[")
        golden = read(ROOT / "golden", scenario)
        assert golden is not None
        behaviour = covering(golden.cases[key.removesuffix("]")].runners["tf1"], Release.parse("1.15.5"))
        assert behaviour is not None
        assert behaviour.observation.structure is not None
        assert sorted(result["trainable"]) == sorted(behaviour.observation.structure.trainable_variables)
        for name in (*STATE, "output"):
            wanted = behaviour.observation.steps[-1][name].float64()
            np.testing.assert_allclose(result[name], wanted, rtol=1e-5, atol=1e-5, err_msg=f"{case} {name}")


def test_the_report_says_what_changes_and_why_or_that_nothing_helps(
    harness: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    code, out, err = harness("migrate", SEED, UNREPRODUCIBLE, "--from", "tf1@1.15.5")
    assert code == 1
    assert "keras: tensorflow " not in out + err
    both, frozen, *inference, hopeless = re.split(r"\n\n(?=\S+/\S+\[)", out)
    assert "\n    variance-estimator: sample -> population\n" in both
    assert "1 change against it:\n    - sample variance assigned after each call in training: " in both
    assert "\n    frozen-normalizes-with: batch -> moving\n" in frozen
    assert "\n    - momentum=1.0: a call in training leaves the moving statistics as they are\n" in frozen
    assert "\n    momentum=1.0,  # was 0.99\n" in frozen
    assert all("this call does as before, nothing to change:" in text for text in inference)
    assert all("\n  verified: this code ran, eagerly, on keras@2." in text for text in (both, frozen, *inference))
    assert "no call reproduces it: 8 calls run, none does as before\n" in hopeless
    assert "\n    - moving_mean[1] after step 2: nan against inf " in hopeless
    assert "import tensorflow" not in hopeless


def test_a_scenario_of_ones_own_is_measured_first_and_another_front_end_is_a_target(
    harness: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    scenario = tmp_path / "scenarios/mine/frozen.yaml"
    scenario.parent.mkdir(parents=True)
    scenario.write_text(MINE)
    code, out, err = harness("migrate", "mine/frozen", "--runner", "tf_keras", "-v")
    assert code == 0
    head = " ".join(out.partition("  the same call differs")[0].split())
    assert re.match(r"mine/frozen: from tf1@2\S+ \(measured now: golden has nothing of this case\) to tf_keras@2", head)
    assert "\nimport tf_keras\n" in out
    assert "\nlayer = tf_keras.layers.BatchNormalization(\n" in out
    assert "\n    layer.trainable = True\n    output = layer(x, training=True)\n    layer.trainable = False\n" in out
    assert "\n    1. the same call: output[" in out
    assert "tf1: tensorflow 2." in err
    assert not (tmp_path / "golden").exists()


def test_what_is_not_recorded_is_not_made_up(harness: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    code, out, err = harness("migrate", f"{SEED}[training=true,trainable=true]", "--from", "tf1@2.99.0")
    assert (code, out) == (3, "")
    assert f"--from: {SEED}[training=true,trainable=true] is not recorded for tf1@2.99.0\n  hint: " in err


def test_an_older_release_takes_arguments_that_keras_3_does_not(harness: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    (spec,) = resolve(["2.15.1"])
    if find(spec) is None:
        pytest.skip("no environment for 2.15.1 here, and tests make none")
    monkeypatch.chdir(ROOT)
    case = f"{RANKS}[input.shape=[1,2,1,2,2]]"
    code, out, _ = harness("migrate", case, "--from", "tf1@1.15.5", "--tf", "2.15.1")
    assert code == 0
    assert "to keras@2.15.1\n" in out
    assert "\n    fused-ranks: 4 -> 4-or-5\n" in out
    assert "\n    - fused=False: the plain computation\n" in out
    assert "\n    fused=False,  # was left out\n" in out
