"""A table that is checked in one test fails where one test for each row would."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.each import each


@each("number, text", [(1, "1"), (2, "2")])
@each("base", [2, 10])
def test_rows_and_fixtures_arrive(tmp_path: Path, base: int, number: int, text: str) -> None:
    assert tmp_path.is_dir()
    assert base in (2, 10)
    assert text == str(number)


def raises(number: int) -> None:
    if number == 3:
        raise KeyError("what")


def lets_through(number: int) -> None:
    with pytest.raises(KeyError):
        raises(4 - number)


def compares(number: int) -> None:
    assert number == 1, f"{number} is not 1"


@pytest.mark.parametrize(
    ("check", "said"),
    [
        (compares, ["2 of 3 rows", "number=2", "2 is not 1", "number=3", "3 is not 1"]),
        (raises, ["1 of 3 rows", "number=3", "in raises", "KeyError: 'what'"]),
        (lets_through, ["2 of 3 rows", "number=2", "DID NOT RAISE", "number=3", "DID NOT RAISE"]),
    ],
)
def test_every_row_that_fails_is_told(check: Callable[[int], None], said: list[str]) -> None:
    with pytest.raises(pytest.fail.Exception) as failed:
        each("number", [1, 2, 3])(check)()
    assert re.search(".*".join(map(re.escape, said)), str(failed.value), re.DOTALL)
    assert "number=1" not in str(failed.value)


def test_what_is_no_failure_is_left_alone() -> None:
    def skips(number: int) -> None:
        pytest.skip(f"not {number}")

    with pytest.raises(pytest.skip.Exception):
        each("number", [1])(skips)()


def test_a_table_without_rows_checks_nothing() -> None:
    with pytest.raises(AssertionError):
        each("number", [])
    with pytest.raises(ValueError, match="zip"):
        each("one, two", [(1, 2, 3)])
