"""The home page: scenarios down, releases across, and what filters them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.history import Boundary, History, Line
from harness.report.html.grid import Axes, Cell, Column, Row, cells, head, hue
from harness.report.html.markup import attribute, href, text
from harness.report.html.material import CaseStory, Material, ScenarioStory
from harness.report.html.places import scenario_page
from harness.report.html.rules import rules_behind
from harness.report.layout import plural
from harness.report.matrix import absence_text, scenario_rows
from harness.rules import RULES

USUAL = ("tf1", "keras")
"""The runners shown at first; of a scenario that is for neither, all are."""


def body(material: Material, banner: str) -> str:
    """What the home page shows; ``banner`` is markup about a run, or nothing."""
    axes = Axes.of(line for lines in material.lines.values() for line in lines)
    behind = {rule for story in material.stories for case in story.cases for rule in _rules(case)}
    rules = [rule.id for rule in RULES if rule.id in behind]
    topics: dict[str, list[ScenarioStory]] = {}
    for story in material.stories:
        topics.setdefault(story.scenario.name.rpartition("/")[0], []).append(story)
    blocks = [_topic(name, stories, axes, material, rules) for name, stories in topics.items()]
    before = "<th rowspan=2 scope=col class=s>scenario<th rowspan=2 scope=col class=r>runner"
    table = f"<table class='grid home' id=table>{head(axes.columns, before)}{''.join(blocks)}</table>"
    return (
        f"<h1>What BatchNormalization does, release by release</h1><p class=lead>{_lead(material)}</p>{banner}"
        f"{_controls(material, axes, rules)}"
        f"<div class='scroll tall' id=scroll tabindex=0 role=region aria-label='Table of releases'>{table}</div>"
        f"{_legend()}{_absences(material)}"
    )


def _rules(case: CaseStory) -> set[str]:
    return {rule for move in case.moves for rule in rules_behind(move)}


def _lead(material: Material) -> str:
    cases = sum(len(story.cases) for story in material.stories)
    releases = {release for history in material.archive.histories for release in history.by_release}
    return (
        f"{plural(len(material.stories), 'scenario')} of {plural(cases, 'case')}, measured on "
        f"{plural(len(releases), 'release')}. In a row, the same letter is the same behaviour in every case of the "
        "scenario; where it changes, something changed in at least one."
    )


def _topic(name: str, stories: Sequence[ScenarioStory], axes: Axes, material: Material, rules: Sequence[str]) -> str:
    title = f"<tr class=t><th colspan=2 scope=rowgroup>{text(name or 'scenarios')}<td colspan={len(axes.columns)}>"
    lines = "".join(line for story in stories for line in _lines(story, axes, material, rules))
    return f"<tbody>{title}{lines}</tbody>"


def _lines(story: ScenarioStory, axes: Axes, material: Material, rules: Sequence[str]) -> Iterator[str]:
    """A row per runner; the first one carries what is searched."""
    name = story.scenario.name
    runners = [runner for runner in material.lines if any(_of(story, runner))]
    usual = [runner for runner in runners if runner in USUAL] or runners
    short = name.rpartition("/")[2]
    words = " ".join((name, story.scenario.title, *story.scenario.tags)).lower()
    for number, runner in enumerate(runners):
        row = _row(story, list(_of(story, runner)), material.lines[runner], axes)
        searched = f" data-q={attribute(words)} data-s={attribute(name)}" if number == 0 else ""
        shown = " data-u" if runner in usual else ""
        target = href(scenario_page(name))
        yield (
            f"<tr data-r={attribute(runner)}{shown}{searched}><th scope=row class=s>"
            f"<a href={target} title={attribute(story.scenario.title)}>{text(short)}</a>"
            f"<td class=r>{text(runner)}{cells(axes.columns, row, rules)}"
        )


def _of(story: ScenarioStory, runner: str) -> Iterator[History]:
    return (history for case in story.cases for history in case.histories if history.runner == runner)


def _row(story: ScenarioStory, histories: Sequence[History], lines: Sequence[Line], axes: Axes) -> Row:
    (row,) = scenario_rows(histories, lines)
    refused = {
        release
        for release in row.cells
        if all(
            history.behaviours[history.by_release[release]].observation.raised
            for history in histories
            if release in history.by_release
        )
    }
    shown = {
        release: Cell(text=name, hue=hue(name.rstrip("?")), raised=release in refused)
        for release, name in row.cells.items()
    }
    runner = histories[0].runner
    told: list[tuple[Boundary, Sequence[str]]] = [
        (move.boundary, rules_behind(move))
        for case in story.cases
        for move in case.moves
        if move.boundary.history.runner == runner
    ]
    return axes.row(lines, shown, axes.marks(told))


def _controls(material: Material, axes: Axes, rules: Sequence[str]) -> str:
    """The filters: hidden until the script that they need is there."""
    runners = "".join(f"<option>{text(runner)}" for runner in material.lines)
    named = "".join(f"<option>{text(rule)}" for rule in rules)
    releases = _releases(axes.columns)
    usual = f"<option value=usual>{' and '.join(USUAL)}<option value=all>all"
    return (
        f"<form id=filter role=search aria-label='Filter the table' data-w={attribute(' '.join(rules))} hidden>"
        "<label>text<input id=q type=search autocomplete=off spellcheck=false placeholder='name, title, tag ( / )'>"
        f"</label>{_choice('runner', 'runner', usual + runners)}"
        f"{_choice('rule', 'changed by rule', '<option value>any' + named)}"
        f"{_choice('a', 'changed between', '<option value>any release' + releases)}"
        f"{_choice('b', 'and', '<option value>any release' + releases)}"
        "<button type=reset>clear</button><output id=count aria-live=polite></output></form>"
    )


def _choice(name: str, label: str, options: str) -> str:
    return f"<label>{label}<select id={name}>{options}</select></label>"


def _releases(columns: Sequence[Column]) -> str:
    parts, group = [], ""
    for place, column in enumerate(columns):
        if column.group != group:
            group = column.group
            parts.append(f"<optgroup label={attribute(group)}>")
        parts.append(f"<option value={place}>{text(column.first)}")
    return "".join(parts)


def _legend() -> str:
    return (
        "<p class=legend><b class=x></b> 1.6.0: it changed with exactly this release; <b class=y></b> ≤1.6.0: with "
        "this release or one before it that is not recorded. <b class='b0 r'>A</b> every case raises an exception. "
        "? some cases are not recorded there. Empty: nothing is. Letters are of their row: A of one runner need not be "
        "A of another. “Changed between” takes the nearest recorded release at or below each."
    )


def _absences(material: Material) -> str:
    if not material.absences:
        return ""
    lines = "".join(f"<li>{text(absence_text(absence))}" for absence in material.absences)
    return f"<details><summary>What cannot be recorded</summary><ul>{lines}</ul></details>"
