"""What is the same each time of an experiment whose results are not a function of its input.

The *settled form* of such an observation is what golden keeps. From the first step on at which repetitions differ,
it leaves out every field that differs, every moving statistic (their updates race with each other, and which of
them loses is another matter each time), and after that step everything that is computed with them. So it does not
depend on which of the racing fields happened to differ in this run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from harness.elements import decimal
from harness.observation import Observation, Reported, Result, Spread
from harness.tensor import Tensor
from harness.tolerance import is_statistic

_Step: TypeAlias = Mapping[str, Tensor]

_COMPUTED = ("output", "loss", "val_loss", "gradient_")


def settled(results: Sequence[Result], differing: Collection[tuple[int, str]]) -> Observation:
    """The settled form of an experiment.

    Args:
        results: what its repetitions showed, each another beyond what rounding may do.
        differing: step (from 0) and field of everything in which any two of them differ.
    """
    first = results[0].observation
    steps = min(len(one.observation.steps) for one in results)
    ends_alike = len({_ending(one.observation) for one in results}) == 1
    since = min((step for step, _ in differing), default=steps)
    kept = tuple(
        {
            field: tensor
            for field, tensor in found.items()
            if (step, field) not in differing and stays(field, step, since)
        }
        for step, found in enumerate(first.steps[:steps])
    )
    return replace(
        first,
        steps=kept,
        structure=first.structure if ends_alike else None,
        raised=first.raised if ends_alike else None,
        nondeterministic=True,
        results=tuple(results),
    )


def stays(field: str, step: int, since: int) -> bool:
    """Whether the settled form keeps a field that is the same each time, where the race is in step ``since``."""
    if step >= since and is_statistic(field.rpartition("/")[2]):
        return False
    return step <= since or not field.startswith(_COMPUTED)


def _ending(observation: Observation) -> tuple[int, str | None]:
    return len(observation.steps), observation.raised.type if observation.raised else None


def in_common(left: Observation, right: Observation) -> tuple[Observation, Observation]:
    """Both without what one of them leaves out because it is not the same each time."""
    steps = min(len(left.steps), len(right.steps)) if _open(left) or _open(right) else None
    return _without(left, right, steps), _without(right, left, steps)


def _open(observation: Observation) -> bool:
    """Whether its repetitions did not end alike: then it neither raised nor has a structure."""
    return observation.nondeterministic and observation.structure is None and observation.raised is None


def _without(observation: Observation, other: Observation, steps: int | None) -> Observation:
    kept = tuple(
        {
            field: tensor
            for field, tensor in fields.items()
            if step >= len(other.steps) or not leaves_out(other, step, field)
        }
        for step, fields in enumerate(observation.steps[:steps])
    )
    if steps is None:
        return replace(observation, steps=kept)
    return replace(observation, steps=kept, structure=None, raised=None)


def leaves_out(observation: Observation, step: int, field: str) -> bool:
    """Whether ``field`` may be absent after ``step`` because it is not the same each time.

    Of a golden file that is all that can be said; of a run it is known what its results had.
    """
    if not observation.nondeterministic or field in observation.steps[step]:
        return False
    found = [one.observation.steps[step] for one in observation.results if step < len(one.observation.steps)]
    return not found or any(field in fields for fields in found)


def as_recorded(measured: Observation, recorded: Observation, repetitions: int) -> Observation:
    """What was measured, in the settled form of what is recorded: a race that was not seen this time is no change."""
    if measured.nondeterministic or not recorded.nondeterministic:
        return measured
    common, _ = in_common(measured, recorded)
    return replace(common, nondeterministic=True, results=(Result(observation=measured, times=repetitions),))


def spreads(observation: Observation | Reported) -> tuple[Spread, ...]:
    """What was seen in this run of everything that the settled form leaves out at the first step where it does."""
    if isinstance(observation, Reported):
        return observation.spreads
    results = observation.results
    if not results:
        return ()
    if len({_ending(one.observation) for one in results}) > 1:
        ends = Counter({_said(*_ending(one.observation)): 0 for one in results})
        for one in results:
            ends[_said(*_ending(one.observation))] += one.times
        return (Spread(step=None, field="raised", index=(), values=tuple(ends.most_common())),)
    for step in range(len(observation.steps)):
        found = tuple(_of_step(observation, step))
        if found:
            return found
    return ()


def _said(steps: int, raised: str | None) -> str:
    return f"{raised or 'no exception'} after {steps} step{'s' * (steps != 1)}"


def _of_step(observation: Observation, step: int) -> Iterator[Spread]:
    """A spread per field that is left out and of which more than one value was seen, or nothing but one result."""
    results = observation.results
    for field in sorted(results[0].observation.steps[step]):
        tensors = [one.observation.steps[step].get(field) for one in results]
        there = [tensor for tensor in tensors if tensor is not None]
        if field in observation.steps[step] or len(there) < len(tensors) or not there[0].size:
            continue
        if len({tensor.shape for tensor in there}) > 1:
            continue
        flat = _farthest(there)
        seen: Counter[str] = Counter()
        for tensor, one in zip(there, results, strict=True):
            seen[decimal(tensor, flat)] += one.times
        if len(seen) > 1 or len(results) == 1:
            index = tuple(int(place) for place in np.unravel_index(flat, there[0].shape))
            yield Spread(step=step + 1, field=field, index=index, values=tuple(seen.most_common()))


def _farthest(tensors: Sequence[Tensor]) -> int:
    """The flat index at which they are farthest apart."""
    numbers = np.stack([tensor.float64().reshape(-1) for tensor in tensors])
    with np.errstate(all="ignore"):
        apart = np.nan_to_num(numbers.max(axis=0) - numbers.min(axis=0), nan=np.inf)
    return int(np.argmax(apart))
