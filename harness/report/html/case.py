"""A case as a section: the experiment in words, what was measured, step by step, what changed when and why."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence

from harness.case import Case
from harness.history import Line, letter
from harness.observation import Observation
from harness.releases.release import Release
from harness.report.experiment import argument_arrays, argument_words, step_words, surroundings
from harness.report.facts import runner_facts
from harness.report.html.arrays import elements, kind, rows
from harness.report.html.grid import hue
from harness.report.html.markup import attribute, breakable, text
from harness.report.html.material import CaseStory, Material, Move, ScenarioStory
from harness.report.html.measured import Group, Seen
from harness.report.html.plot import plots
from harness.report.html.words import numbers, reasons, releases_of, when
from harness.report.layout import plural
from harness.semantics.judgement import Shown
from harness.steps import Assign
from harness.tensor import Tensor
from harness.tolerance import Tolerance

_FACTS = ("update ops", "fused", "trainable variables")
_MESSAGE = 120
_VARIABLES = ("gamma", "beta", "moving_mean", "moving_variance")
_COLUMNS = ("field", "#", "measured", "largest error against the oracle, of its bound")


def section(story: CaseStory, inside: ScenarioStory, whole: Material, root: str, most: int) -> str:
    """The section of one case.

    Args:
        story: what there is to tell.
        inside: the scenario; the section of its only case is open.
        whole: the site's material, for the lines of releases.
        root: what leads from the page to the root of the site.
        most: how many elements of an array are shown.
    """
    claims = sum(story.case in entry.cases for entry in inside.claims)
    parts = [*_experiment(story.case, most), _measured(story, whole), _steps(story, most)]
    parts += [f"<div class=plots>{found}</div>"] if (found := "".join(plots(story.case, story.seen))) else []
    parts += [*_moves(story, root), *_beside(story, root), *_claims(claims), _command(story.case)]
    name = story.case.key or story.case.scenario
    opened = " open" if len(inside.cases) == 1 else ""
    return (
        f"<details class=case id={attribute(inside.anchors[story.case.id])}{opened}>"
        f"<summary><h3><code>{breakable(name)}</code></h3> "
        f"<small>{_told(story)}</small></summary>{''.join(parts)}</details>"
    )


def _told(story: CaseStory) -> str:
    """What the closed section says."""
    changes = {(move.boundary.line.package(), str(move.boundary.after)) for move in story.moves}
    seen = plural(len(story.seen), "measurement")
    changed = f"changes with {plural(len(changes), 'release')}" if changes else "never changed"
    return f"{seen}, {changed}"


def _experiment(case: Case, most: int) -> Iterator[str]:
    told = {"layer": argument_words(case), **surroundings(case)}
    lines = [f"<dt>{text(name)}<dd>{text(value)}" for name, value in told.items()]
    lines += [
        f"<dt>{text(name)}<dd>{elements(tensor, most)} <small>{kind(tensor)}</small>" for name, tensor in _arrays(case)
    ]
    yield f"<dl>{''.join(lines)}</dl>"


def _arrays(case: Case) -> Iterator[tuple[str, Tensor]]:
    for number, tensor in enumerate(case.inputs):
        yield ("input" if len(case.inputs) == 1 else f"input {number}"), tensor
    if case.mask is not None:
        yield "mask", case.mask
    yield from argument_arrays(case).items()
    for role, tensor in case.initializers.items():
        yield f"initial {role}", tensor
    for number, step in enumerate(case.steps, start=1):
        if isinstance(step, Assign):
            for role, tensor in step.values.items():
                yield f"{role} assigned in step {number}", tensor


def _measured(story: CaseStory, whole: Material) -> str:
    """The different measurements by number: whose they are, and what was built."""
    lines = []
    for number, one in enumerate(story.seen, start=1):
        who = "<br>".join(
            f"{text(history.runner)} <b class=b{hue(letter(index))}>{letter(index)}</b> "
            f"{text(_releases(whole.lines[history.runner], history.behaviours[index].releases))}"
            for history, index in one.behaviours
        )
        lines.append(f"<tr><th>{number}<td>{who}<td>{text(_built(one.observation))}{_raised(one)}")
    head = "<tr><th scope=col>#<th scope=col>measured alike by<th scope=col>built"
    return f"<div class=scroll><table class='data who'><thead>{head}</thead>{''.join(lines)}</table></div>"


def _releases(lines: Sequence[Line], names: Sequence[str]) -> str:
    return releases_of(lines, [Release.parse(name) for name in names])


def _built(observation: Observation) -> str:
    facts = runner_facts(observation)
    return "; ".join(f"{name}: {facts[name]}" for name in _FACTS if name in facts)


def _raised(one: Seen) -> str:
    raised = one.observation.raised
    if raised is None:
        return ""
    message = raised.message if len(raised.message) <= _MESSAGE else f"{raised.message[:_MESSAGE]}…"
    step = len(one.observation.steps) + 1
    return f"<div class=raised>raises <b>{text(raised.type)}</b> in step {step}: {text(message)}</div>"


def _steps(story: CaseStory, most: int) -> str:
    """What was measured step by step; a field that nothing changed in is only named."""
    case = story.case
    blocks: list[str] = []
    before: Mapping[str, tuple[Group, ...]] = {}
    for number, fields in enumerate(story.steps, start=1):
        there = sum(len(one.observation.steps) >= number for one in story.seen)
        same = [
            name for name, found in fields.items() if before.get(name) is found or (number == 1 and _given(story, name))
        ]
        told = [row for name, found in fields.items() if name not in same for row in rows(name, found, most, there)]
        if same:
            word = "as before" if number > 1 else "as given"
            told.append(f"<tr class=f><td colspan=4>{word}: {text(', '.join(same))}")
        title = f"step {number}: {text(step_words(case, case.steps[number - 1]))}"
        blocks.append(f"<tbody><tr class=h><th colspan=4>{title}{''.join(told)}</tbody>")
        before = fields
    if not blocks:
        return ""
    head = "".join(f"<th scope=col>{name}" for name in _COLUMNS)
    return f"<div class=scroll><table class='data steps'><thead><tr>{head}</thead>{''.join(blocks)}</table></div>"


def _given(story: CaseStory, name: str) -> bool:
    """Whether the first step left a variable as it was given."""
    found = story.steps[0][name]
    if name not in _VARIABLES or len(found) > 1:
        return False
    first = next(one for one in story.seen if one.observation.steps)
    shown = Shown(case=story.case, observation=first.observation, tolerance=Tolerance(), exact=True)
    return shown.before(1, name) == found[0].tensor


def _moves(story: CaseStory, root: str) -> Iterator[str]:
    """Every change with its reason; runners that change alike share a line of reasons."""
    told: dict[str, list[Move]] = {}
    for move in story.moves:
        left, right = (str(release) for release in (move.boundary.before, move.boundary.after))
        why = reasons(move.explanation, root, left, right)
        told.setdefault(f"{why}<br>{numbers(move.explanation.diff.differences)}", []).append(move)
    if told:
        items = [f"<li>{'<br>'.join(_move(move) for move in moves)}<div>{why}</div>" for why, moves in told.items()]
        yield f"<h4>What changed, and why</h4><ul class=moves>{''.join(items)}</ul>"


def _move(move: Move) -> str:
    before, after = move.boundary.letters
    return f"{text(move.boundary.history.runner)} {before} → {after} at {when(move.boundary)}"


def _beside(story: CaseStory, root: str) -> Iterator[str]:
    if story.beside is None:
        return
    left, right, found = story.beside.left, story.beside.right, story.beside.explanation
    names = f"{text(left)} against {text(right)}"
    if not found.diff.differences:
        yield f"<p>{names}: the same, within bounds"
    else:
        yield f"<p>{names}: {reasons(found, root, left, right)}<br>{numbers(found.diff.differences)}"


def _claims(claims: int) -> Iterator[str]:
    if claims:
        told = "One published claim is" if claims == 1 else f"{claims} published claims are"
        yield f"<p>{told} about this case: <a href=#claims>how they stand</a>."


def _command(case: Case) -> str:
    name = shlex.quote(case.id)
    return f"<pre class=command tabindex=0>harness show {text(name)} -v\nharness compare {text(name)}</pre>"
