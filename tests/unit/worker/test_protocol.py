"""The real worker under a fake TensorFlow: chatter never reaches the protocol, facts and reasons do."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from harness.execution.process import Worker
from harness.execution.spec import WorkerLost, WorkerSpec
from harness.tensor import DTYPES, Tensor

WORKER = Path(__file__).parents[3] / "harness" / "worker"
FAKE_TENSORFLOW = Path(__file__).with_name("fake_tensorflow")


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


@pytest.fixture(scope="module")
def wire() -> ModuleType:
    spec = importlib.util.spec_from_file_location("worker_wire", WORKER / "wire.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


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


VALUES: dict[str, Any] = {
    "float16": [0.0, -0.0, np.nan, np.inf, -np.inf, 6e-8, 65504, 0.1],
    "float32": [0.0, -0.0, np.nan, np.inf, -np.inf, 1e-45, 3.4e38, 0.1],
    "float64": [0.0, -0.0, np.nan, np.inf, -np.inf, 5e-324, 1.7e308, 0.1],
    "bool": [True, False],
}


@pytest.mark.parametrize("dtype", [name for name in DTYPES if name != "bfloat16"])
@pytest.mark.parametrize("shape", [(-1,), (2, -1), (0, 3), ()])
def test_arrays_survive_the_pipe_bit_for_bit(wire: ModuleType, dtype: str, shape: tuple[int, ...]) -> None:
    flat = np.array(VALUES.get(dtype, [0, 1, 2, 100]), dtype=dtype)
    array = flat[:1].reshape(()) if shape == () else (flat[:0] if 0 in shape else flat).reshape(shape)
    tensor = Tensor.of(array, dtype)
    assert Tensor.from_wire(wire.encode(wire.decode(tensor.to_wire(), np.uint16))) == tensor


def test_bfloat16_travels_as_its_bits(wire: ModuleType) -> None:
    bfloat16 = pytest.importorskip("ml_dtypes").bfloat16
    tensor = Tensor.of([0.1, -0.0, np.nan, np.inf, 3e38, 1e-40], "bfloat16")
    array = wire.decode(tensor.to_wire(), bfloat16)
    assert array.dtype.name == "bfloat16"
    assert Tensor.from_wire(wire.encode(array)) == tensor
