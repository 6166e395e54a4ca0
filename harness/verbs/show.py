"""``harness show``: every step's arrays of the runners, side by side."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from harness.verbs import options as shared
from harness.verbs.ahead import started_ahead

if TYPE_CHECKING:
    from harness.execution.host import Host

SUMMARY = "run cases and show every step's arrays, runners side by side"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    shared.add_measuring(parser)


def run(options: argparse.Namespace) -> int:
    """Measure and show; 6 when a worker was lost, 3 when no runner was there, else 0."""
    with started_ahead(options) as host:
        return _show(options, host)


def _show(options: argparse.Namespace, host: Host | None) -> int:
    from harness.compare import compare_run, lost_code, read_goldens, worst
    from harness.report.show import render_show
    from harness.report.sparkline import encodable
    from harness.semantics.examiner import Examiners
    from harness.verbs.running import asked_targets, measurements

    codes = []
    for measured in measurements(options, asked_targets(options), host):
        measurement = measured.measurement
        if isinstance(measurement, Exception):
            shared.tell(measurement)
            codes.append(measurement.exit_code)
            continue
        goldens = read_goldens(options.golden_root, measurement.selections)
        examiners = Examiners(selection.scenario for selection in measurement.selections)
        comparison = compare_run(
            measurement,
            goldens=goldens,
            golden_root=options.golden_root,
            scenarios=(),
            baseline=None,
            device=options.device,
            arguments=shared.rerun_arguments(options, measured.target.name),
            program=shared.program(),
            examiners=examiners,
        )
        for scenario in comparison.scenarios:
            sys.stdout.write(
                render_show(
                    scenario,
                    bounds=examiners.bounds,
                    width=shared.report_width(),
                    verbose=options.verbose,
                    color=shared.use_color(sys.stdout),
                    blocks=encodable(sys.stdout.encoding),
                )
            )
        codes.append(lost_code(comparison))
    return worst(codes)
