"""The JSON Schema of scenario files as a page to read. Pure: a schema in, Markdown out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from harness.report.markup import cell, code, table

Schema: TypeAlias = Mapping[str, Any]

_POINTER = "#/$defs/"
_ARRAYS = ("Values", "Random", "Arange", "File", "Full")
"""Definitions that say an array; where all of them are allowed, ``array`` is."""
_ARRAY = "Array"
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z][a-z])")


@dataclass(frozen=True, kw_only=True, slots=True)
class Vocabulary:
    """Words that are explained elsewhere, and what stands for a choice among all of them: ``[a rule](rules.md)``."""

    words: frozenset[str]
    link: str


def render_reference(schema: Schema, vocabularies: Sequence[Vocabulary]) -> Iterator[str]:
    """Paragraphs: the keys of a file, then a section for every kind of value, in the order in which they are named.

    Args:
        schema: of scenario files.
        vocabularies: see there.
    """
    writer = _Writer(schema["$defs"], vocabularies)
    yield "## The keys of a file"
    yield from writer.body(schema)
    yield from writer.sections()


class _Writer:
    """Remembers which definitions were named, so that each gets its section."""

    def __init__(self, definitions: Mapping[str, Schema], vocabularies: Sequence[Vocabulary]) -> None:
        self._definitions = definitions
        self._vocabularies = vocabularies
        self._named: dict[str, None] = {}

    def sections(self) -> Iterator[str]:
        done = 0
        # A section may name further definitions.
        while done < len(self._named):
            name = list(self._named)[done]
            done += 1
            yield f"## {_title(name)}"
            yield from self._array() if name == _ARRAY else self.body(self._definitions[name])

    def _array(self) -> Iterator[str]:
        kinds = ", ".join(self._link(name) for name in _ARRAYS)
        yield f"A number, {self._link('Nested')} lists of numbers, or a mapping that says how to make it: {kinds}."

    def body(self, schema: Schema) -> Iterator[str]:
        if text := schema.get("description"):
            yield text
        if "properties" in schema:
            yield self._keys(schema)
        elif "items" in schema and "anyOf" in schema["items"] and _is_list_of_words(schema["items"]["anyOf"]):
            words, mapping = schema["items"]["anyOf"]
            yield f"A list. Without arguments: {_choice(words['enum'])}. With arguments, a mapping of one key:"
            yield self._keys(mapping)
        else:
            yield f"{_capital(self.kind(schema))}."

    def _keys(self, schema: Schema) -> str:
        required = schema.get("required", ())
        properties = schema["properties"]
        if not properties:
            return "It takes no arguments."
        rows = [
            (code(name), self.kind(properties[name]), _described(properties[name], name in required))
            for name in sorted(properties, key=lambda name: (name not in required, name))
        ]
        return table(("key", "value", "meaning"), [tuple(map(cell, row)) for row in rows])

    def kind(self, schema: Schema) -> str:
        """What a value may be, in words."""
        if "$ref" in schema:
            return self._link(schema["$ref"].removeprefix(_POINTER))
        for union in ("anyOf", "oneOf"):
            if union in schema:
                return self._union(schema[union])
        if "enum" in schema or "const" in schema:
            return self._enumerated(schema.get("enum", [schema.get("const")]))
        match schema.get("type"):
            case "array":
                return f"list of {self.kind(schema['items'])}" if schema.get("items") else "list"
            case "object":
                values = schema.get("additionalProperties")
                return f"mapping of names to {self.kind(values)}" if isinstance(values, dict) else "mapping"
            case "number" | "integer" as kind:
                return " ".join([kind, *_limits(schema)])
            case "boolean":
                return f"{code('true')} or {code('false')}"
            case "null":
                return code("null")
            case "string":
                return "text"
        return "any value"

    def _union(self, schemas: Sequence[Schema]) -> str:
        names = {one["$ref"].removeprefix(_POINTER) for one in schemas if "$ref" in one}
        if not names >= set(_ARRAYS):
            return " or ".join(dict.fromkeys(self.kind(one) for one in schemas))
        others = [one for one in schemas if one.get("$ref", "").removeprefix(_POINTER) not in _ARRAYS]
        # A number and nested numbers are part of what an array is.
        words = [word for one in others if "Nested" not in json.dumps(one) for word in [self.kind(one)]]
        return " or ".join([*words, self._link(_ARRAY)])

    def _link(self, name: str) -> str:
        self._named[name] = None
        title = _title(name)
        return f"[{title[0].lower()}{title[1:]}](#{title.lower().replace(' ', '-')})"

    def _enumerated(self, values: Sequence[Any]) -> str:
        words = {value for value in values if isinstance(value, str)}
        for vocabulary in self._vocabularies:
            if len(words) == len(values) and words == vocabulary.words:
                return vocabulary.link
        return _choice(values)


def _title(name: str) -> str:
    """``AssertionModel`` -> ``Assertion``, ``SameAsModel`` -> ``Same as``, ``CallArguments`` -> ``Call step``."""
    plain = re.sub("Arguments$", "Step", name.removesuffix("Model"))
    first, *others = _HUMP.sub(" ", plain).split(" ")
    return " ".join([first, *(word.lower() for word in others)])


def _is_list_of_words(union: Sequence[Schema]) -> bool:
    return len(union) == 2 and "enum" in union[0] and "properties" in union[1]


def _choice(values: Sequence[Any]) -> str:
    return ", ".join(code(value if isinstance(value, str) else json.dumps(value)) for value in values)


def _limits(schema: Schema) -> list[str]:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return [f"from {_number(low)} to {_number(high)}"]
    words = [f"of at least {_number(low)}"] if low is not None else []
    return words + ([f"of at most {_number(high)}"] if high is not None else [])


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)


def _described(schema: Schema, required: bool) -> str:
    parts = ["**Required.**"] if required else []
    parts += [schema["description"]] if "description" in schema else []
    default = schema.get("default")
    # An empty default says no more than that the key may be left out.
    if default not in (None, "", {}, []):
        parts.append(f"Default: {code(json.dumps(default))}.")
    return " ".join(parts)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
