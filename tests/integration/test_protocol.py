"""The real worker under a fake TensorFlow: chatter never reaches the protocol, facts and reasons do."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.execution.process import Worker
from harness.execution.spec import WorkerLost, WorkerSpec

FAKE_TENSORFLOW = Path(__file__).parents[1] / "unit" / "worker" / "fake_tensorflow"


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    monkeypatch.setenv("PYTHONPATH", str(FAKE_TENSORFLOW))
    spec = WorkerSpec(
        python=Path(sys.executable),
        runners=("tf1", "keras"),
        legacy_keras=False,
        eager=True,
        device="cpu",
        threads=1,
    )
    started = Worker(spec, tmp_path)
    yield started
    started.close()


def test_chatter_stays_out_of_the_protocol(worker: Worker) -> None:
    ready = worker.receive(20)
    assert ready["versions"]["tensorflow"] == "9.9.9"
    assert "chatter from C++ on stdout" in worker.stderr_tail()
    assert "chatter from Python on stdout" in worker.stderr_tail()


def test_a_front_end_that_is_not_there_says_so(worker: Worker) -> None:
    unavailable = worker.receive(20)["unavailable"]
    assert set(unavailable) == {"tf1", "keras"}
    assert all("has no attribute" in reason for reason in unavailable.values())


def test_a_mistake_of_the_worker_is_a_failure_with_its_traceback(worker: Worker) -> None:
    worker.receive(20)
    worker.send([{"runner": "tf1", "case": {}}])
    assert "Traceback" in worker.receive(20)["failure"]


def test_a_worker_without_tensorflow_ends_with_its_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tensorflow.py").write_text("raise ImportError('built for another machine')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    spec = WorkerSpec(
        python=Path(sys.executable), runners=("tf1",), legacy_keras=False, eager=True, device="cpu", threads=1
    )
    worker = Worker(spec, tmp_path)
    with pytest.raises(WorkerLost) as lost:
        worker.receive(20)
    worker.close()
    assert lost.value.cause == "exit code 1"
    assert lost.value.stderr.endswith("ImportError: built for another machine")
