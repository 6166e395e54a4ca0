"""What all recorded behaviours together say about the rules: a profile per release, and what is left over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import Protocol

from harness.case import Case
from harness.golden import Behaviour
from harness.rules import BY_ID, RULES
from harness.semantics.examiner import Examiner
from harness.semantics.infer import Inference, Profile, loosened, profile


class Recorded(Protocol):
    """All behaviours of one case and runner."""

    @property
    def case(self) -> Case:
        """What was run."""

    @property
    def runner(self) -> str:
        """Who ran it."""

    @property
    def behaviours(self) -> tuple[Behaviour, ...]:
        """In the order of their lowest releases."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """One recorded behaviour and what it says."""

    case: Case
    runner: str
    behaviour: Behaviour
    inference: Inference


@dataclass(frozen=True, kw_only=True, slots=True)
class Ledger:
    """Every recorded behaviour with its inference, and the profiles that they add up to.

    Attributes:
        profiles: by runner and release, as the release is written.
    """

    readings: tuple[Reading, ...]
    profiles: Mapping[tuple[str, str], Profile]

    def unexplained(self) -> tuple[Reading, ...]:
        """Behaviours that no assignment predicts."""
        return tuple(reading for reading in self.readings if not reading.inference.assignments)

    def contradicted(self) -> tuple[tuple[str, str, str], ...]:
        """Runner, release and rule wherever the cases of a release do not fit together."""
        return tuple(
            (runner, release, contradiction.rule)
            for (runner, release), found in self.profiles.items()
            for contradiction in found.contradictions
        )

    def showing(self, rule: str) -> tuple[Reading, ...]:
        """Behaviours that say something about ``rule``."""
        every = frozenset(BY_ID[rule].answer_ids)
        return tuple(reading for reading in self.readings if frozenset() < reading.inference.answers(rule) < every)

    def undistinguished(self) -> tuple[str, ...]:
        """Rules that recorded cases ask and no two releases answer differently, whoever the runners are."""
        asked = {rule for reading in self.readings for one in reading.inference.assignments for rule in one}
        return tuple(rule.id for rule in RULES if rule.id in asked and not self.distinguished(rule.id))

    def distinguished(self, rule: str) -> bool:
        """Whether two releases are known to answer ``rule`` differently."""
        known = {found.answers[rule] for found in self.profiles.values() if rule in found.answers}
        # A release that answers in two ways has no answer, and still shows both.
        known |= {left for reading in self.readings if (left := reading.inference.answers(rule))}
        return any(not one & other for one, other in combinations(known, 2))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Said:
    """What a behaviour says about one of its releases, and what it surely says if its numbers are another's."""

    inference: Inference
    joined: Callable[[], Inference] | None


def _reconciled(said: Sequence[_Said]) -> Profile:
    """What fits all that was said; where that does not fit together, by what is sure of numbers measured elsewhere."""
    found = profile(one.inference for one in said)
    clashing = {contradiction.rule for contradiction in found.contradictions}
    if not clashing:
        return found
    return profile(_surely(one, clashing) for one in said)


def _surely(one: _Said, clashing: Set[str]) -> Inference:
    asks = any(clashing & assignment.keys() for assignment in one.inference.assignments)
    return one.joined() if one.joined is not None and asks else one.inference


def ledger(recorded: Iterable[Recorded], known: Mapping[str, Examiner] | None = None) -> Ledger:
    """Infer every behaviour and, release by release, what fits all of them.

    Args:
        recorded: the behaviours, by case and runner.
        known: by case id; what these examiners have read is not read again.
    """
    examiners = dict(known or {})
    readings: list[Reading] = []
    by_release: dict[tuple[str, str], list[_Said]] = {}
    for one in recorded:
        examiner = examiners.setdefault(one.case.id, Examiner(one.case))
        for behaviour in one.behaviours:
            inference = examiner.inference(behaviour.observation)
            readings.append(Reading(case=one.case, runner=one.runner, behaviour=behaviour, inference=inference))
            weaker = loosened(inference)
            for place, release in enumerate(behaviour.releases):
                # Golden keeps what the lowest release measured; the others are equal within tolerance.
                said = weaker if place else inference
                elsewhere = place and behaviour.observation.steps
                joined = partial(examiner.joined, behaviour.observation) if elsewhere else None
                by_release.setdefault((one.runner, release), []).append(_Said(inference=said, joined=joined))
    profiles = {key: _reconciled(found) for key, found in by_release.items()}
    return Ledger(readings=tuple(readings), profiles=profiles)


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """Consecutive releases of a line that answer a rule alike; ``answers`` is empty where they are not known to."""

    answers: tuple[str, ...]
    first: str
    last: str


def spans(book: Ledger, rule: str, runner: str, releases: Sequence[str]) -> tuple[Span, ...]:
    """How ``releases``, lowest first, answer ``rule``; a release that shows nothing stands between others."""
    found: list[Span] = []
    for release in releases:
        known = book.profiles.get((runner, release))
        left = known.answers.get(rule, frozenset()) if known else frozenset()
        answers = tuple(answer for answer in BY_ID[rule].answer_ids if answer in left)
        if found and found[-1].answers == answers:
            found[-1] = Span(answers=answers, first=found[-1].first, last=release)
        else:
            found.append(Span(answers=answers, first=release, last=release))
    return tuple(found)
