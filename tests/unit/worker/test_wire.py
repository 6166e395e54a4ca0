"""What the worker writes is what the harness reads, and the other way round."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from harness.tensor import DTYPES, Tensor
from tests.unit.each import each

WORKER = Path(__file__).parents[3] / "harness" / "worker"


@pytest.fixture(scope="module")
def wire() -> ModuleType:
    spec = importlib.util.spec_from_file_location("worker_wire", WORKER / "wire.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


VALUES: dict[str, Any] = {
    "float16": [0.0, -0.0, np.nan, np.inf, -np.inf, 6e-8, 65504, 0.1],
    "float32": [0.0, -0.0, np.nan, np.inf, -np.inf, 1e-45, 3.4e38, 0.1],
    "float64": [0.0, -0.0, np.nan, np.inf, -np.inf, 5e-324, 1.7e308, 0.1],
    "bool": [True, False],
}


@each("dtype", [name for name in DTYPES if name != "bfloat16"])
@each("shape", [(-1,), (2, -1), (0, 3), ()])
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
