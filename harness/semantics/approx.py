"""Float64 numbers that know how far a correct implementation in a smaller dtype may be from them.

This is a running error analysis (Wilkinson; Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed.,
section 3.3): every operation adds what its operands carry, to first order, and one rounding of its own. Sums
use the probabilistic constant ``sqrt(n)`` in the place of ``n`` (Higham & Mary, *A New Approach to Probabilistic
Rounding Error Analysis*, 2019), which covers every order of summation that frameworks use.
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

EPSILON: Mapping[str, float] = MappingProxyType(
    {"float16": 2.0**-10, "bfloat16": 2.0**-7, "float32": 2.0**-23, "float64": 2.0**-52}
)
"""Machine epsilon by dtype: twice the unit roundoff."""

# Kernels flush subnormals to zero, so the smallest normal number is what underflow may cost.
_TINY: Mapping[str, float] = MappingProxyType(
    {"float16": 2.0**-14, "bfloat16": 2.0**-126, "float32": 2.0**-126, "float64": 2.0**-1022}
)


@dataclass(frozen=True, slots=True)
class Approx:
    """An array, and how far a correct implementation may be from it, element by element.

    Attributes:
        value: in float64; may hold NaN and infinities.
        error: not negative, broadcasting to ``value``; 0 where ``value`` is not finite.
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
    def epsilon(self) -> float:
        """Machine epsilon of the dtype."""
        return EPSILON[self.dtype]

    def rounded(self, value: Array, error: Array, *, ulps: float = 1.0) -> Approx:
        """``value`` carrying ``error`` and the rounding of one operation.

        That is one unit in the last place and not a half: vectorized divisions and roots are not always rounded
        to nearest.
        """
        with np.errstate(all="ignore"):
            total = error + ulps * self.epsilon * np.abs(value) + _TINY[self.dtype]
        return Approx(value, np.where(np.isfinite(value) & np.isfinite(total), total, 0.0))

    def add(self, a: Approx, b: Approx) -> Approx:
        """``a + b``."""
        with np.errstate(all="ignore"):
            return self.rounded(a.value + b.value, a.error + b.error)

    def subtract(self, a: Approx, b: Approx) -> Approx:
        """``a - b``."""
        with np.errstate(all="ignore"):
            return self.rounded(a.value - b.value, a.error + b.error)

    def multiply(self, a: Approx, b: Approx) -> Approx:
        """``a * b``."""
        with np.errstate(all="ignore"):
            carried = np.abs(a.value) * b.error + np.abs(b.value) * a.error + a.error * b.error
            return self.rounded(a.value * b.value, carried)

    def divide(self, a: Approx, b: Approx) -> Approx:
        """``a / b``; to first order in the error of ``b``."""
        with np.errstate(all="ignore"):
            quotient = a.value / b.value
            carried = a.error / np.abs(b.value) + np.abs(quotient) * b.error / np.abs(b.value)
            return self.rounded(quotient, carried)

    def sqrt(self, a: Approx) -> Approx:
        """The root of ``a``; its error is the larger of both sides, so that it is right near zero too."""
        with np.errstate(all="ignore"):
            root = np.sqrt(a.value)
            below = root - np.sqrt(np.maximum(a.value - a.error, 0.0))
            above = np.sqrt(a.value + a.error) - root
            return self.rounded(root, np.maximum(below, above))

    def reciprocal_sqrt(self, a: Approx) -> Approx:
        """``1 / sqrt(a)``; its error is the larger of both sides, infinite where ``a`` may be 0."""
        with np.errstate(all="ignore"):
            inverse = 1.0 / np.sqrt(a.value)
            below = inverse - 1.0 / np.sqrt(a.value + a.error)
            above = 1.0 / np.sqrt(np.maximum(a.value - a.error, 0.0)) - inverse
            return self.rounded(inverse, np.where(a.error > 0, np.maximum(below, above), 0.0))

    def clip(self, a: Approx, low: float | None, high: float | None) -> Approx:
        """``a`` between ``low`` and ``high``: exact, and it never makes an error larger."""
        lower = -math.inf if low is None else low
        upper = math.inf if high is None else high
        return Approx(np.minimum(np.maximum(a.value, lower), upper), a.error)

    def mean(self, a: Approx, axes: tuple[int, ...], n: int) -> Approx:
        """Mean over ``axes`` of ``n`` values, keeping them with length 1; NaN where there are no values.

        The sum's rounding errors grow with ``sqrt(n)`` and with the mean magnitude of the terms.
        """
        with np.errstate(all="ignore"):
            total = np.sum(a.value, axis=axes, keepdims=True) / n if n else _nothing(a.value, axes)
            magnitude = np.sum(np.abs(a.value), axis=axes, keepdims=True) / n if n else total
            carried = np.sum(np.broadcast_to(a.error, a.value.shape), axis=axes, keepdims=True) / n if n else total
            return self.rounded(total, carried + self.epsilon * (2.0 + math.sqrt(n)) * magnitude)

    def stored(self, a: Approx) -> Approx:
        """``a`` as a variable or output of the dtype holds it: infinite beyond its range, else rounded to nearest."""
        value = a.value if self.dtype == "float64" else Tensor.of(a.value, self.dtype).float64()
        overflow = np.isinf(value) & np.isfinite(a.value)
        return self.rounded(np.where(overflow, value, a.value), a.error, ulps=0.5)


def _nothing(values: Array, axes: tuple[int, ...]) -> Array:
    return np.full([1 if axis in axes else length for axis, length in enumerate(values.shape)], math.nan)


def as_dtype(values: Array, dtype: str) -> Array:
    """``values`` rounded to nearest in ``dtype``, as float64."""
    return Tensor.of(values, dtype).float64() if dtype in FLOATS and dtype != "float64" else values
