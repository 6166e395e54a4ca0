"""``harness compare``: run scenarios and hold them against golden, runner against runner."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from harness.verbs import options as shared
from harness.verbs.ahead import started_ahead

if TYPE_CHECKING:
    from harness.execution.host import Host
    from harness.golden import GoldenFile
    from harness.scenario import Selection
    from harness.session import Session

SUMMARY = "run scenarios, against golden files and runner against runner"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    shared.add_measuring(parser)
    parser.add_argument(
        "--baseline",
        metavar="R",
        help="expect what golden holds for release R (2.15.1), or the nearest one below it; default: what runs",
    )


def run(options: argparse.Namespace) -> int:
    """Load, measure, compare, report; the exit code says the worst of it."""
    with started_ahead(options) as host:
        return _compare(options, host)


def _compare(options: argparse.Namespace, host: Host | None) -> int:
    from harness.compare import compare_run, compared_ahead, exit_code, read_goldens, worst
    from harness.reasons import explained
    from harness.report.releases import ReleaseLine, render_releases
    from harness.report.terminal import render
    from harness.semantics.examiner import Examiners
    from harness.verbs.running import asked_targets, measurements

    baseline = shared.release(options.baseline, "--baseline")
    asked = asked_targets(options)
    whole = not (options.scenarios or options.keyword or options.tags)
    width, color = shared.report_width(), shared.use_color(sys.stdout)
    lines: list[ReleaseLine] = []
    goldens: dict[str, GoldenFile | None] = {}
    prepared: list[Examiners] = []

    def read_ahead(selections: Sequence[Selection]) -> None:
        goldens.update(read_goldens(options.golden_root, selections))

    def compare_ahead(session: Session, selections: Sequence[Selection]) -> Iterator[None]:
        prepared.append(Examiners(selection.scenario for selection in selections))
        return compared_ahead(selections, goldens, prepared[0], session.runners, session.tensorflow)

    for measured in measurements(options, asked, host, on_selection=read_ahead, meanwhile=compare_ahead):
        measurement = measured.measurement
        if isinstance(measurement, Exception):
            shared.tell(measurement)
            lines.append(ReleaseLine(target=measured.target.name, comparison=None, code=measurement.exit_code))
            continue
        fresh = Examiners(selection.scenario for selection in measurement.selections)
        examiners = prepared.pop() if prepared else fresh
        comparison = compare_run(
            measurement,
            goldens=goldens,
            golden_root=options.golden_root,
            scenarios=[selection.scenario for selection in measurement.selections] if whole else (),
            baseline=baseline,
            device=options.device,
            arguments=shared.rerun_arguments(options, measured.target.name),
            program=shared.program(),
            examiners=examiners,
        )
        comparison = explained(comparison, measurement.selections, goldens, examiners)
        verbose = -1 if options.quiet else options.verbose
        text = render(comparison, width=width, verbose=verbose, color=color)
        sys.stdout.write(text + ("\n" if len(asked) > 1 else ""))
        lines.append(ReleaseLine(target=measured.target.name, comparison=comparison, code=exit_code(comparison)))
    if len(asked) > 1:
        sys.stdout.write(render_releases(lines, width=width, color=color))
    return worst([line.code for line in lines])
