"""What somebody reported, held against golden: how it stands along every line of releases, and why it changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from harness.diff import Difference
from harness.found.hinges import Hinge, deciding, hinges
from harness.found.verdict import JUDGED, Stretch, Word, stretches, word
from harness.found.why import At, Reasons, size
from harness.history import Boundary, History, Line, boundaries, lines
from harness.releases.publications import Published
from harness.releases.release import Release
from harness.scenario import Claim
from harness.semantics.claim_ledger import Entry, Held
from harness.semantics.explain import known
from harness.semantics.judgement import Standing

NOT_OF_THE_LAYER = frozenset({"eager-call"})
"""Before a release can run eagerly nothing is told of the layer: that it can from then on is no change of it."""

_DECIDES = (*JUDGED, Standing.UNDECIDED, Standing.NOT_APPLICABLE, Standing.NOT_RECORDED)
"""Of several cases on one release the first of these says how what was reported stands there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """A change in how a claim stands, by the smallest case that shows it.

    Attributes:
        boundary: of that case; ``None`` where the case that it is claimed to equal changed instead.
        rules: those behind the change that decide how the claim stands.
        numbers: what they change in that case.
    """

    before: Release
    after: Release
    boundary: Boundary | None
    rules: tuple[str, ...]
    numbers: tuple[Difference, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Course:
    """How a claim stands along one line of one runner's releases.

    Attributes:
        turns: between every two stretches.
        hinges: the rule answers without which it would not stand as it does on the newest release.
    """

    line: Line
    word: Word
    stretches: tuple[Stretch, ...]
    turns: tuple[Turn, ...]
    hinges: tuple[Hinge, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Unjudged:
    """Releases of a line on which a claim could not be judged; ``why`` by the smallest case."""

    line: Line
    first: Release
    last: Release
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Symptom:
    """A claim that is what somebody reported, and what became of it; ``courses`` by runner, then line."""

    claim: Claim
    entry: Entry
    courses: tuple[Course, ...]
    unjudged: tuple[Unjudged, ...]


class Clinic:
    """Looks at symptoms.

    Args:
        reasons: why behaviours differ.
        published: which releases there are, to say which changes are exact.
    """

    def __init__(self, reasons: Reasons, published: Published) -> None:
        self._reasons = reasons
        self._published = published

    def symptom(self, entry: Entry, histories: Sequence[History]) -> Symptom:
        """What became of the claim of ``entry``; ``histories`` are those of its scenario."""
        courses: list[Course] = []
        unjudged: list[Unjudged] = []
        for runner in entry.runners:
            courses += self._courses(entry, runner, histories)
            unjudged += _unjudged(entry, runner)
        return Symptom(claim=entry.claim, entry=entry, courses=tuple(courses), unjudged=tuple(unjudged))

    def _courses(self, entry: Entry, runner: str, histories: Sequence[History]) -> Iterator[Course]:
        found = [self._course(entry, line, histories) for line in _telling_lines(entry, runner)]
        seen = any(stretch.standing is Standing.HOLDS for course in found for stretch in course.stretches)
        # What is so beside another Keras version is reproduced, though not along the line of TensorFlow.
        yield from (course for course in found if course.word is not Word.NOT_REPRODUCED or not seen)

    def _course(self, entry: Entry, line: Line, histories: Sequence[History]) -> Course:
        along = stretches(line, _standings(entry, line.runner))
        turns = tuple(self._turn(entry, line, one, other, histories) for one, other in pairwise(along))
        while turns and set(turns[0].rules) == NOT_OF_THE_LAYER:
            along, turns = along[1:], turns[1:]
        symptom = entry.claim.reported
        return Course(
            line=line,
            word=word(along, symptom.called if symptom else None),
            stretches=along,
            turns=turns,
            hinges=self._hinges(entry, line.runner, along[-1], histories) if along else (),
        )

    def _turn(self, entry: Entry, line: Line, one: Stretch, other: Stretch, histories: Sequence[History]) -> Turn:
        case = _turning(entry, line.runner, one.last, other.first)
        history = _history(histories, case, line.runner)
        every = boundaries(history, line, self._published) if history is not None else ()
        found = next((each for each in every if (each.before, each.after) == (one.last, other.first)), None)
        if found is None:
            return Turn(before=one.last, after=other.first, boundary=None, rules=(), numbers=())
        sides = [At(history=found.history, release=release) for release in (found.before, found.after)]
        rules = deciding(entry.claim, found.history.examiner, self._reasons.between(*sides))
        made = [numbers[rule] for numbers in self._reasons.account(*sides).numbers for rule in rules if rule in numbers]
        return Turn(before=found.before, after=found.after, boundary=found, rules=rules, numbers=tuple(made))

    def _hinges(self, entry: Entry, runner: str, stretch: Stretch, histories: Sequence[History]) -> tuple[Hinge, ...]:
        """Of the smallest case that stands so on the newest release."""
        held = [
            one.case
            for one in entry.held
            if (one.runner, one.release, one.judgement.standing) == (runner, stretch.last, stretch.standing)
        ]
        history = _history(histories, min(held, key=size).id, runner)
        if history is None or stretch.standing not in JUDGED:
            return ()
        inference = history.examiner.inference(At(history=history, release=stretch.last).observation)
        narrowed = known(inference, self._reasons.book.profiles.get((runner, str(stretch.last))))
        return hinges(entry.claim, history.examiner, narrowed, stretch.standing)


def _standings(entry: Entry, runner: str) -> dict[Release, Standing]:
    """How it stands by release: what was reported is so where any case shows it."""
    found: dict[Release, list[Standing]] = {}
    for one in entry.held:
        if one.runner == runner:
            found.setdefault(one.release, []).append(one.judgement.standing)
    return {release: min(several, key=_DECIDES.index) for release, several in found.items()}


def _telling_lines(entry: Entry, runner: str) -> Iterator[Line]:
    """The TensorFlow line, and those of a library on which the claim does not stand as the TensorFlow line says."""
    standings = _standings(entry, runner)
    every = lines(runner, standings)
    for line in every:
        spine = {standings[release] for release in every[0].releases if release.tensorflow == line.fixed}
        if line is every[0] or {standings[release] for release in line.releases} != spine:
            yield line


def _turning(entry: Entry, runner: str, before: Release, after: Release) -> str | None:
    """The id of the smallest case whose judgement is not the same on the two sides."""
    sides: dict[str, dict[Release, Held]] = {}
    for one in entry.held:
        if one.runner == runner and one.release in (before, after):
            sides.setdefault(one.case.id, {})[one.release] = one
    turned = [
        found[before].case
        for found in sides.values()
        if len(found) == 2 and found[before].judgement.standing is not found[after].judgement.standing
    ]
    smallest = min(turned, key=size, default=None)
    return smallest.id if smallest else None


def _history(histories: Sequence[History], case: str | None, runner: str) -> History | None:
    return next((one for one in histories if one.case.id == case and one.runner == runner), None)


def _unjudged(entry: Entry, runner: str) -> Iterator[Unjudged]:
    """Where the claim could not be judged along the TensorFlow line, one after the other."""
    standings = _standings(entry, runner)
    for line in lines(runner, standings)[:1]:
        for why, group in groupby(line.releases, lambda release: _why_not(entry, runner, release, standings[release])):
            releases = list(group)
            if why is not None:
                yield Unjudged(line=line, first=releases[0], last=releases[-1], why=why)


def _why_not(entry: Entry, runner: str, release: Release, standing: Standing) -> str | None:
    """Why the claim is not judged there; ``None`` where it is."""
    held = (one.judgement for one in entry.held if (one.runner, one.release) == (runner, release))
    return None if standing in JUDGED else next(one.detail for one in held if one.standing is standing)
