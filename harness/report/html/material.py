"""What the site shows, computed once: behaviours read by the oracle, and every change with its reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from harness.case import Case
from harness.found.why import At, explain_recorded
from harness.golden import Absence
from harness.history import Archive, Boundary, History, Line, boundaries, lines_of
from harness.releases.publications import Published
from harness.report.html.measured import Group, Seen, measurements, steps
from harness.report.html.places import anchors, scenario_page
from harness.scenario import Scenario, Selection
from harness.semantics.claim_ledger import Entry, entries
from harness.semantics.explain import Explanation
from harness.semantics.ledger import Ledger, ledger

BESIDE = ("tf1", "keras")
"""The front ends that every case explains against each other, where both are recorded on one TensorFlow."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """A change of one case, and why."""

    boundary: Boundary
    explanation: Explanation


@dataclass(frozen=True, kw_only=True, slots=True)
class Beside:
    """Two runners on the newest TensorFlow that both are recorded on; ``left`` and ``right`` as ``tf1@2.21.0``."""

    left: str
    right: str
    explanation: Explanation


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseStory:
    """One case: what was measured step by step, what changed when, and how the two front ends differ."""

    case: Case
    histories: tuple[History, ...]
    seen: tuple[Seen, ...]
    steps: tuple[Mapping[str, tuple[Group, ...]], ...]
    moves: tuple[Move, ...]
    beside: Beside | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ScenarioStory:
    """One scenario; ``yaml`` is its file, ``anchors`` names the sections of its cases by id."""

    scenario: Scenario
    yaml: str
    cases: tuple[CaseStory, ...]
    claims: tuple[Entry, ...]
    anchors: Mapping[str, str]

    def place(self, case: str) -> str:
        """Where a case stands in the site."""
        return f"{scenario_page(self.scenario.name)}#{self.anchors[case]}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Material:
    """All that the site is made from.

    Attributes:
        lines: of every runner, in report order, over everything selected.
    """

    archive: Archive
    book: Ledger
    lines: Mapping[str, tuple[Line, ...]]
    stories: tuple[ScenarioStory, ...]
    published: Published
    absences: tuple[Absence, ...]

    def place(self, case: Case) -> str:
        """Where a case stands in the site."""
        return next(story for story in self.stories if story.scenario.name == case.scenario).place(case.id)


def material(
    archive: Archive,
    selections: Sequence[Selection],
    yaml: Mapping[str, str],
    published: Published,
    absences: Sequence[Absence],
    advance: Callable[[str], None],
) -> Material:
    """Read every recorded behaviour and explain every change.

    Args:
        archive: what is recorded of ``selections``.
        selections: which cases, with their scenarios.
        yaml: the text of the file of every scenario, by name.
        published: which releases there are, to say which changes are exact.
        absences: releases that a runner cannot be recorded on.
        advance: called with a label for every case that is read, and for every one that is explained.
    """
    by_case: dict[str, list[History]] = {}
    for history in archive.histories:
        by_case.setdefault(history.case.id, []).append(history)
    for name, histories in by_case.items():
        for history in histories:
            for behaviour in history.behaviours:
                history.examiner.inference(behaviour.observation)
        advance(f"reading {name}")
    book = ledger(archive.histories, {name: histories[0].examiner for name, histories in by_case.items()})
    lines = {runner: lines_of(archive.of(runner)) for runner in archive.runners()}
    reader = _Reader(book, lines, published)
    stories = []
    for selection in selections:
        told = []
        for case in selection.cases:
            if case.id in by_case:
                told.append(reader.story(case, by_case[case.id]))
                advance(f"explaining {case.id}")
        if told:
            stories.append(_scenario(selection, tuple(told), yaml))
    return Material(
        archive=archive,
        book=book,
        lines=lines,
        stories=tuple(stories),
        published=published,
        absences=tuple(absences),
    )


def _scenario(selection: Selection, cases: tuple[CaseStory, ...], yaml: Mapping[str, str]) -> ScenarioStory:
    scenario = selection.scenario
    recorded = [history for story in cases for history in story.histories]
    return ScenarioStory(
        scenario=scenario,
        yaml=yaml[scenario.name],
        cases=cases,
        claims=tuple(entries(scenario, selection.cases, recorded)),
        anchors=anchors(story.case for story in cases),
    )


class _Reader:
    """Tells the story of a case; explains two observations once, whichever runners and releases show them."""

    def __init__(self, book: Ledger, lines: Mapping[str, tuple[Line, ...]], published: Published) -> None:
        self._book = book
        self._lines = lines
        self._published = published

    def story(self, case: Case, histories: Sequence[History]) -> CaseStory:
        """Everything about ``case``."""
        found = [
            boundary
            for history in histories
            for line in self._lines[history.runner]
            for boundary in boundaries(history, line, self._published)
        ]
        known: dict[tuple[int, int], Explanation] = {}
        seen = measurements(case, histories)
        number = {(one.runner, index): place for place, each in enumerate(seen) for one, index in each.behaviours}
        moves = []
        for boundary in found:
            history = boundary.history
            before, after = (At(history=history, release=release) for release in (boundary.before, boundary.after))
            pair = number[history.runner, before.index], number[history.runner, after.index]
            if pair not in known or known[pair].open:
                known[pair] = explain_recorded(before, after, self._book)
            moves.append(Move(boundary=boundary, explanation=known[pair]))
        return CaseStory(
            case=case,
            histories=tuple(histories),
            seen=seen,
            steps=steps(histories[0].examiner, seen),
            moves=tuple(moves),
            beside=self._beside(histories),
        )

    def _beside(self, histories: Sequence[History]) -> Beside | None:
        found = [next((one for one in histories if one.runner == name), None) for name in BESIDE]
        if found[0] is None or found[1] is None:
            return None
        pairs = [
            (left, right)
            for left in found[0].by_release
            for right in found[1].by_release
            if left.tensorflow == right.tensorflow
        ]
        if not pairs:
            return None
        left, right = (At(history=one, release=release) for one, release in zip(found, max(pairs), strict=True) if one)
        return Beside(left=left.label, right=right.label, explanation=explain_recorded(left, right, self._book))
