"""From measurements to answers: of one observation, and of a release over all of its observations."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from harness.observation import Observation
from harness.rules import BY_ID, RULES
from harness.semantics.agreement import Residual, residual
from harness.semantics.approx import Approx
from harness.semantics.prediction import Fact, Prediction
from harness.semantics.search import Assignment, Paths


@dataclass(frozen=True, kw_only=True, slots=True)
class Inference:
    """What one observation of a case says about the rules.

    Attributes:
        case: its id.
        assignments: every way to answer the asked rules under which the oracle predicts the observation; in
            each, a rule has the answers that come to the same. Empty: the observation is UNEXPLAINED.
        residual: where the prediction that went furthest goes wrong; ``None`` when there are assignments.
        unlikely: more ways that predict it, left out because they allow much more error than there was: so they
            did by chance if at all.
    """

    case: str
    assignments: tuple[Assignment, ...]
    residual: Residual | None
    unlikely: tuple[Assignment, ...] = ()

    def answers(self, rule: str) -> frozenset[str]:
        """The answers to ``rule`` that agree; all of them where the case does not depend on it."""
        if not self.assignments:
            return frozenset()
        every = frozenset(BY_ID[rule].answer_ids)
        return frozenset().union(*(one.get(rule, every) for one in self.assignments))

    def settled(self) -> Mapping[str, frozenset[str]]:
        """The rules that the observation says something about, and the answers that it leaves."""
        found = {rule.id: self.answers(rule.id) for rule in RULES}
        return {rule: left for rule, left in found.items() if left and len(left) < len(BY_ID[rule].answers)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Contradiction:
    """A rule that no answer fits in all cases of a release.

    Attributes:
        cases: the answers that each case leaves, by case id: those that cannot be had together.
    """

    rule: str
    cases: Mapping[str, frozenset[str]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """What a release is to the oracle: its answers.

    Attributes:
        answers: per rule the answers that fit every case; a rule that no case says anything about is absent,
            and so is one with a contradiction.
        contradictions: rules whose cases do not fit together.
        unexplained: ids of the cases that no assignment predicts.
    """

    answers: Mapping[str, frozenset[str]]
    contradictions: tuple[Contradiction, ...]
    unexplained: tuple[str, ...]

    def answer(self, rule: str) -> str | None:
        """The answer to ``rule`` if exactly one fits; ``None`` while the rule is open."""
        fitting = self.answers.get(rule, frozenset())
        return next(iter(fitting)) if len(fitting) == 1 else None


JOINED = 3.0
"""Times the bound that a recorded number may be from what a release computes whose behaviour was joined to it: they
are no more than their two bounds apart, and the release is within its own of the prediction."""


class _Accept:
    """Accepts what an observation shows, and remembers the contradiction that came last on any path.

    Args:
        observation: what was measured.
        within: so many times the bound of a prediction.
    """

    def __init__(self, observation: Observation, within: float = 1.0) -> None:
        self._observation = observation
        self._within = within
        self._furthest = -1
        self.residual: Residual | None = None

    def __call__(self, fact: Fact, place: int) -> bool:
        found = residual(fact, self._observation)
        if found is None or found.ratio <= self._within:
            return True
        closer = place == self._furthest and self.residual is not None and found.ratio < self.residual.ratio
        if place > self._furthest or closer:
            self._furthest, self.residual = place, found
        return False


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """An inference, and for each of its assignments what the oracle predicts under it."""

    inference: Inference
    predictions: tuple[Prediction, ...]


def infer(case: str, paths: Paths, observation: Observation, within: float = 1.0) -> Reading:
    """The answers under which the oracle predicts ``observation`` within its bound.

    Args:
        case: its id.
        paths: of the case.
        observation: what was measured.
        within: so many times its bound.
    """
    accept = _Accept(observation, within)
    found = tuple(paths.search(accept))
    blunt = [any(_sharpens(other, one) for other in found) for one in found]
    kept = [one for one, out in zip(found, blunt, strict=True) if not out]
    inference = Inference(
        case=case,
        assignments=tuple(assignment for assignment, _ in kept),
        residual=None if found else _unknown(paths.beyond) if paths.beyond else accept.residual,
        unlikely=tuple(assignment for (assignment, _), out in zip(found, blunt, strict=True) if out),
    )
    return Reading(inference=inference, predictions=tuple(prediction for _, prediction in kept))


def first_prediction(paths: Paths, observation: Observation) -> tuple[Prediction, ...]:
    """What the oracle predicts under the first answers that fit ``observation``; nothing where none do.

    It is one of the predictions of :func:`infer`, which finds them in the same order: answers that round less
    come before those that differ from them only by allowing more error.
    """
    return tuple(prediction for _, prediction in islice(paths.search(_Accept(observation)), 1))


def _unknown(what: str) -> Residual:
    predicted = f"none, since {what}"
    return Residual(
        step=None, field="the experiment", predicted=predicted, measured="measured", error=math.inf, bound=0.0
    )


_SHARP_BITS = 16.0
_SHARP_FACTOR = 4.0
_COARSE_FACTOR = 64.0


def _sharpens(sharp: tuple[Assignment, Prediction], blunt: tuple[Assignment, Prediction]) -> bool:
    """Whether ``blunt`` differs from ``sharp`` only by allowing much more error, which was not needed.

    A result that rounds after every operation is anywhere within its bound, so that it comes within a bound 2**k
    times smaller once in 2**k times. Where all numbers together would do so once in 2**16 times it is no accident;
    fewer numbers, or a bound that other errors dominate, leave the question open.
    """
    ours, theirs = sharp[0], blunt[0]
    if ours.keys() != theirs.keys():
        return False
    differing = [rule for rule in ours if ours[rule] != theirs[rule]]
    if not differing or not all(_first(rule, ours[rule]) for rule in differing):
        return False
    return _surprisal(sharp[1], blunt[1]) >= _SHARP_BITS


def _first(rule: str, answers: frozenset[str]) -> bool:
    return BY_ID[rule].sharpest_first and BY_ID[rule].answer_ids[0] in answers


def picked(assignment: Assignment) -> dict[str, str]:
    """One answer per rule out of an assignment: of those that come to the same, the first."""
    return {rule: next(one for one in BY_ID[rule].answer_ids if one in left) for rule, left in assignment.items()}


def _surprisal(sharp: Prediction, blunt: Prediction) -> float:
    """How seldom what errs as ``blunt`` allows comes within the bounds of ``sharp`` in all numbers: -log2 of that."""
    bits = 0.0
    for ours, theirs in zip(sharp.steps, blunt.steps, strict=False):
        for name in ours.keys() & theirs.keys():
            narrow, wide = (
                np.broadcast_to(one[name].number.error, one[name].number.value.shape) for one in (ours, theirs)
            )
            with np.errstate(divide="ignore", invalid="ignore"):
                ratio = np.nan_to_num(wide / narrow, nan=0.0, posinf=0.0)
            telling = (ratio > _SHARP_FACTOR) & ~_on_coarse_grid(ours[name].number, wide, ratio)
            bits += float(np.log2(ratio[telling]).sum())
    return bits


def _on_coarse_grid(number: Approx, wide: NDArray[np.float64], ratio: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which values a dtype of far fewer digits can hold as well: rounding to it may lose nothing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        spacing = np.exp2(np.floor(np.log2(wide / 8)))
        off = np.abs(number.value - np.round(number.value / spacing) * spacing)
    return (ratio > _COARSE_FACTOR) & ~(off > number.error)


def loosened(inference: Inference) -> Inference:
    """What an inference says about releases that are equal to the measured one within tolerance only.

    Nothing about rules that last digits decide.
    """
    fine = {rule.id for rule in RULES if rule.fine}
    without = [{rule: left for rule, left in one.items() if rule not in fine} for one in inference.assignments]
    unique = {tuple(sorted((rule, tuple(sorted(left))) for rule, left in one.items())): one for one in without}
    unlikely = tuple({rule: left for rule, left in one.items() if rule not in fine} for one in inference.unlikely)
    return replace(inference, assignments=tuple(unique.values()), unlikely=unlikely)


def digits_lost(one: Inference, other: Inference) -> bool:
    """Whether only one of two experiments kept digits that the other lost, and no answers fit both.

    Last digits do not count: releases of one behaviour do not keep them.
    """
    clashes = [_clashing(ours, theirs) for ours in one.assignments for theirs in other.assignments]
    return bool(clashes) and all(clashes) and any(map(_about_digits, clashes))


def _clashing(one: Assignment, other: Assignment) -> set[str]:
    return {rule for rule in one.keys() & other.keys() if not BY_ID[rule].fine and not one[rule] & other[rule]}


def _about_digits(rules: Iterable[str]) -> bool:
    return all(BY_ID[rule].sharpest_first for rule in rules)


def profile(inferences: Iterable[Inference]) -> Profile:
    """The answers that fit all observations of one runner on one release.

    Each case narrows what the others leave open, until nothing changes: an assignment of a case is given up
    when it needs an answer that another case rules out. What is merely unlikely is given up last, where what is
    left without it fits the other cases.
    """
    cases = list(inferences)
    unexplained = tuple(one.case for one in cases if not one.assignments)
    cases = [one for one in cases if one.assignments]
    answers: dict[str, frozenset[str]] = {}
    clashing: set[str] = set()
    for likely in (False, True):
        before = None
        while answers != before:
            before = dict(answers)
            for one in cases:
                _narrow(answers, clashing, one, likely=likely)
    found = tuple(
        Contradiction(rule=rule.id, cases={one.case: left for one in cases if (left := _says(one, rule.id))})
        for rule in RULES
        if rule.id in clashing
    )
    kept = {rule.id: answers[rule.id] for rule in RULES if rule.id in answers and rule.id not in clashing}
    return Profile(answers=kept, contradictions=found, unexplained=unexplained)


def _says(one: Inference, rule: str) -> frozenset[str]:
    left = one.answers(rule)
    return left if len(left) < len(BY_ID[rule].answers) else frozenset()


def compatible(assignment: Assignment, answers: Mapping[str, frozenset[str]]) -> bool:
    """Whether no rule of ``assignment`` needs an answer that ``answers`` rules out."""
    return all(answers[rule] & wanted for rule, wanted in assignment.items() if rule in answers)


def _narrow(answers: dict[str, frozenset[str]], clashing: set[str], one: Inference, *, likely: bool) -> None:
    """Leave what fits a case as well, of what is ``likely`` alone if anything of that fits."""
    sound = {rule: left for rule, left in answers.items() if rule not in clashing}
    considered = one.assignments if likely else (*one.assignments, *one.unlikely)
    possible = [assignment for assignment in considered if compatible(assignment, sound)]
    if possible:
        _intersect(answers, clashing, possible)
    elif not likely:
        clashing.update(_clash(one, sound))


def _intersect(answers: dict[str, frozenset[str]], clashing: set[str], possible: list[Assignment]) -> None:
    """Leave the answers that one of the ``possible`` assignments of a case gives."""
    for rule in {name for assignment in possible for name in assignment}:
        every = frozenset(BY_ID[rule].answer_ids)
        left = frozenset().union(*(assignment.get(rule, every) for assignment in possible))
        if len(left) < len(every) and rule not in clashing:
            answers[rule] = answers.get(rule, every) & left


def _clash(one: Inference, sound: Mapping[str, frozenset[str]]) -> set[str]:
    """The fewest rules that stand between a case and the answers of the other cases."""
    wanting = [
        {rule for rule, wanted in assignment.items() if rule in sound and not sound[rule] & wanted}
        for assignment in one.assignments
    ]
    return min(wanting, key=lambda rules: (len(rules), sorted(rules)))
