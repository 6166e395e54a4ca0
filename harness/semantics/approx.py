"""Float64 numbers that know how far a correct implementation in a smaller dtype may be from them.

This is a running error analysis (Wilkinson; Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed.,
2002, section 3.3): an operation hands on what its operands carry and adds what itself may err by, in unit
roundoffs ``u`` of its result. Correct is an implementation whose operations err by no more than this:

==========================  =====  ==============================================================================
add, subtract, multiply       1 u  IEEE 754, to nearest; a fused multiply-add leaves a rounding out
divide, square root           4 u  2 units in the last place, what CUDA's approximate ones are documented to keep
reciprocal root, float32      7 u  one Newton step from RSQRTPS, which is documented to err by 1.5 * 2**-12:
                                   1.5 (1.5 * 2**-12)**2 = 3.4 u, and three roundings of the step itself
reciprocal root, others       2 u  a root and a quotient, each to nearest
sum of n terms in any order   g_n  (n - 1) u / (1 - (n - 1) u) times the sum of magnitudes (Higham, section 4.2),
                                   or 6.5 sqrt(n - 1) u of it where that is less (n > 43)
==========================  =====  ==============================================================================

The second bound of a sum takes roundings to be independent and of mean zero (Higham & Mary, *A New Approach to
Probabilistic Rounding Error Analysis*, SIAM J. Sci. Comput. 41, 2019): a sum is beyond ``l sqrt(n - 1) u`` with a
probability of at most ``2 exp(-l**2 / 2)``, for l = 6.5 once in 7e8 sums.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from harness.tensor import FLOATS, Tensor

Array = NDArray[np.float64]

UNIT: Mapping[str, float] = MappingProxyType(
    {"float16": 2.0**-11, "bfloat16": 2.0**-8, "float32": 2.0**-24, "float64": 2.0**-52}
)
"""Unit roundoff by dtype; of float64 twice that, because the oracle itself errs by as much as it allows."""

_DIVISION = _ROOT = 4.0
_RECIPROCAL_ROOT: Mapping[str, float] = MappingProxyType(
    {"float16": 2.0, "bfloat16": 2.0, "float32": 7.0, "float64": 2.0}
)
_MEAN = 2.0
"""The quotient by n, or the product with 1/n, which is itself rounded."""
_SIGMAS = 6.5

# Kernels flush subnormals to zero, so the smallest normal number is what underflow may cost.
_TINY: Mapping[str, float] = MappingProxyType(
    {"float16": 2.0**-14, "bfloat16": 2.0**-126, "float32": 2.0**-126, "float64": 2.0**-1022}
)
# What is larger rounds to infinity: (2 - half a unit in the last place) times the largest power of two.
_LARGEST: Mapping[str, float] = MappingProxyType(
    {
        "float16": (2.0 - 2.0**-11) * 2.0**15,
        "bfloat16": (2.0 - 2.0**-8) * 2.0**127,
        "float32": (2.0 - 2.0**-24) * 2.0**127,
        "float64": float(np.finfo(np.float64).max),
    }
)


@dataclass(frozen=True, slots=True)
class Approx:
    """An array, and how far a correct implementation may be from it, element by element.

    Attributes:
        value: in float64; may hold NaN and infinities.
        error: not negative, broadcasting to ``value``; 0 where ``value`` is not finite, infinite where no bound
            follows, as of a root that may be of a negative number.
    """

    value: Array
    error: Array

    @classmethod
    def exact(cls, values: ArrayLike) -> Approx:
        """Values that carry no error."""
        array = np.asarray(values, dtype=np.float64)
        return cls(array, np.zeros_like(array))

    def reshape(self, shape: tuple[int, ...]) -> Approx:
        """The same elements in another shape."""
        error = np.broadcast_to(self.error, self.value.shape)
        return Approx(self.value.reshape(shape), error.reshape(shape))


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Operations that round to ``dtype``."""

    dtype: str

    @property
    def unit(self) -> float:
        """Unit roundoff of the dtype, see :data:`UNIT`."""
        return UNIT[self.dtype]

    @property
    def epsilon(self) -> float:
        """Machine epsilon of the dtype: two unit roundoffs."""
        return 2.0 * self.unit

    def rounded(self, value: Array, error: Array, *, units: float = 1.0) -> Approx:
        """``value`` carrying ``error``, after an operation that errs by ``units`` unit roundoffs of what it gives."""
        with np.errstate(all="ignore"):
            return self._rounded(value, error, units)

    def _rounded(self, value: Array, error: Array, units: float = 1.0) -> Approx:
        share = units * self.unit
        # One buffer from magnitude to total: on arrays of real size, most of the time goes into fresh memory.
        total = np.abs(value)
        largest = total.max(initial=0.0)
        total *= share
        total += _TINY[self.dtype]
        total += error * (1.0 + share)
        # Most arrays are all finite, and one comparison tells: it is false of NaN as well.
        if largest <= _LARGEST[self.dtype] and total.max(initial=0.0) < math.inf:
            return Approx(value, total)
        value = np.where(np.abs(value) > _LARGEST[self.dtype], np.copysign(np.inf, value), value)
        total = np.where(np.isnan(total), np.inf, total)
        return Approx(value, np.where(np.isfinite(value), total, 0.0))

    def add(self, a: Approx, b: Approx) -> Approx:
        """``a + b``."""
        with np.errstate(all="ignore"):
            return self._rounded(a.value + b.value, a.error + b.error)

    def subtract(self, a: Approx, b: Approx) -> Approx:
        """``a - b``."""
        with np.errstate(all="ignore"):
            return self._rounded(a.value - b.value, a.error + b.error)

    def multiply(self, a: Approx, b: Approx) -> Approx:
        """``a * b``."""
        with np.errstate(all="ignore"):
            carried = np.abs(a.value) * b.error + np.abs(b.value) * a.error + a.error * b.error
            return self._rounded(a.value * b.value, carried)

    def divide(self, a: Approx, b: Approx) -> Approx:
        """``a / b``; of no bounded error where ``b`` may be 0."""
        with np.errstate(all="ignore"):
            quotient = a.value / b.value
            least = np.maximum(np.abs(b.value) - b.error, 0.0)
            carried = np.where(b.error > 0, (a.error + np.abs(quotient) * b.error) / least, a.error / least)
            return self._rounded(quotient, carried, _DIVISION)

    def sqrt(self, a: Approx) -> Approx:
        """The root of ``a``; its error is the larger of both sides, so that it is right near zero too."""
        with np.errstate(all="ignore"):
            root = np.sqrt(a.value)
            below = root - np.sqrt(np.maximum(a.value - a.error, 0.0))
            above = np.sqrt(a.value + a.error) - root
            return self._rounded(root, np.maximum(below, above), _ROOT)

    def reciprocal_sqrt(self, a: Approx) -> Approx:
        """``1 / sqrt(a)``; its error is the larger of both sides, infinite where ``a`` may be 0."""
        with np.errstate(all="ignore"):
            inverse = 1.0 / np.sqrt(a.value)
            below = inverse - 1.0 / np.sqrt(a.value + a.error)
            above = 1.0 / np.sqrt(np.maximum(a.value - a.error, 0.0)) - inverse
            carried = np.where(a.error > 0, np.maximum(below, above), 0.0)
            return self._rounded(inverse, carried, _RECIPROCAL_ROOT[self.dtype])

    def clip(self, a: Approx, low: float | None, high: float | None) -> Approx:
        """``a`` between ``low`` and ``high``: exact, and it never makes an error larger."""
        lower = -math.inf if low is None else low
        upper = math.inf if high is None else high
        return Approx(np.minimum(np.maximum(a.value, lower), upper), a.error)

    def mean(self, a: Approx, axes: tuple[int, ...], n: int) -> Approx:
        """Mean over ``axes`` of ``n`` values, keeping them with length 1; NaN where there are no values."""
        with np.errstate(all="ignore"):
            total = np.sum(a.value, axis=axes, keepdims=True) / n if n else _nothing(a.value, axes)
            magnitude = np.sum(np.abs(a.value) + a.error, axis=axes, keepdims=True) / n if n else total
            carried = np.sum(np.broadcast_to(a.error, a.value.shape), axis=axes, keepdims=True) / n if n else total
            return self._rounded(total, carried + self.growth(n) * magnitude, _MEAN)

    def growth(self, n: int) -> float:
        """What a sum of ``n`` terms may err by, in shares of the sum of their magnitudes; infinite where it is all."""
        height = max(n - 1, 0)
        steps = min(height, _SIGMAS * math.sqrt(height)) * self.unit
        return steps / (1.0 - steps) if steps < 1.0 else math.inf

    def stored(self, a: Approx) -> Approx:
        """``a`` as a variable or output of the dtype holds it: infinite beyond its range, else rounded to nearest."""
        value = a.value if self.dtype == "float64" else Tensor.of(a.value, self.dtype).float64()
        overflow = np.isinf(value) & np.isfinite(a.value)
        return self.rounded(np.where(overflow, value, a.value), a.error)


def _nothing(values: Array, axes: tuple[int, ...]) -> Array:
    return np.full([1 if axis in axes else length for axis, length in enumerate(values.shape)], math.nan)


def as_dtype(values: Array, dtype: str) -> Array:
    """``values`` rounded to nearest in ``dtype``, as float64."""
    return Tensor.of(values, dtype).float64() if dtype in FLOATS and dtype != "float64" else values
