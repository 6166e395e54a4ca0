"""What scenarios/onnx holds is what the ONNX standard has: arrays to the bit, claims to their printed digits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.golden import sidecar
from harness.scenario import load
from harness.tensor import Tensor

from .onnx_data import OUTPUTS, TESTS, claimed, read_test

SCENARIOS = Path(__file__).parents[2] / "scenarios"
FIELDS = dict(zip(OUTPUTS, ("output", "moving_mean", "moving_variance"), strict=True))
INITIAL = {"scale": "gamma", "B": "beta", "input_mean": "moving_mean", "input_var": "moving_variance"}


@pytest.mark.parametrize("name", TESTS)
def test_the_arrays_are_those_of_the_package(name: str) -> None:
    pytest.importorskip("onnx", reason="pip install onnx==1.18.0 has the tests of the standard")
    here, there = sidecar.read(SCENARIOS / "onnx" / f"{name}.npz"), read_test(name)
    assert {role: array.tolist() for role, array in here.items()} == {
        role: array.tolist() for role, array in there.items()
    }
    assert {array.dtype for array in here.values()} == {np.dtype(np.float32)}


@pytest.mark.parametrize("name", TESTS)
def test_the_scenario_runs_on_them_and_claims_what_they_expect(name: str) -> None:
    arrays = sidecar.read(SCENARIOS / "onnx" / f"{name}.npz")
    scenario = load(SCENARIOS / "onnx" / f"{name}.yaml", SCENARIOS)
    (case,) = scenario.cases
    assert case.inputs == (Tensor.of(arrays["X"], "float32"),)
    assert case.initializers == {INITIAL[role]: Tensor.of(arrays[role], "float32") for role in INITIAL}
    expected = {field: numbers for claim in scenario.claims for field, numbers in claim.expect.items()}
    assert expected == {FIELDS[role]: claimed(arrays, role) for role in OUTPUTS if role in arrays}
