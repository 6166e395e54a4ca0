"""``reported`` of a claim: what it may be, what it comes to, and that no experiment depends on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.scenario.value import Called, Symptom
from tests.unit.each import each
from tests.unit.scenario.writing import loaded, problems

BODY = "input: {full: 1, shape: [2, 3]}\nclaims:\n  - {says: it is so, source: a page, expect: {beta: 0}MARK}\n"


def of(mark: str) -> str:
    return BODY.replace("MARK", f", reported: {mark}" if mark else "")


@pytest.mark.parametrize(
    ("mark", "expected"),
    [
        ("", None),
        ("true", Symptom()),
        ("{called: bug, by: 'https://x/1'}", Symptom(called=Called.BUG, by="https://x/1")),
        ("{called: design, by: a mail}", Symptom(called=Called.DESIGN, by="a mail")),
    ],
)
def test_what_was_reported_and_what_it_is_called(tmp_path: Path, mark: str, expected: Symptom | None) -> None:
    (claim,) = loaded(tmp_path, of(mark)).claims
    assert claim.reported == expected


@each(
    "mark, message",
    [
        ("false", "reported must be true or a mapping of called and by, got false"),
        ("bug", "reported must be true or a mapping of called and by, got 'bug'"),
        ("{called: bug}", "by is missing"),
        ("{called: feature, by: x}", "called must be bug or design, got 'feature'"),
        ("{called: bug, by: ' '}", "by must not be empty"),
        ("{called: bug, by: x, since: 1.0}", "unknown key 'since'"),
    ],
)
def test_anything_else_is_a_problem(tmp_path: Path, mark: str, message: str) -> None:
    (problem,) = problems(tmp_path, of(mark))
    assert message in problem


def test_an_experiment_does_not_depend_on_it(tmp_path: Path) -> None:
    (plain,), (marked,) = (loaded(tmp_path, of(mark)).cases for mark in ("", "true"))
    assert plain.sha256 == marked.sha256
