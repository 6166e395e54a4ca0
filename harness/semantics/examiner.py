"""Observations of one case, each read once: what they say about the rules, and how far two of them may be apart.

A correct implementation is within the oracle's bound of what the oracle predicts for its answers. So two that
give the same answers differ by no more than the sum of their two bounds, whatever each computes on the way. An
observation that fits several sets of answers gets the widest of their bounds: whichever hold, the sum is enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import numpy as np

from harness.case import Case
from harness.diff import Diff, diff
from harness.observation import Observation
from harness.scale import BoundArray, Bounds, BoundSource, Scales
from harness.scenario import Scenario
from harness.semantics.approx import Array
from harness.semantics.infer import Inference, Reading, infer
from harness.semantics.search import Paths
from harness.tolerance import Tolerance

_Errors: TypeAlias = tuple[Mapping[str, Array], ...]
"""Per step and field, how far a correct implementation may be from what is predicted."""


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
        self._readings: dict[int, tuple[Observation, Inference, _Errors]] = {}

    def inference(self, observation: Observation) -> Inference:
        """What ``observation`` says about the rules."""
        return self._read(observation)[1]

    def bounds(self, left: Observation, right: Observation) -> Bounds:
        """How far the numbers of two observations may be apart."""
        return _Derived(self, left, right, Scales(case=self.case, tolerance=self.tolerance), self.tolerance)

    def diff(self, left: Observation, right: Observation, *, same_runner: bool = True) -> Diff:
        """What differs between two observations; see :func:`harness.diff.diff`."""
        return diff(left, right, self.bounds(left, right), same_runner=same_runner)

    def same(self, left: Observation, right: Observation) -> bool:
        """Whether two observations of one runner are one behaviour."""
        return not self.diff(left, right).differences

    def error(self, observation: Observation, step: int, field: str) -> Array | None:
        """How far a correct implementation may be from the numbers of ``field`` after ``step`` (from 0).

        ``None`` where nobody can tell: no answers predict ``observation``, or the oracle has no bound.
        """
        errors = self._read(observation)[2]
        found = errors[step].get(field) if step < len(errors) else None
        return found if found is not None and np.isfinite(found).all() else None

    def _read(self, observation: Observation) -> tuple[Observation, Inference, _Errors]:
        key = id(observation)
        if key not in self._readings:
            reading = infer(self.case.id, self._paths, observation)
            # The observation is kept with what it says, or another one could get its id.
            self._readings[key] = observation, reading.inference, _widest(reading)
        return self._readings[key]


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


def _widest(reading: Reading) -> _Errors:
    widest: list[dict[str, Array]] = []
    for prediction in reading.predictions:
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
        self, examiner: Examiner, left: Observation, right: Observation, scales: Scales, tolerance: Tolerance
    ) -> None:
        self._examiner = examiner
        self._sides = left, right
        self._scales = scales
        self._tolerance = tolerance

    def bounds(self, step: int, field: str, dtypes: tuple[str, str], shape: tuple[int, ...]) -> BoundArray:
        """See :class:`harness.scale.Bounds`."""
        total = None if field in self._tolerance.bounds else self._sum(step, field, dtypes)
        if total is None:
            return self._scales.bounds(step, field, dtypes, shape)
        return BoundArray(atol=total, rtol=0.0, source=BoundSource.ORACLE)

    def _sum(self, step: int, field: str, dtypes: tuple[str, str]) -> Array | None:
        """The two errors together; of one side that the oracle knows twice its own, if the other has its dtype."""
        ours, theirs = (self._examiner.error(side, step, field) for side in self._sides)
        if ours is not None and theirs is not None:
            return ours + theirs
        known = ours if theirs is None else theirs
        return 2 * known if known is not None and dtypes[0] == dtypes[1] else None
