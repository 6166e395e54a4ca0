"""Runs rules over a shelf, and leaves out what a file allows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.errors import Problem
from harness.lint import allow
from harness.lint.allow import Allowed
from harness.lint.rule import LintRule
from harness.lint.rules import RULES
from harness.lint.shelf import Shelf

_PLACE = re.compile(r"(?P<file>.*?)(?::(?P<line>\d+):(?P<column>\d+))?")


@dataclass(frozen=True, kw_only=True, slots=True)
class Linted:
    """One finding: the name of the rule, and what it found."""

    rule: str
    problem: Problem


def lint(shelf: Shelf, rules: Sequence[LintRule] = RULES) -> tuple[Linted, ...]:
    """What ``rules`` find, by file, line and column; of equals in the order of the rules."""
    comments = {
        sheet.document.file: allow.allowed(sheet.scenario.path.read_text(encoding="utf-8-sig"), sheet.document.file)
        for sheet in shelf.chosen
    }
    used: set[Allowed] = set()
    found = [one for rule in rules for one in _found(rule, shelf, comments, used)]
    asked = {rule.name for rule in rules}
    known = [rule.name for rule in RULES]
    for of_file in comments.values():
        used.update(one for one in of_file if one.rule in known and one.rule not in asked)
        found += [Linted(rule=allow.NAME, problem=one) for one in allow.problems(of_file, known, used)]
    return tuple(sorted(found, key=lambda one: _order(one.problem.place)))


def _found(
    rule: LintRule, shelf: Shelf, comments: dict[str, tuple[Allowed, ...]], used: set[Allowed]
) -> Iterator[Linted]:
    for problem in rule.check(shelf):
        by = [one for one in comments.get(_file(problem.place), ()) if one.rule == rule.name]
        used.update(by)
        if not by:
            yield Linted(rule=rule.name, problem=problem)


def _file(place: str) -> str:
    match = _PLACE.fullmatch(place)
    return match["file"] if match else place


def _order(place: str) -> tuple[str, int, int]:
    match = _PLACE.fullmatch(place)
    assert match is not None
    return match["file"], int(match["line"] or 0), int(match["column"] or 0)
