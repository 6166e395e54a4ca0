"""The model of assertions: relations between measurements, and properties of one, that have to hold."""

from __future__ import annotations

import re
from typing import Annotated, Any, TypeAlias

from pydantic import Discriminator, Field, PlainValidator, Tag, WithJsonSchema
from pydantic_core import PydanticCustomError

from harness.scenario.arguments import Runner
from harness.scenario.arrays import ABSENT, Finite, Strict
from harness.scenario.claim_model import Releases
from harness.scenario.model import FIELD, MEASURED, NotNegative, Text
from harness.scenario.text import got, nearest


def _field(value: Any) -> str:
    if isinstance(value, str) and re.fullmatch(FIELD, value):
        return value
    near = nearest(value, MEASURED) if isinstance(value, str) else None
    hint = f"did you mean {near}?" if near else f"fields are {', '.join(MEASURED)}, output_1, dense/kernel"
    raise PydanticCustomError(
        "argument", "{message}", {"message": f"must be a measured field, got {got(value)}", "hint": hint}
    )


def _listed(value: Any) -> str:
    return "@several" if isinstance(value, list) else "@one"


FieldWord: TypeAlias = Annotated[
    str, PlainValidator(_field), WithJsonSchema({"type": "string", "pattern": f"^{FIELD}$"})
]
Fields: TypeAlias = Annotated[
    Annotated[FieldWord, Tag("@one")] | Annotated[Annotated[list[FieldWord], Field(min_length=1)], Tag("@several")],
    Discriminator(_listed),
]
Runners: TypeAlias = Annotated[
    Annotated[Runner, Tag("@one")] | Annotated[Annotated[list[Runner], Field(min_length=1)], Tag("@several")],
    Discriminator(_listed),
]
StepNumber: TypeAlias = Annotated[int, Field(ge=1)]


class OtherModel(Strict):
    """What a measurement is held against; what is left out is as in the measurement itself."""

    step: StepNumber = Field(default=ABSENT, description="Another step, from 1.")
    case: Annotated[dict[str, Any], Field(min_length=1)] = Field(
        default=ABSENT, description="Another case: swept fields to the values that they have there."
    )
    runner: Runner = Field(default=ABSENT, description="Another runner.")
    field: FieldWord = Field(default=ABSENT, description="Another field.")


class NearModel(Strict):
    """A number, and how near to it."""

    value: Finite = Field(description="The number.")
    atol: NotNegative = Field(default=ABSENT, description="How far off it may be; the field's own bound if left out.")


Near: TypeAlias = Annotated[
    Annotated[Finite, Tag("@number")] | Annotated[NearModel, Tag("@mapping")],
    Discriminator(lambda value: "@mapping" if isinstance(value, dict) else "@number"),
]


class AssertionModel(Strict):
    """One relation or property that has to hold wherever it is about."""

    says: Text = Field(default=ABSENT, description="What it means, in a sentence.")
    runner: Runners = Field(default=ABSENT, description="The runner it is about, or several; every one if left out.")
    releases: Releases = Field(
        default=ABSENT, description="The releases it is meant for: 1.0..1.15, '>=2.0'; all if left out."
    )
    where: dict[str, Any] = Field(
        default={}, description="The cases it is about: swept field to one of its values; all if left out."
    )
    step: StepNumber = Field(default=ABSENT, description="Step, from 1; the last if left out.")
    field: Fields = Field(default=ABSENT, description="The field it is about, or several; output if left out.")
    same_as: OtherModel = Field(default=ABSENT, description="Equal within tolerance to another measurement.")
    differs_from: OtherModel = Field(default=ABSENT, description="Not equal within tolerance to another measurement.")
    mean_near: Near = Field(default=ABSENT, description="Mean of every channel: a number, or {value: 0, atol: 0.1}.")
    std_near: Near = Field(default=ABSENT, description="Standard deviation of every channel, likewise.")
    finite: bool = Field(default=ABSENT, description="Whether every number is finite.")
    non_negative: bool = Field(default=ABSENT, description="Whether every number is 0 or more.")
    unchanged: bool = Field(default=ABSENT, description="Whether the step leaves every bit as it found it.")


KINDS = ("same_as", "differs_from", "mean_near", "std_near", "finite", "non_negative", "unchanged")
"""The keys of an assertion that say what is asserted: every one has exactly one."""
