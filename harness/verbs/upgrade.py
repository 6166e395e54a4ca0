"""``harness upgrade``: what a release changes against the one recorded below it, why, and what it touches."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness.errors import InvalidOption, Problem
from harness.verbs import options as shared
from harness.verbs.ahead import started_ahead

if TYPE_CHECKING:
    from harness.comparison import Comparison
    from harness.execution.host import Host
    from harness.golden import GoldenFile
    from harness.session import Measurement

SUMMARY = "what a release changes against the one recorded below it, why, and which scenarios it touches"

_INSTALLED = "installed"
_LATEST = "latest"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.add_argument(
        "release",
        metavar="RELEASE",
        help="a TensorFlow (2.15.1, 2.15, 2.21.0+keras-3.5.0) in an environment of its own; latest: the newest "
        "TensorFlow and Keras of the package index; installed: the one beside the harness",
    )
    shared.add_selection(parser)
    shared.add_golden(parser)
    parser.add_argument("--keras", metavar="VERSION", help="with this Keras 3, held against the one recorded below it")
    parser.add_argument("--record", action="store_true", help="then add what it did to the golden files")
    shared.add_running(parser)
    shared.add_talk(parser)
    parser.set_defaults(tensorflow=[], pythons=[], baseline=None)


def run(options: argparse.Namespace) -> int:
    """Measure, hold against what is recorded below, say what changed and why; record where asked."""
    if options.record and options.device != "cpu":
        message = f"golden files hold what the CPU does, got --device {options.device}"
        raise InvalidOption(Problem(place="--record", message=message))
    # Whether another Keras is asked about, rather than another TensorFlow.
    options.keras_only = options.keras is not None
    options.tensorflow = [] if options.release == _INSTALLED else [options.release]
    options.keras = [_LATEST] if options.release == _LATEST and not options.keras_only else _given(options)
    with started_ahead(options) as host:
        return _upgrade(options, host)


def _given(options: argparse.Namespace) -> list[str]:
    if options.release == _INSTALLED and options.keras is not None:
        message = "the installed TensorFlow has a Keras beside it already"
        raise InvalidOption(Problem(place="--keras", message=message, hint="name the TensorFlow: upgrade 2.21.0"))
    return [] if options.keras is None else [options.keras]


def _upgrade(options: argparse.Namespace, host: Host | None) -> int:
    from harness.compare import exit_code
    from harness.report.upgrade import render_upgrade
    from harness.verbs.running import asked_targets, measurements

    asked = asked_targets(options)
    if len(asked) != 1:
        message = f"one release at a time, got {len(asked)}: {', '.join(target.name for target in asked)}"
        hint = f"`harness compare --tf '{options.release}'` runs several"
        raise InvalidOption(Problem(place=options.release, message=message, hint=hint))
    (measured,) = measurements(options, asked, host)
    measurement = measured.measurement
    if isinstance(measurement, Exception):
        shared.tell(measurement)
        return measurement.exit_code
    comparison = _compared(options, measurement, measured.target.name)
    sys.stdout.write(
        render_upgrade(
            comparison,
            record=() if options.record else _recording(options),
            width=shared.report_width(),
            verbose=-1 if options.quiet else options.verbose,
            color=shared.use_color(sys.stdout),
        )
    )
    return _record(options, measurement) if options.record else exit_code(comparison)


def _compared(options: argparse.Namespace, measurement: Measurement, target: str) -> Comparison:
    from harness.compare import read_goldens
    from harness.releases.release import Release
    from harness.upgrade import as_before
    from harness.verbs.comparing import compared

    releases = [Release.parse(name) for name in measurement.releases.values()]
    goldens: dict[str, GoldenFile | None] = {
        name: golden and as_before(golden, releases, keras_only=options.keras_only)
        for name, golden in read_goldens(options.golden_root, measurement.selections).items()
    }
    return compared(options, measurement, target, goldens=goldens, baseline=None, changes_only=True)


def _recording(options: argparse.Namespace) -> Sequence[str]:
    """The command that records what this one told."""
    words = ["upgrade", options.release, *options.scenarios]
    for flag, values in (
        ("--scenarios", [options.scenario_root] if str(options.scenario_root) != "scenarios" else []),
        ("--golden", [options.golden_root] if str(options.golden_root) != "golden" else []),
        ("--keras", options.keras if options.keras_only else []),
        ("-k", [options.keyword] if options.keyword is not None else []),
        ("--tag", options.tags),
        ("--runner", options.runners),
    ):
        words += [word for value in values for word in (flag, str(value))]
    return [*words, "--record"]


def _record(options: argparse.Namespace, measurement: Measurement) -> int:
    from harness.recording import exit_code, record_measurement
    from harness.report.recorded import render_recorded

    done = record_measurement(measurement, options.golden_root, replace=(), prune=False)
    sys.stdout.write("\n")
    sys.stdout.write(
        render_recorded(
            done,
            program=shared.program(),
            width=shared.report_width(),
            verbose=-1,
            color=shared.use_color(sys.stdout),
        )
    )
    return exit_code(done)
