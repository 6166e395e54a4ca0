"""Several targets side by side: in order, one failing alone, nobody left behind."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.campaign import Campaign, Measured, Settings, at_once
from harness.errors import Problem, ReleaseUnavailable
from harness.execution.plan import Interpreter
from harness.observation import Observation
from harness.session import Measurement
from harness.targets import Target
from tests.report.samples import case
from tests.unit.measured import selection

FAKE = Path(__file__).with_name("fake_python.py")
SETTINGS = Settings(runners=("tf1",), device="cpu", threads=1, timeout=20)


class Log:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self.done: list[str] = []

    def message(self, text: str) -> None:
        self.messages.append(text)

    def advance(self, label: str) -> None:
        self.done.append(label)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONUSERBASE", str(tmp_path))


def good(name: str) -> Target:
    return Target(name=name, provide=lambda _: Interpreter(python=FAKE, tensorflow=name, keras=None))


def bad(name: str) -> Target:
    def refuse(say: Callable[[str], None]) -> Interpreter:
        say("looking for a Python")
        raise ReleaseUnavailable(Problem(place=name, message="no Python for it"))

    return Target(name=name, provide=refuse)


def test_results_come_in_the_order_of_the_targets() -> None:
    log = Log()
    found = list(Campaign(SETTINGS, log).run([good(f"2.{n}.0") for n in range(5)], [selection([case()])]))
    assert [measured.target.name for measured in found] == [f"2.{n}.0" for n in range(5)]
    assert all(isinstance(measured.measurement, Measurement) for measured in found)
    assert sorted(log.done) == [f"2.{n}.0 tf1 flags/seed-article" for n in range(5)]


def test_a_failing_target_does_not_stop_the_others() -> None:
    log = Log()
    found = list(Campaign(SETTINGS, log).run([good("2.1.0"), bad("2.2.0"), good("2.3.0")], [selection([case()])]))
    assert [type(measured.measurement).__name__ for measured in found] == [
        "Measurement",
        "ReleaseUnavailable",
        "Measurement",
    ]
    assert "2.2.0: looking for a Python" in log.messages


def test_an_interruption_leaves_no_worker() -> None:
    log = Log()
    running = Campaign(SETTINGS, log).run(
        [good("2.1.0"), good("2.2.0")], [selection([case(layer={"wish": "hang"}), case("flags/other")])]
    )
    with pytest.raises(KeyboardInterrupt):
        _interrupt_after_start(running, log)
    pids = [int(text.rsplit(" ", 1)[1]) for text in log.messages]
    assert pids
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def _interrupt_after_start(running: Iterator[Measured], log: Log) -> None:
    """Consume the campaign until a Ctrl-C, which comes once both workers are ready."""

    def interrupt() -> None:
        while len(log.messages) < 2:
            time.sleep(0.01)
        # To the main thread, as a terminal's Ctrl-C goes: another would not wake it.
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    for _ in running:
        pass


def test_outcomes_are_those_of_the_worker() -> None:
    (found,) = Campaign(SETTINGS, Log()).run([good("2.1.0")], [selection([case()])])
    assert isinstance(found.measurement, Measurement)
    outcome = found.measurement.outcomes["flags/seed-article", "tf1"]
    assert isinstance(outcome, Observation)
    assert outcome.steps[0]["output"] == case().inputs[0]


def test_no_more_at_once_than_there_are_targets() -> None:
    assert at_once(1) == 1
    assert 1 <= at_once(100) <= (os.cpu_count() or 1)
