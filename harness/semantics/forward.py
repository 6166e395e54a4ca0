"""One forward call of the layer: its output, what the backward pass needs of it, and the state after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.case import adjustment_of
from harness.semantics.approx import Approx, Arithmetic
from harness.semantics.asking import Ask, BeyondTheOracle
from harness.semantics.formulas import moments, normalize, normalize_by_parts, weighted_moments
from harness.semantics.geometry import Subject
from harness.semantics.plan import BESIDE_WEIGHTS, SMALL_EPSILON, Plan
from harness.semantics.state import State
from harness.semantics.updates import Batch, Corrections, update


@dataclass(frozen=True, kw_only=True, slots=True)
class Forward:
    """What a call computed, every array laid out against the input.

    Attributes:
        output: not yet rounded to the dtype that it is stored in.
        arithmetic: that the output was computed in.
        x: the input as the layer cast it.
        mean: what it was centred by.
        variance: what it was scaled by.
        epsilon: what was added to the variance.
        gamma: the layer's own; 1 where it has none.
        weights: 1 for what the statistics of the batch count, of the shape of ``x``; ``None``: everything.
        corrections: ``r`` and ``d`` of renormalization, where they were applied.
        adjustment: scale and bias of the layer's adjustment, likewise.
        batch: the statistics that the call's updates follow, where it has any.
        after: the variables after the call's updates, should they run.
    """

    output: Approx
    arithmetic: Arithmetic
    x: Approx
    mean: Approx
    variance: Approx
    epsilon: float
    gamma: Approx
    weights: NDArray[np.float64] | None
    corrections: Corrections | None
    adjustment: tuple[Approx, Approx] | None
    batch: Batch | None
    after: State


def forward(
    case: Subject, each: Plan, given: Approx, state: State, ask: Ask, mask: NDArray[np.bool_] | None = None
) -> Forward:
    """Call the layer on ``given``, its input as it was cast, as ``each`` says and with the variables of ``state``.

    ``mask`` tells which of the leading entries count; it has one dimension less than the input.
    """
    cut, precision = each.geometry, each.precision
    x = given.reshape(cut.work)
    epsilon = _epsilon(case, each, ask)
    weights = None
    if each.masks and mask is not None:
        weights = np.broadcast_to(mask[..., np.newaxis], cut.shape).astype(np.float64).reshape(cut.work)
    batch = None
    if each.batch or each.updates:
        more = 0.0
        if weights is not None and mask is not None:
            # A mask that is short is added up as it is, however often it is then repeated.
            more = _beside_weights(each, ask) + float(mask.sum() - weights.sum() / cut.shape[-1])
        batch = _moments(each, x, weights, more, Arithmetic(precision.statistics), ask)
    corrections: Corrections | None = None
    after = state
    if batch is not None:
        after, corrections = update(case, each, state, batch, ask)
    arithmetic = Arithmetic(_output_arithmetic(each, ask))
    used = batch if each.batch and batch is not None else None
    read = _reader(each, ask)
    mean = used.mean if used else read(state.spread("moving_mean", cut.broadcast))
    variance = used.variance if used else read(state.spread("moving_variance", cut.broadcast))
    gamma, beta = map(read, state.affine(cut.broadcast))
    applied = corrections if each.batch else None
    adjusted = _adjustment(case, each) if each.adjusts else None
    scale, offset = (gamma, beta) if adjusted is None else _composed(arithmetic, *adjusted, gamma, beta)
    if applied is not None:
        scale, offset = _composed(arithmetic, applied.r, applied.d, scale, offset)
    formula = normalize if each.kernel.fused else normalize_by_parts
    return Forward(
        output=formula(arithmetic, x, mean, variance, scale, offset, epsilon),
        arithmetic=arithmetic,
        x=x,
        mean=mean,
        variance=variance,
        epsilon=epsilon,
        gamma=gamma,
        weights=weights,
        corrections=applied,
        adjustment=adjusted,
        batch=batch,
        after=after,
    )


def _beside_weights(each: Plan, ask: Ask) -> float:
    """What is added to the sum of the weights of what counts before it divides."""
    if each.beside_weights is not None:
        return each.beside_weights
    return ask("mask-denominator", {"weights": 0.0, "weights-and-epsilon": BESIDE_WEIGHTS})


def _reader(each: Plan, ask: Ask) -> Callable[[Approx], Approx]:
    """How the call reads a variable: under a policy some front ends round it to the dtype of that."""
    if each.call.policy is not None and ask("variables-read-in", {"variable": False, "policy": True}):
        return Arithmetic(each.precision.input).stored
    return lambda value: value


def _composed(arithmetic: Arithmetic, r: Approx, d: Approx, gamma: Approx, beta: Approx) -> tuple[Approx, Approx]:
    """``(x r + d) gamma + beta`` as a scale ``r gamma`` and an offset ``d gamma + beta``."""
    return arithmetic.multiply(r, gamma), arithmetic.add(arithmetic.multiply(d, gamma), beta)


def _adjustment(case: Subject, each: Plan) -> tuple[Approx, Approx]:
    """Scale and bias that every value is adjusted by, laid out as the input is computed."""
    given = adjustment_of(case.layer)
    if given["scale"].dtype != each.precision.variables:
        raise BeyondTheOracle(f"adjustment in {given['scale'].dtype} of a layer in {each.precision.variables}")
    scale, bias = (
        Approx.exact(np.broadcast_to(given[role].float64(), each.geometry.shape)).reshape(each.geometry.work)
        for role in ("scale", "bias")
    )
    return scale, bias


def _epsilon(case: Subject, each: Plan, ask: Ask) -> float:
    epsilon = case.layer.get("epsilon", 1e-3)
    assert isinstance(epsilon, int | float)
    if not each.kernel.able or epsilon >= SMALL_EPSILON:
        return float(epsilon)
    return ask("epsilon-floor", {"none": float(epsilon), "1-001e-5": SMALL_EPSILON})


def _output_arithmetic(each: Plan, ask: Ask) -> str:
    own = each.precision.input
    if own not in ("float16", "bfloat16"):
        return own
    # No release is known whose fused kernel computes in 16 bits.
    return "float32" if each.kernel.fused else ask("low-precision-plain", {"float32": "float32", "own": own})


_FAR = 16.0
"""Times the variance: from where on the squared mean costs a variance in one pass digits that show."""


def _as_computed(arithmetic: Arithmetic, mean: Approx, variance: Approx, values: int, ask: Ask) -> Approx:
    """The variance with the error of how it is computed: ``E[x**2] - E[x]**2`` rounds numbers of that size."""
    with np.errstate(all="ignore"):
        square = mean.value**2
        far = np.isfinite(square) & (square > _FAR * variance.value)
    if not far.any():
        return variance
    # Of one value both squares are the same product: a fused multiply-add leaves its one rounding, nothing more.
    growth = 1.0 if values == 1 else 4.0 + np.sqrt(values)
    lost = np.where(far, arithmetic.epsilon * growth * (square + variance.value), 0.0)
    return ask("variance-computed", {"two-passes": variance, "one-pass": Approx(variance.value, variance.error + lost)})


def _moments(
    each: Plan, x: Approx, weights: NDArray[np.float64] | None, more: float, arithmetic: Arithmetic, ask: Ask
) -> Batch:
    """Statistics of the batch, and with virtual batches their means over them, which updates use.

    ``more`` is what is added to the sum of the weights before it divides.
    """
    cut = each.geometry
    if weights is None:
        mean, variance = moments(arithmetic, x, cut.reduced, cut.values)
        variance = _as_computed(arithmetic, mean, variance, cut.values, ask)
    else:
        mean, variance = weighted_moments(arithmetic, x, weights, cut.reduced, more=more)
    infinite = np.isinf(mean.value)
    if infinite.any():
        mean = ask(
            "infinite-mean", {"infinite": mean, "nan": Approx(np.where(infinite, np.nan, mean.value), mean.error)}
        )
    if not cut.grouped or cut.work[1] == 1:
        return Batch(mean=mean, variance=variance, overall_mean=mean, overall_variance=variance)
    return Batch(
        mean=mean,
        variance=variance,
        overall_mean=arithmetic.mean(mean, (1,), cut.work[1]),
        overall_variance=arithmetic.mean(variance, (1,), cut.work[1]),
    )
