"""How far apart the answers of a rule are in a case, in bounds: whether an experiment can tell them from each other."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from harness.case import Case
from harness.rules import BY_ID
from harness.semantics.approx import UNIT, Array
from harness.semantics.archetypes import ARCHETYPES
from harness.semantics.asking import Ask, BeyondTheOracle, Effect, Fixed
from harness.semantics.oracle import facts
from harness.semantics.prediction import Field, Prediction
from harness.semantics.remembering import equal
from harness.tolerance import Bound, Tolerance

ENOUGH = 10.0
"""Bounds between two answers from which on a case tells them apart beyond doubt."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Distance:
    """How far two predictions are apart.

    Attributes:
        bounds: the largest multiple of the bound by which a number differs; infinite where what differs is no
            finite number; 0 where nothing differs but the rounding of the oracle itself.
        place: ``moving_variance after step 1``, ``raised``, ``fused``; empty where nothing differs.
    """

    bounds: float
    place: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Separation:
    """Two answers to one rule, and how far apart they are in a case.

    Attributes:
        answers: in the order of the rule.
        case: id of the case.
        layer: the archetype whose answer was changed.
    """

    rule: str
    answers: tuple[str, str]
    distance: Distance
    case: str
    layer: str


def separations(
    cases: Iterable[Case],
    tolerance: Tolerance,
    *,
    enough: float = ENOUGH,
    settled: Collection[tuple[str, tuple[str, str]]] = (),
) -> tuple[Separation, ...]:
    """For every two answers that make a difference in any of ``cases`` the largest distance.

    A case that the oracle does not know separates nothing.

    Args:
        cases: of one scenario.
        tolerance: its own bounds, which go before the oracle's.
        enough: two answers so many bounds apart are not looked at again.
        settled: rules and answers that need no looking at.
    """
    best: dict[tuple[str, tuple[str, str]], Separation] = {}
    for case in cases:
        for layer, given in ARCHETYPES.items():
            noting = _Noting(given)
            before = _predicted(case, noting)
            if before is None:
                continue
            for rule, answer in noting.changes():
                pair = _pair(rule, given[rule], answer)
                known = best.get((rule, pair))
                if (rule, pair) in settled or (known and known.distance.bounds >= enough):
                    continue
                after = _predicted(case, Fixed({**given, rule: answer}))
                distance = apart(before, after, tolerance) if after else None
                if distance and (known is None or distance.bounds > known.distance.bounds):
                    found = Separation(rule=rule, answers=pair, distance=distance, case=case.id, layer=layer)
                    best[rule, pair] = found
    return tuple(best.values())


def _predicted(case: Case, ask: Ask) -> Prediction | None:
    try:
        return Prediction.of(facts(case, ask))
    except BeyondTheOracle:
        return None


def _pair(rule: str, one: str, other: str) -> tuple[str, str]:
    first, second = (answer for answer in BY_ID[rule].answer_ids if answer in (one, other))
    return first, second


class _Noting:
    """Asks a complete set of answers, and notes which others would have led another way."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = given
        self._others: dict[tuple[str, str], None] = {}

    def __call__(self, rule: str, effects: Mapping[str, Effect]) -> Effect:
        """The effect of the answer to ``rule``."""
        effect = effects[self._given[rule]]
        self._others.update(((rule, other), None) for other, way in effects.items() if not equal(effect, way))
        return effect

    def changes(self) -> tuple[tuple[str, str], ...]:
        """Rules and the answers to them that lead another way."""
        return tuple(self._others)


def apart(one: Prediction, other: Prediction, tolerance: Tolerance) -> Distance:
    """How far two predictions of one case are apart."""
    if (one.raised, len(one.steps)) != (other.raised, len(other.steps)):
        return Distance(bounds=math.inf, place="raised")
    if one.several is not other.several:
        return Distance(bounds=math.inf, place="repetitions")
    for name in one.structure:
        if one.structure[name] != other.structure.get(name):
            return Distance(bounds=math.inf, place=name)
    return max(
        _numbers(one, other, tolerance), key=lambda distance: distance.bounds, default=Distance(bounds=0, place="")
    )


def _numbers(one: Prediction, other: Prediction, tolerance: Tolerance) -> Iterator[Distance]:
    for step, (mine, theirs) in enumerate(zip(one.steps, other.steps, strict=True), start=1):
        for name in {**mine, **theirs}:
            bounds = math.inf
            if name in mine and name in theirs:
                bounds = _field(mine[name], theirs[name], tolerance.bounds.get(name))
            yield Distance(bounds=bounds, place=f"{name} after step {step}" if bounds else "")


def _field(mine: Field, theirs: Field, own: Bound | None) -> float:
    """The largest multiple of the bound between two arrays; infinite where they are not of one kind."""
    a, b = mine.number.value, theirs.number.value
    if mine.dtype != theirs.dtype or a.shape != b.shape:
        return math.inf
    with np.errstate(all="ignore"):
        gap = np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0.0, np.abs(a - b))
        allowed = np.broadcast_to(mine.number.error + theirs.number.error, gap.shape)
        # What the oracle itself may err by in float64 is no difference between answers; where the arithmetic leaves
        # a number open altogether, nothing is.
        none = (gap <= allowed * (UNIT["float64"] / UNIT.get(mine.dtype, 1.0))) | np.isinf(allowed)
        gap = np.where(none, 0.0, gap)
        bound = allowed if own is None else own.atol + own.rtol * np.maximum(np.abs(a), np.abs(b))
        return _largest(gap, np.asarray(bound))


def _largest(gap: Array, bound: Array) -> float:
    """A number against NaN or an infinity is apart by more than any bound, and nothing is apart from itself."""
    ratios = np.where(gap == 0, 0.0, np.where(np.isfinite(gap), gap / bound, math.inf))
    return float(np.max(ratios, initial=0.0))
