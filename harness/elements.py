"""Two tensors of one shape, element by element: errors, bounds, and the element farthest beyond its bound."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.scale import SIGNIFICANT_BITS, BoundArray, BoundSource, coarser
from harness.tensor import FLOATS, Tensor, storage_dtype

_SMALLEST = {"bfloat16": -133, "float16": -24, "float32": -149, "float64": -1074}


@dataclass(frozen=True, kw_only=True)
class Elements:
    """Errors of two tensors of equal shape, flat in C order.

    Attributes:
        errors: ``|left - right|``: 0 for two NaNs and for equal infinities, infinite where only one side is
            NaN or the infinities differ.
        bounds: what each error must stay within.
        source: who gave the bounds.
        magnitudes: the larger of the two absolute values; 0 where one of them is not finite.
        identical: same dtype and same bits everywhere, NaNs of any payload counting as equal.
    """

    errors: NDArray[np.float64]
    bounds: NDArray[np.float64]
    source: BoundSource
    magnitudes: NDArray[np.float64]
    identical: bool

    @classmethod
    def of(cls, left: Tensor, right: Tensor, bound: BoundArray) -> Elements:
        """Compare ``left`` and ``right`` under ``bound``, whose ``atol`` broadcasts to their shape."""
        a, b = left.float64().reshape(-1), right.float64().reshape(-1)
        both_nan = np.isnan(a) & np.isnan(b)
        integers = left.dtype not in FLOATS and right.dtype not in FLOATS
        errors = _integer_errors(left, right) if integers else _float_errors(a, b, both_nan)
        identical = left.dtype == right.dtype and bool(((_bits(left) == _bits(right)) | both_nan).all())
        magnitudes = np.maximum(np.abs(a), np.abs(b))
        magnitudes[~np.isfinite(magnitudes)] = 0.0
        atol = np.broadcast_to(bound.atol, left.shape).reshape(-1)
        with np.errstate(over="ignore"):
            bounds = atol + bound.rtol * magnitudes
        return cls(errors=errors, bounds=bounds, source=bound.source, magnitudes=magnitudes, identical=identical)

    @cached_property
    def equal(self) -> bool:
        """No element differs in value (zeros may differ in sign, NaNs in payload)."""
        return not self.errors.any()

    @cached_property
    def ratios(self) -> NDArray[np.float64]:
        """Error over bound; 0 where there is no error, infinite where no multiple of the bound would do."""
        positive = self.bounds > 0
        ratios = np.where(self.errors > 0, math.inf, 0.0)
        with np.errstate(over="ignore", invalid="ignore"):
            np.divide(self.errors, self.bounds, out=ratios, where=positive & np.isfinite(self.errors))
        return ratios

    @cached_property
    def beyond(self) -> int:
        """How many elements are beyond their bounds."""
        return int(np.count_nonzero((self.errors > self.bounds) | np.isinf(self.errors)))

    @cached_property
    def worst(self) -> int:
        """Flat index of the largest ratio; among equals of the largest error, then the first."""
        return int(np.argmax(np.where(self.ratios == self.ratios.max(), self.errors, -1.0)))

    def index(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The worst element's index in ``shape``."""
        return tuple(int(place) for place in np.unravel_index(self.worst, shape))


def _float_errors(a: NDArray[np.float64], b: NDArray[np.float64], both_nan: NDArray[np.bool_]) -> NDArray[np.float64]:
    with np.errstate(over="ignore", invalid="ignore"):
        errors = np.abs(a - b)
    errors[(a == b) | both_nan] = 0.0
    errors[np.isnan(errors)] = math.inf
    return errors


def _integer_errors(left: Tensor, right: Tensor) -> NDArray[np.float64]:
    # Python's integers: float64 would call 2**63 and 2**63 - 1 equal.
    pairs = zip(left.bits().reshape(-1).tolist(), right.bits().reshape(-1).tolist(), strict=True)
    return np.array([float(abs(int(a) - int(b))) for a, b in pairs], dtype=np.float64)


def _bits(tensor: Tensor) -> NDArray[np.unsignedinteger[Any]]:
    """The stored bits as integers, which tell 0.0 from -0.0."""
    return np.frombuffer(tensor.data, dtype=f"<u{storage_dtype(tensor.dtype).itemsize}")


def decimal(tensor: Tensor, flat: int) -> str:
    """Element ``flat`` of ``tensor`` as the shortest decimal of its dtype."""
    size = storage_dtype(tensor.dtype).itemsize
    element = Tensor(tensor.dtype, (), tensor.data[flat * size : (flat + 1) * size])
    return str(element.decimals()[0])


def ulps(dtypes: tuple[str, str], magnitude: float, error: float) -> float | None:
    """``error`` in units in the last place of the coarser of ``dtypes`` at ``magnitude``.

    ``None`` where the error is not finite, or a dtype is no float.
    """
    if not math.isfinite(error) or any(dtype not in FLOATS for dtype in dtypes):
        return None
    dtype = coarser(*dtypes)
    exponent = math.frexp(magnitude)[1] - SIGNIFICANT_BITS[dtype] if magnitude else _SMALLEST[dtype]
    return error / math.ldexp(1.0, max(exponent, _SMALLEST[dtype]))
