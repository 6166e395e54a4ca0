"""Workers that die, hang, fail to start or answer a lot cost what they must and no more."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from harness.case import Case
from harness.execution.pool import Event, Finished, Job, Pool, Started, StartFailed, by_structure
from harness.execution.spec import WorkerSpec
from harness.observation import Crashed, NotApplicable, Observation, Outcome, TimedOut, Unavailable
from tests.integration.wishes import make_case

FAKE = Path(__file__).with_name("fake_python.py")


def spec(*runners: str) -> WorkerSpec:
    return WorkerSpec(python=FAKE, runners=runners, legacy_keras=False, eager=True, device="cpu", threads=1)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYTHONUSERBASE", str(tmp_path))
    return tmp_path


def run(cases: list[Case], *, runner: str = "tf1", timeout: float = 20.0) -> list[Event]:
    with Pool([spec(runner)], timeout=timeout) as pool:
        return list(pool.run([Job(runner=runner, case=case) for case in cases]))


def outcomes(events: list[Event]) -> dict[str, Outcome]:
    return {event.job.case.id: event.outcome for event in events if isinstance(event, Finished)}


def number_of(outcome: Outcome) -> float:
    assert isinstance(outcome, Observation)
    return float(outcome.steps[0]["output"].float64()[0])


def test_every_case_gets_its_own_answer() -> None:
    found = outcomes(run([make_case(number) for number in range(50)]))
    assert {name: number_of(outcome) for name, outcome in found.items()} == {f"t/case[{n}]": n for n in range(50)}


@pytest.mark.parametrize(("wish", "cause"), [("die", "SIGKILL"), ("exit", "exit code 3")])
def test_a_death_costs_one_case(wish: str, cause: str) -> None:
    found = outcomes(run([make_case(0), make_case(1, wish), make_case(2), make_case(3)]))
    lost = found.pop("t/case[1]")
    assert isinstance(lost, Crashed)
    assert lost.cause == cause
    assert [number_of(outcome) for outcome in found.values()] == [0, 2, 3]


def test_a_death_shows_the_end_of_stderr() -> None:
    lost = outcomes(run([make_case(0, "die")]))["t/case[0]"]
    assert isinstance(lost, Crashed)
    assert lost.stderr == "about to die"


def test_a_hang_costs_one_case_and_its_deadline() -> None:
    began = time.monotonic()
    found = outcomes(run([make_case(0), make_case(1, "hang"), make_case(2)], timeout=0.5))
    assert time.monotonic() - began < 10
    assert isinstance(found["t/case[1]"], TimedOut)
    assert found["t/case[1]"].seconds == 0.5
    assert number_of(found["t/case[2]"]) == 2


def test_a_kill_from_outside_costs_one_case() -> None:
    cases = [make_case(number, size=20_000) for number in range(200)]
    killed = False
    finished = []
    with Pool([spec("tf1")], timeout=20) as pool:
        pid = 0
        for event in pool.run([Job(runner="tf1", case=case) for case in cases]):
            if isinstance(event, Started):
                pid = event.pid
            if isinstance(event, Finished):
                finished.append(event)
                if len(finished) == 20 and not killed:
                    os.kill(pid, signal.SIGKILL)
                    killed = True
    lost = [event for event in finished if isinstance(event.outcome, Crashed)]
    assert len(finished) == 200
    assert [event.outcome.cause for event in lost if isinstance(event.outcome, Crashed)] == ["SIGKILL"]


def test_a_mistake_of_the_worker_is_no_observation() -> None:
    lost = outcomes(run([make_case(0, "fail"), make_case(1)]))
    assert lost["t/case[0]"] == Crashed(
        cause="an error of the worker itself", stderr="Traceback: the worker's own mistake"
    )
    assert number_of(lost["t/case[1]"]) == 1


def test_what_a_front_end_has_no_notion_of_is_not_applicable() -> None:
    found = outcomes(run([make_case(0, "refuse"), make_case(1)]))
    assert found["t/case[0]"] == NotApplicable(reason="no such notion")
    assert number_of(found["t/case[1]"]) == 1


def test_every_result_that_repeating_showed_is_kept_with_how_often_it_came() -> None:
    found = outcomes(run([make_case(0, "waver"), make_case(1)]))
    wavering = found["t/case[0]"]
    assert isinstance(wavering, Observation)
    assert [(len(one.observation.steps), one.times) for one in wavering.results] == [(1, 1), (0, 2)]
    steady = found["t/case[1]"]
    assert isinstance(steady, Observation)
    assert steady.results == ()


def test_pipes_fuller_than_their_buffers_do_not_lock_up() -> None:
    found = outcomes(run([make_case(number, size=200_000) for number in range(8)]))
    assert [number_of(outcome) for outcome in found.values()] == list(range(8))


def test_an_unavailable_runner_says_why() -> None:
    assert outcomes(run([make_case(0)], runner="keras")) == {"t/case[0]": Unavailable(reason="no Keras here")}


def test_a_worker_that_cannot_start_yields_no_outcome(home: Path) -> None:
    (home / "start-fails").touch()
    events = run([make_case(0)])
    assert [type(event) for event in events] == [StartFailed]
    assert isinstance(events[0], StartFailed)
    assert (events[0].cause, events[0].stderr) == ("exit code 1", "cannot import")


def test_a_worker_that_cannot_start_again_gives_the_rest_up(home: Path) -> None:
    (home / "start-fails-again").touch()
    found = outcomes(run([make_case(0, "die"), make_case(1), make_case(2)]))
    assert [type(outcome) for outcome in found.values()] == [Crashed, Crashed, Crashed]
    last = found["t/case[2]"]
    assert isinstance(last, Crashed)
    assert last.cause == "no new worker (exit code 1)"


def test_workers_end_with_the_pool() -> None:
    with Pool([spec("tf1")], timeout=60) as pool:
        events = pool.run([Job(runner="tf1", case=make_case(0, "hang"))])
        started = next(events)
        assert isinstance(started, Started)
    with pytest.raises(ProcessLookupError):
        os.kill(started.pid, 0)


def test_equal_structures_stand_together_and_keep_their_order() -> None:
    jobs = [Job(runner="tf1", case=make_case(number, "x" if number % 2 else None)) for number in range(6)]
    assert [job.case.id[-2] for job in by_structure(jobs)] == ["0", "2", "4", "1", "3", "5"]
