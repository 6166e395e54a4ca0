"""Parts of a claim in a scenario file: what can be claimed besides numbers, and of which releases."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Discriminator, Field, PlainValidator, Tag, WithJsonSchema
from pydantic_core import PydanticCustomError

from harness.releases.ranges import FORMS, Range
from harness.scenario.arrays import ABSENT, Strict
from harness.scenario.text import got

FieldName: TypeAlias = Literal["output", "gamma", "beta", "moving_mean", "moving_variance"]
Normalized: TypeAlias = Literal["batch", "moving", "nothing"]
Changed: TypeAlias = Literal["updated", "unchanged"]


def _versions(value: Any) -> str:
    if not isinstance(value, str):
        hint = "quote it: 2.10 without quotes is the number 2.1"
        raise _wrong(f"must be text such as '1.0..1.15', got {got(value)}", hint)
    try:
        found = Range.parse(value)
    except ValueError as error:
        raise _wrong(f"names no releases: {error}, got {got(value)}", f"expected {FORMS}") from None
    if found.backwards:
        raise _wrong(f"ends before it begins, got {got(value)}", "the lower version comes first: 1.0..1.15")
    return value


def _exception(value: Any) -> str:
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", value):
        return value
    raise _wrong(f"must be the name of an exception type, got {got(value)}", "such as TypeError, without its module")


def _true(value: Any) -> bool:
    if value is True:
        return True
    hint = "what is no report leaves it out; {called: bug, by: https://...} where maintainers say what it is"
    raise _wrong(f"must be true or a mapping of called and by, got {got(value)}", hint)


def _wrong(message: str, hint: str) -> PydanticCustomError:
    return PydanticCustomError("claim", "{message}", {"message": message, "hint": hint})


Versions: TypeAlias = Annotated[
    str, PlainValidator(_versions), WithJsonSchema({"type": "string", "pattern": r"^(all|v?[0-9]|[<>=!~]|\.\.[0-9v])"})
]
ExceptionName: TypeAlias = Annotated[
    str, PlainValidator(_exception), WithJsonSchema({"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$"})
]


class ReleasesModel(Strict):
    """The releases that a claim is meant for, by both their versions."""

    tensorflow: Versions = Field(default=ABSENT, description=f"TensorFlow: {FORMS}.")
    keras: Versions = Field(default=ABSENT, description="The Keras 3 beside it, likewise; others are not meant.")


class SameAsModel(Strict):
    """The case that a case equals, and in what."""

    where: Annotated[dict[str, Any], Field(min_length=1)] = Field(
        description="In which swept fields it differs from the case, and the value of each there."
    )
    fields: Annotated[list[FieldName], Field(min_length=1)] = Field(
        default=["output"], description="What is equal; the output if left out."
    )


class SymptomModel(Strict):
    """What those who maintain the layer made of a report, and where they say so."""

    called: Literal["bug", "design"] = Field(description="bug: to be mended, or mended; design: meant as it is.")
    by: Annotated[str, Field(min_length=1, pattern=r"\S")] = Field(description="Title or URL of where they say so.")


def _kind(value: Any) -> str:
    return "@mapping" if isinstance(value, dict) else "@word"


Releases: TypeAlias = Annotated[
    Annotated[Versions, Tag("@word")] | Annotated[ReleasesModel, Tag("@mapping")], Discriminator(_kind)
]
SameCase: TypeAlias = Annotated[
    Annotated[str, Tag("@word")] | Annotated[SameAsModel, Tag("@mapping")], Discriminator(_kind)
]
Symptom: TypeAlias = Annotated[
    Annotated[bool, PlainValidator(_true), WithJsonSchema({"const": True}), Tag("@word")]
    | Annotated[SymptomModel, Tag("@mapping")],
    Discriminator(_kind),
]
