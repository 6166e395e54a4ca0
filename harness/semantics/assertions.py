"""Holds the assertions of a scenario against measurements: one against another, or the numbers of one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from harness.elements import Elements
from harness.observation import Observation
from harness.scale import BoundArray, Scales
from harness.scenario.assertion import Assertion, Near, Other
from harness.semantics.geometry import BadAxis, resolved_axes
from harness.semantics.judgement import Judgement, Shown, Standing, number_at, place, wavers
from harness.tensor import Tensor

OtherSide: TypeAlias = Callable[[Other], Observation | None]
"""The measurement that one is held against; ``None`` where there is none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AssertionResult:
    """One assertion held against one measurement.

    Attributes:
        says: what it means.
        place: ``file:line:col``.
        runner: whose measurement.
        holds: ``None`` where that could not be told.
        detail: what contradicts it, or why it could not be judged; empty when it holds.
    """

    says: str
    place: str
    runner: str
    holds: bool | None
    detail: str


def result(assertion: Assertion, runner: str, judgement: Judgement | None) -> AssertionResult:
    """What came of it; no judgement: nothing was measured."""
    standing = judgement.standing if judgement else Standing.NOT_RECORDED
    holds = {Standing.HOLDS: True, Standing.FAILS: False}.get(standing)
    detail = "nothing was measured" if judgement is None else judgement.detail
    return AssertionResult(
        says=assertion.says, place=assertion.place, runner=runner, holds=holds, detail="" if holds else detail
    )


def judge(assertion: Assertion, shown: Shown, other: OtherSide) -> Judgement:
    """How an assertion stands in one measurement that it is about: it fails with the first field that contradicts it.

    Where an exception ended the experiment before the step there is nothing to judge: that it did is held against
    golden.
    """
    step = assertion.step or len(shown.case.steps)
    ended = _ended(shown.observation, step, "")
    if ended:
        return ended
    held = None
    if isinstance(assertion.expected, Other):
        held = other(assertion.expected)
        if held is None:
            return Judgement(standing=Standing.NOT_RECORDED, detail="the other side was not measured")
    for field in assertion.fields:
        if undecided := wavers(shown.observation, step, field):
            return undecided
        if field not in shown.fields(step):
            return Judgement(standing=Standing.FAILS, detail=f"there is no {field} after step {step}")
        judgement = _judge(assertion, shown, step, field, held)
        if judgement.standing is not Standing.HOLDS:
            return judgement
    return Judgement(standing=Standing.HOLDS, detail="")


def _ended(observation: Observation, step: int, where: str) -> Judgement | None:
    if step <= len(observation.steps):
        return None
    raised = observation.raised
    said = f"{raised.type} after {len(observation.steps)} steps" if raised else f"there is no step {step}"
    return Judgement(standing=Standing.NOT_APPLICABLE, detail=f"{said}{where}")


def _judge(assertion: Assertion, shown: Shown, step: int, field: str, held: Observation | None) -> Judgement:
    expected = assertion.expected
    if isinstance(expected, Other):
        assert held is not None
        return _relation(shown, step, field, expected, held, same=assertion.kind == "same_as")
    if isinstance(expected, Near):
        return _near(shown, step, field, expected, deviation=assertion.kind == "std_near")
    if assertion.kind == "unchanged":
        return _unchanged(shown, step, field, expected)
    values = shown.fields(step)[field].float64()
    fits = np.isfinite(values) if assertion.kind == "finite" else values >= 0
    return _everywhere(shown.fields(step)[field], field, fits, assertion.kind, expected)


def _verdict(holds: bool, detail: str) -> Judgement:
    return Judgement(standing=Standing.HOLDS if holds else Standing.FAILS, detail=detail)


def _everywhere(tensor: Tensor, field: str, fits: NDArray[np.bool_], kind: str, expected: bool) -> Judgement:
    word = kind.replace("_", "-")
    if not expected:
        return _verdict(not fits.all(), f"{field} is {word} everywhere")
    if fits.all():
        return _verdict(True, "")
    index = tuple(int(one) for one in np.argwhere(~fits)[0])
    return _verdict(False, f"{place(field, index)} is {number_at(tensor, index)}, which is not {word}")


def _unchanged(shown: Shown, step: int, field: str, expected: bool) -> Judgement:
    before, after = _before(shown, step, field), shown.fields(step)[field]
    if before is None:
        return Judgement(standing=Standing.NOT_APPLICABLE, detail=f"what {field} was before step {step} is not known")
    changed = np.flatnonzero(np.frombuffer(before.data, np.uint8) != np.frombuffer(after.data, np.uint8))
    if not expected:
        return _verdict(changed.size > 0, f"step {step} leaves {field} as it was")
    if changed.size == 0:
        return _verdict(True, "")
    flat = int(changed[0]) // (len(after.data) // after.size)
    index = tuple(int(one) for one in np.unravel_index(flat, after.shape))
    was, became = number_at(before, index), number_at(after, index)
    return _verdict(False, f"{place(field, index)} becomes {became}, and was {was}")


def _before(shown: Shown, step: int, field: str) -> Tensor | None:
    """The field as ``step`` found it, where that is known: as an earlier step left it, or as the case gives it."""
    known = [fields[field] for fields in shown.observation.steps[: step - 1] if field in fields]
    after = shown.fields(step)[field]
    if known:
        return known[-1] if (known[-1].dtype, known[-1].shape) == (after.dtype, after.shape) else None
    return shown.before(step, field) if field in shown.case.initializers else None


def _relation(shown: Shown, step: int, field: str, other: Other, held: Observation, *, same: bool) -> Judgement:
    there, name = other.step or step, other.field or field
    ended = _ended(held, there, " on the other side")
    if ended:
        return ended
    if undecided := wavers(held, there, name):
        return undecided
    if name not in held.steps[there - 1]:
        return _verdict(False, f"there is no {name} on the other side")
    left, right = shown.fields(step)[field], held.steps[there - 1][name]
    if (left.dtype, left.shape) != (right.dtype, right.shape):
        kinds = [f"{one.dtype} {list(one.shape)}" for one in (left, right)]
        return _verdict(not same, f"{field} is {kinds[0]}, on the other side {kinds[1]}")
    if left.size == 0:
        return _verdict(same, f"{field} is empty on both sides")
    elements = Elements.of(left, right, _bounds(shown, step, field))
    index = elements.index(left.shape)
    numbers = f"{place(field, index)} is {number_at(left, index)}, on the other side {number_at(right, index)}"
    within = f"{elements.errors[elements.worst]:.3g} apart, bound {elements.bounds[elements.worst]:.3g}"
    differs = elements.beyond > 0
    return _verdict(differs is not same, f"{numbers}: {within}" if same else f"{field} is the same: {numbers}")


def _bounds(shown: Shown, step: int, field: str) -> BoundArray:
    tensor = shown.fields(step)[field]
    scales = Scales(case=shown.case, tolerance=shown.tolerance)
    return scales.bounds(step - 1, field, (tensor.dtype, tensor.dtype), tensor.shape)


def _near(shown: Shown, step: int, field: str, near: Near, *, deviation: bool) -> Judgement:
    values = shown.fields(step)[field].float64()
    axes = _channels(shown, field, values.ndim)
    reduced = tuple(axis for axis in range(values.ndim) if axis not in axes)
    if values.size == 0:
        return Judgement(standing=Standing.NOT_APPLICABLE, detail=f"{field} is empty")
    with np.errstate(all="ignore"):
        found = np.std(values, axis=reduced) if deviation else np.mean(values, axis=reduced)
    atol = near.atol
    if atol is None:
        bound = _bounds(shown, step, field)
        atol = float(np.max(bound.atol)) + bound.rtol * abs(near.value)
    apart = np.where(np.isfinite(found), np.abs(found - near.value), np.inf)
    channel = np.unravel_index(int(np.argmax(apart)), apart.shape)
    of = f" of channel {','.join(str(int(one)) for one in channel)}" if channel else ""
    what = "standard deviation" if deviation else "mean"
    said = f"the {what}{of} of {field} is {float(found[channel]):.9g}, not within {atol:.3g} of {near.value:g}"
    return _verdict(bool((apart <= atol).all()), said)


def _channels(shown: Shown, field: str, rank: int) -> tuple[int, ...]:
    """The axes of the layer's channels in an output; other fields count as one channel."""
    if not field.startswith("output"):
        return ()
    try:
        return resolved_axes(shown.case, rank)
    except BadAxis:
        return ()
