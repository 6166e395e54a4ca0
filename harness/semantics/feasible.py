"""Which recipes are worth a run: the oracle's opinion, from what the target has shown so far.

Its opinion saves runs and decides nothing else: what it lets pass is run, and only that run counts.
"""

from __future__ import annotations

import numpy as np

from harness.case import Case
from harness.observation import Observation
from harness.scale import Scales
from harness.semantics.approx import Approx
from harness.semantics.examiner import Examiner
from harness.semantics.infer import Inference, profile
from harness.semantics.prediction import Fact, Field, FieldFact, StepsFact
from harness.semantics.recipes import Extra, Recipe, case_of
from harness.semantics.search import Assignment, Paths
from harness.tensor import FLOATS, Tensor
from harness.tolerance import Tolerance

_ASSIGNING = frozenset({Extra.RESTORE, Extra.SAMPLE_VARIANCE})


class Oracle:
    """Rules recipes out for one case and one target, and learns from every run.

    Args:
        case: what is to be reproduced.
        source: what was measured for it.
        tolerance: of the scenario.
    """

    def __init__(self, case: Case, source: Observation, tolerance: Tolerance) -> None:
        self._case = case
        self._source = source
        self._scales = Scales(case=case, tolerance=tolerance)
        self._inferences: list[Inference] = []
        self._allowed: Assignment = {}

    def learn(self, recipe: Recipe, observed: Observation) -> None:
        """Take in what the target did with ``recipe``: its answers, as far as the oracle knows them."""
        if recipe.extras or not _modelled(recipe):
            return
        self._inferences.append(Examiner(case_of(self._case, recipe)).inference(observed))
        self._allowed = profile(self._inferences).answers

    def possible(self, recipe: Recipe) -> bool:
        """Whether some answers that the target may give make ``recipe`` show what the source shows.

        Of a recipe that assigns variables only the first call's output is asked about.
        """
        if not _modelled(recipe):
            return True
        assigning = bool(recipe.extras & _ASSIGNING)
        every = Paths(case_of(self._case, recipe), self._allowed).search(lambda fact, _: self._accepts(fact, assigning))
        return next(every, None) is not None

    def _accepts(self, fact: Fact, assigning: bool) -> bool:
        match fact:
            case StepsFact(steps=steps, raised=raised):
                ended = self._source.raised.type if self._source.raised else None
                return (steps, raised) == (len(self._source.steps), ended)
            case FieldFact(step=step, name=name, field=field):
                return (assigning and (step, name) != (0, "output")) or self._near(step, name, field)
        return True

    def _near(self, step: int, name: str, field: Field) -> bool:
        """Whether what was measured may be ``field``, whatever shape its variables have."""
        measured = self._source.steps[step].get(name)
        if measured is None or measured.dtype != field.dtype or measured.size != field.number.value.size:
            return False
        return self._within(step, name, field.number.reshape(measured.shape), measured)

    def _within(self, step: int, name: str, number: Approx, measured: Tensor) -> bool:
        """The oracle's bound may be narrower than the one that verifies, so both have to be left behind."""
        shown = measured.float64()
        bounds = self._scales.bounds(step, name, (measured.dtype, measured.dtype), measured.shape)
        with np.errstate(invalid="ignore"):
            allowed = number.error + bounds.atol + bounds.rtol * np.maximum(np.abs(shown), np.abs(number.value))
            near = np.abs(shown - number.value) <= allowed
        return bool(np.all(near | (shown == number.value) | (np.isnan(shown) & np.isnan(number.value))))


def _modelled(recipe: Recipe) -> bool:
    return Extra.MERGE_AXES not in recipe.extras and recipe.layer.get("dtype") in (None, *FLOATS)
