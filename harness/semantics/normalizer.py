"""Which statistics an output was normalized with: decided from the measurement, between all there are."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.scenario.value import Normalizer
from harness.semantics.approx import Approx, Arithmetic
from harness.semantics.batch import Seen, seen
from harness.semantics.formulas import normalize, normalize_by_parts
from harness.semantics.geometry import Geometry
from harness.semantics.judgement import Judgement, Shown, Standing, number_at, place
from harness.semantics.plan import SMALL_EPSILON
from harness.steps import Call, Train
from harness.tensor import Tensor

CLEARLY = 10.0
"""So many bounds away from a prediction, a measurement is clearly something else."""

_VARIABLES = ("moving_mean", "moving_variance", "gamma", "beta")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Fit:
    """A measured output against the output that one normalizer predicts.

    Attributes:
        ratio: the largest error in units of its bound; infinite where they cannot be compared.
        index: where that is.
        predicted: the number there.
        clear: they are so far apart that no correct implementation makes the one of the other.
    """

    ratio: float
    index: tuple[int, ...]
    predicted: float
    clear: bool


def judge(shown: Shown, step: int, claimed: Normalizer) -> Judgement:
    """Whether the output of ``step``, counted from 1, is normalized with what is claimed, and with nothing else.

    It holds where the output is within the bound of a correct implementation of what is claimed and more than
    :data:`CLEARLY` bounds away from the others; it fails where it is that far from what is claimed.
    """
    reason = _unknown(shown, step)
    if reason:
        return reason
    fits = {kind: _fit(shown, step, predictions) for kind, predictions in _predictions(shown, step).items()}
    fitting = [kind.value for kind, fit in fits.items() if fit.ratio <= 1]
    own = fits[claimed]
    if own.clear:
        instead = f"what fits is {' or '.join(fitting)}" if fitting else "neither batch, moving nor nothing fits"
        return Judgement(standing=Standing.FAILS, detail=f"{_against(shown, step, claimed, own)}; {instead}")
    if own.ratio > 1:
        text = f"{_against(shown, step, claimed, own)}, {own.ratio:.2g} bounds apart: neither that nor clearly not"
        return Judgement(standing=Standing.UNDECIDED, detail=text)
    near = [kind for kind, fit in fits.items() if kind is not claimed and not fit.clear]
    if near:
        others = " and ".join(kind.value for kind in near)
        text = f"the output of step {step} fits {claimed.value}, and {others} too"
        return Judgement(standing=Standing.UNDECIDED, detail=text)
    other = next(kind for kind in Normalizer if kind is not claimed)
    return Judgement(standing=Standing.HOLDS, detail=_against(shown, step, other, fits[other]))


def _unknown(shown: Shown, step: int) -> Judgement | None:
    """Why nothing can be told of this step, if so."""
    if not isinstance(shown.case.steps[step - 1], Call | Train) or "output" not in shown.fields(step):
        return Judgement(standing=Standing.NOT_APPLICABLE, detail=f"step {step} is no call of the layer")
    reason = ""
    batch = seen(shown, step)
    if batch is None:
        around = "a model, a mask, several replicas, an adjustment or an axis that is none"
        reason = f"it is not known here what the layer saw: {around}"
    elif shown.fields(step)["output"].shape != batch.whole.shape:
        reason = f"the output of step {step} has another shape than its input"
    elif not np.isfinite(batch.x.value).all():
        reason = f"the input of step {step} holds NaN or infinity"
    return Judgement(standing=Standing.UNDECIDED, detail=reason) if reason else None


def _against(shown: Shown, step: int, kind: Normalizer, fit: _Fit) -> str:
    measured = number_at(shown.fields(step)["output"], fit.index)
    return f"{place('output', fit.index)} is {measured}; normalized by {kind.value} it would be {fit.predicted:.9g}"


def _predictions(shown: Shown, step: int) -> Mapping[Normalizer, list[Approx]]:
    """What the output would be; several where correct implementations differ in how they compute it."""
    batch = seen(shown, step)
    assert batch is not None
    arithmetic, whole = Arithmetic(batch.dtype), batch.whole
    mean, variance, gamma, beta = (_variable(shown, step, name, whole) for name in _VARIABLES)
    plain = arithmetic.add(arithmetic.multiply(batch.x.reshape(whole.work), gamma), beta)
    found = {
        Normalizer.BATCH: _normalized(shown, step, batch, batch.cut, batch.mean, batch.variance),
        Normalizer.MOVING: _normalized(shown, step, batch, whole, mean, variance),
        Normalizer.NOTHING: [plain],
    }
    return {kind: [arithmetic.stored(one.reshape(whole.shape)) for one in each] for kind, each in found.items()}


def _normalized(shown: Shown, step: int, batch: Seen, cut: Geometry, mean: Approx, variance: Approx) -> list[Approx]:
    """Every way to compute ``(x - mean) / sqrt(variance + epsilon) gamma + beta``."""
    gamma, beta = (_variable(shown, step, name, cut) for name in ("gamma", "beta"))
    epsilon = shown.case.as_of(step - 1).layer.get("epsilon", 1e-3)
    assert isinstance(epsilon, int | float)
    # Fused kernels raise a small epsilon: docs/decisions/0005, rule epsilon-floor.
    raised = (float(epsilon), epsilon + 1e-12, SMALL_EPSILON) if epsilon < SMALL_EPSILON else (float(epsilon),)
    return [
        formula(Arithmetic(batch.dtype), batch.x.reshape(cut.work), mean, variance, gamma, beta, one)
        for formula in (normalize, normalize_by_parts)
        for one in raised
    ]


def _variable(shown: Shown, step: int, name: str, cut: Geometry) -> Approx:
    """A variable as the step found it, laid out against the input; what the layer does not have changes nothing."""
    found = shown.before(step, name)
    if found is None:
        return Approx.exact(1.0 if name in ("gamma", "moving_variance") else 0.0)
    return Approx.exact(found.float64()).reshape(cut.broadcast)


def _fit(shown: Shown, step: int, predictions: list[Approx]) -> _Fit:
    """The best fit among equally correct predictions."""
    return min((_one(shown, step, prediction) for prediction in predictions), key=lambda fit: (fit.clear, fit.ratio))


def _one(shown: Shown, step: int, prediction: Approx) -> _Fit:
    measured = shown.fields(step)["output"]
    ratios = _ratios(prediction, measured.float64())
    if not ratios.size:
        return _Fit(ratio=0.0, index=(), predicted=math.nan, clear=False)
    worst = np.unravel_index(int(np.argmax(ratios)), ratios.shape)
    ratio = float(ratios[worst])
    clear = ratio >= CLEARLY and shown.apart(step, "output", Tensor.of(prediction.value, measured.dtype))
    index = tuple(int(one) for one in worst)
    return _Fit(ratio=ratio, index=index, predicted=float(prediction.value[worst]), clear=clear)


def _ratios(prediction: Approx, measured: NDArray[np.float64]) -> NDArray[np.float64]:
    """Error by bound; two values that are not finite are alike in that, and a bound of 0 allows nothing."""
    bounds = np.broadcast_to(prediction.error, measured.shape)
    with np.errstate(all="ignore"):
        errors = np.abs(prediction.value - measured)
        alike = (prediction.value == measured) | (~np.isfinite(prediction.value) & ~np.isfinite(measured))
        ratios = np.where(alike, 0.0, errors / bounds)
    return np.where(np.isnan(ratios), math.inf, ratios)
