"""docs/what-we-found.md: every report with its verdict, every difference between front ends by rule. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.found.contrast import Contrasts
from harness.found.report import Report
from harness.history import Line
from harness.report.claims import cells
from harness.report.found_contrasts import contrasts_section
from harness.report.found_reports import link, reports_section
from harness.report.layout import plural, wrap
from harness.report.markup import WIDTH, cell, code, table
from harness.semantics.claim_ledger import Entry, Verdict
from harness.semantics.ledger import Ledger

_HEAD = """\
# What we found

Generated from golden by `harness found`; do not edit it by hand. Every word and number below is computed from what is
recorded of real releases, but for what maintainers call a thing, which is linked.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """All that the page tells.

    Attributes:
        book: what is recorded, and what it says about the rules.
        lines: the releases of every runner, in report order.
        reports: in the order of the page.
        contrasts: pairs of front ends.
        claims: published claims that are no report.
        devices: what golden was recorded on: ``CPU:0``.
    """

    book: Ledger
    lines: Mapping[str, Sequence[Line]]
    reports: tuple[Report, ...]
    contrasts: tuple[Contrasts, ...]
    claims: tuple[Entry, ...]
    devices: tuple[str, ...]


def render_found(found: Found) -> str:
    """The page, ending in a newline."""
    parts = [_HEAD.rstrip("\n"), wrap(_recorded(found), WIDTH)]
    parts += reports_section(found.reports) if found.reports else []
    for one in found.contrasts:
        parts += contrasts_section(one, found.book, found.lines)
    parts += _claims(found.claims) if found.claims else []
    return "\n\n".join(parts) + "\n"


def _recorded(found: Found) -> str:
    ranges = [
        f"{code(runner)} {_range(lines[0])}" + "".join(f", {line.package()} {_range(line)}" for line in lines[1:])
        for runner, lines in found.lines.items()
    ]
    where = f", on {', '.join(found.devices)}" if found.devices else ""
    return f"Recorded{where}: {'; '.join(ranges)}."


def _range(line: Line) -> str:
    first, last = (line.version(release) for release in (line.releases[0], line.releases[-1]))
    return first if first == last else f"{first}..{last}"


def _claims(claims: Sequence[Entry]) -> list[str]:
    verdicts = [entry.verdict() for entry in claims]
    counted = [
        f"{verdicts.count(verdict)} {verdict.value.lower()}{' in part' if verdict is Verdict.PARTLY else ''}"
        for verdict in Verdict
        if verdict in verdicts
    ]
    sources = list(dict.fromkeys(entry.claim.source for entry in claims))
    by_source = [[entry for entry in claims if entry.claim.source == source] for source in sources]
    rows = [_claim(entry, first=entry is group[0]) for group in by_source for entry in group]
    return [
        "## Published claims",
        wrap(
            f"{plural(len(claims), 'sentence')} that somebody published and that no verdict above is about, held "
            f"against every recorded release: {', '.join(counted)}.",
            WIDTH,
        ),
        table(("claim", "who says it", "verdict", "holds", "fails"), rows),
    ]


def _claim(entry: Entry, *, first: bool) -> tuple[str, ...]:
    """A row; only the first of a source names it."""
    verdict, sentence, holds, fails, unjudged = cells(entry)
    if not (holds or fails):
        holds = f"not judged: {unjudged or 'nothing is recorded'}"
    told, where, elsewhere = (cell(text.replace("\n", "; ")) for text in (verdict, holds, fails))
    source = link(entry.claim.source) if first else "the same"
    return f"[{cell(sentence)}]({_place(entry)})", source, told, where or "-", elsewhere or "-"


def _place(entry: Entry) -> str:
    return f"../scenarios/{entry.scenario}.yaml"
