"""What a step did to a variable: whether it is still what it was, and whether an update would have shown."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from harness.scenario.value import Effect
from harness.semantics.approx import Approx, Arithmetic
from harness.semantics.batch import overall, seen
from harness.semantics.formulas import decrement, sample_variance
from harness.semantics.judgement import Judgement, Shown, Standing, number_at, place
from harness.semantics.updates import DEFAULT_MOMENTUM
from harness.tensor import Tensor

_FIELDS: Mapping[str, tuple[str, ...]] = MappingProxyType({"moving_statistics": ("moving_mean", "moving_variance")})


def judge(shown: Shown, step: int, name: str, claimed: Effect) -> Judgement:
    """Whether ``step``, counted from 1, updated ``gamma``, ``beta`` or the ``moving_statistics``, or left them alone.

    Updated means: all that an update would show in. A variable that is what it was although an update would not show
    in it decides nothing.
    """
    parts = [_judge(shown, step, field, claimed) for field in fields_of(name)]
    if all(part.standing is Standing.UNDECIDED for part in parts):
        return parts[0]
    decided = [part for part in parts if part.standing is not Standing.UNDECIDED]
    return next((part for part in decided if part.standing is not Standing.HOLDS), decided[0])


def fields_of(name: str) -> tuple[str, ...]:
    """The fields that a claim about ``name`` is about."""
    return _FIELDS.get(name, (name,))


def _judge(shown: Shown, step: int, field: str, claimed: Effect) -> Judgement:
    before, after = shown.before(step, field), shown.fields(step).get(field)
    if before is None or after is None:
        return Judgement(standing=Standing.NOT_APPLICABLE, detail=f"there is no {field}")
    if before != after:
        if not shown.apart(step, field, before):
            text = f"{_worst(field, before, after)}: so little that recorded releases are not told apart by it"
            return Judgement(standing=Standing.UNDECIDED, detail=text)
        return _decided(claimed is Effect.UPDATED, f"{_worst(field, before, after)} before step {step}")
    if field.startswith("moving_") and not _would_show(shown, step, field, before):
        text = f"{field} is what it was before step {step}, and an update would not show"
        return Judgement(standing=Standing.UNDECIDED, detail=text)
    first = (0,) * len(after.shape)
    text = f"{place(field, first)} is {number_at(after, first)}, as before step {step}" if after.size else ""
    return _decided(claimed is Effect.UNCHANGED, text)


def _decided(holds: bool, detail: str) -> Judgement:
    return Judgement(standing=Standing.HOLDS if holds else Standing.FAILS, detail=detail)


def _worst(field: str, before: Tensor, after: Tensor) -> str:
    """``moving_mean[2] is 0.065, it was 0`` where the change is largest."""
    old, new = before.float64(), after.float64()
    with np.errstate(invalid="ignore"):
        moved = np.nan_to_num(np.abs(new - old), nan=np.inf)
    index = tuple(int(one) for one in np.unravel_index(int(np.argmax(moved)), old.shape))
    return f"{place(field, index)} is {number_at(after, index)}, it was {number_at(before, index)}"


def _would_show(shown: Shown, step: int, field: str, before: Tensor) -> bool:
    """Whether any update with the batch of ``step`` makes another number of a moving statistic.

    Taken for granted where it is not known here what the layer saw. Renormalization moves them by other amounts, yet
    towards the same batch.
    """
    batch = seen(shown, step)
    if batch is None:
        return True
    arithmetic = Arithmetic(before.dtype)
    mean, variance = overall(batch, arithmetic)
    ways = [mean] if field == "moving_mean" else [variance, sample_variance(arithmetic, variance, batch.cut.values)]
    momentum = shown.case.as_of(step - 1).layer.get("momentum", DEFAULT_MOMENTUM)
    assert isinstance(momentum, int | float)
    old = Approx.exact(before.float64())
    moved = [decrement(arithmetic, old, way.reshape(before.shape), float(momentum), narrow=False) for way in ways]
    return all(_other(shown, step, field, old, new) for new in moved)


def _other(shown: Shown, step: int, field: str, old: Approx, new: Approx) -> bool:
    """Whether a variable that was updated to ``new`` cannot have stayed ``old``."""
    with np.errstate(invalid="ignore"):
        moved = ~(np.abs(new.value - old.value) <= new.error) & ~(np.isnan(new.value) & np.isnan(old.value))
    return bool(moved.any()) and shown.apart(step, field, Tensor.of(new.value, shown.fields(step)[field].dtype))
