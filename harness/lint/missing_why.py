"""``missing-why``: a ``why`` that gives no reason. That there is one at all is what ``validate`` asks."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from harness.errors import Problem
from harness.lint.rule import LintRule
from harness.lint.shelf import Sheet, Shelf
from harness.lint.words import count, plain, stand_in
from harness.scenario.document import parse
from harness.scenario.template import template

LEAST = 6
"""Words in which nobody has said yet what a scenario shows, and to whom that matters."""
_HINT = "say the one thing it shows, and to whom that matters"


def _check(shelf: Shelf) -> Iterator[Problem]:
    first: dict[str, Sheet] = {}
    for sheet in shelf.sheets:
        first.setdefault(plain(sheet.scenario.why), sheet)
    for sheet in shelf.chosen:
        message = _wrong(sheet, first[plain(sheet.scenario.why)])
        if message:
            yield Problem(place=sheet.place("why"), message=message, hint=_HINT)


def _wrong(sheet: Sheet, first: Sheet) -> str | None:
    why = sheet.scenario.why
    if (word := stand_in(why)) is not None:
        return f"why holds a place and no reason, got '{word}'"
    if plain(why) == _template_why():
        return "why is still that of the template"
    if plain(why) == plain(sheet.scenario.title):
        return "why repeats the title"
    if count(why) < LEAST:
        return f"why must have at least {LEAST} words, got {count(why)}"
    return f"why is that of {first.name}: one of the two is not its own" if first is not sheet else None


@lru_cache(maxsize=1)
def _template_why() -> str:
    data = parse(template(), "template.yaml").data
    assert isinstance(data, dict)
    return plain(str(data["why"]))


RULE = LintRule(name="missing-why", finds="a why that gives no reason", check=_check)
