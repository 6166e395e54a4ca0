"""Comparisons of observations made by hand with golden files made by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from harness.compare import compare_run, read_goldens
from harness.comparison import Comparison
from harness.observation import Observation, Outcome
from harness.reasons import explained
from harness.releases.release import Release
from harness.scenario import Scenario, Selection
from harness.semantics.examiner import Examiners
from harness.session import Measurement
from harness.tensor import Tensor
from tests.unit.measured import measurement
from tests.unit.semantics.samples import keras

REFUSES = keras(argument_fused="ValueError")


def spoiled(observation: Observation) -> Observation:
    """With an output that no layer computes."""
    steps = [dict(step) for step in observation.steps]
    steps[-1]["output"] = Tensor.of(steps[-1]["output"].float64() + 1, "float32")
    return replace(observation, steps=tuple(steps))


def against(
    root: Path,
    measured: Measurement,
    baseline: str | None = None,
    *,
    scenarios: Sequence[Scenario] = (),
    arguments: Sequence[str] = (),
    examiners: Examiners | None = None,
) -> Comparison:
    """A measurement held against what is recorded in ``root``; ``scenarios`` are those of the whole folder."""
    return compare_run(
        measured,
        goldens=read_goldens(root, measured.selections),
        golden_root=root,
        scenarios=scenarios,
        baseline=Release.parse(baseline) if baseline else None,
        device="cpu",
        arguments=arguments,
        examiners=examiners,
    )


def compare(
    root: Path, outcomes: Mapping[tuple[str, str], Outcome], chosen: Selection, baseline: str | None = None
) -> Comparison:
    """The same, explained."""
    examiners = Examiners([chosen.scenario])
    comparison = against(root, measurement(outcomes, chosen), baseline, examiners=examiners)
    return explained(comparison, [chosen], read_goldens(root, [chosen]), examiners)
