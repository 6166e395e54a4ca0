from __future__ import annotations

import re
import shlex
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.report.layout import GLUE, Cell, Table, abridged, command, plural, render_table, verbatim, wrap
from harness.report.style import Style, Tone

PLAIN = Style(color=False)
words = st.text(st.characters(codec="ascii", exclude_categories=["Cc", "Zs"]), min_size=1, max_size=30)


@given(st.lists(words, min_size=1, max_size=12), st.integers(12, 60))
def test_wrap_keeps_the_text_and_the_width(parts: list[str], width: int) -> None:
    text = wrap(" ".join(parts), width, "  ", "      ")
    assert all(len(line) <= width for line in text.splitlines())
    assert "".join(text.split()) == "".join(parts)


def test_wrap_breaks_long_words_behind_commas_and_slashes() -> None:
    assert wrap("[training=true,trainable=false,momentum=0]", 20) == "[training=true,\ntrainable=false,\nmomentum=0]"
    assert wrap("reported/tensorflow-55545", 20) == "reported/\ntensorflow-55545"
    assert wrap("a" * 25, 10) == "\n".join(["a" * 10, "a" * 10, "a" * 5])


def test_wrap_keeps_lines_apart() -> None:
    assert wrap("one\ntwo three", 5) == "one\ntwo\nthree"


@given(st.lists(st.text(max_size=20), min_size=1, max_size=8), st.integers(20, 60))
def test_a_command_reads_back_as_its_words(parts: list[str], width: int) -> None:
    single_line = [part.replace("\n", " ") for part in parts]
    # The shell removes what shlex does not: a backslash at the end of a line.
    assert shlex.split(command(single_line, width, "    ").replace(" \\\n", " ")) == single_line


def test_a_shell_gets_the_words_of_a_command() -> None:
    words = ["printf", "<%s>", "x/y[a=1,b='two words']", "--golden", "my golden", "$HOME", "--", "*"]
    text = command(words, 20, "    ")
    assert text.count("\n") > 2
    done = subprocess.run(["sh", "-c", text], stdout=subprocess.PIPE, check=True, text=True)
    assert done.stdout == "".join(f"<{word}>" for word in words[2:])


def test_a_command_is_continued_where_it_is_too_wide() -> None:
    text = command(["harness", "compare", "x/y[a=1]", "--runner", "tf1"], 30, "  ")
    assert text == "  harness compare 'x/y[a=1]' \\\n    --runner tf1"


def test_verbatim_shows_control_characters_and_breaks_anywhere() -> None:
    assert verbatim("a\tb\x07\r\n" + "x" * 12 + "\n\n", 12, "  | ") == "  | a   b\\x0\n  | 7\n  | xxxxxxxx\n  | xxxx"


@pytest.mark.parametrize(("count", "text"), [(0, "0 cases"), (1, "1 case"), (2, "2 cases")])
def test_plural(count: int, text: str) -> None:
    assert plural(count, "case") == text


def test_glue_holds_words_together() -> None:
    assert wrap(f"one two{GLUE}three", 9) == "one\ntwo three"
    assert wrap(f"two{GLUE}three", 5) == "two t\nhree"


def test_abridged() -> None:
    assert abridged(["a", "b", "c"], 3) == "a, b, c"
    assert abridged(["a", "b", "c", "d"], 2) == "a, b, +2"


cells = st.lists(st.lists(words, max_size=5).map(" ".join), min_size=3, max_size=3)


@given(st.lists(cells, min_size=1, max_size=6), st.integers(24, 120))
def test_a_table_keeps_every_word_and_the_width(rows: list[list[str]], width: int) -> None:
    body = tuple(tuple(Cell(text=text) for text in row) for row in rows)
    text = render_table(Table(headers=("one", "two", "three"), rows=body), width, PLAIN)
    assert max(map(len, text.splitlines())) <= width
    shown, wanted = re.sub(r"\s", "", text), "".join("".join(row) for row in rows)
    assert all(shown.count(char) >= wanted.count(char) for char in set(wanted) - {" "})


def test_a_name_is_kept_whole_where_the_table_is_divided_anyway() -> None:
    row = ("flags/training-forms", "x" * 14, "y" * 14, "z" * 10)
    table = Table(headers=("name", "x", "y", "z"), rows=(tuple(Cell(text=text) for text in row),), keep=20)
    assert render_table(table, 50, PLAIN).splitlines()[2] == f"flags/training-forms  {'x' * 14}"
    # One table that breaks the name is better than two.
    assert render_table(table, 60, PLAIN).splitlines()[2:] == [
        f"flags/          {'x' * 14}  {'y' * 14}  {'z' * 10}",
        "training-forms",
    ]


def test_numbers_stay_as_they_are_written() -> None:
    table = Table(headers=("a", "b"), rows=((Cell(text="1.50"), Cell(text="07")),), numeric=frozenset({1}))
    assert render_table(table, 40, PLAIN) == "a       b\n----  ---\n1.50   07"


def test_paint_wraps_each_line() -> None:
    assert Style(color=True).paint("a\n\nb", Tone.BAD) == "\x1b[31ma\x1b[0m\n\n\x1b[31mb\x1b[0m"
    assert Style(color=True).paint("a", None) == "a"
    assert PLAIN.paint("a", Tone.BAD) == "a"
