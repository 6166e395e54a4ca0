"""Losses, and how they change with the layer's input, gamma and beta.

Source: Ioffe & Szegedy, *Batch Normalization*, 2015, section 3 (the chain rule through algorithm 1), and for
batch renormalization, through which ``r`` and ``d`` pass no gradient, Ioffe, 2017, section 3.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.semantics.approx import Approx, Arithmetic
from harness.semantics.asking import BeyondTheOracle
from harness.semantics.forward import Forward
from harness.semantics.plan import Plan
from harness.steps import Loss


@dataclass(frozen=True, kw_only=True, slots=True)
class Gradients:
    """The derivatives of a loss, ``input`` laid out as the input of the case, the others as the variables."""

    input: Approx
    gamma: Approx
    beta: Approx


def weighted_loss(
    kind: Loss, arithmetic: Arithmetic, output: Approx, target: Approx, weights: NDArray[np.float64]
) -> tuple[Approx, Approx]:
    """The same as :func:`loss` of a mean, with every term times its weight.

    Args:
        kind: one of the means.
        arithmetic: of the output.
        output: of any shape.
        target: of the same.
        weights: of the same.

    Raises:
        BeyondTheOracle: a sum, of which nobody knows what its weights do.
    """
    if kind is Loss.SUM:
        raise BeyondTheOracle("weighted sum as a loss")
    share = Approx.exact(weights)
    far = arithmetic.subtract(output, target)
    _, slope = loss(kind, arithmetic, output, target)
    terms = arithmetic.multiply(far, far) if kind is Loss.MEAN_SQUARE else Approx(np.abs(far.value), far.error)
    value = arithmetic.mean(arithmetic.multiply(terms, share), tuple(range(terms.value.ndim)), terms.value.size)
    return value.reshape(()), arithmetic.multiply(slope, share)


def loss(kind: Loss, arithmetic: Arithmetic, output: Approx, target: Approx) -> tuple[Approx, Approx]:
    """The loss of ``output`` against ``target``, and its derivative by the output.

    Args:
        kind: ``mean_square``: ``mean((y - t)**2)``, derivative ``2 (y - t) / n``; ``mean_absolute``:
            ``mean(|y - t|)``, derivative ``sign(y - t) / n``; ``sum``: ``sum(y - t)``, derivative 1.
        arithmetic: of the output.
        output: of any shape.
        target: of the same.
    """
    n = output.value.size
    axes = tuple(range(output.value.ndim))
    far = arithmetic.subtract(output, target)
    match kind:
        case Loss.MEAN_SQUARE:
            value = arithmetic.mean(arithmetic.multiply(far, far), axes, n)
            slope = arithmetic.multiply(far, Approx.exact(2.0 / n if n else math.nan))
        case Loss.MEAN_ABSOLUTE:
            value = arithmetic.mean(Approx(np.abs(far.value), far.error), axes, n)
            sign = np.sign(far.value)
            # Where the difference is all rounding its sign is anything; an exact zero has the derivative 0.
            unsure = (np.abs(far.value) <= far.error) & (far.error > 2 * np.finfo(np.float32).tiny)
            slope = arithmetic.multiply(Approx(sign, np.where(unsure, 2.0, 0.0)), Approx.exact(1.0 / n))
        case Loss.SUM:
            mean = arithmetic.mean(far, axes, n)
            value = Approx(mean.value * n, mean.error * n)
            slope = Approx.exact(np.ones_like(far.value))
    return value.reshape(()), slope


def backward(each: Plan, done: Forward, slope: Approx) -> Gradients:
    """The derivatives, given that by the output, ``slope``, in the shape of the output."""
    cut, arithmetic = each.geometry, done.arithmetic
    dy = slope.reshape(cut.work)
    inverse = arithmetic.reciprocal_sqrt(arithmetic.add(done.variance, Approx.exact(done.epsilon)))
    unit = arithmetic.multiply(arithmetic.subtract(done.x, done.mean), inverse)
    gain, scaled, dz = inverse, unit, dy
    if done.corrections is not None:
        gain = arithmetic.multiply(inverse, done.corrections.r)
        scaled = arithmetic.add(arithmetic.multiply(unit, done.corrections.r), done.corrections.d)
    if done.adjustment is not None:
        factor, added = done.adjustment
        dz, scaled = arithmetic.multiply(dy, factor), arithmetic.add(arithmetic.multiply(scaled, factor), added)
    dx = dz
    if each.batch:
        of_mean = arithmetic.mean(dz, cut.reduced, cut.values)
        of_variance = arithmetic.mean(arithmetic.multiply(dz, unit), cut.reduced, cut.values)
        through = arithmetic.add(of_mean, arithmetic.multiply(unit, of_variance))
        if done.weights is not None:
            # Only what counts moves the statistics, each by one over how many count.
            share = cut.values * done.weights / np.maximum(done.weights.sum(axis=cut.reduced, keepdims=True), 1.0)
            through = arithmetic.multiply(through, Approx.exact(share))
        dx = arithmetic.subtract(dz, through)
    return Gradients(
        input=arithmetic.multiply(dx, arithmetic.multiply(gain, done.gamma)).reshape(cut.shape),
        gamma=_total(each, arithmetic, arithmetic.multiply(dy, scaled)),
        beta=_total(each, arithmetic, dy),
    )


def _total(each: Plan, arithmetic: Arithmetic, terms: Approx) -> Approx:
    """The sum over everything but the channels, in the shape of the variables."""
    cut = each.geometry
    axes = tuple(axis for axis in range(len(cut.work)) if axis not in cut.channels)
    n = math.prod(cut.work[axis] for axis in axes)
    mean = arithmetic.mean(terms, axes, n)
    return Approx(mean.value * n, mean.error * n).reshape(cut.parameter)
