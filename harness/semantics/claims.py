"""Holds published claims against measurements: numbers, what normalized, what moved, what equals, what raised."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from harness.diff import diff
from harness.observation import Observation
from harness.scale import Scales
from harness.scenario.value import Claim, SameAs
from harness.semantics import effects, normalizer
from harness.semantics.judgement import Judgement, Shown, Standing, number_at, place, together, wavers
from harness.tensor import FLOATS, Tensor


@dataclass(frozen=True, kw_only=True, slots=True)
class ClaimResult:
    """One published claim held against one measurement.

    Attributes:
        says: the claim, in our words.
        source: title or URL of who says it.
        runner: whose measurement.
        holds: ``None`` where that could not be told.
        detail: what contradicts it, or why it could not be judged; empty when it holds.
    """

    says: str
    source: str
    runner: str
    holds: bool | None
    detail: str


Other: TypeAlias = Callable[[SameAs], Observation | None]
"""The measurement of the case that the case at hand is claimed to equal, by the same runner on the same release."""


def judge(claim: Claim, shown: Shown, other: Other) -> Judgement:
    """How a claim stands in one measurement of a case it is about."""
    raised = shown.observation.raised
    if claim.raises is not None:
        said = f"{raised.type}: {raised.message}" if raised else "nothing was raised"
        holds = raised is not None and raised.type == claim.raises
        return Judgement(standing=Standing.HOLDS if holds else Standing.FAILS, detail=said)
    step = claim.step or len(shown.case.steps)
    if step > len(shown.observation.steps):
        done = len(shown.observation.steps)
        reason = f"{raised.type} after {done} step{'s' * (done != 1)}" if raised else f"there is no step {step}"
        return Judgement(standing=Standing.NOT_APPLICABLE, detail=reason)
    return together(list(_parts(claim, shown, step, other)))


def _parts(claim: Claim, shown: Shown, step: int, other: Other) -> Iterator[Judgement]:
    for key, value in claim.expect.items():
        yield wavers(shown.observation, step, key.partition("[")[0]) or _number(key, value, shown, step)
    if claim.normalized_by is not None:
        used = ("output", "moving_mean", "moving_variance")
        yield wavers(shown.observation, step, *used) or normalizer.judge(shown, step, claim.normalized_by)
    for name, effect in claim.effects.items():
        yield wavers(shown.observation, step, *effects.fields_of(name)) or effects.judge(shown, step, name, effect)
    if claim.same_as is not None:
        yield _same(claim.same_as, shown, step, other(claim.same_as))
    if claim.nondeterministic is not None:
        several = shown.observation.nondeterministic
        said = f"{shown.case.repetitions} repetitions gave {'several results' if several else 'one result'}"
        yield Judgement(standing=Standing.HOLDS if several is claim.nondeterministic else Standing.FAILS, detail=said)
    if claim.trainable_variables is not None:
        yield _trainable(claim.trainable_variables, shown, step)


def _number(key: str, printed: Any, shown: Shown, step: int) -> Judgement:
    """Whether the measured numbers under ``key`` (``output[0,0,0]``) round to the printed ones.

    A measured number rounds to a printed one when it is at most half a unit of the last printed digit away; trailing
    zeros do not count as printed. Where a measurement is not exact, what is equal within tolerance counts too.
    """
    field, _, index = key.partition("[")
    tensor = shown.fields(step).get(field)
    if tensor is None:
        return Judgement(standing=Standing.FAILS, detail=f"there is no {field}")
    base = tuple(int(part) for part in re.findall(r"-?\d+", index))
    whole = tensor.float64().copy()
    measured, claimed = whole[base], np.array(printed, dtype=object)
    if claimed.shape not in ((), np.shape(measured)):
        said = f"{key} has shape {list(np.shape(measured))}, the claim has {list(claimed.shape)}"
        return Judgement(standing=Standing.FAILS, detail=said)
    claimed = np.broadcast_to(claimed, np.shape(measured))
    first = ""
    for where in np.ndindex(np.shape(measured)):
        number, element = float(measured[where]), (*base, *where)
        whole[element] = nearest(number, claimed[where])
        said = f"{place(field, element)} is {number_at(tensor, element)}, the claim says {claimed[where]}"
        if not rounds_to(number, claimed[where]) and (shown.exact or _apart(shown, step, field, whole)):
            return Judgement(standing=Standing.FAILS, detail=said)
        first = first or said
    return Judgement(standing=Standing.HOLDS, detail=first)


def _apart(shown: Shown, step: int, field: str, claimed: NDArray[np.float64]) -> bool:
    dtype = shown.fields(step)[field].dtype
    return dtype not in FLOATS or shown.apart(step, field, Tensor.of(claimed, dtype))


def _same(same_as: SameAs, shown: Shown, step: int, other: Observation | None) -> Judgement:
    """Whether the fields of this case are those of the other, within tolerance."""
    if other is None:
        return Judgement(standing=Standing.NOT_RECORDED, detail="the case that it is the same as was not measured")
    if step > len(other.steps):
        raised = f": {other.raised.type}" if other.raised else ""
        return Judgement(standing=Standing.NOT_APPLICABLE, detail=f"the other case has no step {step}{raised}")
    for side in (shown.observation, other):
        if undecided := wavers(side, step, *same_as.fields):
            return undecided
    left, right = (_only(one, same_as.fields, step) for one in (shown.observation, other))
    found = diff(left, right, Scales(case=shown.case, tolerance=shown.tolerance))
    if found.differences:
        worst = found.differences[0]
        said = f"{place(worst.field, worst.index or ())} is {worst.left}, in the other case {worst.right}"
        return Judgement(standing=Standing.FAILS, detail=said)
    kind = "bit for bit" if found.identical else "within tolerance"
    return Judgement(standing=Standing.HOLDS, detail=f"{' and '.join(same_as.fields)}: the same {kind}")


def _only(observation: Observation, fields: tuple[str, ...], step: int) -> Observation:
    """Of an observation the fields of one step, at its place."""
    kept = {name: tensor for name, tensor in observation.steps[step - 1].items() if name in fields}
    before: list[Mapping[str, Tensor]] = [{}] * (step - 1)
    return Observation(steps=(*before, kept), structure=None, raised=None)


def _trainable(claimed: int, shown: Shown, step: int) -> Judgement:
    counted = shown.fields(step).get("trainable_variables")
    structure = shown.observation.structure
    if counted is None and structure is None:
        return Judgement(standing=Standing.NOT_APPLICABLE, detail="no layer was built")
    if counted is not None:
        count, names = int(counted.float64()), ""
    else:
        assert structure is not None
        count, names = len(structure.trainable_variables), ", ".join(structure.trainable_variables)
    said = f"{count} trainable variables" + (f": {names}" if names else "")
    return Judgement(standing=Standing.HOLDS if count == claimed else Standing.FAILS, detail=said)


def result(claim: Claim, runner: str, judgement: Judgement | None) -> ClaimResult:
    """What to report of one claim; without a judgement there was no measurement."""
    known = {Standing.HOLDS: True, Standing.FAILS: False}
    holds = known.get(judgement.standing) if judgement else None
    detail = judgement.detail if judgement else "nothing was measured"
    return ClaimResult(says=claim.says, source=claim.source, runner=runner, holds=holds, detail="" if holds else detail)


def rounds_to(measured: float, printed: float) -> bool:
    """Whether ``measured``, rounded to the digits of ``printed``, is ``printed``."""
    if not np.isfinite(measured) or not np.isfinite(printed):
        return bool(measured == printed or (np.isnan(measured) and np.isnan(printed)))
    return abs(Decimal(measured) - Decimal(repr(printed))) <= _half_unit(printed)


def nearest(measured: float, printed: float) -> float:
    """Of the numbers that round to ``printed`` the one nearest to ``measured``."""
    if not np.isfinite(measured) or not np.isfinite(printed):
        return printed
    middle, half = Decimal(repr(printed)), _half_unit(printed)
    return float(min(max(Decimal(measured), middle - half), middle + half))


def _half_unit(printed: float) -> Decimal:
    """Half a unit of the last digit that is printed."""
    exponent = Decimal(repr(printed)).normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    # An integer such as 100 is printed to the unit, although its normal form is 1E+2.
    return Decimal(5).scaleb(min(exponent, 0) - 1)
