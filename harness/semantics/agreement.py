"""Whether a measurement is what the oracle predicts, within the bound that the oracle derives for it."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from harness.observation import Observation
from harness.semantics.prediction import Fact, Field, FieldFact, Prediction, ResultsFact, StepsFact, StructureFact
from harness.tensor import Tensor


@dataclass(frozen=True, kw_only=True, slots=True)
class Residual:
    """The fact in which a measurement is farthest from a prediction.

    Attributes:
        step: counted from 1; ``None`` for what concerns the whole observation.
        field: ``output``, ``moving_mean``, ``fused``, ``raised`` ...
        predicted: as text.
        measured: as text.
        error: how far they are apart; infinite where no distance can be told.
        bound: how far a correct implementation may be.
    """

    step: int | None
    field: str
    predicted: str
    measured: str
    error: float
    bound: float

    @property
    def ratio(self) -> float:
        """The multiple of the bound that would have passed; infinite where none would."""
        return self.error / self.bound if self.bound else math.inf


def agrees(fact: Fact, observation: Observation, ignoring: Collection[str] = ()) -> bool:
    """Whether ``observation`` shows ``fact``; facts of the structure named in ``ignoring`` always agree."""
    return residual(fact, observation, ignoring) is None


def residual(fact: Fact, observation: Observation, ignoring: Collection[str] = ()) -> Residual | None:
    """How ``observation`` contradicts ``fact``; ``None`` where it does not."""
    match fact:
        case StepsFact(steps=steps, raised=raised):
            measured = (len(observation.steps), observation.raised.type if observation.raised else None)
            return None if measured == (steps, raised) else _whole("raised", _ending(steps, raised), _ending(*measured))
        case StructureFact(name=name, value=value):
            if name in ignoring or observation.structure is None:
                return None
            shown = getattr(observation.structure, name)
            return None if shown == value else _whole(name, str(value), str(shown))
        case ResultsFact(several=several):
            texts = ["several results" if one else "one result" for one in (several, observation.nondeterministic)]
            return None if several is observation.nondeterministic else _whole("repetitions", *texts)
        case FieldFact(step=step, name=name, field=field):
            if observation.nondeterministic and not field.settled:
                return _every_result(step, name, field, observation)
            return _field(step + 1, name, field, _tensor(observation, step, name))


def _tensor(observation: Observation, step: int, name: str) -> Tensor | None:
    return observation.steps[step].get(name) if step < len(observation.steps) else None


def _every_result(step: int, name: str, field: Field, observation: Observation) -> Residual | None:
    """How a result that was seen contradicts what a field may be; what is settled nevertheless counts too."""
    held = _tensor(observation, step, name)
    found = [_field(step + 1, name, field, held)] if held is not None else []
    found += [_field(step + 1, name, field, _tensor(one.observation, step, name)) for one in observation.results]
    return next((one for one in found if one is not None), None)


def _ending(steps: int, raised: str | None) -> str:
    return f"{raised or 'no exception'} after {steps} step{'s' * (steps != 1)}"


def _whole(field: str, predicted: str, measured: str) -> Residual:
    return Residual(step=None, field=field, predicted=predicted, measured=measured, error=math.inf, bound=0.0)


def _field(step: int, name: str, field: Field, tensor: Tensor | None) -> Residual | None:
    expected = f"{field.dtype}{list(field.number.value.shape)}"
    if tensor is None:
        return Residual(step=step, field=name, predicted=expected, measured="nothing", error=math.inf, bound=0.0)
    shown = f"{tensor.dtype}{list(tensor.shape)}"
    if shown != expected:
        return Residual(step=step, field=name, predicted=expected, measured=shown, error=math.inf, bound=0.0)
    value, measured = field.number.value, tensor.float64()
    with np.errstate(invalid="ignore"):
        errors = np.abs(value - measured)
        if (errors <= field.number.error).all() and np.isfinite(errors).all():
            return None
    errors = np.where((value == measured) | (np.isnan(value) & np.isnan(measured)), 0.0, errors)
    errors = np.where(np.isnan(errors), math.inf, errors).reshape(-1)
    bounds = np.broadcast_to(field.number.error, value.shape).reshape(-1)
    unknown = np.isnan(value.reshape(-1)) & np.isinf(bounds)
    beyond = ((errors > bounds) | np.isinf(errors)) & ~unknown
    if not beyond.any():
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        worst = int(np.argmax(np.where(beyond, errors / bounds, -1.0)))
    return Residual(
        step=step,
        field=f"{name}{[int(place) for place in np.unravel_index(worst, value.shape)] if value.shape else ''}",
        predicted=f"{value.reshape(-1)[worst]:.9g}",
        measured=f"{measured.reshape(-1)[worst]:.9g}",
        error=float(errors[worst]),
        bound=float(bounds[worst]),
    )


def contradictions(prediction: Prediction, observation: Observation, ignoring: Collection[str] = ()) -> list[Residual]:
    """Every fact of ``prediction`` that ``observation`` contradicts, and what it shows beyond the prediction."""
    found = [residual(fact, observation, ignoring) for fact in prediction.facts()]
    return [one for one in found if one is not None] + _beyond(prediction, observation)


def _beyond(prediction: Prediction, observation: Observation) -> list[Residual]:
    extra = []
    for number, (expected, measured) in enumerate(zip(prediction.steps, observation.steps, strict=False), start=1):
        for name in measured.keys() - expected.keys():
            extra.append(
                Residual(step=number, field=name, predicted="nothing", measured="there", error=math.inf, bound=0.0)
            )
    return extra
