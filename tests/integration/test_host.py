"""A host imports TensorFlow once and forks workers; where that would not be sound, workers start by themselves."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.execution.host import Host, Unforkable, host_for
from harness.execution.pool import Event, Finished, Job, Pool, Started, StartFailed
from harness.execution.process import Worker
from harness.execution.spec import WorkerLost, WorkerSpec
from harness.observation import Unavailable
from tests.integration.processes import those_in
from tests.integration.wishes import make_case

FAKE_TENSORFLOW = Path(__file__).parents[1] / "unit" / "worker" / "fake_tensorflow"
STARTS_A_THREAD = """\
import threading
threading.Thread(target=threading.Event().wait, daemon=True).start()
"""


def spec(*runners: str, legacy_keras: bool = False) -> WorkerSpec:
    python = Path(sys.executable)
    return WorkerSpec(python=python, runners=runners, legacy_keras=legacy_keras, eager=True, device="cpu", threads=1)


@pytest.fixture
def tensorflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a fake TensorFlow, to which a test may add; temporary files go beside it."""
    folder = tmp_path / "packages" / "tensorflow"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text((FAKE_TENSORFLOW / "tensorflow" / "__init__.py").read_text())
    monkeypatch.setenv("PYTHONPATH", str(folder.parent))
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    return folder


def add(tensorflow: Path, code: str) -> None:
    with (tensorflow / "__init__.py").open("a") as file:
        file.write(code)


@pytest.fixture
def host(tensorflow: Path) -> Iterator[Host]:
    assert tensorflow.exists()
    with new_host() as started:
        yield started


def new_host() -> Host:
    return Host(Path(sys.executable), device="cpu", threads=1)


@contextlib.contextmanager
def worker(kind: WorkerSpec, scratch: Path, host: Host | None) -> Iterator[Worker]:
    started = Worker(kind, scratch, host)
    try:
        yield started
    finally:
        started.close()


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def test_a_fork_says_and_answers_what_a_process_of_its_own_does(host: Host, tmp_path: Path) -> None:
    kind = spec("tf1", "keras")
    with worker(kind, tmp_path, host) as forked, worker(kind, tmp_path, None) as own:
        assert forked.ready() == own.ready()
        for one in (forked, own):
            one.send([{"runner": "tf1", "case": {}}])
            assert "Traceback" in one.receive(20)["failure"]


def test_workers_of_one_kind_are_siblings_that_imported_nothing(host: Host, tmp_path: Path) -> None:
    kind = spec("tf1")
    with worker(kind, tmp_path, host) as one, worker(kind, tmp_path, host) as other:
        assert one.pid != other.pid
        assert parent_of(one.pid) == parent_of(other.pid) != os.getpid()
        # The import chatters: to the host's stderr, and once.
        assert one.stderr_tail() == other.stderr_tail() == ""


@pytest.mark.parametrize(("number", "cause"), [(signal.SIGKILL, "SIGKILL"), (signal.SIGSEGV, "SIGSEGV")])
def test_a_fork_that_dies_says_of_what_and_has_a_successor(
    host: Host, tmp_path: Path, number: signal.Signals, cause: str
) -> None:
    with worker(spec("tf1"), tmp_path, host) as one:
        os.kill(one.pid, number)
        with pytest.raises(WorkerLost) as lost:
            one.receive(20)
        assert lost.value.cause == cause
    with worker(spec("tf1"), tmp_path, host) as other:
        other.send([{"runner": "tf1", "case": {}}])
        assert other.receive(20)


def test_a_tensorflow_with_threads_is_not_forked(tensorflow: Path, tmp_path: Path) -> None:
    add(tensorflow, STARTS_A_THREAD)
    with new_host() as host, pytest.raises(Unforkable, match="importing TensorFlow started 1 threads"):
        Worker(spec("tf1"), tmp_path, host)


def test_a_tensorflow_that_chose_its_keras_is_not_forked(tensorflow: Path, tmp_path: Path) -> None:
    (tensorflow.parent / "tf_keras.py").touch()
    with new_host() as host, pytest.raises(Unforkable, match="chooses its Keras when it is imported"):
        Worker(spec("tf1", legacy_keras=True), tmp_path, host)


def test_an_import_that_fails_says_why(tensorflow: Path, tmp_path: Path) -> None:
    add(tensorflow, "raise ImportError('built for another machine')\n")
    with new_host() as host, pytest.raises(WorkerLost) as lost:
        Worker(spec("tf1"), tmp_path, host)
    assert lost.value.cause == "exit code 1"
    assert lost.value.stderr.endswith("ImportError: built for another machine")


def test_only_a_cpu_is_shared() -> None:
    assert host_for(Path(sys.executable), device="gpu:1", threads=1) is None


def run(jobs: list[Job], *kinds: WorkerSpec) -> list[Event]:
    with Pool(kinds, timeout=20, host=new_host()) as pool:
        return list(pool.run(jobs))


JOBS = [Job(runner="tf1", case=make_case(number, size=number + 1)) for number in range(40)]


def test_a_pool_without_forks_starts_its_workers_itself(tensorflow: Path) -> None:
    add(tensorflow, STARTS_A_THREAD)
    events = run(JOBS, spec("tf1"))
    assert [type(event) for event in events] == [Started, *[Finished] * len(JOBS)]


def test_an_import_that_fails_is_told_once(tensorflow: Path) -> None:
    add(tensorflow, "raise ImportError('built for another machine')\n")
    (failed,) = run(JOBS, spec("tf1"))
    assert isinstance(failed, StartFailed)
    assert failed.stderr.endswith("ImportError: built for another machine")


@pytest.mark.usefixtures("tensorflow")
def test_runners_that_are_not_there_say_so_for_every_job() -> None:
    outcomes = [event.outcome for event in run(JOBS, spec("tf1")) if isinstance(event, Finished)]
    assert len(outcomes) == len(JOBS)
    assert all(isinstance(outcome, Unavailable) for outcome in outcomes)


@pytest.mark.usefixtures("tensorflow")
def test_a_kind_without_jobs_is_not_started() -> None:
    started = [event.spec for event in run(JOBS, spec("tf1", "tf_keras"), spec("keras")) if isinstance(event, Started)]
    assert started == [spec("tf1")]


@pytest.mark.usefixtures("tensorflow")
def test_nothing_is_left_behind(tmp_path: Path) -> None:
    with Pool([spec("tf1"), spec("keras")], timeout=20, host=new_host()) as it:
        list(it.run([*JOBS, Job(runner="keras", case=make_case(0))]))
        assert those_in(tmp_path)
    assert not those_in(tmp_path)
    assert not list((tmp_path / "temporary").iterdir())


def test_a_host_that_is_closed_while_it_imports_ends_at_once(tensorflow: Path, tmp_path: Path) -> None:
    add(tensorflow, "import time; time.sleep(600)\n")
    with new_host():
        pass
    assert not those_in(tmp_path)
    assert not list((tmp_path / "temporary").iterdir())
