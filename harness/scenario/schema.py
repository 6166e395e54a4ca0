"""The JSON Schema of scenario files, for editors: generated from the model, committed, checked for drift."""

from __future__ import annotations

import json
from typing import Any

from harness.scenario.arrays import NESTED
from harness.scenario.model import ScenarioFile

FILE_NAME = "schema.json"
"""Its name inside the scenario folder."""

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
# Keys under which names stand, not keywords: a field may be called title.
_NAMED = ("properties", "$defs", "patternProperties")


def schema_text() -> str:
    """The schema as canonical JSON, with a newline at the end."""
    schema = ScenarioFile.model_json_schema()
    schema["$defs"]["Nested"] = {
        "description": "Numbers, nested as deep as the array has dimensions.",
        "type": "array",
        "items": {"anyOf": [{"type": "number"}, NESTED]},
    }
    schema = {**_plain(schema), "$schema": _DIALECT, "title": "BatchNormalization scenario"}
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=True) + "\n"


def _plain(schema: Any, *, named: bool = False) -> Any:
    """Without what only repeats the names or the absence of a default."""
    if isinstance(schema, list):
        return [_plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if schema == NESTED:
        return {"$ref": "#/$defs/Nested"}
    if named:
        return {name: _plain(value) for name, value in schema.items()}
    # Names that match no pattern would be let through.
    closed = {"additionalProperties": False} if "patternProperties" in schema else {}
    return closed | {
        key: _plain(value, named=key in _NAMED)
        for key, value in schema.items()
        if key != "title" and not (key == "default" and not isinstance(value, str | int | float))
    }
