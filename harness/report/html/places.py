"""Where things stand in the site: paths relative to its root, with an anchor for every case."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from harness.case import Case

HOME = "index.html"
RULES = "rules.html"
CLAIMS = "claims.html"
RUN = "run.html"
_UNSAFE = re.compile(r"[^A-Za-z0-9_.,=-]+")


def scenario_page(name: str) -> str:
    """``scenario/flags/seed-article.html``."""
    return f"scenario/{name}.html"


def rule_page(rule: str) -> str:
    """``rule/variance-estimator.html``."""
    return f"rule/{rule}.html"


def root_of(page: str) -> str:
    """What leads from a page to the root of the site: ``../../``."""
    return "../" * page.count("/")


def anchors(cases: Iterable[Case]) -> Mapping[str, str]:
    """For every case of one scenario, by id, the name of its section: its key in letters that need no quoting."""
    found: dict[str, str] = {}
    for case in cases:
        name = "case-" + (_UNSAFE.sub("_", case.key).strip("_") or "only")
        while name in found.values():
            name += "_"
        found[case.id] = name
    return found
