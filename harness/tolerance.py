"""How far two measurements of the same number may be apart, and why."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, kw_only=True, slots=True)
class Bound:
    """Two values agree when ``|a - b| <= atol + rtol * max(|a|, |b|)``: symmetric in both."""

    atol: float
    rtol: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Tolerance:
    """Bounds a scenario sets itself, by field name, and the reason it must give."""

    bounds: Mapping[str, Bound] = field(default_factory=dict)
    reason: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Scale:
    """What rounding errors of one channel grow with; no number is negative.

    Attributes:
        values: how many values of the channel a statistic reduces.
        ratio: ``|mean| / sqrt(variance + epsilon)``: digits that ``x - mean`` cancels.
        gamma: ``|gamma|``.
        mean: the largest ``|mean|`` that went into the moving statistics, their initial value included.
        rms: likewise the largest root mean square; infinite where it is not known.
    """

    values: int = 0
    ratio: float = 0.0
    gamma: float = 1.0
    mean: float = 0.0
    rms: float = math.inf


COPIED = frozenset({"gamma", "beta"})
"""Fields that a call only copies: any difference counts."""

# Measured on TensorFlow 1.0 to 2.21 for at most 2048 values per channel and |mean| <= 10 std; the 16-bit rows
# are two units in the last place, for a result computed in float32 and rounded once. docs/decisions/0002.
_OUTPUT = MappingProxyType({"float16": 2e-3, "bfloat16": 1.6e-2, "float32": 2e-5, "float64": 1e-13})
# float64 is 1e-7 because the legacy layers multiply by a decay that was rounded to float32.
_STATISTIC = MappingProxyType({"float16": 2e-3, "bfloat16": 1.6e-2, "float32": 2e-6, "float64": 1e-7})
_MEASURED_VALUES = 2048
_MEASURED_RATIO = 10.0


def is_statistic(field_name: str) -> bool:
    """Whether the field is a moving statistic, renorm's included."""
    return field_name.startswith(("moving_", "renorm_"))


def training_error(dtype: str, scale: Scale) -> float:
    """Largest absolute error of a training output, measured: ``eps (4 + sqrt N) (1 + |mean|/std) max(1, |gamma|)``.

    Every release from 1.0 to 2.21 stayed within 0.9 of it against a float64 oracle. ``eps`` is that of the
    dtype a correct layer computes in: float32 for 16-bit tensors.
    """
    eps = 2.0**-52 if dtype == "float64" else 2.0**-23
    return eps * (4 + math.sqrt(scale.values)) * (1 + scale.ratio) * max(1.0, scale.gamma)


def default_bound(field_name: str, *, dtype: str, scale: Scale) -> Bound:
    """The bound of ``field_name`` stored as ``dtype``, for a channel of ``scale``.

    The dtype of the layer's *input* does not enter: a layer that computes the statistics of float16 data in
    float32 gets them to float32's bound, and one that does not really differs.
    """
    if field_name in COPIED or dtype not in _OUTPUT:
        return Bound(atol=0.0, rtol=0.0)
    if is_statistic(field_name):
        base = _STATISTIC[dtype]
        return Bound(atol=base * min(max(1.0, scale.mean), _size(field_name, scale)), rtol=base)
    base = _OUTPUT[dtype]
    atol = base * max(1.0, scale.gamma)
    if scale.values > _MEASURED_VALUES or scale.ratio > _MEASURED_RATIO:
        atol = max(atol, training_error(dtype, scale))
    return Bound(atol=atol, rtol=base)


def _size(field_name: str, scale: Scale) -> float:
    """How large the terms are whose rounding makes the absolute error of a statistic.

    A mean sums values of size rms. A variance cancels at worst mean(x**2) - mean(x)**2, terms of rms**2: an
    absolute bound made for statistics near 1 would hide every difference between variances of 1e-6.
    """
    return scale.rms**2 if field_name == "moving_variance" else scale.rms
