"""Measuring tf1 where golden has nothing: what came out, or why there is nothing to come out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.errors import ReleaseUnavailable
from harness.execution.plan import Interpreter
from harness.migration import sources
from harness.migration.search import Source
from harness.observation import Crashed, Observation, Outcome, TimedOut, Unavailable
from harness.scenario import Selection
from harness.session import Measurement
from harness.targets import Target
from tests.report.samples import case, f32, observed
from tests.unit.measured import measurement, selection


class Listening:
    def message(self, text: str) -> None:
        """Nobody listens."""

    def advance(self, label: str) -> None:
        """Nobody counts."""


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Interpreter:
    interpreter = Interpreter(python=Path("python"), tensorflow="2.21.0", keras="3.15.1")
    monkeypatch.setattr(sources, "installed", lambda: Target(name="here", provide=lambda _: interpreter))
    return interpreter


def answering(outcome: Outcome, expected: Interpreter) -> type[Any]:
    """A session in which every case has this outcome."""

    class FakeSession:
        def __init__(self, interpreter: Interpreter, wanted: Sequence[str], **_: object) -> None:
            assert (interpreter, wanted) == (expected, ("tf1",))

        def __enter__(self) -> FakeSession:
            return self

        def __exit__(self, *exception: object) -> None:
            pass

        def measure(self, selections: Sequence[Selection], _: object) -> Measurement:
            cases = [one for chosen in selections for one in chosen.cases]
            return measurement({(one.id, "tf1"): outcome for one in cases}, *selections)

    return FakeSession


def measured(outcome: Outcome, interpreter: Interpreter, monkeypatch: pytest.MonkeyPatch) -> dict[str, Source]:
    monkeypatch.setattr(sources, "Session", answering(outcome, interpreter))
    return sources.measured([selection([case()])], threads=1, timeout=1, listener=Listening())


def test_what_was_measured_is_a_source(installed: Interpreter, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = observed({"output": f32([1])})
    (found,) = measured(seen, installed, monkeypatch).values()
    assert found.name == "tf1@2.21.0+tf_keras-2.21.0"
    assert found.observation is seen
    assert not found.recorded


def test_a_crash_of_the_code_itself_is_what_it_does(installed: Interpreter, monkeypatch: pytest.MonkeyPatch) -> None:
    (found,) = measured(Crashed(cause="SIGABRT", stderr=""), installed, monkeypatch).values()
    assert isinstance(found.observation, Observation)
    assert found.observation.raised is not None
    assert found.observation.raised.type == "SIGABRT"


@pytest.mark.parametrize(
    ("outcome", "says"),
    [
        (Unavailable(reason="not with Keras 3"), "the installed TensorFlow has no tf1: not with Keras 3"),
        (TimedOut(seconds=60, stderr=""), "the installed TensorFlow gave no answer within 60 s"),
        (Crashed(cause="SIGKILL", stderr=""), "the installed TensorFlow did not survive it: SIGKILL"),
    ],
)
def test_without_an_observation_there_is_a_way_out(
    outcome: Outcome, says: str, installed: Interpreter, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ReleaseUnavailable) as raised:
        measured(outcome, installed, monkeypatch)
    (problem,) = raised.value.problems
    assert problem.place == case().id
    assert says in problem.message
    assert problem.hint is not None
    assert "harness record --tf 1.15.5 --runner tf1" in problem.hint
