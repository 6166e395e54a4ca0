from __future__ import annotations

from typing import Any

from harness.report.generated import rules_page
from harness.report.markup import cell, code, table
from harness.report.reference import Vocabulary, render_reference
from harness.rules.rule import Rule, Topic, answers_of

RUNNERS = Vocabulary(words=frozenset({"tf1", "keras"}), link="[a runner](#runners)")
ARRAYS = [{"$ref": f"#/$defs/{name}"} for name in ("Values", "Random", "Arange", "File", "Full")]


def page(properties: dict[str, Any], definitions: dict[str, Any] | None = None, **more: Any) -> str:
    schema = {"properties": properties, "$defs": definitions or {}, **more}
    return "\n\n".join(render_reference(schema, [RUNNERS]))


def value(schema: dict[str, Any]) -> str:
    """What the reference says of the values of a key."""
    row = page({"key": schema}).splitlines()[-1]
    return row.removeprefix("| `key` | ").partition(" | ")[0]


def test_kinds_in_words() -> None:
    assert value({"type": "number", "minimum": 0, "maximum": 1}) == "number from 0 to 1"
    assert value({"type": "integer", "minimum": 0, "maximum": 2**32 - 1}) == "integer from 0 to 4294967295"
    assert value({"type": "number", "minimum": 0.5}) == "number of at least 0.5"
    assert value({"type": "integer", "maximum": 3}) == "integer of at most 3"
    assert value({"type": "array", "items": {"type": "string"}}) == "list of text"
    assert value({"type": "array", "items": {}}) == "list"
    assert value({"anyOf": [{"type": "boolean"}, {"type": "null"}]}) == "`true` or `false` or `null`"
    assert value({"enum": ["a", 0, None]}) == "`a`, `0`, `null`"
    assert value({"type": "object", "additionalProperties": {"type": "number"}}) == "mapping of names to number"
    assert value({}) == "any value"


def test_words_that_are_explained_elsewhere_are_linked() -> None:
    assert value({"enum": ["keras", "tf1"]}) == "[a runner](#runners)"
    assert value({"enum": ["keras"]}) == "`keras`"


def test_required_keys_come_first_and_defaults_are_told() -> None:
    found = page(
        {"a": {"type": "integer", "default": 3, "description": "A | B."}, "z": {"type": "string", "description": "Z."}},
        required=["z"],
        description="All of it.",
    )
    assert found.splitlines() == [
        "## The keys of a file",
        "",
        "All of it.",
        "",
        "| key | value | meaning |",
        "| --- | --- | --- |",
        "| `z` | text | **Required.** Z. |",
        "| `a` | integer | A \\| B. Default: `3`. |",
    ]


def test_every_definition_that_is_named_gets_a_section_once() -> None:
    definitions = {
        "OuterModel": {"properties": {"inner": {"$ref": "#/$defs/CallArguments"}}},
        "CallArguments": {"properties": {}, "description": "A call."},
        "Unused": {"properties": {}},
    }
    found = page({"one": {"$ref": "#/$defs/OuterModel"}, "two": {"$ref": "#/$defs/OuterModel"}}, definitions)
    assert [line for line in found.splitlines() if line.startswith("## ")] == [
        "## The keys of a file",
        "## Outer",
        "## Call step",
    ]
    assert "| `inner` | [call step](#call-step) |" in found
    assert found.endswith("## Call step\n\nA call.\n\nIt takes no arguments.")


def test_what_an_array_may_be_is_told_once() -> None:
    number = {"anyOf": [{"type": "number"}, {"$ref": "#/$defs/Nested"}]}
    names = ("Nested", "Values", "Random", "Arange", "File", "Full")
    definitions: dict[str, Any] = {name: {"properties": {}} for name in names}
    found = page({"a": {"oneOf": [number, *ARRAYS]}, "b": {"anyOf": [{"enum": [True]}, *ARRAYS]}}, definitions)
    assert "| `a` | [array](#array) |" in found
    assert "| `b` | `true` or [array](#array) |" in found
    assert (
        "## Array\n\nA number, [nested](#nested) lists of numbers, or a mapping that says how to make it: [values]"
        in found
    )


def test_a_list_of_words_and_mappings() -> None:
    mapping = {"properties": {"set": {"type": "boolean", "description": "Sets."}}}
    steps = {"type": "array", "items": {"anyOf": [{"enum": ["call", "build"]}, mapping]}}
    found = page({"steps": {"$ref": "#/$defs/Steps"}}, {"Steps": steps})
    assert "## Steps\n\nA list. Without arguments: `call`, `build`. With arguments, a mapping of one key:\n\n" in found
    assert found.endswith("| `set` | `true` or `false` | Sets. |")


def test_rules_stand_under_their_topics() -> None:
    def rule(name: str, topic: Topic, *links: str) -> Rule:
        return Rule(
            id=name, topic=topic, question=f"Is it {name}?", answers=answers_of(yes="It is.", no="No."), links=links
        )

    found = rules_page([rule("b", Topic.DTYPES), rule("a", Topic.FLAGS, "https://example.org", "A book")])
    assert found.index("## Flags: training and trainable\n\n### a\n\nIs it a?") < found.index("## Dtypes\n\n### b")
    assert "| `yes` | It is. |\n| `no` | No. |\n\nDocumented: <https://example.org>, A book\n" in found
    assert "## Statistics" not in found


def test_markup() -> None:
    assert code("a`b") == "`` a`b ``"
    assert cell("a|b\nc") == "a\\|b c"
    assert table(("x", "y"), [("1", "2")]) == "| x | y |\n| --- | --- |\n| 1 | 2 |"
