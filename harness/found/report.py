"""Every report, a scenario with a source, and what golden says of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.diff import Difference, DifferenceKind
from harness.found.hinges import certain
from harness.found.symptom import NOT_OF_THE_LAYER, Clinic, Symptom
from harness.found.why import At, Reasons, size
from harness.history import Change, History, changes, lines_of
from harness.releases.publications import Published
from harness.releases.release import Release
from harness.scenario import Scenario
from harness.semantics.claim_ledger import entries

_FRONT_END = {"tf_keras": "keras"}
"""What a front end is held against that is no mode of another."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """A change between two releases of a line, of all cases of a report.

    Attributes:
        rules: those that explain it; empty: nothing does, or only rounding.
        difference: a number that changed, or what was raised, in the smallest case that shows one.
    """

    change: Change
    rules: tuple[str, ...]
    difference: Difference | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Apart:
    """Two runners that differ on the newest TensorFlow that both are recorded on; see :class:`Moved`."""

    left: At
    right: At
    rules: tuple[str, ...]
    difference: Difference


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """One report.

    Attributes:
        symptoms: the claims that are what was reported.
        moved: where there is none, what changed.
        apart: likewise, which of its runners differ.
        recorded: whether anything is recorded of it.
    """

    scenario: Scenario
    symptoms: tuple[Symptom, ...]
    moved: tuple[Moved, ...]
    apart: tuple[Apart, ...]
    recorded: bool


class Reporter:
    """Tells of reports; see :class:`harness.found.symptom.Clinic`."""

    def __init__(self, reasons: Reasons, published: Published) -> None:
        self._reasons = reasons
        self._published = published
        self._clinic = Clinic(reasons, published)

    def report(self, scenario: Scenario, histories: Sequence[History]) -> Report:
        """What golden says of ``scenario``, by its ``histories``."""
        book = entries(scenario, scenario.cases, histories)
        symptoms = tuple(self._clinic.symptom(entry, histories) for entry in book if entry.claim.reported)
        return Report(
            scenario=scenario,
            symptoms=symptoms,
            moved=() if symptoms else tuple(self._moved(histories)),
            apart=() if symptoms else tuple(self._apart(histories)),
            recorded=bool(histories),
        )

    def _moved(self, histories: Sequence[History]) -> Iterator[Moved]:
        for runner in dict.fromkeys(history.runner for history in histories):
            found = [history for history in histories if history.runner == runner]
            for line in lines_of(found):
                for change in changes(found, line, self._published):
                    moved = self._change(change)
                    if moved.difference is not None and not set(moved.rules) & NOT_OF_THE_LAYER:
                        yield moved

    def _change(self, change: Change) -> Moved:
        rules: dict[str, None] = {}
        shown = None
        for boundary in sorted(change.boundaries, key=lambda one: size(one.history.case)):
            sides = (At(history=boundary.history, release=release) for release in (boundary.before, boundary.after))
            found = self._reasons.between(*sides)
            shows = telling(found.diff.differences)
            if shows is not None:
                rules |= dict.fromkeys(certain(found))
                shown = shown or shows
        return Moved(change=change, rules=tuple(rules), difference=shown)

    def _apart(self, histories: Sequence[History]) -> Iterator[Apart]:
        """A mode against its front end, and tf_keras against keras: by the smallest case that shows a difference."""
        for runner in dict.fromkeys(history.runner for history in histories):
            other = _FRONT_END.get(runner, runner.partition(":")[0])
            pairs = [
                (left, right)
                for left in histories
                for right in histories
                if (left.runner, right.runner) == (runner, other) and left.case is right.case and runner != other
            ]
            sides = (found for pair in sorted(pairs, key=lambda pair: size(pair[0].case)) if (found := _newest(*pair)))
            yield from self._first_apart(sides)

    def _first_apart(self, sides: Iterator[tuple[At, At]]) -> Iterator[Apart]:
        for left, right in sides:
            found = self._reasons.between(left, right)
            shows = telling(found.diff.differences)
            if shows is not None:
                yield Apart(left=left, right=right, rules=certain(found), difference=shows)
                return


def _newest(left: History, right: History) -> tuple[At, At] | None:
    pairs = [(one, other) for one in left.by_release for other in right.by_release if _beside(one, other)]
    if not pairs:
        return None
    ours, theirs = max(pairs)
    return At(history=left, release=ours), At(history=right, release=theirs)


def _beside(one: Release, other: Release) -> bool:
    return one.tensorflow == other.tensorflow


def telling(differences: Sequence[Difference]) -> Difference | None:
    """A number that differs, else what was raised; which variables there are in which order tells less."""
    kinds = (DifferenceKind.VALUE, DifferenceKind.RAISED)
    found = [one for kind in kinds for one in differences if one.kind is kind]
    return found[0] if found else None
