"""Tables with releases across: columns, stretches of releases alike, marks where they change."""

from __future__ import annotations

import re

import pytest

from harness.history import lines
from harness.releases.release import Release
from harness.report.html.grid import HUES, Axes, Cell, Column, Mark, Row, cells, head, hue, merged

A, B = Cell(text="A", hue=0), Cell(text="B", hue=1)


def columns(*names: str, group: str = "TensorFlow") -> tuple[Column, ...]:
    return tuple(Column(group=group, first=name, last=name) for name in names)


def test_columns_are_tensorflow_versions_then_every_library_beside_one() -> None:
    names = ["1.9.0", "1.10.0", "2.21.0+keras-3.15.1", "2.21.0+keras-3.9.0"]
    found = lines("keras", map(Release.parse, names))
    axes = Axes.of([*lines("tf1", [Release.parse("1.2.0")]), *found])
    assert [(column.group, column.first) for column in axes.columns] == [
        ("TensorFlow", "1.2.0"),
        ("TensorFlow", "1.9.0"),
        ("TensorFlow", "1.10.0"),
        ("TensorFlow", "2.21.0"),
        ("Keras on TensorFlow 2.21.0", "3.9.0"),
        ("Keras on TensorFlow 2.21.0", "3.15.1"),
    ]
    row = axes.row(found, {Release.parse(names[2]): A, Release.parse(names[3]): B}, {})
    assert row.cells == (None, None, None, A, B, A)


def test_columns_in_which_no_row_changes_are_one() -> None:
    across = columns("1.0", "1.1", "1.2", "1.3", "1.4")
    rows = [
        Row(cells=(A, A, None, B, B), marks={3: Mark(exact=True)}),
        Row(cells=(A, A, None, A, B), marks={4: Mark(exact=False)}),
    ]
    short, (first, second) = merged(across, rows)
    assert [(column.first, column.last) for column in short] == [("1.0", "1.1"), ("1.3", "1.3"), ("1.4", "1.4")]
    assert first.cells == (A, B, B)
    assert first.marks == {1: Mark(exact=True)}
    assert second.marks == {2: Mark(exact=False)}


def test_stretches_of_one_behaviour_are_one_cell_with_its_change_marked() -> None:
    across = columns("1.0", "1.1", "1.2", "1.3", "1.4", "1.5")
    row = Row(cells=(A, A, B, B, B, B), marks={2: Mark(exact=True, rules=("two",))})
    assert cells(across, row, ("one", "two")) == (
        "<td colspan=2 class='b0 g'>A".replace("'", '"') + '<td colspan=4 class="b1 x" data-w="1">B<i>1.2</i>'
    )


@pytest.mark.parametrize(("mark", "name"), [(Mark(exact=True), "x"), (Mark(exact=False), "y"), (None, "y")])
def test_a_change_is_exact_only_where_that_is_known(mark: Mark | None, name: str) -> None:
    row = Row(cells=(A, B), marks={1: mark} if mark else {})
    assert f'<td class="b1 {name}">B' in cells(columns("1.0", "1.1"), row)


def test_a_gap_is_bridged_to_find_a_change_and_makes_none_itself() -> None:
    same, other = (cells(columns("1.0", "1.1", "1.2"), Row(cells=(A, None, last))) for last in (A, B))
    assert same.endswith("<td><td class=b0>A")
    assert other.endswith('<td><td class="b1 y">B')


def test_another_group_begins_anew() -> None:
    across = (*columns("2.21.0"), *columns("3.0.5", group="Keras on TensorFlow 2.21.0"))
    assert re.findall(r"class=\"?([^\">]*)", cells(across, Row(cells=(A, B)))) == ["b0 g", "b1 g"]


def test_an_exception_shows_without_colour() -> None:
    refused = Cell(text="A", hue=0, raised=True)
    assert '"b0 r g"' in cells(columns("1.0"), Row(cells=(refused,)))


def test_the_head_names_every_release_or_both_ends() -> None:
    assert "<span>1.0</span>" in head(columns("1.0", "1.1"), "")
    both = (Column(group="TensorFlow", first="1.0", last="1.4"),)
    assert "1.0<br>..1.4" in head(both, "<th>case")


def test_letters_have_hues_that_repeat() -> None:
    assert [hue(letter) for letter in ("A", "B", "AA", "?")] == [0, 1, 0, 0]
    assert hue(chr(ord("A") + HUES)) == 0
