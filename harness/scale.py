"""The bounds of every field of a case: who gives them, and those that follow from its inputs alone."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from harness.case import Case, Json
from harness.steps import Load, input_of
from harness.tensor import Tensor
from harness.tolerance import Bound, Scale, Tolerance, default_bound, is_statistic

DEFAULT_AXIS = -1
DEFAULT_EPSILON = 1e-3
SIGNIFICANT_BITS = MappingProxyType({"bfloat16": 8, "float16": 11, "float32": 24, "float64": 53})


class BoundSource(Enum):
    """Who gave a bound; the value is how a report says it."""

    ORACLE = "from the oracle"
    DATA = "from the scale of the data"
    SCENARIO = "from the scenario"


@dataclass(frozen=True, kw_only=True, slots=True)
class BoundArray:
    """:class:`Bound` with an ``atol`` per element, broadcasting to the shape it is for."""

    atol: NDArray[np.float64]
    rtol: float
    source: BoundSource


class Bounds(Protocol):
    """How far two observations of one case may be apart."""

    def bounds(self, step: int, field: str, dtypes: tuple[str, str], shape: tuple[int, ...]) -> BoundArray:
        """Bounds of ``field`` of ``shape`` after step ``step`` (from 0), stored as ``dtypes`` on the two sides."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Channels:
    """Statistics of one input; the arrays keep the reduced axes with length 1."""

    values: int
    ratio: NDArray[np.float64]
    mean: NDArray[np.float64]
    rms: NDArray[np.float64]


class Scales:
    """The bounds that a scenario sets, and for every other field those that follow from the scale of the inputs.

    Whatever was measured is held against them, so they are wider than what the oracle derives for a prediction.
    Each is computed when it is asked for and once.
    """

    def __init__(self, *, case: Case, tolerance: Tolerance) -> None:
        self._case = case
        self._tolerance = tolerance
        self._inputs: dict[int, _Channels] = {}
        self._bounds: dict[tuple[int, str, str, tuple[int, ...]], BoundArray] = {}

    def bounds(self, step: int, field: str, dtypes: tuple[str, str], shape: tuple[int, ...]) -> BoundArray:
        """See :class:`Bounds`; the coarser of ``dtypes`` counts."""
        override = self._tolerance.bounds.get(field)
        if override is not None:
            atol = np.array(override.atol, dtype=np.float64)
            return BoundArray(atol=atol, rtol=override.rtol, source=BoundSource.SCENARIO)
        dtype, statistic = coarser(*dtypes), is_statistic(field)
        source = -1 if statistic else self._input_of(step)
        key = (source, field, dtype, shape)
        if key not in self._bounds:
            found = self._statistic(field, dtype, shape) if statistic else self._output(source, field, dtype, shape)
            self._bounds[key] = found
        return self._bounds[key]

    def _output(self, source: int, field: str, dtype: str, shape: tuple[int, ...]) -> BoundArray:
        channels = self._channels(source)
        gamma = _fit(_gamma(self._case), channels.ratio.shape)
        pairs = zip(channels.ratio.reshape(-1).tolist(), gamma.reshape(-1).tolist(), strict=True)
        scales = [Scale(values=channels.values, ratio=ratio, gamma=factor) for ratio, factor in pairs]
        return _array([default_bound(field, dtype=dtype, scale=scale) for scale in scales], gamma.shape, shape)

    def _statistic(self, field: str, dtype: str, shape: tuple[int, ...]) -> BoundArray:
        used = sorted({one for one in map(input_of, self._case.steps) if one is not None}) or [0]
        means = [self._channels(index).mean for index in used]
        squares = [self._channels(index).rms for index in used]
        initial = self._case.initializers.get("moving_mean")
        if initial is not None:
            means.append(_magnitude(initial.float64()))
            squares.append(_magnitude(initial.float64()))
        size = math.prod(shape)
        pairs = zip(_largest(means, size), _largest(squares, size), strict=True)
        bounds = [default_bound(field, dtype=dtype, scale=Scale(mean=mean, rms=rms)) for mean, rms in pairs]
        return _array(bounds, shape, shape)

    def _input_of(self, step: int) -> int:
        """The input of a step, or of the last one before it that had any."""
        used = [one for one in map(input_of, self._case.steps[: step + 1]) if one is not None]
        return used[-1] if used else 0

    def _channels(self, index: int) -> _Channels:
        if index not in self._inputs:
            self._inputs[index] = _channels(self._case.inputs[index], self._case.layer, _least_epsilon(self._case))
        return self._inputs[index]


def coarser(left: str, right: str) -> str:
    """Of two dtypes the one with fewer significant bits; integers count as exact."""
    return min(left, right, key=lambda dtype: (SIGNIFICANT_BITS.get(dtype, 64), dtype))


def _least_epsilon(case: Case) -> float:
    """The smallest epsilon of the layer and of those that it is loaded into: the widest bound is right for all."""
    layers = (case.layer, *(case.loaded(step).layer for step in case.steps if isinstance(step, Load)))
    given = [layer.get("epsilon", DEFAULT_EPSILON) for layer in layers]
    return min(one if isinstance(one, (int, float)) and one >= 0 else DEFAULT_EPSILON for one in given)


def _channels(tensor: Tensor, layer: Mapping[str, Json], epsilon: float) -> _Channels:
    """Statistics per channel in float64; those that are not finite (NaN in the input, overflow) become 0, rms infinite.

    A channel without scatter divides by ``sqrt(epsilon)``, hence the epsilon under the root. Without epsilon
    too its ratio is infinite, and no finite bound is right: it becomes 0 and the measured base bound stands.
    """
    wide = tensor.float64()
    kept = _kept_axes(layer.get("axis", DEFAULT_AXIS), wide.ndim)
    reduced = tuple(axis for axis in range(wide.ndim) if axis not in kept)
    shape = tuple(length if axis in kept else 1 for axis, length in enumerate(wide.shape))
    values = math.prod(wide.shape[axis] for axis in reduced)
    if values == 0:
        return _Channels(values=0, ratio=np.zeros(shape), mean=np.zeros(shape), rms=np.full(shape, np.inf))
    with np.errstate(all="ignore"):
        mean = np.abs(wide.mean(axis=reduced, keepdims=True))
        ratio = mean / np.sqrt(wide.var(axis=reduced, keepdims=True) + epsilon)
        rms = np.sqrt(np.square(wide).mean(axis=reduced, keepdims=True))
    known = np.where(np.isfinite(rms), rms, np.inf)
    return _Channels(values=values, ratio=_magnitude(ratio), mean=_magnitude(mean), rms=known)


def _kept_axes(axis: Json, rank: int) -> set[int]:
    """The channel axes; none, which makes the tensor one channel, where ``axis`` names no axis of it."""
    axes = axis if isinstance(axis, list) else [axis]
    named = [one for one in axes if isinstance(one, int) and -rank <= one < rank]
    return {one % rank for one in named} if len(named) == len(axes) else set()


def _gamma(case: Case) -> NDArray[np.float64]:
    gamma = case.initializers.get("gamma")
    return np.ones(1) if gamma is None else _magnitude(gamma.float64())


def _magnitude(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(np.isfinite(values), np.abs(values), 0.0)


def _fit(values: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.float64]:
    """One value per channel in ``shape``, or the largest everywhere where the channels do not correspond."""
    if values.size == math.prod(shape):
        return values.reshape(shape)
    return np.full(shape, values.max(initial=0.0))


def _largest(magnitudes: list[NDArray[np.float64]], size: int) -> list[float]:
    largest: list[float] = np.max([_fit(magnitude, (size,)) for magnitude in magnitudes], axis=0).tolist()
    return largest


def _array(bounds: list[Bound], shape: tuple[int, ...], target: tuple[int, ...]) -> BoundArray:
    """``bounds`` of channels laid out as ``shape``, for a tensor of shape ``target``."""
    if not bounds:
        return BoundArray(atol=np.zeros(()), rtol=0.0, source=BoundSource.DATA)
    atol = np.array([bound.atol for bound in bounds], dtype=np.float64).reshape(shape)
    fits = len(shape) == len(target) and all(a in (1, b) for a, b in zip(shape, target, strict=True))
    return BoundArray(atol=atol if fits else atol.max(), rtol=bounds[0].rtol, source=BoundSource.DATA)
