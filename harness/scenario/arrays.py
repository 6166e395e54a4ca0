"""The model of array specs: literal numbers, or a generator that draws, counts, fills or reads them."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Discriminator, Field, PlainValidator, Tag, WithJsonSchema
from pydantic_core import PydanticCustomError

from harness.scenario.text import got

FloatDtype: TypeAlias = Literal["float16", "bfloat16", "float32", "float64"]
Dtype: TypeAlias = Literal[
    "float16",
    "bfloat16",
    "float32",
    "float64",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
]

MOST_DIMENSIONS = 16
GENERATORS = ("values", "random", "arange", "file", "full")

NESTED = {"$comment": "nested numbers"}
"""Stands for a definition that refers to itself, which pydantic cannot generate: see ``schema.py``."""

ABSENT: Any = None
"""Default of a key that means nothing when left out, whatever its type: see ``model_fields_set``."""


class Strict(BaseModel):
    """No unknown keys, no conversions, no changes."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        allow_inf_nan=False,
        # Only the validator of the whole file is ever needed: building those of its parts costs start-up time.
        defer_build=True,
    )


def given(model: Strict) -> dict[str, Any]:
    """The keys that the file has, in the order of the model; pydantic's own dump would build a serializer first."""
    present = ((name, getattr(model, name)) for name in type(model).model_fields if name in model.model_fields_set)
    return {name: given(value) if isinstance(value, Strict) else value for name, value in present}


def _wrong(message: str, path: list[int]) -> PydanticCustomError:
    # The translation appends the path to the place of the whole value, so that the element is pointed at.
    return PydanticCustomError("nested", "{message}", {"message": message, "path": path})


def _shape_of(value: Any, path: list[int]) -> tuple[int, ...]:
    if type(value) in (int, float):
        return ()
    if not isinstance(value, list):
        raise _wrong(f"must be a number{'' if path else ' or a nested list of numbers'}, got {got(value)}", path)
    if len(path) == MOST_DIMENSIONS:
        raise _wrong(f"must have at most {MOST_DIMENSIONS} dimensions", path)
    first: tuple[int, ...] = ()
    for index, item in enumerate(value):
        shape = _shape_of(item, [*path, index])
        if index == 0:
            first = shape
        elif shape != first:
            raise _wrong(f"has shape {list(shape)} where its neighbour before has {list(first)}", [*path, index])
    return (len(value), *first)


def numbers(value: Any) -> Any:
    """A number or a nested list of numbers that forms an array; booleans are no numbers."""
    _shape_of(value, [])
    return value


def _number(value: Any) -> int | float:
    if type(value) not in (int, float):
        raise _wrong(f"must be a number, got {got(value)}", [])
    return value  # type: ignore[no-any-return]


def _finite(value: Any) -> int | float:
    if not math.isfinite(_number(value)):
        raise _wrong(f"must be finite, got {got(value)}", [])
    return value  # type: ignore[no-any-return]


Numbers: TypeAlias = Annotated[Any, PlainValidator(numbers), WithJsonSchema({"anyOf": [{"type": "number"}, NESTED]})]
Number: TypeAlias = Annotated[int | float, PlainValidator(_number), WithJsonSchema({"type": "number"})]
Finite: TypeAlias = Annotated[int | float, PlainValidator(_finite), WithJsonSchema({"type": "number"})]
Shape: TypeAlias = Annotated[
    list[Annotated[int, Field(ge=0)]],
    Field(max_length=MOST_DIMENSIONS, description="Length of every dimension; 0 makes an empty one."),
]

_DTYPE = "What the numbers are rounded to, to nearest with ties to even."
_SHAPE = "Length of every dimension; 0 makes an empty one. Inputs need it; initializers have their parameter's shape."


class Values(Strict):
    """Numbers as they stand."""

    values: Numbers = Field(description="A number or nested lists of numbers; .nan, .inf and -.inf are numbers.")
    dtype: Dtype = Field(default="float32", description=_DTYPE)
    shape: Shape = Field(default=ABSENT, description="Shape to arrange the numbers in; their count must fit.")
    batch_of_one: bool = Field(default=False, description="Put a dimension of length 1 in front: one example.")


class Random(Strict):
    """Numbers from NumPy's frozen RandomState stream: the same ones everywhere."""

    random: Literal["normal", "uniform", "randint"] = Field(
        description="normal: loc + scale * N(0, 1); uniform: in [low, high); randint: integers in [low, high)."
    )
    seed: int = Field(ge=0, le=2**32 - 1, description="Seed of RandomState; a case names its numbers by it.")
    shape: Shape = Field(default=ABSENT, description=_SHAPE)
    loc: Finite = Field(default=ABSENT, description="Mean of normal; 0 if left out.")
    scale: Finite = Field(default=ABSENT, description="Standard deviation of normal; 1 if left out.")
    low: Finite = Field(default=ABSENT, description="Lowest value; 0 if left out.")
    high: Finite = Field(
        default=ABSENT, description="Upper end, itself excluded; 1 if left out of uniform, required by randint."
    )
    dtype: Dtype = Field(default="float32", description=_DTYPE)


class Arange(Strict):
    """Evenly spaced numbers, the end excluded."""

    arange: Annotated[
        Annotated[Finite, Tag("@stop")]
        | Annotated[Annotated[list[Finite], Field(min_length=2, max_length=3)], Tag("@range")],
        Discriminator(lambda value: "@range" if isinstance(value, list) else "@stop"),
    ] = Field(description="stop, [start, stop] or [start, stop, step].")
    shape: Shape = Field(default=ABSENT, description="Shape to arrange the numbers in; their count must fit.")
    dtype: Dtype = Field(default="float32", description=_DTYPE)


class File(Strict):
    """An array from a .npy or .npz file in the scenario's folder."""

    file: str = Field(
        min_length=1,
        description="Path of a .npy or .npz file, relative to the scenario and inside its folder; no pickles.",
    )
    key: str = Field(default=ABSENT, description="Name of the array in an .npz file.")
    dtype: Dtype = Field(default=ABSENT, description=f"{_DTYPE} The file's own dtype if left out.")


class Full(Strict):
    """One number everywhere."""

    full: Number = Field(description="The number.")
    shape: Shape = Field(default=ABSENT, description=_SHAPE)
    dtype: Dtype = Field(default="float32", description=_DTYPE)


def _kind(value: Any) -> str | None:
    if isinstance(value, dict):
        return next((f"@{name}" for name in GENERATORS if name in value), None)
    return "@numbers"


ArraySpec: TypeAlias = Annotated[
    Annotated[Numbers, Tag("@numbers")]
    | Annotated[Values, Tag("@values")]
    | Annotated[Random, Tag("@random")]
    | Annotated[Arange, Tag("@arange")]
    | Annotated[File, Tag("@file")]
    | Annotated[Full, Tag("@full")],
    Discriminator(_kind),
]
"""Tags begin with ``@`` so that the places of errors can be told from them."""
