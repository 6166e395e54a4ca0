"""Field-by-field differences between two observations of one case: symmetric, in float64, bounds stated."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from harness.elements import Elements, decimal, ulps
from harness.observation import Observation, Spread, Structure
from harness.scale import Bounds, BoundSource
from harness.settled import in_common, leaves_out, spreads
from harness.tensor import Tensor


class DifferenceKind(Enum):
    """What differs."""

    RAISED = "raised"
    STEPS = "steps"
    STRUCTURE = "structure"
    MISSING = "missing"
    DTYPE = "dtype"
    SHAPE = "shape"
    VALUE = "value"
    RESULTS = "results"
    """On one side the field is not the same each time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One field that differs; of a value, the element farthest beyond its bound.

    Attributes:
        step: counted from 1; ``None`` for what concerns the whole observation.
        index: the element; ``None`` unless ``kind`` is ``VALUE``.
        left: the left side as text; a number as the shortest decimal of its dtype.
        right: likewise.
        error: ``|left - right|``; infinite where exactly one is NaN or they are different infinities.
        bound: what the error had to stay within.
        source: who gave the bound.
        ulps: the error in units in the last place of the coarser dtype, at the larger magnitude; ``None``
            where the error is infinite or the dtype is no float.
        elements: how many elements are beyond their bounds.
        size: of how many.
        passing: the smallest multiple of the bounds under which the field would have passed; ``None`` where
            none would.
    """

    kind: DifferenceKind
    step: int | None
    field: str
    left: str
    right: str
    index: tuple[int, ...] | None = None
    error: float | None = None
    bound: float | None = None
    source: BoundSource | None = None
    ulps: float | None = None
    elements: int = 0
    size: int = 0
    passing: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Closest:
    """The element that came nearest to its bound, or went farthest beyond it; ``step`` counts from 1."""

    step: int
    field: str
    index: tuple[int, ...]
    error: float
    bound: float
    ulps: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Diff:
    """All that differs between two observations, in the order it was observed.

    Attributes:
        differences: at most one per kind, step and field.
        identical: nothing differs and every value has the same bits; NaNs of any payload count as equal,
            since golden files keep none.
        closest: ``None`` when no element differs at all.
    """

    differences: tuple[Difference, ...]
    identical: bool
    closest: Closest | None

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the differing fields, each once, in order."""
        return tuple(dict.fromkeys(difference.field for difference in self.differences))


_MOST_RESULTS = 4

_NOTIONS = frozenset({"update_ops"})
"""Fields that a front end without such a notion does not show."""

IDENTICAL = Diff(differences=(), identical=True, closest=None)


def diff(left: Observation, right: Observation, bounds: Bounds, *, same_runner: bool = True) -> Diff:
    """Compare what two runners, or one runner on two releases, measured for one case.

    Args:
        left: swapping it with ``right`` swaps the sides of the differences and nothing else.
        right: the other observation.
        bounds: of these two; asked only for numbers that differ.
        same_runner: compare every structure fact. Between runners, a fact that is ``None`` on either side is
            a notion that front end does not have, and is not compared.
    """
    several: tuple[Difference, ...] = ()
    if left.nondeterministic or right.nondeterministic:
        several = tuple(_results(left, right)) if left.nondeterministic is not right.nondeterministic else ()
        left, right = in_common(left, right)
    whole = (*_raised(left, right), *_structure(left, right, same_runner), *several)
    if not whole and left.steps == right.steps:
        return IDENTICAL
    differences = list(whole)
    identical, closest, nearest = not whole, None, 0.0
    for number, (ours, theirs) in enumerate(zip(left.steps, right.steps, strict=False), start=1):
        for field in _fields(ours, theirs):
            if not same_runner and field in _NOTIONS and not (field in ours and field in theirs):
                continue
            result = _compare(ours.get(field), theirs.get(field), number, field, bounds)
            differences += result.differences
            identical = identical and result.identical
            if result.closest is not None and result.nearness > nearest:
                closest, nearest = result.closest, result.nearness
    return Diff(differences=tuple(differences), identical=identical and not differences, closest=closest)


def _results(left: Observation, right: Observation) -> Iterator[Difference]:
    """What only one side shows the same each time, at the first step where there is such a thing."""
    side, other = (left, right) if left.nondeterministic else (right, left)
    seen = {(one.step, one.field): one for one in spreads(side)}
    for step, fields in enumerate(other.steps[: len(side.steps)], start=1):
        left_out = [field for field in sorted(fields) if leaves_out(side, step - 1, field)]
        # Of a golden file it is not known which of them differed, of a run it is.
        told = [field for field in left_out if not seen or (step, field) in seen]
        for field in told:
            spread = seen.get((step, field))
            texts = _several(spread), _single(fields[field], spread)
            yield replace(
                _typed(DifferenceKind.RESULTS, step, field, *(texts if side is left else texts[::-1])),
                index=spread.index if spread else None,
            )
        if told:
            return
    ends = seen.get((None, "raised"))
    texts = _several(ends), "the same each time"
    yield _whole(DifferenceKind.RESULTS, "raised" if ends else "results", *(texts if side is left else texts[::-1]))


def _several(spread: Spread | None) -> str:
    if spread is None:
        return "not the same each time"
    values = [value for value, _ in spread.values]
    more = f" or {len(values) - _MOST_RESULTS} more" if len(values) > _MOST_RESULTS else ""
    return " or ".join(values[:_MOST_RESULTS]) + more if len(values) > 1 else f"{values[0]}, not the same each time"


def _single(tensor: Tensor, spread: Spread | None) -> str:
    """The number on the side that is the same each time, at the element that the other side's are told of."""
    if spread is None or len(spread.index) != len(tensor.shape):
        return "the same each time"
    if any(place >= length for place, length in zip(spread.index, tensor.shape, strict=True)):
        return "the same each time"
    return decimal(tensor, int(np.ravel_multi_index(spread.index, tensor.shape)) if spread.index else 0)


def _raised(left: Observation, right: Observation) -> Iterator[Difference]:
    ours, theirs = left.raised, right.raised
    if (ours and ours.type) != (theirs and theirs.type):
        yield _whole(
            DifferenceKind.RAISED,
            "raised",
            ours.type if ours else "no exception",
            theirs.type if theirs else "no exception",
        )
    elif len(left.steps) != len(right.steps):
        # Where only one raised, its missing steps are that same difference.
        yield _whole(DifferenceKind.STEPS, "steps", str(len(left.steps)), str(len(right.steps)))


def _structure(left: Observation, right: Observation, same_runner: bool) -> Iterator[Difference]:
    ours, theirs = left.structure, right.structure
    if ours is None or theirs is None:
        if ours is not theirs and bool(left.raised) == bool(right.raised):
            texts = ["nothing built" if side is None else "built" for side in (ours, theirs)]
            yield _whole(DifferenceKind.STRUCTURE, "structure", *texts)
        return
    for name in (field.name for field in dataclasses.fields(Structure)):
        mine, other = getattr(ours, name), getattr(theirs, name)
        no_such_notion = not same_runner and (mine is None or other is None)
        if mine != other and not no_such_notion:
            yield _whole(DifferenceKind.STRUCTURE, name, _fact(mine), _fact(other))


def _fact(value: object) -> str:
    return ", ".join(value) or "none" if isinstance(value, tuple) else str(value)


def _whole(kind: DifferenceKind, field: str, left: str, right: str) -> Difference:
    return Difference(kind=kind, step=None, field=field, left=left, right=right)


def _fields(ours: Mapping[str, Tensor], theirs: Mapping[str, Tensor]) -> list[str]:
    """Fields of either side: ``output`` first, then by name, so that the order does not depend on the side."""
    return sorted({*ours, *theirs}, key=lambda name: (name != "output", name))


@dataclass(frozen=True, slots=True)
class _Result:
    differences: tuple[Difference, ...] = ()
    identical: bool = False
    closest: Closest | None = None
    nearness: float = 0.0


def _compare(ours: Tensor | None, theirs: Tensor | None, step: int, field: str, bounds: Bounds) -> _Result:
    if ours == theirs:
        return _Result(identical=True)
    if ours is None or theirs is None:
        sides = [_describe(side) for side in (ours, theirs)]
        return _Result((_typed(DifferenceKind.MISSING, step, field, *sides),))
    differences = []
    if ours.dtype != theirs.dtype:
        differences.append(_typed(DifferenceKind.DTYPE, step, field, ours.dtype, theirs.dtype))
    if ours.shape != theirs.shape:
        shapes = [str(list(side.shape)) for side in (ours, theirs)]
        return _Result((*differences, _typed(DifferenceKind.SHAPE, step, field, *shapes)))
    elements = Elements.of(ours, theirs, bounds.bounds(step - 1, field, (ours.dtype, theirs.dtype), ours.shape))
    return _values(ours, theirs, step, field, elements, tuple(differences))


def _values(
    ours: Tensor, theirs: Tensor, step: int, field: str, elements: Elements, before: tuple[Difference, ...]
) -> _Result:
    if elements.equal:
        return _Result(before, identical=elements.identical)
    flat = elements.worst
    error, bound = float(elements.errors[flat]), float(elements.bounds[flat])
    nearness = float(elements.ratios[flat])
    index = elements.index(ours.shape)
    distance = ulps((ours.dtype, theirs.dtype), float(elements.magnitudes[flat]), error)
    closest = Closest(step=step, field=field, index=index, error=error, bound=bound, ulps=distance)
    if elements.beyond == 0:
        return _Result(before, closest=closest, nearness=nearness)
    value = Difference(
        kind=DifferenceKind.VALUE,
        step=step,
        field=field,
        left=decimal(ours, flat),
        right=decimal(theirs, flat),
        index=index,
        error=error,
        bound=bound,
        source=elements.source,
        ulps=distance,
        elements=elements.beyond,
        size=ours.size,
        passing=nearness if math.isfinite(nearness) else None,
    )
    return _Result((*before, value), closest=closest, nearness=nearness)


def _typed(kind: DifferenceKind, step: int, field: str, left: str, right: str) -> Difference:
    return Difference(kind=kind, step=step, field=field, left=left, right=right)


def _describe(tensor: Tensor | None) -> str:
    return f"{tensor.dtype}{list(tensor.shape)}" if tensor else "nothing"
