"""Comparisons of observations made by hand with golden files made by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from harness.compare import compare_run, read_goldens
from harness.comparison import Comparison
from harness.observation import Observation, Outcome
from harness.reasons import explained
from harness.releases.release import Release
from harness.scenario import Selection
from harness.semantics.examiner import Examiners
from harness.tensor import Tensor
from tests.unit.measured import measurement
from tests.unit.semantics.samples import keras

REFUSES = keras(argument_fused="ValueError")


def spoiled(observation: Observation) -> Observation:
    """With an output that no layer computes."""
    steps = [dict(step) for step in observation.steps]
    steps[-1]["output"] = Tensor.of(steps[-1]["output"].float64() + 1, "float32")
    return replace(observation, steps=tuple(steps))


def compare(
    root: Path, outcomes: Mapping[tuple[str, str], Outcome], chosen: Selection, baseline: str | None = None
) -> Comparison:
    goldens = read_goldens(root, [chosen])
    examiners = Examiners([chosen.scenario])
    comparison = compare_run(
        measurement(outcomes, chosen),
        goldens=goldens,
        golden_root=root,
        scenarios=(),
        baseline=Release.parse(baseline) if baseline else None,
        device="cpu",
        arguments=(),
        examiners=examiners,
    )
    return explained(comparison, [chosen], goldens, examiners)
