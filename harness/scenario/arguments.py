"""Types of values that are neither plain numbers nor words of one list: training, runners, penalties, masks."""

from __future__ import annotations

import math
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from harness.scenario.arrays import ArraySpec
from harness.scenario.text import got, nearest, one_of
from harness.steps import TRAINING_FORMS

RUNNERS = (
    "tf1",
    "keras",
    "keras:function",
    "keras:xla",
    "keras:graph",
    "tf_keras",
    "tf_keras:function",
    "tf_keras:xla",
    "tf_keras:graph",
    "keras_v1",
    "contrib",
    "shim",
)
"""Every runner that a scenario may name: a front end, or a front end and a mode that it has."""

MASK = {"$comment": "mask"}
"""Stands for what may be a mask in the schema: see ``schema.py``."""

_TRAINING_TEXTS = tuple(f"{form}:{value}" for form in TRAINING_FORMS for value in ("true", "false"))
_CONSTRAINTS = ("non_neg", "unit_norm")
_YES = "YAML 1.2 reads yes, no, on and off as text"


def _wrong(message: str, hint: str | None) -> PydanticCustomError:
    return PydanticCustomError("argument", "{message}", {"message": message, "hint": hint})


def _runner(value: Any) -> str:
    if isinstance(value, str) and value in RUNNERS:
        return value
    near = nearest(value, RUNNERS) if isinstance(value, str) else None
    hint = f"did you mean {near}?" if near else "a runner is a front end, or front end:mode"
    raise _wrong(f"must be a runner ({one_of(RUNNERS)}), got {got(value)}", hint)


def _training(value: Any) -> bool | int | str | None:
    if value is None or type(value) is bool or (type(value) is int and value in (0, 1)):
        return value
    if isinstance(value, str) and value in _TRAINING_TEXTS:
        return value
    forms = f"numpy:true or the like ({', '.join(TRAINING_FORMS)})"
    near = nearest(value, _TRAINING_TEXTS) if isinstance(value, str) and ":" in value else None
    hint = f"did you mean {near}?" if near else _YES if isinstance(value, str) else None
    raise _wrong(f"must be true, false, null, 0, 1, {forms}, got {got(value)}", hint)


def _regularizer(value: Any) -> dict[str, float] | None:
    if value is None:
        return None
    if not isinstance(value, dict) or not value or not set(value) <= {"l1", "l2"}:
        raise _wrong(f"must be null or a mapping with l1, l2 or both, got {got(value)}", "{l2: 0.01}")
    for name, number in value.items():
        if not _is_factor(number):
            raise _wrong(f"must give {name} a number of at least 0, got {got(number)}", "{l2: 0.01}")
    return {name: float(value[name]) for name in ("l1", "l2") if name in value}


def _constraint(value: Any) -> str | dict[str, float] | None:
    if value is None or (isinstance(value, str) and value in _CONSTRAINTS):
        return value
    if isinstance(value, dict) and list(value) == ["max_norm"] and _is_factor(value["max_norm"]):
        return {"max_norm": float(value["max_norm"])}
    near = nearest(value, _CONSTRAINTS) if isinstance(value, str) else None
    hint = f"did you mean {near}?" if near else "{max_norm: 2} keeps the norm at 2 or below"
    raise _wrong(f"must be null, non_neg, unit_norm or a mapping with max_norm, got {got(value)}", hint)


def _is_factor(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value) and value >= 0


def _as_numbers(value: Any) -> Any:
    if isinstance(value, list):
        return [_as_numbers(item) for item in value]
    return int(value) if isinstance(value, bool) else value


_FACTOR = {"type": "number", "minimum": 0}
_REGULARIZER = {
    "type": "object",
    "properties": {
        "l1": {**_FACTOR, "description": "Factor of the sum of absolute values."},
        "l2": {**_FACTOR, "description": "Factor of the sum of squares."},
    },
    "additionalProperties": False,
    "minProperties": 1,
}
_MAX_NORM = {
    "type": "object",
    "properties": {"max_norm": {**_FACTOR, "description": "The largest norm."}},
    "required": ["max_norm"],
    "additionalProperties": False,
}

Runner: TypeAlias = Annotated[str, PlainValidator(_runner), WithJsonSchema({"enum": list(RUNNERS)})]
TrainingFlag: TypeAlias = Annotated[
    Any, PlainValidator(_training), WithJsonSchema({"enum": [True, False, None, 0, 1, *_TRAINING_TEXTS]})
]
Regularizer: TypeAlias = Annotated[
    Any, PlainValidator(_regularizer), WithJsonSchema({"anyOf": [_REGULARIZER, {"type": "null"}]})
]
Constraint: TypeAlias = Annotated[
    Any, PlainValidator(_constraint), WithJsonSchema({"anyOf": [{"enum": [None, *_CONSTRAINTS]}, _MAX_NORM]})
]
MaskSpec: TypeAlias = Annotated[ArraySpec, BeforeValidator(_as_numbers), WithJsonSchema(MASK)]
"""As an array spec, and true and false are numbers."""
