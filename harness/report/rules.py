"""Rules as tables: what each runner answers since which release. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.history import Axis, Line
from harness.releases.release import Release
from harness.report.layout import NARROWEST, Cell, Table, abridged, plural, render_table, wrap
from harness.report.style import Style, Tone
from harness.rules import RULES, Rule
from harness.semantics.ledger import Ledger, Reading, Span, spans

_UNKNOWN = "-"
_MOST_CASES = 6

Lines = Mapping[str, Sequence[Line]]
"""The lines of releases of every runner, in report order."""


def render_rules(book: Ledger, lines: Lines, *, whole: bool, width: int, verbose: int, color: bool) -> str:
    """The rule table, what is wrong with it and a summary, ending in a newline.

    Args:
        book: what is recorded, and what it says.
        lines: the releases of every runner.
        whole: every scenario is in ``book``: a rule that nothing distinguishes is then worth telling.
        width: columns to fill at most; less than 40 counts as 40.
        verbose: 0 leaves out rules that no two releases answer differently, 1 does not.
        color: whether to write ANSI colour sequences.
    """
    style = Style(color=color)
    width = max(width, NARROWEST)
    idle = {rule.id for rule in RULES if not book.distinguished(rule.id)}
    told = [rule for rule in RULES if verbose > 0 or rule.id not in idle]
    rows = tuple((Cell(text=rule.id), *(_cell(book, rule, found) for found in lines.values())) for rule in told)
    parts = [render_table(Table(headers=("rule", *lines), rows=rows), width, style)] if rows else []
    parts += [style.paint(wrap(text, width, hanging="  "), Tone.BAD) for text in _findings(book)]
    if whole and (asked := book.undistinguished()):
        text = f"no recorded behaviour distinguishes the answers of {', '.join(sorted(asked))}"
        parts.append(style.paint(wrap(text, width, hanging="  "), Tone.BAD))
    parts.append(wrap(_summary(book, len(RULES) - len(idle)), width))
    return "\n\n".join(parts) + "\n"


def _cell(book: Ledger, rule: Rule, lines: Sequence[Line]) -> Cell:
    texts = [text for line in lines if (text := told_spans(book, rule.id, line))]
    return Cell(text="\n".join(texts) or _UNKNOWN)


def told_spans(book: Ledger, rule: str, line: Line) -> str:
    """``yes 1.0.1..1.5.1, no 1.6.0..2.21.0``; empty where no release of ``line`` says anything."""
    found = spans(book, rule, line.runner, [str(release) for release in line.releases])
    known = [span for span in found if span.answers]
    text = ", ".join(f"{' or '.join(span.answers)} {_range(span, line)}" for span in known)
    return f"by {line.package()} version: {text}" if text and line.axis is Axis.LIBRARY else text


def _range(span: Span, line: Line) -> str:
    first, last = (line.version(Release.parse(name)) for name in (span.first, span.last))
    return first if first == last else f"{first}..{last}"


def _findings(book: Ledger) -> list[str]:
    texts = []
    for reading in book.unexplained():
        residual = reading.inference.residual
        where = f"{reading.case.id} on {reading.runner} {reading.behaviour.releases[0]}"
        detail = f": {residual.field} is {residual.measured}, nearest {residual.predicted}" if residual else ""
        texts.append(f"UNEXPLAINED: {where}{detail}")
    contradicted: dict[str, list[str]] = {}
    for runner, release, rule in book.contradicted():
        contradicted.setdefault(rule, []).append(f"{runner} {release}")
    texts += [
        f"CONTRADICTION: the cases of {abridged(where, 3)} need different answers to {rule}"
        for rule, where in contradicted.items()
    ]
    return texts


def _summary(book: Ledger, told: int) -> str:
    unexplained = len(book.unexplained())
    size = plural(len(book.readings), "recorded behaviour")
    profiles = plural(len(book.profiles), "profile")
    return f"summary: {size}, {unexplained} unexplained; {plural(told, 'rule')} told apart; {profiles}"


def render_rule(rule: Rule, book: Ledger, lines: Lines, *, width: int, color: bool) -> str:
    """One rule's story: its question, who answers what since when, and the cases that show it."""
    style = Style(color=color)
    width = max(width, NARROWEST)
    parts = [f"{style.paint(rule.id, Tone.STRONG)}\n{wrap(rule.question, width, '  ')}"]
    parts.append("\n".join(wrap(f"{answer.id}: {answer.says}", width, "  ", "    ") for answer in rule.answers))
    told = [
        wrap(f"{runner}: {text}", width, "  ", "    ")
        for runner, found in lines.items()
        for line in found
        if (text := told_spans(book, rule.id, line))
    ]
    parts.append("\n".join(told) or "  no recorded behaviour says anything about it")
    cases = list(dict.fromkeys(reading.case.id for reading in smallest_first(book.showing(rule.id))))
    if cases:
        shown = [*cases[:_MOST_CASES], *([f"and {len(cases) - _MOST_CASES} more"] if len(cases) > _MOST_CASES else [])]
        parts.append("\n".join([f"shown by {plural(len(cases), 'case')}:", *(wrap(one, width, "  ") for one in shown)]))
    if rule.links:
        parts.append("\n".join(f"  {link}" for link in rule.links))
    return "\n\n".join(parts) + "\n"


def smallest_first(readings: Sequence[Reading]) -> list[Reading]:
    """Readings in the order of how few numbers their case holds."""
    return sorted(readings, key=lambda reading: (sum(tensor.size for tensor in reading.case.inputs), reading.case.id))
