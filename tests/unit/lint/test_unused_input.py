from pathlib import Path

import numpy as np
import pytest

from harness.lint.unused_input import RULE
from tests.unit.lint.folders import BODY, found, write

TWO = "inputs:\n  - [[1, 2], [3, 4]]\n  - [[5, 6], [7, 8]]\ntraining: true\n"


def test_inputs_that_are_read(tmp_path: Path) -> None:
    write(tmp_path, "topic/name", TWO)
    assert found(tmp_path, RULE) == []


@pytest.mark.parametrize(
    "steps",
    [
        "[{call: {input: 0}}, {call: {input: 0, training: false}}]",
        "[build, {call: {input: 0}}]",
    ],
)
def test_an_input_that_no_step_reads(tmp_path: Path, steps: str) -> None:
    write(tmp_path, "topic/name", f"{TWO}steps: {steps}\n")
    assert found(tmp_path, RULE) == ["topic/name.yaml:5:5: no step reads input 1"]


def test_a_target_is_read_too(tmp_path: Path) -> None:
    train = "[{train: {input: 0, target: 1, loss: mean_square, optimizer: sgd, rate: 0.5}}]"
    write(tmp_path, "topic/name", f"{TWO}steps: {train}\n")
    assert found(tmp_path, RULE) == []


def test_an_input_that_some_case_reads(tmp_path: Path) -> None:
    write(tmp_path, "topic/name", TWO + "sweep:\n  steps:\n    - [{call: {input: 0}}]\n    - [{call: {input: 1}}]\n")
    assert found(tmp_path, RULE) == []


def test_an_initial_value_of_a_variable_that_no_case_has(tmp_path: Path) -> None:
    body = BODY.replace("0.5}\n", "0.5, scale: false}\n", 1) + "initializers: {beta: 1, gamma: 2}\n"
    write(tmp_path, "topic/name", body)
    assert found(tmp_path, RULE) == ["topic/name.yaml:6:32: no case starts from this gamma"]
    write(tmp_path, "topic/name", body + "sweep: {layer.scale: [true, false]}\n")
    assert found(tmp_path, RULE) == []


def test_a_file_that_no_scenario_reads(tmp_path: Path) -> None:
    write(
        tmp_path, "topic/name", "input: {file: used.npy}\ntraining: true\nsweep: {input.file: [used.npy, swept.npy]}\n"
    )
    for name in ("used", "swept", "left"):
        np.save(tmp_path / "topic" / f"{name}.npy", np.ones((2, 2), dtype=np.float32))
    assert found(tmp_path, RULE) == [
        "topic/left.npy: no scenario reads this file",
        "topic/swept.npy: no scenario reads this file",
    ]
