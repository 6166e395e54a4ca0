"""``harness show``: every step's arrays of the runners, side by side."""

from __future__ import annotations

import argparse
import sys

from harness.verbs import options as shared

SUMMARY = "run cases and show every step's arrays, runners side by side"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    shared.add_measuring(parser)


def run(options: argparse.Namespace) -> int:
    """Measure and show; 6 when a worker was lost, 3 when no runner was there, else 0."""
    from harness.compare import compare_run, lost_code, read_goldens, worst
    from harness.report.show import render_show
    from harness.verbs.running import asked_targets, measurements

    codes = []
    for measured in measurements(options, asked_targets(options)):
        measurement = measured.measurement
        if isinstance(measurement, Exception):
            shared.tell(measurement)
            codes.append(measurement.exit_code)
            continue
        goldens = read_goldens(options.golden_root, measurement.selections)
        comparison = compare_run(
            measurement,
            goldens=goldens,
            golden_root=options.golden_root,
            scenarios=(),
            baseline=None,
            device=options.device,
            arguments=shared.rerun_arguments(options, measured.target.name),
            program=shared.program(),
        )
        for selection, scenario in zip(measurement.selections, comparison.scenarios, strict=True):
            sys.stdout.write(
                render_show(
                    scenario,
                    tolerance=selection.scenario.tolerance,
                    width=shared.report_width(),
                    verbose=options.verbose,
                    color=shared.use_color(sys.stdout),
                )
            )
        codes.append(lost_code(comparison))
    return worst(codes)
