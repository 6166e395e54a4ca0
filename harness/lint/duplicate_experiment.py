"""``duplicate-experiment``: cases that run the very same experiment as cases of another scenario, or of the same."""

from __future__ import annotations

from collections.abc import Iterator

from harness.case import Case
from harness.errors import Problem
from harness.lint.rule import LintRule
from harness.lint.shelf import Sheet, Shelf

_HINT = "one of the two can go; a claim or a tag can be added to the other"


def _check(shelf: Shelf) -> Iterator[Problem]:
    seen: dict[str, list[tuple[Sheet, Case]]] = {}
    found: dict[tuple[str, str], list[tuple[Case, Case]]] = {}
    for sheet in shelf.sheets:
        for case in sheet.cases:
            same = seen.setdefault(case.sha256, [])
            for other, known in same:
                if _same_runners(sheet, other):
                    found.setdefault((sheet.name, other.name), []).append((case, known))
                    break
            same.append((sheet, case))
    for sheet in shelf.chosen:
        for (name, other_name), pairs in found.items():
            if name == sheet.name:
                yield _problem(sheet, other_name, pairs)


def _same_runners(one: Sheet, other: Sheet) -> bool:
    """Whether some runner would do the work twice."""
    ours, theirs = one.scenario.runners, other.scenario.runners
    return ours is None or theirs is None or bool(set(ours) & set(theirs))


def _problem(sheet: Sheet, other: str, pairs: list[tuple[Case, Case]]) -> Problem:
    case, known = pairs[0]
    more = f", and {len(pairs) - 1} more" if len(pairs) > 1 else ""
    own = "the same experiment twice" if other == sheet.name else f"the experiment of {other}"
    return Problem(place=sheet.place("sweep"), message=f"{own}: {case.id} is {known.id}{more}", hint=_HINT)


RULE = LintRule(name="duplicate-experiment", finds="an experiment that another case runs too", check=_check)
