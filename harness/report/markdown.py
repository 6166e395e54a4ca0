"""A run as Markdown for a pull request or a job summary: counts, the rules of the changes, what failed, the rest."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import shorten

from harness.comparison import Comparison, Relation, Vanished, Verdict
from harness.report.explain import SAME_ANSWERS, turned
from harness.report.failures import failures
from harness.report.gate import gate_summary
from harness.report.layout import GLUE, Table, abridged, plural, render_table
from harness.report.one_by_one import WIDTH, Item, holding, items, page_of, vanished_text
from harness.report.overview import counts, overview
from harness.report.releases import releases_table
from harness.report.style import Style
from harness.report.why import tally
from harness.run import Run, TargetRun
from harness.semantics.explain import Change
from harness.upgrade import Cause, causes, unexplained

COMMENT = 65_536
"""Bytes that a comment on GitHub may have."""

SUMMARY = 1_048_576
"""Bytes that the summary of a step on GitHub may have."""

MOST_SCENARIOS = 6
"""How many scenarios that one rule touches are named."""

_LARGEST_BLOCK = 8_192
_LONGEST_REMARK = 1_000
_FOR_THE_CUT = 512
_LOST_OR_CHANGED = (Verdict.CRASHED, Verdict.TIMED_OUT, Verdict.CHANGED)
_UNRECORDED = (Verdict.NEW, Verdict.STALE)
_NOT_THERE = (Verdict.UNAVAILABLE, Verdict.NOT_APPLICABLE)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Section:
    """Blocks under a title, if it has one; ``noun`` is what each is, for the line that says what was left out."""

    title: str
    noun: str
    blocks: tuple[str, ...]
    many: str | None = None


def markdown(run: Run, limit: int = COMMENT) -> str:
    """The report, ending in a newline, in at most ``limit`` bytes: what does not fit is left out, and said to be."""
    parts = [_headline(run)]
    room = limit - _FOR_THE_CUT - _size(parts[0])
    sections = [*_head(run), *_sections(run)]
    left_out: list[str] = []
    for number, section in enumerate(sections, start=1):
        shown = _fitting(section, room if number == len(sections) else room * 3 // 4)
        parts += shown
        room -= sum(_size(part) for part in shown)
        if rest := len(section.blocks) - sum(part in section.blocks for part in shown):
            left_out.append(f"{rest} of {plural(len(section.blocks), section.noun, section.many)}")
    if left_out:
        parts.append(f"*Left out, since this page may have {limit} bytes: {', '.join(left_out)}.*")
    return "\n\n".join(parts).replace(GLUE, " ") + "\n"


def _fitting(section: _Section, room: int) -> list[str]:
    """The title and the first blocks that ``room`` bytes hold; nothing where they do not hold one."""
    parts = [f"### {section.title}"] if section.title else []
    room -= sum(_size(part) for part in parts)
    shown: list[str] = []
    for block in section.blocks:
        room -= _size(block)
        if room < 0:
            break
        shown.append(block)
    return [*parts, *shown] if shown else []


def _size(part: str) -> int:
    return len(part.encode()) + len("\n\n")


def _headline(run: Run) -> str:
    cases = [case for one in run.targets if one.comparison for case in one.comparison.cases()]
    verdicts = [result.verdict for case in cases for result in case.results]
    return f"## BatchNormalization: {counts(verdicts) or 'nothing was compared'}"


def _head(run: Run) -> Iterator[_Section]:
    """What is not folded: the rules of the changes before all else."""
    several = len(run.targets) > 1
    rules = [text for one in run.targets for text in _rules(one, several=several)]
    yield from _filled("", "list of rules", rules, "lists of rules")
    yield from _filled("", "table of releases", [_table(releases_table(run.targets))], "tables of releases")
    yield from _filled("", "remark", [f"- {remark}" for remark in _remarks(run)])


def _rules(one: TargetRun, *, several: bool) -> Iterator[str]:
    """What changed, rule by rule, the commonest first; then how much nothing explains."""
    if one.comparison is None:
        return
    lines = [_cause(cause) for cause in causes(one.comparison)]
    if rest := unexplained(one.comparison):
        names = [member.case.case.scenario for member in rest]
        lines.append(f"- **UNEXPLAINED**: {_touched(names)}")
    if lines:
        where = f" on {_plain(one.label)}" if several else ""
        yield "\n".join([f"**What changed{where}, by rule:**", "", *lines])


def _cause(cause: Cause) -> str:
    told = _touched([member.case.case.scenario for member in cause.members])
    if not any(cause.sets):
        return f"- **rounding**: {told}: {SAME_ANSWERS}"
    heads = " or ".join("; ".join(_turned(change) for change in changes) for changes in cause.sets)
    meanings = [change.says for changes in cause.sets for change in changes]
    says = [
        f"  - {when}: {_plain(text)}" for pair in meanings for when, text in zip(("before", "now"), pair, strict=True)
    ]
    return "\n".join([f"- {heads}: {told}", *says])


def _turned(change: Change) -> str:
    return f"**{change.rule}** ({_plain(turned(change))})"


def _touched(scenarios: Sequence[str]) -> str:
    names = list(dict.fromkeys(scenarios))
    return f"{plural(len(scenarios), 'change')} in {_plain(abridged(names, MOST_SCENARIOS))}"


def _remarks(run: Run) -> Iterator[str]:
    """What no verdict counts: what is missing or was not to be had, runners against each other, assertions."""
    for one in run.targets:
        where = f"{_plain(one.label)}: " if len(run.targets) > 1 else ""
        for problem in one.problems:
            yield f"**{_plain(problem.place)}**: {_plain(shorten(problem.message, _LONGEST_REMARK))}"
        if one.comparison is not None:
            yield from (where + _plain(text) for text in _of_comparison(one.comparison))


def _of_comparison(comparison: Comparison) -> Iterator[str]:
    relations = Counter(between.relation for case in comparison.cases() for between in case.between)
    if different := relations[Relation.DIFFERS] + relations[Relation.UNEXPLAINED]:
        share = f"{different} of {plural(relations.total(), 'comparison')}"
        yield "; ".join([f"runners differ in {share}", *tally(comparison)])
    if comparison.gate is not None:
        yield f"--fail-on difference: {gate_summary(comparison.gate)}"
    if comparison.stale:
        yield f"stale: {plural(len(comparison.stale), 'recorded thing')} that no scenario stands for"
    contradicted = sum(one.holds is False for case in comparison.cases() for one in case.assertions)
    if contradicted:
        yield f"{plural(contradicted, 'measurement')} contradict an assertion"


def _sections(run: Run) -> Iterator[_Section]:
    several = len(run.targets) > 1
    measured = [(one, one.comparison) for one in run.targets if one.comparison is not None]
    failed = [(one, item) for one, comparison in measured for item in items(comparison) if item.failed]
    graver = [(one, item) for one, item in failed if item.result.verdict in _LOST_OR_CHANGED]
    graver.sort(key=lambda pair: _LOST_OR_CHANGED.index(pair[1].result.verdict))
    others = [pair for pair in failed if pair[1].result.verdict not in (*_LOST_OR_CHANGED, *_UNRECORDED)]
    yield from _filled("Changed or lost", "failure", [_item(one, item, several=several) for one, item in graver])
    yield from _filled(
        "Not as runners or assertions should be", "failure", [_item(one, item, several=several) for one, item in others]
    )
    gone = [(comparison, vanished) for _, comparison in measured for vanished in _vanished(comparison)]
    yield from _filled(
        "Expected differences that are gone", "expectation", [_pre(vanished_text(*pair)) for pair in gone]
    )
    for title, noun, verdicts in (
        ("New or stale", "group", _UNRECORDED),
        ("Not measured", "reason", _NOT_THERE),
    ):
        texts = [text for _, found in measured for text in _of_verdicts(found, verdicts)]
        yield from _filled(title, noun, [_folded(_code(text.splitlines()[0]), text) for text in texts])
    stale = [f"- `{one.what}`: {_plain(one.reason)}" for _, found in measured for one in found.stale]
    yield from _filled("Recorded, but without a scenario", "stale thing", stale)
    tables = [
        _folded(_html(one.label), render_table(overview(found, 0), WIDTH, Style(color=False)))
        for one, found in measured
        if found.scenarios
    ]
    yield from _filled("Every scenario", "table", tables)


def _filled(title: str, noun: str, blocks: Sequence[str], many: str | None = None) -> Iterator[_Section]:
    if blocks:
        yield _Section(title=title, noun=noun, blocks=tuple(blocks), many=many)


def _vanished(comparison: Comparison) -> tuple[Vanished, ...]:
    return comparison.gate.vanished if comparison.gate else ()


def _of_verdicts(comparison: Comparison, verdicts: Sequence[Verdict]) -> list[str]:
    alone = holding(comparison, *verdicts)
    return failures(alone, page_of(alone)) if alone.scenarios else []


def _item(one: TargetRun, item: Item, *, several: bool) -> str:
    where = f" on {_html(one.label)}" if several else ""
    return _folded(f"{_code(item.name)}{where}: {_html(item.brief)}", item.failure())


def _folded(summary: str, text: str) -> str:
    return f"<details><summary>{summary}</summary>\n\n{_pre(text)}\n\n</details>"


def _pre(text: str) -> str:
    """A code block that ``text`` cannot end; of a long text the beginning."""
    lines, size = [], 0
    for line in text.splitlines():
        size += len(line.encode()) + 1
        if size > _LARGEST_BLOCK:
            break
        lines.append(line)
    if rest := len(text.splitlines()) - len(lines):
        lines.append(f"({plural(rest, 'more line')})")
    longest = max((len(found) for found in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"{fence}text", *lines, fence])


def _table(table: Table) -> str:
    rows = [[_plain(cell.text) for cell in row] for row in table.rows]
    lines = [[_plain(text) for text in table.headers], ["---"] * len(table.headers), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _code(text: str) -> str:
    """Code inside of HTML, where backticks mean nothing."""
    return f"<code>{_html(text)}</code>"


def _plain(text: str) -> str:
    """``text`` as it is: nothing in it is markup, in a paragraph or a table."""
    escaped = re.sub(r"[\\`*\[\]|~]|(?<![^\W_])_|_(?![^\W_])", r"\\\g<0>", text)
    return _html(escaped).replace("\n", " ")


def _html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
