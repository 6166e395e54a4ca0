"""What the oracle says: facts in the order in which they can be checked, and the prediction they add up to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from harness.observation import Observation, Raised, structure_from_json
from harness.semantics.approx import Approx
from harness.tensor import Tensor


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """One array that a step yields: its value, its dtype, and how far a correct implementation may be from it.

    Attributes:
        dtype: of the array.
        number: where it is not settled, the middle and half the width of everything it may be; NaN of infinite error
            where nothing is known.
        settled: it is the same each time the experiment is repeated.
    """

    dtype: str
    number: Approx
    settled: bool = True


@dataclass(frozen=True, slots=True)
class StructureFact:
    """One attribute of :class:`harness.observation.Structure`."""

    name: str
    value: tuple[str, ...] | int | bool | None


@dataclass(frozen=True, slots=True)
class FieldFact:
    """One field after one step, counted from 0."""

    step: int
    name: str
    field: Field


@dataclass(frozen=True, slots=True)
class StepsFact:
    """The experiment ends here, after so many steps, with this exception or none."""

    steps: int
    raised: str | None


@dataclass(frozen=True, slots=True)
class ResultsFact:
    """Whether repeating the experiment shows several results; the last fact of an experiment that came to a step."""

    several: bool


Fact: TypeAlias = StructureFact | FieldFact | StepsFact | ResultsFact


@dataclass(frozen=True, kw_only=True, slots=True)
class Prediction:
    """What the oracle predicts a front end to measure.

    Attributes:
        steps: per step the output and the state after it, by field name.
        structure: by attribute of :class:`harness.observation.Structure`; empty when nothing is built.
        raised: the name of the exception type that ends the experiment.
        several: repeating the experiment shows several results.
    """

    steps: tuple[Mapping[str, Field], ...]
    structure: Mapping[str, tuple[str, ...] | int | bool | None] = field(default_factory=dict)
    raised: str | None = None
    several: bool = False

    def facts(self) -> Iterator[Fact]:
        """The facts that this prediction was put together from."""
        yield StepsFact(len(self.steps), self.raised)
        for name, value in self.structure.items():
            yield StructureFact(name, value)
        for number, step in enumerate(self.steps):
            for name, each in step.items():
                yield FieldFact(number, name, each)
        if self.steps:
            yield ResultsFact(self.several)

    def as_observation(self) -> Observation:
        """What a front end would measure that does exactly this, rounding every number once."""
        steps = [
            {
                name: Tensor.of(each.number.value, each.dtype)
                for name, each in step.items()
                if each.settled or not self.several
            }
            for step in self.steps
        ]
        # What is not predicted of a structure is there, and nobody asks what it is.
        unknown = {"trainable_variables": (), "non_trainable_variables": (), "update_ops": None, "fused": None}
        structure = structure_from_json({**unknown, **self.structure}) if self.structure else None
        raised = Raised(type=self.raised, message="as predicted") if self.raised else None
        return Observation(steps=tuple(steps), structure=structure, raised=raised, nondeterministic=self.several)

    @classmethod
    def of(cls, facts: Iterable[Fact]) -> Prediction:
        """The facts of one case, put together."""
        steps: list[dict[str, Field]] = []
        structure: dict[str, tuple[str, ...] | int | bool | None] = {}
        raised, several = None, False
        for fact in facts:
            match fact:
                case StructureFact(name=name, value=value):
                    structure[name] = value
                case FieldFact(step=step, name=name, field=value):
                    steps.extend({} for _ in range(step + 1 - len(steps)))
                    steps[step][name] = value
                case StepsFact(raised=kind):
                    raised = kind
                case ResultsFact():
                    several = fact.several
        return cls(steps=tuple(steps), structure=structure, raised=raised, several=several)
