"""The layers around the layer: each forward, and how a loss changes with its input and its weights.

All of them compute in float32, as the scenarios that have a model do. Shapes are those of the front ends: dense
kernels ``(in, out)``, convolution kernels ``(height, width, in, out)`` on channels last.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from harness.case import Json
from harness.semantics.approx import Approx, Arithmetic
from harness.semantics.asking import BeyondTheOracle
from harness.tensor import Tensor

Array: TypeAlias = NDArray[np.float64]
Weights: TypeAlias = Mapping[str, Approx]
Pullback: TypeAlias = Callable[[Approx], tuple[Approx, dict[str, Approx]]]
"""From the derivative by the output to those by the input and by the weights."""

_FLOAT32 = Arithmetic("float32")


@dataclass(frozen=True, kw_only=True, slots=True)
class Passed:
    """What a layer makes of its input.

    Attributes:
        output: of the layer.
        back: the backward pass.
        mask: which of the leading entries count; ``None``: all, or no mask is passed on.
    """

    output: Approx
    back: Pullback
    mask: NDArray[np.bool_] | None = None


def weights_of(kind: str, spec: Json) -> dict[str, Tensor]:
    """The weights that a layer of this kind starts with, by the names that Keras gives them."""
    if not isinstance(spec, dict):
        return {}
    names = {"embedding": {"table": "embeddings"}}.get(kind, {"kernel": "kernel", "bias": "bias"})
    return {ours: Tensor.from_wire(spec[name]) for name, ours in names.items() if name in spec}


def passed(kind: str, spec: Json, x: Approx, weights: Weights, mask: NDArray[np.bool_] | None) -> Passed:
    """The forward pass of any layer but batch normalization.

    Raises:
        BeyondTheOracle: the oracle does not know this kind.
    """
    if kind == "dense":
        return _dense(x, weights, mask)
    if kind == "conv2d":
        assert isinstance(spec, dict)
        return _conv2d(x, weights, strides=int(spec.get("strides", 1)), same=spec.get("padding") == "same")
    if kind == "activation":
        return _softmax(x, mask) if spec == "softmax" else _activation(str(spec), x, mask)
    if kind == "flatten":
        shape = x.value.shape
        flat = x.reshape((shape[0], math.prod(shape[1:])))
        return Passed(output=flat, back=lambda dy: (dy.reshape(shape), {}))
    if kind == "embedding":
        assert isinstance(spec, dict)
        return _embedding(x, weights, masks=bool(spec.get("mask_zero")))
    if kind == "masking":
        assert isinstance(spec, dict)
        return _masking(x, float(spec["value"]))
    raise BeyondTheOracle(f"layer {kind}")


def _matmul(a: Approx, b: Approx) -> Approx:
    """``a @ b`` of matrices: products are rounded once, and their sum as approx.py says."""
    length = a.value.shape[-1]
    with np.errstate(all="ignore"):
        value = a.value @ b.value
        sizes = np.abs(a.value) @ np.abs(b.value)
        carried = _spread(a) @ np.abs(b.value) + np.abs(a.value) @ _spread(b) + _spread(a) @ _spread(b)
        return _FLOAT32.rounded(value, carried + (_FLOAT32.growth(length) + _FLOAT32.unit) * (sizes + carried))


def _spread(a: Approx) -> Array:
    return np.broadcast_to(a.error, a.value.shape)


def _transposed(a: Approx) -> Approx:
    return Approx(a.value.T, _spread(a).T)


def _added(a: Approx, axes: tuple[int, ...]) -> Approx:
    """The sum over leading ``axes``."""
    n = math.prod(a.value.shape[axis] for axis in axes)
    mean = _FLOAT32.mean(a, axes, n)
    shape = tuple(length for axis, length in enumerate(a.value.shape) if axis not in axes)
    return Approx(mean.value * n, mean.error * n).reshape(shape)


def _dense(x: Approx, weights: Weights, mask: NDArray[np.bool_] | None) -> Passed:
    shape, kernel = x.value.shape, weights["kernel"]
    rows = x.reshape((math.prod(shape[:-1]), shape[-1]))
    product = _matmul(rows, kernel)
    if "bias" in weights:
        product = _FLOAT32.add(product, weights["bias"])

    def back(dy: Approx) -> tuple[Approx, dict[str, Approx]]:
        flat = dy.reshape(product.value.shape)
        found = {"kernel": _matmul(_transposed(rows), flat)}
        if "bias" in weights:
            found["bias"] = _added(flat, (0,))
        return _matmul(flat, _transposed(kernel)).reshape(shape), found

    return Passed(output=product.reshape((*shape[:-1], kernel.value.shape[-1])), back=back, mask=mask)


def _conv2d(x: Approx, weights: Weights, *, strides: int, same: bool) -> Passed:
    """A convolution as a matrix product over the patches that the kernel sees, channels last."""
    kernel = weights["kernel"]
    height, width, channels, filters = kernel.value.shape
    before, sizes = _padding(x.value.shape, (height, width), strides) if same else ((0, 0), None)
    shape = x.value.shape
    out = sizes or tuple((shape[1 + axis] - (height, width)[axis]) // strides + 1 for axis in range(2))
    places = _patches(shape, (height, width), strides, before, out)
    patches = _gathered(x, places).reshape((-1, height * width * channels))
    product = _matmul(patches, kernel.reshape((height * width * channels, filters)))
    if "bias" in weights:
        product = _FLOAT32.add(product, weights["bias"])

    def back(dy: Approx) -> tuple[Approx, dict[str, Approx]]:
        flat = dy.reshape(product.value.shape)
        found = {"kernel": _matmul(_transposed(patches), flat).reshape(kernel.value.shape)}
        if "bias" in weights:
            found["bias"] = _added(flat, (0,))
        dx = _matmul(flat, _transposed(kernel.reshape((height * width * channels, filters))))
        return _scattered(dx, places, shape), found

    return Passed(output=product.reshape((shape[0], *out, filters)), back=back)


def _padding(
    shape: tuple[int, ...], kernel: tuple[int, int], strides: int
) -> tuple[tuple[int, int], tuple[int, int] | None]:
    """Zeros before the first row and column of padding ``same``, and the size of the output."""
    out = tuple(-(-shape[1 + axis] // strides) for axis in range(2))
    total = [max((out[axis] - 1) * strides + kernel[axis] - shape[1 + axis], 0) for axis in range(2)]
    return (total[0] // 2, total[1] // 2), (out[0], out[1])


def _patches(
    shape: tuple[int, ...], kernel: tuple[int, int], strides: int, before: tuple[int, int], out: tuple[int, ...]
) -> NDArray[np.int64]:
    """For every element of every patch its place in the flat input; -1 where the padding is."""
    batch, rows, columns, channels = shape
    n, y, x, i, j, c = np.ogrid[:batch, : out[0], : out[1], : kernel[0], : kernel[1], :channels]
    row, column = y * strides + i - before[0], x * strides + j - before[1]
    inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
    flat = ((n * rows + row) * columns + column) * channels + c
    return np.where(inside & (flat >= 0), flat, -1)


def _gathered(x: Approx, places: NDArray[np.int64]) -> Approx:
    value = np.append(x.value.reshape(-1), 0.0)[places]
    return Approx(value, np.append(_spread(x).reshape(-1), 0.0)[places])


def _scattered(dx: Approx, places: NDArray[np.int64], shape: tuple[int, ...]) -> Approx:
    size = math.prod(shape)
    flat = places.reshape(-1)
    value, error, magnitude = np.zeros(size + 1), np.zeros(size + 1), np.zeros(size + 1)
    np.add.at(value, flat, dx.value.reshape(-1))
    np.add.at(error, flat, _spread(dx).reshape(-1))
    np.add.at(magnitude, flat, np.abs(dx.value).reshape(-1))
    total = error + _FLOAT32.epsilon * magnitude
    return Approx(value[:size].reshape(shape), total[:size].reshape(shape))


def _activation(name: str, x: Approx, mask: NDArray[np.bool_] | None) -> Passed:
    value, slope = _curve(name, x.value)
    steepest = np.maximum(np.abs(slope), 1.0 if name == "relu" else np.abs(slope))
    # Transcendental functions of float32 are good to a few units in the last place.
    output = _FLOAT32.rounded(value, steepest * x.error, units=1.0 if name in ("linear", "relu") else 8.0)
    unsure = (np.abs(x.value) <= x.error) & (_spread(x) > 0) if name == "relu" else np.zeros_like(value, dtype=bool)
    back = Approx(slope, np.where(unsure, 1.0, 4.0 * _FLOAT32.epsilon * np.abs(slope) + steepest * x.error))
    exact = name in ("linear", "relu")
    factor = Approx(slope, np.where(unsure, 1.0, 0.0)) if exact else back
    return Passed(output=output, back=lambda dy: (_FLOAT32.multiply(dy, factor), {}), mask=mask)


def _softmax(x: Approx, mask: NDArray[np.bool_] | None) -> Passed:
    """``exp(x)`` over its sum along the last axis.

    An ``x`` that is off by ``e`` multiplies its own numerator by up to ``exp(e)``, and the sum by up to ``exp`` of the
    largest ``e`` along the axis.
    """
    last, n = x.value.ndim - 1, x.value.shape[-1]
    with np.errstate(all="ignore"):
        powers = np.exp(x.value - x.value.max(axis=-1, keepdims=True))
        value = powers / powers.sum(axis=-1, keepdims=True)
        off = _spread(x)
        carried = value * np.expm1(off + off.max(axis=-1, keepdims=True))
    output = _FLOAT32.rounded(value, carried, units=8.0 + n)

    def back(dy: Approx) -> tuple[Approx, dict[str, Approx]]:
        mean = _FLOAT32.mean(_FLOAT32.multiply(dy, output), (last,), n)
        shared = Approx(mean.value * n, mean.error * n)
        return _FLOAT32.multiply(output, _FLOAT32.subtract(dy, shared)), {}

    return Passed(output=output, back=back, mask=mask)


def _curve(name: str, x: Array) -> tuple[Array, Array]:
    """An activation and its derivative."""
    with np.errstate(all="ignore"):
        match name:
            case "linear":
                return x, np.ones_like(x)
            case "relu":
                return np.maximum(x, 0.0), (x > 0).astype(np.float64)
            case "tanh":
                return np.tanh(x), 1.0 - np.tanh(x) ** 2
            case "sigmoid":
                y = 1.0 / (1.0 + np.exp(-x))
                return y, y * (1.0 - y)
            case "softplus":
                return np.logaddexp(0.0, x), 1.0 / (1.0 + np.exp(-x))
            case "elu":
                return np.where(x > 0, x, np.expm1(x)), np.where(x > 0, 1.0, np.exp(x))
    raise BeyondTheOracle(f"activation {name}")


def _embedding(x: Approx, weights: Weights, *, masks: bool) -> Passed:
    table, rows = weights["embeddings"], x.value.astype(np.int64)
    output = Approx(table.value[rows], _spread(table)[rows])

    def back(dy: Approx) -> tuple[Approx, dict[str, Approx]]:
        value, error = np.zeros_like(table.value), np.zeros_like(table.value)
        np.add.at(value, rows, dy.value)
        np.add.at(error, rows, _spread(dy) + _FLOAT32.epsilon * np.abs(dy.value))
        return Approx.exact(np.zeros(x.value.shape)), {"embeddings": Approx(value, error)}

    return Passed(output=output, back=back, mask=rows != 0 if masks else None)


def _masking(x: Approx, skipped: float) -> Passed:
    """Steps whose every feature is ``skipped`` become zeros, and are masked from here on."""
    kept = np.any(x.value != skipped, axis=-1)
    factor = Approx.exact(kept[..., np.newaxis].astype(np.float64))
    output = Approx(x.value * factor.value, x.error * factor.value)
    return Passed(
        output=output, back=lambda dy: (Approx(dy.value * factor.value, dy.error * factor.value), {}), mask=kept
    )
