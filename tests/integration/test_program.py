"""The real worker runs programs: what they leave is observed, what they raise too, and their death is survived."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from harness.errors import NothingSelected, ReleaseUnavailable
from harness.execution.dialogue import Dialogue
from harness.execution.plan import Interpreter
from harness.observation import Crashed, Observation, Raised, TimedOut

TENSORFLOW = """\
import numpy
from types import SimpleNamespace
__version__ = "9.9.9"
bfloat16 = SimpleNamespace(as_numpy_dtype=numpy.uint16)
keras = SimpleNamespace(layers=SimpleNamespace(BatchNormalization=object), initializers=None)
executing_eagerly = lambda: True
"""
SETUP = """\
import numpy
from types import SimpleNamespace
class Value:
    def __init__(self, name, value):
        self.name, self.value, self.device = name, value, "/device:CPU:0"
    def numpy(self):
        return numpy.float32(self.value)
gamma, mean = Value("bn/gamma:0", 2), Value("bn/moving_mean:0", 0)
gamma.value, mean.value = gamma, mean
gamma.numpy, mean.numpy = lambda: numpy.float32([2]), lambda: numpy.float32([count])
layer = SimpleNamespace(variables=[gamma, mean], trainable_variables=[gamma], non_trainable_variables=[mean])
count = 0
"""


@pytest.fixture
def interpreter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Interpreter:
    (tmp_path / "tensorflow.py").write_text(TENSORFLOW)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return Interpreter(python=Path(sys.executable), tensorflow="9.9.9", keras=None)


@pytest.fixture
def dialogue(interpreter: Interpreter) -> Iterator[Dialogue]:
    with Dialogue(interpreter, "keras", threads=1, timeout=20) as started:
        yield started


def ask(dialogue: Dialogue, step: str, times: int = 1) -> Observation:
    outcome = dialogue.ask({"setup": SETUP, "steps": [[step, times]]})
    assert isinstance(outcome, Observation)
    return outcome


def test_one_worker_runs_programs_one_after_the_other(dialogue: Dialogue) -> None:
    assert dialogue.facts().versions["tensorflow"] == "9.9.9"
    seen = ask(dialogue, "count += 1\noutput = Value('y', count)", 2)
    assert [float(step["output"].float64()) for step in seen.steps] == [1, 2]
    assert [step["moving_mean"].float64().tolist() for step in seen.steps] == [[1], [2]]
    assert seen.structure is not None
    assert seen.structure.trainable_variables == ("gamma",)
    assert seen.structure.non_trainable_variables == ("moving_mean",)
    assert (seen.structure.update_ops, seen.structure.fused) == (None, None)
    assert seen.identity is not None
    assert (seen.identity.layer_class, seen.identity.device) == ("types.SimpleNamespace", "CPU:0")

    raised = ask(dialogue, "count += 1\nif count > 1: raise ValueError('enough')\noutput = Value('y', 1)", 3)
    assert len(raised.steps) == 1
    assert raised.raised == Raised(type="ValueError", message="enough")
    assert ask(dialogue, "import nowhere").raised == Raised(
        type="ModuleNotFoundError", message="No module named 'nowhere'"
    )
    assert np.isnan(ask(dialogue, "output = Value('y', float('nan'))").steps[0]["output"].float64())


def test_a_lost_worker_is_replaced(interpreter: Interpreter) -> None:
    with Dialogue(interpreter, "keras", threads=1, timeout=5) as dialogue:
        died = dialogue.ask({"setup": "import os; os._exit(3)", "steps": []})
        assert isinstance(died, Crashed)
        assert died.cause == "exit code 3"
        assert len(ask(dialogue, "output = Value('y', 1)").steps) == 1


def test_a_program_has_its_deadline(interpreter: Interpreter) -> None:
    with Dialogue(interpreter, "keras", threads=1, timeout=0.2) as dialogue:
        dialogue.facts()
        slow = dialogue.ask({"setup": "import time; time.sleep(60)", "steps": []})
    assert isinstance(slow, TimedOut)
    assert slow.seconds == 0.2


def test_a_runner_that_is_not_there_says_why(interpreter: Interpreter) -> None:
    with (
        Dialogue(interpreter, "tf_keras", threads=1, timeout=5) as dialogue,
        pytest.raises(NothingSelected, match="tf_keras: unavailable: "),
    ):
        dialogue.facts()


def test_a_python_without_tensorflow_says_what_it_said(interpreter: Interpreter, tmp_path: Path) -> None:
    (tmp_path / "tensorflow.py").write_text("raise ImportError('built for another machine')\n")
    with (
        Dialogue(interpreter, "keras", threads=1, timeout=5) as dialogue,
        pytest.raises(ReleaseUnavailable, match=r"could not start \(exit code 1\)(.|\n)*built for another machine"),
    ):
        dialogue.ask({"setup": "", "steps": []})
