"""What the verbs that hold a measurement against golden have in common: its comparison, explained."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace

from harness.compare import compare_run
from harness.comparison import Comparison
from harness.gate import gated
from harness.golden import GoldenFile
from harness.reasons import explained
from harness.releases.release import Release
from harness.scenario import Selection
from harness.semantics.examiner import Examiners
from harness.session import Measurement
from harness.verbs import options as shared


def compared(
    options: argparse.Namespace,
    measurement: Measurement,
    target: str,
    *,
    goldens: Mapping[str, GoldenFile | None],
    baseline: Release | None,
    chosen: Sequence[Selection] = (),
    examiners: Examiners | None = None,
    fail_on_difference: bool = False,
    changes_only: bool = False,
) -> Comparison:
    """The comparison of one measurement, with an explanation of whatever differs.

    Args:
        options: what :func:`~harness.verbs.options.add_measuring` parsed.
        measurement: what ran.
        target: on what, by its name.
        goldens: of the selected scenarios, by name.
        baseline: expect what golden holds for this release; by default, for the one that ran.
        chosen: all that is selected, where what ran is a shard of it.
        examiners: those that have read observations of these scenarios already.
        fail_on_difference: hold how runners differ against what the scenarios expect.
        changes_only: leave out how runners differ, and what is recorded that no scenario stands for.

    Raises:
        InvalidGolden: a golden file that no scenario stands for is not in the format.
    """
    scenarios = [selection.scenario for selection in measurement.selections]
    every = [selection.scenario for selection in chosen or measurement.selections]
    whole = not (options.scenarios or options.keyword or options.tags)
    readers = examiners or Examiners(scenarios)
    found = compare_run(
        measurement,
        goldens=goldens,
        golden_root=options.golden_root,
        scenarios=every if whole and not changes_only else (),
        baseline=baseline,
        device=options.device,
        arguments=shared.rerun_arguments(options, target),
        program=shared.program(),
        examiners=readers,
    )
    if changes_only:
        found = _without_pairs(found)
    found = explained(found, measurement.selections, goldens, readers)
    return gated(found, measurement.selections) if fail_on_difference else found


def _without_pairs(comparison: Comparison) -> Comparison:
    scenarios = tuple(
        replace(scenario, cases=tuple(replace(case, between=()) for case in scenario.cases))
        for scenario in comparison.scenarios
    )
    return replace(comparison, scenarios=scenarios)
