"""Updates of the moving statistics after a call in training, with and without batch renormalization."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from harness.semantics.approx import Approx, Arithmetic
from harness.semantics.asking import Ask
from harness.semantics.formulas import corrections, decrement, sample_variance, share, weighted
from harness.semantics.geometry import Subject
from harness.semantics.plan import Plan
from harness.semantics.races import raced
from harness.semantics.state import State

DEFAULT_MOMENTUM = 0.99


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """Statistics of one batch, laid out against the input.

    Attributes:
        mean: what values are centred by, per virtual batch where there are such.
        variance: the population variance that they are scaled by.
        overall_mean: what the moving mean follows.
        overall_variance: what the moving variance follows, before Bessel's correction.
    """

    mean: Approx
    variance: Approx
    overall_mean: Approx
    overall_variance: Approx


@dataclass(frozen=True, kw_only=True, slots=True)
class Corrections:
    """``r`` and ``d`` of batch renormalization."""

    r: Approx
    d: Approx


@dataclass(frozen=True, kw_only=True, slots=True)
class _Average:
    """How this call writes a moving average: of variables of one arithmetic, ``inside`` the same or another."""

    arithmetic: Arithmetic
    inside: Arithmetic
    ask: Ask
    fused: bool
    narrow: bool

    def __call__(self, old: Approx, new: Approx, momentum: float) -> Approx:
        """The statistic after one update, in the shape of ``old`` and rounded as it is stored.

        Of finite numbers only the error depends on how it is written: the larger one holds for both ways.
        """
        value = new.reshape(old.value.shape)
        if self.inside != self.arithmetic:
            old, value = self.inside.stored(old), self.inside.stored(value)
        by_difference = decrement(self.inside, old, value, momentum, narrow=self.narrow)
        as_sum = weighted(self.inside, old, value, momentum, narrow=self.narrow)
        if np.isfinite(by_difference.value).all() and np.isfinite(as_sum.value).all():
            return self.arithmetic.stored(Approx(by_difference.value, np.maximum(by_difference.error, as_sum.error)))
        sums = {"decrement": False, "weighted": True, "weighted-when-fused": self.fused}
        return self.arithmetic.stored(as_sum if self.ask("moving-average", sums) else by_difference)


def update(case: Subject, each: Plan, state: State, batch: Batch, ask: Ask) -> tuple[State, Corrections | None]:
    """The state after a call in training, and the corrections that renormalization applies in it."""
    momentum = _momentum(case, each, ask)
    average = _average(each, state, ask)
    if not case.layer.get("renorm"):
        if not each.updates:
            return state, None
        targets = _targets(each, batch, average.arithmetic, ask)
        moved = {name: average(state.variables[name], target, momentum) for name, target in targets.items()}
        return replace(state, variables={**state.variables, **moved}), None
    renorm = _weighted_renorm if state.weighted else _renorm
    all_moved, by = renorm(case, state, batch, average, momentum)
    moved = {name: value for name, value in all_moved.items() if _moves(name, each)}
    return replace(state, variables={**state.variables, **moved}), by


def update_at_once(case: Subject, calls: Sequence[tuple[Plan, Batch]], state: State, ask: Ask) -> State:
    """The state after the updates of several calls without renormalization, none of which waits for another."""
    average = _average(calls[0][0], state, ask)
    targets = [_targets(each, batch, average.arithmetic, ask) for each, batch in calls]
    taken = share(state.dtype, _momentum(case, calls[0][0], ask), narrow=average.narrow)
    moved = {
        name: raced(average.arithmetic, state.variables[name], [each[name] for each in targets], taken)
        for name in targets[0]
    }
    return replace(state, variables={**state.variables, **moved})


def _targets(each: Plan, batch: Batch, arithmetic: Arithmetic, ask: Ask) -> dict[str, Approx]:
    """What the moving statistics follow, without renormalization."""
    variance = batch.overall_variance
    if each.kernel.able:
        sample = sample_variance(arithmetic, variance, each.geometry.values)
        variance = ask("variance-estimator", {"population": variance, "sample": sample})
    return {"moving_mean": batch.overall_mean, "moving_variance": variance}


def _momentum(case: Subject, each: Plan, ask: Ask) -> float:
    if "momentum" in case.layer or not each.updates:
        return _number(case, "momentum", DEFAULT_MOMENTUM)
    return ask("default-momentum", {"0-99": DEFAULT_MOMENTUM, "0-999": 0.999})


def _moves(name: str, each: Plan) -> bool:
    return each.renorms if name.startswith("renorm_") else each.updates


def _average(each: Plan, state: State, ask: Ask) -> _Average:
    narrow = False
    if (each.updates or each.renorms) and state.dtype == "float64":
        narrow = ask("decay-precision", {"float32": True, "full": False})
    arithmetic = inside = Arithmetic(state.dtype)
    if each.updates and each.call.policy is not None:
        inside = ask("variables-read-in", {"variable": arithmetic, "policy": Arithmetic(each.precision.input)})
    return _Average(arithmetic=arithmetic, inside=inside, ask=ask, fused=each.kernel.fused, narrow=narrow)


def _number(case: Subject, name: str, default: float) -> float:
    value = case.layer.get(name, default)
    assert isinstance(value, int | float)
    return float(value)


def _clipping(case: Subject) -> dict[str, float]:
    limits = case.layer.get("renorm_clipping") or {}
    assert isinstance(limits, dict)
    return {name: float(limit) for name, limit in limits.items() if limit is not None}


def _deviation(case: Subject, batch: Batch, arithmetic: Arithmetic) -> tuple[Approx, float]:
    epsilon = _number(case, "epsilon", 1e-3)
    return arithmetic.sqrt(arithmetic.add(batch.overall_variance, Approx.exact(epsilon))), epsilon


def _renorm(
    case: Subject, state: State, batch: Batch, average: _Average, momentum: float
) -> tuple[dict[str, Approx], Corrections]:
    """Renormalization against running statistics that start at the initial moving ones.

    The moving variance is the square of a moving deviation, ``max(0, moving_stddev**2 - epsilon)``.
    """
    arithmetic = average.arithmetic
    deviation, epsilon = _deviation(case, batch, arithmetic)
    shape = deviation.value.shape
    running = state.variables["renorm_stddev"].reshape(shape)
    # Avoids a division by zero early in training.
    running = Approx(np.maximum(running.value, np.sqrt(epsilon)), running.error)
    mean = state.variables["renorm_mean"].reshape(shape)
    r, d = corrections(arithmetic, batch.overall_mean, deviation, mean, running, _clipping(case))
    own = _number(case, "renorm_momentum", DEFAULT_MOMENTUM)
    stddev = average(state.variables["moving_stddev"], deviation, momentum)
    square = arithmetic.subtract(arithmetic.multiply(stddev, stddev), Approx.exact(epsilon))
    moved = {
        "renorm_mean": average(state.variables["renorm_mean"], batch.overall_mean, own),
        "renorm_stddev": average(state.variables["renorm_stddev"], deviation, own),
        "moving_mean": average(state.variables["moving_mean"], batch.overall_mean, momentum),
        "moving_stddev": stddev,
        "moving_variance": arithmetic.stored(arithmetic.clip(square, 0.0, None)),
    }
    return moved, Corrections(r=r, d=d)


def _weighted_renorm(
    case: Subject, state: State, batch: Batch, average: _Average, momentum: float
) -> tuple[dict[str, Approx], Corrections]:
    """Renormalization against running statistics that start at 0, each with a weight that starts at 0.

    ``running + (1 - weight) now`` mixes in the batch while the weight is small; ``running / weight`` is the
    unbiased average, which the moving statistics follow.
    """
    arithmetic = average.arithmetic
    deviation, epsilon = _deviation(case, batch, arithmetic)
    own = _number(case, "renorm_momentum", DEFAULT_MOMENTUM)
    one = Approx.exact(1.0)
    mixed: dict[str, Approx] = {}
    moved: dict[str, Approx] = {}
    unbiased: dict[str, Approx] = {}
    for name, now in (("renorm_mean", batch.overall_mean), ("renorm_stddev", deviation)):
        running, weight = state.variables[name], state.variables[f"{name}_weight"]
        missing = arithmetic.multiply(arithmetic.subtract(one, weight), now)
        mixed[name] = arithmetic.add(running.reshape(now.value.shape), missing)
        moved[name] = average(running, now, own)
        moved[f"{name}_weight"] = average(weight, one, own)
        unbiased[name] = arithmetic.divide(moved[name], moved[f"{name}_weight"])
    r, d = corrections(
        arithmetic, batch.overall_mean, deviation, mixed["renorm_mean"], mixed["renorm_stddev"], _clipping(case)
    )
    square = arithmetic.multiply(unbiased["renorm_stddev"], unbiased["renorm_stddev"])
    variance = arithmetic.subtract(square, Approx.exact(epsilon))
    moved["moving_mean"] = average(state.variables["moving_mean"], unbiased["renorm_mean"], momentum)
    moved["moving_variance"] = average(state.variables["moving_variance"], variance, momentum)
    return moved, Corrections(r=r, d=d)
