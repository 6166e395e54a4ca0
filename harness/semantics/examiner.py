"""Observations of one case, each read once: what they say about the rules, and how far two of them may be apart.

A correct implementation is within the oracle's bound of what the oracle predicts for its answers. So two that
give the same answers differ by no more than the sum of their two bounds, whatever each computes on the way. An
observation that fits several sets of answers gets the widest of their bounds: whichever hold, the sum is enough.
Of two that only how many digits were kept tells apart, the wider bound is no excuse, only the narrower one, on either
side: averages in 16 bits explain what lost digits, not how it comes to differ from what lost none.

Most pairs are within the narrower bound of the first answers that fit, and that is never wider than the one that
counts; so only pairs beyond it are worth the search for all answers.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from harness.case import Case
from harness.diff import Diff, DifferenceKind, diff
from harness.observation import Observation, Result
from harness.scale import BoundArray, Bounds, BoundSource, Scales
from harness.scenario import Scenario
from harness.semantics.approx import Array
from harness.semantics.infer import JOINED, Inference, digits_lost, first_prediction, infer, loosened
from harness.semantics.prediction import Prediction
from harness.semantics.search import Paths
from harness.settled import settled
from harness.tolerance import Tolerance

_Errors: TypeAlias = tuple[Mapping[str, Array], ...]
"""Per step and field, how far a correct implementation may be from what is predicted."""

_Error: TypeAlias = Callable[[Observation, int, str], Array | None]
"""Of an observation, a step and a field: how far a correct implementation may be from its numbers."""


class Examiner:
    """Reads observations of ``case``.

    Args:
        case: what was run.
        tolerance: the scenario's own bounds, which go before the oracle's.
    """

    def __init__(self, case: Case, tolerance: Tolerance | None = None) -> None:
        self.case = case
        self.tolerance = tolerance or Tolerance()
        self._paths = Paths(case)
        self._first: dict[int, _Errors] = {}
        self._readings: dict[int, tuple[Inference, _Errors]] = {}
        self._joined: dict[int, Inference] = {}
        self._diffs: dict[tuple[int, int, bool], Diff] = {}
        # They are kept, or another one could get the identity of one that was read.
        self._seen: dict[int, tuple[Observation, int]] = {}
        self._contents: dict[Hashable, int] = {}

    def inference(self, observation: Observation) -> Inference:
        """What ``observation`` says about the rules."""
        return self._read(observation)[0]

    def joined(self, observation: Observation) -> Inference:
        """What ``observation`` says about a release that is equal to it within tolerance: all that it may compute."""
        number = self._number(observation)
        if number not in self._joined:
            self._joined[number] = loosened(infer(self.case.id, self._paths, observation, JOINED).inference)
        return self._joined[number]

    def bounds(self, left: Observation, right: Observation) -> Bounds:
        """How far the numbers of two observations may be apart."""
        lost = digits_lost(self.inference(left), self.inference(right))
        return self._bounds(left, right, self.error, narrow=lost)

    def diff(self, left: Observation, right: Observation, *, same_runner: bool = True) -> Diff:
        """What differs between two observations; see :func:`harness.diff.diff`."""
        pair = self._number(left), self._number(right), same_runner
        if pair not in self._diffs:
            least = self._bounds(left, right, self._error_at_least, narrow=True)
            found = diff(left, right, least, same_runner=same_runner)
            if any(difference.kind is DifferenceKind.VALUE for difference in found.differences):
                found = diff(left, right, self.bounds(left, right), same_runner=same_runner)
            self._diffs[pair] = found
        return self._diffs[pair]

    def same(self, left: Observation, right: Observation) -> bool:
        """Whether two observations of one runner are one behaviour."""
        return not self.diff(left, right).differences

    def settled(self, observation: Observation) -> Observation:
        """What repeating the experiment came to: results that differ within the bounds only are not several."""
        distinct: list[Result] = []
        for one in observation.results:
            known = [place for place, other in enumerate(distinct) if self.same(one.observation, other.observation)]
            if known:
                other = distinct[known[0]]
                distinct[known[0]] = replace(other, times=other.times + one.times)
            else:
                distinct.append(one)
        if len(distinct) < 2:
            return replace(observation, results=())
        found = (self.diff(distinct[0].observation, one.observation) for one in distinct[1:])
        differing = {(each.step - 1, each.field) for one in found for each in one.differences if each.step is not None}
        return settled(distinct, differing)

    def error(self, observation: Observation, step: int, field: str) -> Array | None:
        """How far a correct implementation may be from the numbers of ``field`` after ``step`` (from 0).

        ``None`` where nobody can tell: no answers predict ``observation``, or the oracle has no bound.
        """
        return _finite(self._read(observation)[1], step, field)

    def _error_at_least(self, observation: Observation, step: int, field: str) -> Array | None:
        """The same under the first answers that fit: no more than :meth:`error`, and found much sooner."""
        number = self._number(observation)
        if number in self._readings:
            return self.error(observation, step, field)
        if number not in self._first:
            self._first[number] = _widest(first_prediction(self._paths, observation))
        return _finite(self._first[number], step, field)

    def _bounds(self, left: Observation, right: Observation, error: _Error, *, narrow: bool) -> Bounds:
        scales = Scales(case=self.case, tolerance=self.tolerance)
        return _Derived(error, (left, right), scales, self.tolerance, narrow=narrow)

    def _read(self, observation: Observation) -> tuple[Inference, _Errors]:
        number = self._number(observation)
        if number not in self._readings:
            reading = infer(self.case.id, self._paths, observation)
            self._readings[number] = reading.inference, _widest(reading.predictions)
        return self._readings[number]

    def _number(self, observation: Observation) -> int:
        """The same for observations that are alike to the bit: most releases show what another one does."""
        if id(observation) not in self._seen:
            content = _content(observation)
            self._seen[id(observation)] = observation, self._contents.setdefault(content, len(self._contents))
        return self._seen[id(observation)][1]


class Examiners:
    """One examiner for every case of ``scenarios``, made when it is first asked for."""

    def __init__(self, scenarios: Iterable[Scenario]) -> None:
        self._tolerances = {scenario.name: scenario.tolerance for scenario in scenarios}
        self._made: dict[str, Examiner] = {}

    def of(self, case: Case) -> Examiner:
        """The examiner of ``case``."""
        if case.id not in self._made:
            self._made[case.id] = Examiner(case, self._tolerances[case.scenario])
        return self._made[case.id]

    def bounds(self, case: Case, left: Observation, right: Observation) -> Bounds:
        """How far the numbers of two observations of ``case`` may be apart."""
        return self.of(case).bounds(left, right)


def _content(observation: Observation) -> Hashable:
    """All of it that anything depends on here."""
    if observation.results:
        # What was seen besides the settled form is read of each.
        return id(observation)
    steps = tuple(tuple(sorted(fields.items())) for fields in observation.steps)
    raised = observation.raised.type if observation.raised else None
    return steps, observation.structure, raised, observation.nondeterministic


def _finite(errors: _Errors, step: int, field: str) -> Array | None:
    found = errors[step].get(field) if step < len(errors) else None
    return found if found is not None and np.isfinite(found).all() else None


def _widest(predictions: Iterable[Prediction]) -> _Errors:
    widest: list[dict[str, Array]] = []
    for prediction in predictions:
        for step, fields in enumerate(prediction.steps):
            widest.extend({} for _ in range(step + 1 - len(widest)))
            for name, field in fields.items():
                before = widest[step].get(name)
                error = field.number.error
                widest[step][name] = error if before is None else np.maximum(before, error)
    return tuple(widest)


class _Derived:
    """The bounds of two observations: the scenario's, else the oracle's, else those of the data."""

    def __init__(
        self,
        error: _Error,
        sides: tuple[Observation, Observation],
        scales: Scales,
        tolerance: Tolerance,
        *,
        narrow: bool,
    ) -> None:
        self._error = error
        self._sides = sides
        self._narrow = narrow
        self._scales = scales
        self._tolerance = tolerance

    def bounds(self, step: int, field: str, dtypes: tuple[str, str], shape: tuple[int, ...]) -> BoundArray:
        """See :class:`harness.scale.Bounds`."""
        total = None if field in self._tolerance.bounds else self._sum(step, field, dtypes)
        if total is None:
            return self._scales.bounds(step, field, dtypes, shape)
        return BoundArray(atol=total, rtol=0.0, source=BoundSource.ORACLE)

    def _sum(self, step: int, field: str, dtypes: tuple[str, str]) -> Array | None:
        """The two errors together; of one side that the oracle knows twice its own, if the other has its dtype.

        Twice the smaller of two of one dtype, where only one of them lost digits.
        """
        ours, theirs = (self._error(side, step, field) for side in self._sides)
        if ours is not None and theirs is not None:
            narrow = self._narrow and dtypes[0] == dtypes[1]
            return 2 * np.minimum(ours, theirs) if narrow else ours + theirs
        known = ours if theirs is None else theirs
        return 2 * known if known is not None and dtypes[0] == dtypes[1] else None
