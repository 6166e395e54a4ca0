"""The JSON Schema of scenario files, for editors: generated from the model, committed, checked for drift."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from harness.scenario.arguments import MASK
from harness.scenario.arrays import NESTED, Strict
from harness.scenario.assertion_model import KINDS, AssertionModel
from harness.scenario.layer_models import ACTIVATIONS, BARE, MODELS
from harness.scenario.model import ASSERTIONS, MODEL, STEPS, ScenarioFile
from harness.scenario.vocabulary import ARGUMENTS, required

FILE_NAME = "schema.json"
"""Its name inside the scenario folder."""

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
# Keys under which names stand, not keywords: a field may be called title.
_NAMED = ("properties", "$defs", "patternProperties")


# What stands for a definition that pydantic cannot generate: it refers to itself, or is validated by hand.
_FLAGS = {"$comment": "nested flags"}
_STAND_INS = {
    "Nested": NESTED,
    "Flags": _FLAGS,
    "Mask": MASK,
    "Steps": STEPS,
    "Layers": MODEL,
    "Assertions": ASSERTIONS,
}
_GENERATORS = tuple({"$ref": f"#/$defs/{name}"} for name in ("Values", "Random", "Arange", "File", "Full"))


@cache
def schema_text() -> str:
    """The schema as canonical JSON, with a newline at the end."""
    schema = ScenarioFile.model_json_schema()
    definitions = schema["$defs"]
    for models in (ARGUMENTS, MODELS):
        for model in models.values():
            definitions |= _definitions(model)
    definitions["Nested"] = _nested({"type": "number"}, NESTED, "Numbers, nested as deep as the array has dimensions.")
    flag = {"enum": [True, False, 0, 1]}
    definitions["Flags"] = _nested(flag, _FLAGS, "Flags, nested likewise.")
    definitions["Mask"] = {"anyOf": [flag, _FLAGS, *_GENERATORS]}
    definitions["Assign"] = _assign(definitions["Initializers"])
    definitions["Steps"] = _steps()
    definitions["RepeatArguments"]["properties"]["steps"] |= STEPS
    definitions["Layers"] = _layers()
    definitions |= _definitions(AssertionModel)
    kinds = [{"required": [kind]} for kind in KINDS]
    definitions["Assertions"] = {"type": "array", "items": {"$ref": "#/$defs/AssertionModel", "oneOf": kinds}}
    schema = {**_plain(schema), "$schema": _DIALECT, "title": "BatchNormalization scenario"}
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=True) + "\n"


def _nested(item: dict[str, Any], marker: dict[str, str], description: str) -> dict[str, Any]:
    return {"description": description, "type": "array", "items": {"anyOf": [item, marker]}}


def _definitions(model: type[Strict]) -> dict[str, Any]:
    own = model.model_json_schema()
    return {**own.pop("$defs", {}), model.__name__: own}


def _assign(initializers: dict[str, Any]) -> dict[str, Any]:
    """Values of variables: what an initial value may be, under the name of any variable."""
    value = {key: part for key, part in initializers["properties"]["gamma"].items() if key != "description"}
    return {"type": "object", "additionalProperties": value, "minProperties": 1}


def _steps() -> dict[str, Any]:
    words = [word for word in ARGUMENTS if not required(word)]
    arguments = {word: _described(model, optional=word in words) for word, model in ARGUMENTS.items()}
    assign = {"$ref": "#/$defs/Assign", "description": "Variables get new values, by name."}
    return _entries(words, {**arguments, "assign": assign})


def _layers() -> dict[str, Any]:
    arguments = {word: _described(model, optional=word == "masking") for word, model in MODELS.items()}
    activation = {"enum": list(ACTIVATIONS), "description": "An activation function."}
    return _entries(
        list(BARE),
        {**arguments, "activation": activation, "model": {**MODEL, "description": "A model in the model."}},
    )


def _described(model: type[Strict], *, optional: bool) -> dict[str, Any]:
    reference = {"$ref": f"#/$defs/{model.__name__}"}
    allowed = {"anyOf": [reference, {"type": "null"}]} if optional else reference
    return {**allowed, "description": model.__doc__}


def _entries(words: list[str], mappings: dict[str, Any]) -> dict[str, Any]:
    """A list of bare words and of mappings that have one word each."""
    mapping = {
        "type": "object",
        "properties": mappings,
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }
    return {"type": "array", "items": {"anyOf": [{"enum": words}, mapping]}, "minItems": 1}


def _plain(schema: Any, *, named: bool = False) -> Any:
    """Without what only repeats the names or the absence of a default."""
    if isinstance(schema, list):
        return [_plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    for name, marker in _STAND_INS.items():
        if schema.items() >= marker.items():
            described = {key: value for key, value in schema.items() if key == "description"}
            return {"$ref": f"#/$defs/{name}", **described}
    if named:
        return {name: _plain(value) for name, value in schema.items()}
    # Names that match no pattern would be let through.
    closed = {"additionalProperties": False} if "patternProperties" in schema else {}
    return closed | {
        key: _plain(value, named=key in _NAMED)
        for key, value in schema.items()
        if key != "title" and not (key == "default" and not isinstance(value, str | int | float))
    }
