"""The page of a scenario: its cases across releases, then a section for each case."""

from __future__ import annotations

from collections.abc import Sequence

from harness.history import History, Line
from harness.report.html import claims
from harness.report.html.case import section
from harness.report.html.grid import Axes, Cell, Row, cells, head, hue, merged
from harness.report.html.markup import attribute, breakable, source, text
from harness.report.html.material import CaseStory, Material, ScenarioStory
from harness.report.html.page import packed
from harness.report.html.places import root_of, scenario_page
from harness.report.layout import plural


def body(story: ScenarioStory, material: Material, most: int) -> str:
    """What the page of ``story`` shows, with the first ``most`` elements of every array."""
    scenario = story.scenario
    root = root_of(scenario_page(scenario.name))
    head_line = f"<h1><code>{text(scenario.name)}</code></h1><p class=lead>{text(scenario.title)}</p>"
    parts = [_table(story, material)]
    parts.append(f"<h2>{'The case' if len(story.cases) == 1 else 'The cases'}</h2>{_key(most)}")
    parts += [section(one, story, material, root, most) for one in story.cases]
    if story.claims:
        parts += ["<h2 id=claims>Published claims</h2>", claims.table(story.claims, root, named=False)]
    parts.append(f"<h2>The scenario file</h2><pre class=yaml tabindex=0>{text(story.yaml)}</pre>")
    return f"{head_line}<p>{text(scenario.why)}</p>{_facts(story)}{packed(''.join(parts))}"


def _facts(story: ScenarioStory) -> str:
    scenario = story.scenario
    facts = {"tags": ", ".join(map(text, scenario.tags)), "reported": "; ".join(map(source, scenario.sources))}
    lines = "".join(f"<dt>{name}<dd>{told}" for name, told in facts.items() if told)
    return f"<dl>{lines}</dl>" if lines else ""


def _table(story: ScenarioStory, material: Material) -> str:
    """Cases and runners down, releases across: a column wherever some case changes."""
    axes = Axes.of(line for lines in material.lines.values() for line in lines)
    rows = [
        _row(one, history, material.lines[history.runner], axes) for one in story.cases for history in one.histories
    ]
    columns, short = merged(axes.columns, rows)
    labels = [
        _labels(story, one, history, number) for one in story.cases for number, history in enumerate(one.histories)
    ]
    several = len(story.cases) > 1
    before = ("<th rowspan=2 scope=col>case" if several else "") + "<th rowspan=2 scope=col>runner"
    lines = [f"<tr>{label}{cells(columns, row)}" for label, row in zip(labels, short, strict=True)]
    return f"<div class=scroll><table class=grid>{head(columns, before)}{''.join(lines)}</table></div>{_legend()}"


def _row(story: CaseStory, history: History, lines: Sequence[Line], axes: Axes) -> Row:
    shown = {
        release: Cell(text=letter, hue=hue(letter), raised=history.behaviours[index].observation.raised is not None)
        for (release, index), letter in zip(history.by_release.items(), history.letters.values(), strict=True)
    }
    moves = [(move.boundary, ()) for move in story.moves if move.boundary.history is history]
    return axes.row(lines, shown, axes.marks(moves))


def _labels(story: ScenarioStory, one: CaseStory, history: History, number: int) -> str:
    runner = f"<th scope=row class=r>{text(history.runner)}"
    if len(story.cases) == 1:
        return runner
    if number:
        return runner
    name = f"<a href={attribute('#' + story.anchors[one.case.id])}>{breakable(one.case.key)}</a>"
    return f"<th scope=rowgroup class=k rowspan={len(one.histories)}>{name}{runner}"


def _legend() -> str:
    return (
        "<p class=legend>The same letter in a row is the same behaviour. <b class=x></b> it changed with exactly this "
        "release; <b class=y></b> with it or with one before it that is not recorded; <b class='b0 r'>A</b> it raises "
        "an exception; empty: not recorded."
    )


def _key(most: int) -> str:
    return (
        "<p class=legend>Measurements are numbered; those that agree within their bound share a row, and elements "
        f"beyond it from the first row are <b>bold</b>. Of an array the first {plural(most, 'element')} are shown. "
        "A bar is an element's distance from the oracle: full is its bound, lowest a thousandth of that or less. "
        "In a plot lines are measured, circles are the oracle's."
    )
