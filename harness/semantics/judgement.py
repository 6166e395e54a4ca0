"""What a claim is held against, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from types import MappingProxyType

import numpy as np

from harness.case import Case
from harness.diff import diff
from harness.elements import decimal
from harness.observation import Observation
from harness.scale import Scales
from harness.settled import leaves_out
from harness.tensor import Tensor
from harness.tolerance import Tolerance

_STARTS = MappingProxyType({"gamma": 1.0, "beta": 0.0, "moving_mean": 0.0, "moving_variance": 1.0})


class Standing(Enum):
    """How a claim stands."""

    HOLDS = "holds"
    FAILS = "fails"
    UNDECIDED = "undecided"
    """The measurement fits the claim, and what contradicts it too."""
    NOT_APPLICABLE = "not applicable"
    """What the claim is about did not come to be: an exception ended the experiment, or there is no such variable."""
    NOT_RECORDED = "not recorded"


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """How a claim stands, and the number or fact that decides."""

    standing: Standing
    detail: str


def together(parts: Sequence[Judgement]) -> Judgement:
    """All parts of one claim: it fails with any of them, and holds with all."""
    for standing in (Standing.FAILS, Standing.NOT_RECORDED, Standing.NOT_APPLICABLE, Standing.UNDECIDED):
        for part in parts:
            if part.standing is standing:
                return part
    return Judgement(standing=Standing.HOLDS, detail="; ".join(part.detail for part in parts if part.detail))


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A measurement of a case that claims are held against.

    Attributes:
        tolerance: of the scenario.
        exact: the numbers are those of this very release; if not, they are those of the lowest of several releases
            that are equal within tolerance, and what differs by less is not told apart.
    """

    case: Case
    observation: Observation
    tolerance: Tolerance
    exact: bool

    def fields(self, step: int) -> Mapping[str, Tensor]:
        """What is there after ``step``, counted from 1."""
        return self.observation.steps[step - 1]

    def before(self, step: int, field: str) -> Tensor | None:
        """A variable as ``step`` found it; ``None`` where the layer has no such variable."""
        after = self.fields(step).get(field)
        if after is None:
            return None
        earlier = [fields[field] for fields in self.observation.steps[: step - 1] if field in fields]
        if earlier:
            return earlier[-1]
        given = self.case.initializers.get(field)
        values = np.full(after.shape, _STARTS[field]) if given is None else given.float64().reshape(after.shape)
        return Tensor.of(values, after.dtype)

    def apart(self, step: int, field: str, other: Tensor) -> bool:
        """Whether ``other`` in the place of ``field`` after ``step`` would be another measurement."""
        if self.exact:
            return self.fields(step)[field] != other
        steps = list(self.observation.steps)
        steps[step - 1] = {**steps[step - 1], field: other}
        there = replace(self.observation, steps=tuple(steps))
        return bool(diff(self.observation, there, Scales(case=self.case, tolerance=self.tolerance)).differences)


def wavers(observation: Observation, step: int, *fields: str) -> Judgement | None:
    """Why nothing can be told of these fields after ``step``, if one of them is not the same each time by then."""
    for field in fields:
        if step <= len(observation.steps) and leaves_out(observation, step - 1, field):
            text = f"{field} after step {step} is not the same each time, and golden keeps none of its values"
            return Judgement(standing=Standing.UNDECIDED, detail=text)
    return None


def place(field: str, index: Sequence[int]) -> str:
    """``moving_mean[2]``; the field alone without an index."""
    return f"{field}[{','.join(map(str, index))}]" if index else field


def number_at(tensor: Tensor, index: Sequence[int]) -> str:
    """An element as the shortest decimal of its dtype."""
    positive = [one % length for one, length in zip(index, tensor.shape, strict=True)]
    return decimal(tensor, int(np.ravel_multi_index(positive, tensor.shape)) if positive else 0)
