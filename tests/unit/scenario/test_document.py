from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import InvalidScenario
from harness.scenario.document import parse, read
from harness.scenario.text import Path as ValuePath
from tests.unit.each import each

TEXT = """\
title: a
layer:
  momentum:   1e-3
  axis: [1,  -2]
input: {values: [[1, 2],
                 [3, 4]]}
"""


def refused(text: str) -> str:
    with pytest.raises(InvalidScenario) as caught:
        parse(text, "f.yaml")
    return str(caught.value)


def flaws(text: str) -> list[str]:
    return [str(problem) for problem in parse(text, "f.yaml").problems]


@each(
    "path, place, key_place",
    [
        ((), "1:1", "1:1"),
        (("title",), "1:8", "1:1"),
        (("layer",), "3:3", "2:1"),
        (("layer", "momentum"), "3:15", "3:3"),
        (("layer", "axis", 1), "4:14", "4:14"),
        (("input", "values", 1, 0), "6:19", "6:19"),
        (("layer", "epsilon"), "3:3", "2:1"),
        (("layer", "axis", 9), "4:9", "4:3"),
    ],
)
def test_every_value_and_key_keeps_its_place(path: ValuePath, place: str, key_place: str) -> None:
    document = parse(TEXT, "f.yaml")
    assert document.place(path) == f"f.yaml:{place}"
    if path[-1:] not in (("epsilon",), (9,)):
        assert document.place(path, key=True) == f"f.yaml:{key_place}"


def test_columns_count_characters_not_bytes() -> None:
    document = parse("{größe: ü, why: x}", "f.yaml")
    assert document.place(("why",), key=True) == "f.yaml:1:12"


def test_quoted_numbers_and_block_scalars_are_text() -> None:
    data = parse("a: '1'\nb: \"true\"\nc: |\n  2\nd: !!str 3\ne: !!float 4\n", "f").data
    assert data == {"a": "1", "b": "true", "c": "2\n", "d": "3", "e": 4.0}
    assert isinstance(data, dict)
    assert type(data["e"]) is float


def test_aliases_mean_what_they_refer_to() -> None:
    document = parse("a: &x [1, 2]\nb: *x\n", "f")
    assert document.data == {"a": [1, 2], "b": [1, 2]}
    assert document.place(("b", 1)) == "f:1:11"


def test_duplicate_keys_are_told_where_both_are_and_the_first_counts() -> None:
    document = parse("a: 1\nb: {c: 1, c: 2}\na: 3\n", "f.yaml")
    assert document.data == {"a": 1, "b": {"c": 1}}
    assert [str(problem) for problem in document.problems] == [
        "f.yaml:2:11: duplicate key 'c'\n  hint: first given at 2:5",
        "f.yaml:3:1: duplicate key 'a'\n  hint: first given at 1:1",
    ]


def test_keys_that_are_no_text() -> None:
    assert flaws("1: a\ntrue: b\n? [x]\n: c\n~: d\n") == [
        "f.yaml:1:1: a key must be text, got 1\n  hint: quote it, if it is meant as text",
        "f.yaml:2:1: a key must be text, got true\n  hint: quote it, if it is meant as text",
        "f.yaml:3:3: a key must be text, got a collection\n  hint: quote it, if it is meant as text",
        "f.yaml:5:1: a key must be text, got ~\n  hint: quote it, if it is meant as text",
    ]


def test_merge_keys_are_refused_rather_than_taken_for_a_key() -> None:
    assert flaws("a: &x {b: 1}\nc:\n  <<: *x\n") == [
        "f.yaml:3:3: merge keys are not part of YAML 1.2\n  hint: write the keys out, or alias a whole value"
    ]


def test_tags_construct_nothing() -> None:
    assert flaws("a: !!python/object/apply:os.getcwd []\nb: !mine 1\nc: !!int x\n") == [
        "f.yaml:1:4: tag !!python/object/apply:os.getcwd is not known here\n  hint: leave the tag out",
        "f.yaml:2:4: tag !mine does not fit '1'\n  hint: leave the tag out",
        "f.yaml:3:4: tag !!int does not fit 'x'\n  hint: leave the tag out",
    ]


@each(
    "text, begins",
    [
        ("a: [1,\n", "f.yaml:2:1: not YAML: while parsing a flow"),
        ("a: b: c\n", "f.yaml:1:5: not YAML: mapping values are not allowed in this context"),
        ("a: 'x\n", "f.yaml:2:1: not YAML: while scanning a quoted scalar"),
        ("a: *nope\n", "f.yaml:1:4: not YAML: found undefined alias"),
        ("a: 1\n---\nb: 2\n", "f.yaml:2:1: not YAML: expected a single document"),
        ("a: 1\nb: \x01\n", "f.yaml:2:4: not YAML: the control character U+0001 is not allowed"),
        ("", "f.yaml:1:1: the file holds nothing"),
        ("# only a comment\n", "f.yaml:1:1: the file holds nothing"),
        ("&a [*a]\n", "f.yaml:1:1: an alias refers to a collection it stands in"),
        ("[" * 70 + "]" * 70, "f.yaml:1:66: collections nest deeper than 64"),
    ],
)
def test_what_is_no_document_is_refused_with_its_place(text: str, begins: str) -> None:
    assert refused(text).startswith(begins)


def test_a_tab_is_named() -> None:
    assert refused("a:\n\t- 1\n").endswith("hint: indent with spaces; YAML allows no tabs there")


def test_a_few_lines_of_aliases_do_not_become_billions_of_values() -> None:
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert "aliases expand to more than 250000 values" in refused("\n".join(lines))


def test_a_number_of_too_many_digits() -> None:
    assert flaws(f"a: {'1' * 5000}\n") == ["f.yaml:1:4: a number of 5000 digits is more than can be read"]


def test_a_file_that_is_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes(b"title: a\nwhy: gr\xfcn\n")
    with pytest.raises(InvalidScenario) as caught:
        read(path)
    assert str(caught.value) == f"{path.as_posix()}:2:8: not UTF-8: got byte 0xfc\n  hint: save the file as UTF-8"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidScenario, match="cannot be read: No such file"):
        read(tmp_path / "f.yaml")


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes(b"\xef\xbb\xbftitle: a\n")
    assert read(path).data == {"title": "a"}


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        places = [parse(text, "f.yaml").place()]
    except InvalidScenario as error:
        places = [problem.place for problem in error.problems]
    assert all(re.fullmatch(r"f\.yaml:[1-9]\d*:[1-9]\d*", place) for place in places)


def test_the_line_of_a_key(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("# a comment\nwhy: because\ntitle:\n  A title\n")
    document = read(path)
    assert (document.line(("title",)), document.line(("why",)), document.line(("nothing",))) == (3, 2, 2)
