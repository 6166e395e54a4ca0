"""What was measured of a case: the different measurements, and in which fields they agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.case import Case
from harness.elements import Elements
from harness.history import History
from harness.observation import Observation
from harness.report.facts import field_order
from harness.semantics.evidence import predicted
from harness.semantics.examiner import Examiner
from harness.semantics.prediction import Field, Prediction
from harness.tensor import Tensor


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """One measurement, and the behaviours that share it bit for bit.

    Attributes:
        behaviours: the history and the index of each.
        prediction: what the oracle says under the answers that fit; ``None`` where none do.
    """

    behaviours: tuple[tuple[History, int], ...]
    observation: Observation
    prediction: Prediction | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """Measurements that agree in one field after one step, within their bound.

    Attributes:
        numbers: of the measurements, from 1.
        tensor: of the first of them.
        field: what the oracle predicts for the first; ``None`` where it predicts none.
        beyond: flat, true where an element is beyond its bound from the first group's; empty where shapes differ.
    """

    numbers: tuple[int, ...]
    tensor: Tensor
    field: Field | None
    beyond: NDArray[np.bool_]


def measurements(case: Case, histories: Sequence[History]) -> tuple[Seen, ...]:
    """The different measurements, in the order in which runners and releases show them."""
    found: list[tuple[Observation, list[tuple[History, int]]]] = []
    for history in histories:
        for index, behaviour in enumerate(history.behaviours):
            one = behaviour.observation
            alike = next((each for known, each in found if known == one), None)
            if alike is None:
                found.append((one, [(history, index)]))
            else:
                alike.append((history, index))
    return tuple(
        Seen(
            behaviours=tuple(shared),
            observation=observation,
            prediction=predicted(case, shared[0][0].examiner.inference(observation)),
        )
        for observation, shared in found
    )


def steps(examiner: Examiner, seen: Sequence[Seen]) -> tuple[Mapping[str, tuple[Group, ...]], ...]:
    """The groups of every step; a field that nothing changed in has the very groups of the step before."""
    found: list[Mapping[str, tuple[Group, ...]]] = []
    for step in range(max(len(one.observation.steps) for one in seen)):
        found.append(_groups(examiner, seen, step, found[-1] if found else {}))
    return tuple(found)


def _groups(
    examiner: Examiner, seen: Sequence[Seen], step: int, before: Mapping[str, tuple[Group, ...]]
) -> dict[str, tuple[Group, ...]]:
    """What was measured after ``step`` (from 0), field by field, in the order in which people think of them."""
    there = [(number, one) for number, one in enumerate(seen, start=1) if len(one.observation.steps) > step]
    fields = {field for _, one in there for field in one.observation.steps[step]}
    found: dict[str, tuple[Group, ...]] = {}
    for field in sorted(fields, key=field_order):
        found[field] = tuple(_grouped(examiner, there, seen, step, field))
        same = before.get(field, ())
        if [(one.numbers, one.tensor) for one in same] == [(one.numbers, one.tensor) for one in found[field]]:
            found[field] = same
    return found


def _grouped(
    examiner: Examiner, there: Sequence[tuple[int, Seen]], seen: Sequence[Seen], step: int, field: str
) -> Iterator[Group]:
    made: list[tuple[Tensor, list[int], NDArray[np.bool_]]] = []
    for number, one in there:
        tensor = one.observation.steps[step].get(field)
        if tensor is None:
            continue
        for _, numbers, _ in made:
            if not _beyond(examiner, seen[numbers[0] - 1].observation, one.observation, step, field).any():
                numbers.append(number)
                break
        else:
            beyond = np.zeros(tensor.size, dtype=np.bool_)
            if made and made[0][0].shape == tensor.shape:
                beyond = _beyond(examiner, seen[made[0][1][0] - 1].observation, one.observation, step, field)
            made.append((tensor, [number], beyond))
    for tensor, numbers, beyond in made:
        prediction = seen[numbers[0] - 1].prediction
        steps = prediction.steps if prediction else ()
        told = steps[step].get(field) if step < len(steps) else None
        yield Group(numbers=tuple(numbers), tensor=tensor, field=told, beyond=beyond)


def _beyond(examiner: Examiner, left: Observation, right: Observation, step: int, field: str) -> NDArray[np.bool_]:
    """Flat, where two measurements are farther apart than their bound; everywhere where dtype or shape differ."""
    one, other = left.steps[step][field], right.steps[step][field]
    if (one.dtype, one.shape) != (other.dtype, other.shape):
        return np.ones(max(other.size, 1), dtype=np.bool_)
    if one == other:
        return np.zeros(other.size, dtype=np.bool_)
    bound = examiner.bounds(left, right).bounds(step, field, (one.dtype, other.dtype), one.shape)
    found = Elements.of(one, other, bound)
    return np.asarray((found.errors > found.bounds) | np.isinf(found.errors), dtype=np.bool_)
