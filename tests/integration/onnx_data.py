"""The BatchNormalization tests of the ONNX standard, as the arrays that the scenarios of ``scenarios/onnx`` read.

Run it to write them again, one ``.npz`` for each test, from an installed ``onnx`` package; it prints the numbers that
the claims of the scenarios hold::

    pip install onnx==1.18.0
    python -m tests.integration.onnx_data scenarios/onnx

The package is needed for this alone: what the scenarios use stands beside them.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.golden import sidecar

INPUTS = ("X", "scale", "B", "input_mean", "input_var")
OUTPUTS = ("Y", "running_mean", "running_var")
"""What the operator takes and gives, in order, by the names that the standard has for it."""

TESTS: Mapping[str, str] = {
    "inference": "node/test_batchnorm_example",
    "epsilon": "node/test_batchnorm_epsilon",
    "training": "node/test_batchnorm_example_training_mode",
    "epsilon-training": "node/test_batchnorm_epsilon_training_mode",
    "pytorch-rank-3": "pytorch-converted/test_BatchNorm1d_3d_input_eval",
    "pytorch-rank-4": "pytorch-converted/test_BatchNorm2d_eval",
    "pytorch-rank-4-momentum": "pytorch-converted/test_BatchNorm2d_momentum_eval",
    "pytorch-rank-5": "pytorch-converted/test_BatchNorm3d_eval",
    "pytorch-rank-5-momentum": "pytorch-converted/test_BatchNorm3d_momentum_eval",
}
"""Name of a scenario to the folder of its test: of a node by opset 15, or of a model that PyTorch wrote by opset 6."""

Arrays = dict[str, NDArray[Any]]


def read_test(name: str) -> Arrays:
    """What goes into the operator, and what ONNX expects of it, by the names of the standard.

    Raises:
        FileNotFoundError: this release of ``onnx`` comes without the test.
    """
    onnx: Any = importlib.import_module("onnx")
    folder = Path(onnx.__file__).parent / "backend" / "test" / "data" / TESTS[name]
    model = onnx.load(str(folder / "model.onnx"))
    (node,) = model.graph.node
    known = {one.name: onnx.numpy_helper.to_array(one) for one in model.graph.initializer}
    fed = [one for one in node.input if one not in known]
    data = folder / "test_data_set_0"
    known.update({one: _tensor(onnx, data / f"input_{place}.pb") for place, one in enumerate(fed)})
    given = [_tensor(onnx, data / f"output_{place}.pb") for place in range(len(node.output))]
    return {
        **{role: known[one] for role, one in zip(INPUTS, node.input, strict=True)},
        **dict(zip(OUTPUTS, given, strict=False)),
    }


def _tensor(onnx: Any, path: Path) -> NDArray[Any]:
    return np.asarray(onnx.numpy_helper.to_array(onnx.load_tensor(str(path))))


def printed(number: float) -> float:
    """``number`` to about four decimals, and so that what is off by rounding errors still rounds to it."""
    for digits in (4, 5, 3, 6):
        short = round(number, digits)
        if abs(short - number) < 0.45 * 10.0**-digits:
            return short
    return number


def claimed(arrays: Mapping[str, NDArray[Any]], role: str) -> Any:
    """An expected array as nested lists of such numbers."""
    array = arrays[role].astype(np.float64)
    return np.vectorize(printed, otypes=[np.float64])(array).tolist()


def main(folder: Path) -> None:
    """Write every test into ``folder``."""
    for name in TESTS:
        arrays = read_test(name)
        (folder / f"{name}.npz").write_bytes(sidecar.encode(arrays))
        print(*(f"{name} {role}: {claimed(arrays, role)}" for role in OUTPUTS if role in arrays), sep="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
