"""Rules as pages: what each asks, which release answers how, which changes it is behind, which cases show it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TypeAlias

from harness.history import Line, confounded
from harness.releases.publications import Published
from harness.releases.release import Release
from harness.report.html.grid import HUES, Axes, Cell, Mark, Row, cells, head, merged
from harness.report.html.markup import link, source, text
from harness.report.html.material import CaseStory, Material, Move
from harness.report.html.page import packed
from harness.report.html.places import HOME, root_of, rule_page
from harness.report.html.words import when
from harness.report.layout import plural
from harness.report.rules import smallest_first, told_spans
from harness.rules import RULES, Rule

_MOST_CASES = 12
_MOST_EXAMPLES = 3
_MAIN = ("tf1", "keras")

Dated: TypeAlias = tuple[CaseStory, Move]
"""A change and the case that shows it."""


def index(material: Material) -> str:
    """The page of all rules, topic by topic: what the two front ends answer since when."""
    parts = [
        "<h1>Rules</h1><p class=lead>A rule is one question about the layer. What each release answers is inferred "
        "from what was measured; nothing is told by version.</p>"
    ]
    for topic in dict.fromkeys(rule.topic for rule in RULES):
        lines = [_line(rule, material) for rule in RULES if rule.topic is topic]
        columns = "".join(f"<th scope=col>{name}" for name in ("rule", "question", *_MAIN))
        table = f"<table class=data><thead><tr>{columns}</thead>{''.join(lines)}</table>"
        parts.append(f"<h2>{text(topic.value)}</h2><div class=scroll>{table}</div>")
    return "".join(parts)


def _line(rule: Rule, material: Material) -> str:
    told = "".join(f"<td class=m>{_told(rule, material.lines.get(runner, ()), material)}" for runner in _MAIN)
    return f"<tr><th scope=row>{link(rule_page(rule.id), rule.id)}<td>{text(rule.question)}{told}"


def _told(rule: Rule, lines: Sequence[Line], material: Material) -> str:
    found = (told_spans(material.book, rule.id, line) for line in lines)
    return "<br>".join(text(one) for one in found if one) or "-"


def body(rule: Rule, material: Material, behind: Mapping[str, Sequence[Dated]]) -> str:
    """One rule's story; ``behind`` is what :func:`changes_by` says."""
    root = root_of(rule_page(rule.id))
    head = f"<h1><code>{text(rule.id)}</code></h1><p class=lead>{text(rule.question)}</p>{_answers(rule)}"
    parts = [
        _table(rule, material),
        *_changes(behind.get(rule.id, ()), rule, material, root),
        *_shown(rule, material, root),
    ]
    if rule.links:
        parts.append(f"<h2>Documented</h2><ul>{''.join(f'<li>{source(one)}' for one in rule.links)}</ul>")
    return f"{head}{packed(''.join(parts))}"


def _answers(rule: Rule) -> str:
    lines = "".join(
        f"<dt><b class=b{place % HUES}>{text(answer.id)}</b><dd>{text(answer.says)}"
        for place, answer in enumerate(rule.answers)
    )
    return f"<dl>{lines}</dl>"


def _table(rule: Rule, material: Material) -> str:
    """Runners down, releases across, answers in the cells."""
    axes = Axes.of(line for lines in material.lines.values() for line in lines)
    runners = list(material.lines)
    rows = [_row(rule, runner, material, axes) for runner in runners]
    told = [(runner, row) for runner, row in zip(runners, rows, strict=True) if any(row.cells)]
    if not told:
        return "<p>No recorded behaviour says anything about it."
    columns, short = merged(axes.columns, [row for _, row in told])
    lines = [
        f"<tr><th scope=row class=r>{text(runner)}{cells(columns, row)}"
        for (runner, _), row in zip(told, short, strict=True)
    ]
    table = f"<table class='grid wide'>{head(columns, '<th rowspan=2 scope=col>runner')}{''.join(lines)}</table>"
    return f"<h2>Which release answers how</h2><div class=scroll>{table}</div>"


def _row(rule: Rule, runner: str, material: Material, axes: Axes) -> Row:
    shown: dict[Release, Cell] = {}
    for line in material.lines[runner]:
        for release in line.releases:
            profile = material.book.profiles.get((runner, str(release)))
            left = profile.answers.get(rule.id, frozenset()) if profile else frozenset()
            answers = [answer for answer in rule.answer_ids if answer in left]
            if answers:
                shown[release] = Cell(text=" or ".join(answers), hue=rule.answer_ids.index(answers[0]) % HUES)
    marks: dict[int, Mark] = {}
    for line in material.lines[runner]:
        told = [release for release in line.releases if release in shown]
        for before, after in pairwise(told):
            if shown[before] != shown[after]:
                marks[axes.place(line, after)] = Mark(exact=_exact(line, before, after, material.published))
    return axes.row(material.lines[runner], shown, marks)


def _exact(line: Line, before: Release, after: Release, published: Published) -> bool:
    between = published.between(line.package(), line.version(before), line.version(after))
    return between == () and not confounded(before, after)


def _changes(found: Sequence[Dated], rule: Rule, material: Material, root: str) -> Iterator[str]:
    """The changes that this rule is behind: per runner and release the cases that show it."""
    grouped: dict[str, dict[str, str]] = {}
    for story, move in found:
        label = f"{text(move.boundary.line.runner)}, {when(move.boundary)}"
        grouped.setdefault(label, {})[story.case.id] = material.place(story.case)
    if grouped:
        items = [f"<li>{label}: {_cases(cases, root, _MOST_EXAMPLES)}" for label, cases in grouped.items()]
        more = f"<p>{link(f'{HOME}#rule={rule.id}', 'these scenarios in the table of releases', root)}"
        yield f"<h2>Changes it is behind</h2><ul>{''.join(items)}</ul>{more}"


def changes_by(material: Material) -> Mapping[str, Sequence[Dated]]:
    """Every change by the rules behind it, in the order of runners."""
    found: dict[str, list[Dated]] = {}
    for story in (case for scenario in material.stories for case in scenario.cases):
        for move in story.moves:
            for rule in rules_behind(move):
                found.setdefault(rule, []).append((story, move))
    runners = list(material.lines)
    for told in found.values():
        told.sort(key=lambda pair: (runners.index(pair[1].boundary.line.runner), pair[1].boundary.after))
    return found


def rules_behind(move: Move) -> tuple[str, ...]:
    """The rules of every explanation of a change, in the order of rules."""
    named = {change.rule for changes in move.explanation.sets for change in changes}
    return tuple(rule.id for rule in RULES if rule.id in named)


def _cases(cases: Mapping[str, str], root: str, most: int) -> str:
    shown = ", ".join(link(place, case, root) for case, place in list(cases.items())[:most])
    return shown + (f" and {len(cases) - most} more" if len(cases) > most else "")


def _shown(rule: Rule, material: Material, root: str) -> Iterator[str]:
    readings = smallest_first(material.book.showing(rule.id))
    cases = {reading.case.id: reading.case for reading in readings}
    if cases:
        places = {name: material.place(case) for name, case in list(cases.items())[:_MOST_CASES]}
        more = f"<li>and {len(cases) - _MOST_CASES} more" if len(cases) > _MOST_CASES else ""
        items = "".join(f"<li>{link(place, name, root)}" for name, place in places.items())
        yield f"<h2>Shown by {plural(len(cases), 'case')}</h2><ul class=cases>{items}{more}</ul>"
