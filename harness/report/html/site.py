"""The whole site as files: pages by path, small enough to be sent around."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

from harness.report.html import claims, home, rules, scenario
from harness.report.html.material import Material
from harness.report.html.page import page
from harness.report.html.places import CLAIMS, HOME, RULES, RUN, rule_page, scenario_page
from harness.report.layout import plural
from harness.rules import RULES as EVERY_RULE

MOST_BYTES = 2_000_000
"""The site stays below it as long as showing fewer elements of arrays can do that."""

_ASSETS = ("style.css", "site.js")
_ELEMENTS = (64, 32, 16, 12, 8, 6, 4, 2)


@dataclass(frozen=True, kw_only=True, slots=True)
class RunPage:
    """A run to show beside golden: markup of its page, and of what the home page says about it."""

    body: str
    banner: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """Files by path, relative to the site's root; ``elements`` is how many of an array are shown."""

    files: Mapping[str, bytes]
    elements: int

    @property
    def size(self) -> int:
        """Bytes in all."""
        return sum(map(len, self.files.values()))


def site(material: Material, run: RunPage | None = None) -> Site:
    """The site, with as many elements of every array as fit into :data:`MOST_BYTES`.

    Args:
        material: what golden says.
        run: a run to show beside it.
    """
    foot = _made_from(material)
    fixed = {name: _asset(name) for name in _ASSETS}

    def whole(path: str, title: str, body: str) -> bytes:
        return page(path, title, body, made_from=foot, run=run is not None).encode()

    fixed[HOME] = whole(HOME, "Releases", home.body(material, run.banner if run else ""))
    fixed[RULES] = whole(RULES, "Rules", rules.index(material))
    fixed[CLAIMS] = whole(CLAIMS, "Claims", claims.body(material))
    if run is not None:
        fixed[RUN] = whole(RUN, "Run", run.body)
    behind = rules.changes_by(material)
    for rule in EVERY_RULE:
        fixed[rule_page(rule.id)] = whole(rule_page(rule.id), rule.id, rules.body(rule, material, behind))
    for most in _ELEMENTS:
        files = dict(fixed)
        for story in material.stories:
            path = scenario_page(story.scenario.name)
            files[path] = whole(path, story.scenario.name, scenario.body(story, material, most))
        found = Site(files=files, elements=most)
        if found.size < MOST_BYTES:
            break
    return found


def _made_from(material: Material) -> str:
    count = plural(len(material.book.readings), "recorded behaviour")
    asked = material.published.asked
    return f"Made by `harness html` from {count}; published releases as of {asked}. Every number here was measured."


def _asset(name: str) -> bytes:
    return resources.files("harness.report.html").joinpath(name).read_bytes()
