"""Regularizers, which add to the loss, and constraints, which project a weight after every step of an optimizer.

Sources: TensorFlow's documentation of ``tf.keras.regularizers.L1L2`` and of ``tf.keras.constraints``.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from harness.semantics.approx import Approx, Arithmetic
from harness.semantics.asking import Ask
from harness.semantics.geometry import Subject

_AFFINE = ("gamma", "beta")
_KERAS_EPSILON = 1e-7


def penalty(
    case: Subject, arithmetic: Arithmetic, weights: Mapping[str, Approx], *, trainable: bool, ask: Ask
) -> Approx:
    """``l1 sum(|w|) + l2 sum(w**2)`` over gamma and beta; 0 where there is no regularizer."""
    total = Approx.exact(0.0)
    factors = {role: found for role in _AFFINE if role in weights and (found := _factors(case, role))}
    if not factors:
        return total
    if not trainable and not ask("frozen-penalty", {"counts": True, "none": False}):
        return total
    for role, (l1, l2) in factors.items():
        w = weights[role]
        for factor, terms in ((l1, Approx(np.abs(w.value), w.error)), (l2, arithmetic.multiply(w, w))):
            axes = tuple(range(w.value.ndim))
            mean = arithmetic.mean(terms, axes, w.value.size)
            summed = Approx(mean.value * w.value.size, mean.error * w.value.size).reshape(())
            total = arithmetic.add(total, arithmetic.multiply(summed, Approx.exact(factor)))
    return total


def penalized(case: Subject, arithmetic: Arithmetic, role: str, weight: Approx, gradient: Approx) -> Approx:
    """The gradient with that of the penalty, ``l1 sign(w) + 2 l2 w``, added."""
    found = _factors(case, role)
    if not found:
        return gradient
    l1, l2 = found
    slope = arithmetic.multiply(weight, Approx.exact(2.0 * l2))
    slope = arithmetic.add(slope, Approx.exact(l1 * np.sign(weight.value)))
    return arithmetic.add(gradient, slope)


def _factors(case: Subject, role: str) -> tuple[float, float] | None:
    given = case.layer.get(f"{role}_regularizer")
    if not isinstance(given, dict):
        return None
    return float(given.get("l1", 0.0)), float(given.get("l2", 0.0))


def projected(case: Subject, arithmetic: Arithmetic, role: str, weight: Approx, ask: Ask) -> Approx:
    """A weight after its constraint: the norm is that of the whole vector."""
    constraint = case.layer.get(f"{role}_constraint")
    if constraint is None or not ask("constraint-runs", {"after-every-step": True, "never": False}):
        return weight
    if constraint == "non_neg":
        return Approx(np.maximum(weight.value, 0.0), weight.error)
    norm = arithmetic.sqrt(_sum_of_squares(arithmetic, weight))
    divisor = arithmetic.add(norm, Approx.exact(_KERAS_EPSILON))
    if isinstance(constraint, dict):
        wanted = arithmetic.clip(norm, 0.0, float(constraint["max_norm"]))
        return arithmetic.multiply(weight, arithmetic.divide(wanted, divisor))
    return arithmetic.divide(weight, divisor)


def _sum_of_squares(arithmetic: Arithmetic, weight: Approx) -> Approx:
    size = weight.value.size
    mean = arithmetic.mean(arithmetic.multiply(weight, weight), tuple(range(weight.value.ndim)), size)
    return Approx(mean.value * size, mean.error * size)
