"""Optimizers: how a gradient moves a variable.

Sources: Kingma & Ba, *Adam*, 2014 (arXiv:1412.6980), in the form at the end of its section 2, which TensorFlow's
documentation of ``tf.compat.v1.train.AdamOptimizer`` gives; ``tf.keras.optimizers.SGD``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from harness.semantics.approx import Approx, Arithmetic
from harness.semantics.asking import Ask
from harness.steps import Optimizer

_MOMENTUM = 0.9
_BETA_1, _BETA_2 = 0.9, 0.999


@dataclass(frozen=True, kw_only=True, slots=True)
class Slots:
    """What an optimizer remembers of one variable: how often it moved it, and its moments."""

    steps: int
    first: Approx
    second: Approx


def fresh(shape: tuple[int, ...]) -> Slots:
    """Slots of a variable that has not moved yet."""
    return Slots(steps=0, first=Approx.exact(np.zeros(shape)), second=Approx.exact(np.zeros(shape)))


def move(
    kind: Optimizer, rate: float, arithmetic: Arithmetic, variable: Approx, gradient: Approx, slots: Slots, ask: Ask
) -> tuple[Approx, Slots]:
    """The variable after one step, as it is stored, and the slots after it.

    ``sgd``: ``w - rate g``. ``momentum``: ``a = 0.9 a + g``, ``w - rate a``. ``adam``: ``m = 0.9 m + 0.1 g``,
    ``v = 0.999 v + 0.001 g**2``, ``w - rate sqrt(1 - 0.999**t) / (1 - 0.9**t) m / (sqrt(v) + epsilon)``.
    """
    steps = slots.steps + 1
    if kind is Optimizer.ADAM:
        return _adam(rate, arithmetic, variable, gradient, slots, ask)
    direction, first = gradient, slots.first
    if kind is Optimizer.MOMENTUM:
        first = arithmetic.add(arithmetic.multiply(slots.first, Approx.exact(_MOMENTUM)), gradient)
        direction = first
    moved = arithmetic.subtract(variable, arithmetic.multiply(direction, _rounded(arithmetic, rate)))
    return arithmetic.stored(moved), Slots(steps=steps, first=first, second=slots.second)


def _adam(
    rate: float, arithmetic: Arithmetic, variable: Approx, gradient: Approx, slots: Slots, ask: Ask
) -> tuple[Approx, Slots]:
    steps = slots.steps + 1
    epsilon = ask("adam-epsilon", {"1e-8": 1e-8, "1e-7": 1e-7})
    first = _mixed(arithmetic, slots.first, gradient, _BETA_1)
    second = _mixed(arithmetic, slots.second, arithmetic.multiply(gradient, gradient), _BETA_2)
    left_1, left_2 = 1.0 - _BETA_1**steps, 1.0 - _BETA_2**steps
    corrected = rate * math.sqrt(left_2) / left_1
    # Powers of the betas are kept in the variable's dtype, and 1 minus them cancels.
    off = arithmetic.epsilon * corrected * (2.0 + 0.5 / left_2 + 1.0 / left_1)
    quotient = arithmetic.divide(first, arithmetic.add(arithmetic.sqrt(second), Approx.exact(epsilon)))
    # Of a gradient that is all rounding only the size of the quotient is known: |m| <= c sqrt(v).
    most = (1.0 - _BETA_1) / math.sqrt(1.0 - _BETA_2) * math.sqrt(steps)
    error = np.where(np.isfinite(quotient.error), np.minimum(quotient.error, 2 * most), 2 * most)
    delta = arithmetic.multiply(Approx(quotient.value, error), Approx(np.asarray(corrected), np.asarray(off)))
    moved = arithmetic.stored(arithmetic.subtract(variable, delta))
    return moved, Slots(steps=steps, first=first, second=second)


def _mixed(arithmetic: Arithmetic, old: Approx, new: Approx, kept: float) -> Approx:
    # 1 - 0.999 is computed in the variable's dtype: it is off by a rounding of 1, not of 0.001.
    taken = Approx(np.asarray(1.0 - kept), np.asarray(arithmetic.epsilon))
    return arithmetic.add(arithmetic.multiply(old, _rounded(arithmetic, kept)), arithmetic.multiply(new, taken))


def _rounded(arithmetic: Arithmetic, value: float) -> Approx:
    """A constant as the variable's dtype holds it."""
    return Approx(np.asarray(value), np.asarray(arithmetic.epsilon * abs(value)))
