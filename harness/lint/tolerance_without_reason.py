"""``tolerance-without-reason``: a reason that is none. That there is one at all is what ``validate`` asks."""

from __future__ import annotations

from collections.abc import Iterator

from harness.errors import Problem
from harness.lint.rule import LintRule
from harness.lint.shelf import Shelf
from harness.lint.words import count, stand_in

LEAST = 5
"""Words that it takes to say what is wrong with a derived bound."""
_HINT = "say which operation errs by more than the oracle allows for, and how that is known"


def _check(shelf: Shelf) -> Iterator[Problem]:
    for sheet in shelf.chosen:
        reason = sheet.scenario.tolerance.reason
        if reason is None:
            continue
        place = sheet.place("tolerance", "reason")
        if (word := stand_in(reason)) is not None:
            yield Problem(place=place, message=f"reason holds a place and gives no reason, got '{word}'", hint=_HINT)
        elif count(reason) < LEAST:
            message = f"reason must have at least {LEAST} words, got {count(reason)}"
            yield Problem(place=place, message=message, hint=_HINT)


RULE = LintRule(name="tolerance-without-reason", finds="a tolerance whose reason says nothing", check=_check)
