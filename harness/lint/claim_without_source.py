"""``claim-without-source``: a source, of a claim or of a report, that nobody can look up.

That a claim has one at all is what ``validate`` asks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from harness.errors import Problem
from harness.lint.rule import LintRule
from harness.lint.shelf import Shelf
from harness.lint.words import count, plain, stand_in
from harness.scenario.template import template

LEAST = 3
"""Words that a title has to have to be found by."""
_URL = re.compile(r"https?://[\w-]+(\.[\w-]+)+(:\d+)?(/\S*)?")
_HINT = "the URL, or the title under which it can be found"


def _check(shelf: Shelf) -> Iterator[Problem]:
    for sheet in shelf.chosen:
        for claim in sheet.scenario.claims:
            if message := _wrong(claim.source):
                yield Problem(place=claim.place, message=message, hint=_HINT)
        single = len(sheet.scenario.sources) == 1
        for index, source in enumerate(sheet.scenario.sources):
            if message := _wrong(source):
                place = sheet.place("source") if single else sheet.place("source", index)
                yield Problem(place=place, message=message, hint=_HINT)


def _wrong(source: str) -> str | None:
    text = source.strip()
    if (word := stand_in(text)) is not None:
        return f"source holds a place and names nothing, got '{word}'"
    if plain(text) in _template_sources():
        return "source is still that of the template"
    if "://" in text:
        return None if _URL.search(text) else f"source is no address that can be opened, got '{text}'"
    return None if count(text) >= LEAST else f"source is no title that can be found, got '{text}'"


@lru_cache(maxsize=1)
def _template_sources() -> frozenset[str]:
    return frozenset(plain(found) for found in re.findall(r"^#\s+source: (.+)$", template(), re.MULTILINE))


RULE = LintRule(name="claim-without-source", finds="a claim or a report whose source nobody can look up", check=_check)
