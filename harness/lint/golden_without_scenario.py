"""``golden-without-scenario``: what is recorded and no scenario stands for any more."""

from __future__ import annotations

from collections.abc import Iterator

from harness.errors import Problem
from harness.golden import orphans
from harness.lint.rule import LintRule
from harness.lint.shelf import Shelf

_HINTS = {
    "no such scenario": "delete it, or give the scenario its name back",
    "no such case": "harness record --prune drops it",
}


def _check(shelf: Shelf) -> Iterator[Problem]:
    """Judged over the whole folder only: a selection stands for nothing that was not selected."""
    if not shelf.whole or not shelf.golden.is_dir():
        return
    current = [(sheet.name, dict.fromkeys(case.key for case in sheet.cases)) for sheet in shelf.sheets]
    for orphan in orphans(shelf.golden, current):
        yield Problem(place=orphan.what, message=orphan.reason, hint=_HINTS.get(orphan.reason))


RULE = LintRule(name="golden-without-scenario", finds="a recording that no scenario stands for", check=_check)
