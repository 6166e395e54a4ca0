"""The other side of the bound: no recorded behaviour of any release is beyond it, and none makes a joke of it.

``pytest -rP`` prints the table.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from tabulate import tabulate

from harness.case import Case
from harness.golden import read
from harness.observation import Observation
from harness.semantics.infer import infer
from harness.semantics.prediction import Prediction
from harness.semantics.search import Paths
from harness.tensor import FLOATS
from tests.integration.shipped import ROOT, shipped_scenarios

GOLDEN = ROOT.parent / "golden"
TIGHT = {
    ("bfloat16", "output"): 0.5,
    ("float16", "output"): 0.5,
    ("float32", "output"): 0.1,
    ("float32", "moving_mean"): 0.1,
    ("float32", "moving_variance"): 0.1,
    ("float64", "output"): 0.05,
}
"""How near the worst release has to come to the bound: one that nobody comes near says nothing."""


@dataclass(frozen=True)
class Worst:
    ratio: float
    where: str


def errors(prediction: Prediction, shown: Observation) -> Iterator[tuple[tuple[str, str], float]]:
    """Dtype and name of every field, and its largest error as a share of the bound."""
    for fields, measured in zip(prediction.steps, shown.steps, strict=True):
        for name, field in fields.items():
            if name not in measured and shown.nondeterministic:
                continue
            value, bound = np.broadcast_arrays(field.number.value, field.number.error)
            with np.errstate(invalid="ignore"):
                gap = np.abs(value - measured[name].float64())
            off = np.isfinite(gap) & (gap > 0)
            yield (field.dtype, name), float(np.max(gap[off] / bound[off], initial=0.0))


def best(case: Case, paths: Paths, shown: Observation) -> dict[tuple[str, str], float] | None:
    """Per field the share of the bound under the answers that fit best; ``None``: nothing fits."""
    found: dict[tuple[str, str], float] = {}
    reading = infer(case.id, paths, shown)
    for prediction in reading.predictions:
        ratios: dict[tuple[str, str], float] = {}
        for key, ratio in errors(prediction, shown):
            ratios[key] = max(ratio, ratios.get(key, 0.0))
        found = {key: min(ratio, found.get(key, ratio)) for key, ratio in ratios.items()}
    return found if reading.predictions else None


@cache
def worst() -> tuple[dict[tuple[str, str], Worst], list[str]]:
    """The largest share of the bound by dtype and field, and what is beyond it."""
    found: dict[tuple[str, str], Worst] = {}
    beyond: list[str] = []
    for scenario in shipped_scenarios():
        golden = read(GOLDEN, scenario.name)
        for case in scenario.cases:
            recorded = golden.cases.get(case.key) if golden else None
            paths = Paths(case)
            for runner, behaviours in recorded.runners.items() if recorded else ():
                for behaviour in behaviours:
                    where = f"{case.id}, {runner} {behaviour.releases[0]}"
                    ratios = best(case, paths, behaviour.observation)
                    beyond += [where] if ratios is None else []
                    for key, ratio in (ratios or {}).items():
                        if ratio > found.get(key, Worst(0.0, "")).ratio:
                            found[key] = Worst(ratio, where)
    return found, beyond


def test_no_recorded_behaviour_is_beyond_the_bound() -> None:
    found, beyond = worst()
    rows = [(dtype, field, f"{one.ratio:.3f}", one.where) for (dtype, field), one in sorted(found.items())]
    print(tabulate(rows, headers=("dtype", "field", "error / bound", "where"), disable_numparse=True))
    assert beyond == []
    assert all(one.ratio < 1 for one in found.values())
    assert {dtype for dtype, _ in found} >= set(FLOATS)


@pytest.mark.parametrize("key", TIGHT, ids=" ".join)
def test_the_bound_is_not_slack(key: tuple[str, str]) -> None:
    assert worst()[0][key].ratio > TIGHT[key]
