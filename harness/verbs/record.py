"""``harness record``: run scenarios and add what they did to the golden files."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness.errors import InvalidOption, Problem
from harness.verbs import options as shared
from harness.verbs.ahead import started_ahead

if TYPE_CHECKING:
    from harness.execution.host import Host
    from harness.journal import Journal
    from harness.releases.release import Release
    from harness.targets import Target

SUMMARY = "run scenarios and add what they did to the golden files"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    shared.add_measuring(parser)
    parser.add_argument(
        "--replace",
        action="append",
        default=[],
        metavar="RELEASE",
        help="give up what golden holds of this release (2.21.0, 2.21.0+keras-3.15.1) where it differs now; repeatable",
    )
    parser.add_argument("--prune", action="store_true", help="drop recorded cases that their scenario no longer has")
    parser.add_argument(
        "--reproduce",
        action="store_true",
        help="write nothing; fail unless golden stays the same to the byte when this is forgotten and recorded again",
    )


def run(options: argparse.Namespace) -> int:
    """Measure, record, say per behaviour what was done; several targets go on where they were interrupted.

    With ``--reproduce`` nothing is recorded.
    """
    if options.device != "cpu":
        message = f"golden files hold what the CPU does, got {options.device}"
        hint = "compare --device gpu holds a GPU against them"
        raise InvalidOption(Problem(place="--device", message=message, hint=hint))
    replace = [shared.release(one, "--replace") for one in options.replace]
    with started_ahead(options) as host:
        return _reproduce(options, host) if options.reproduce else _run(options, host, replace)


def _run(options: argparse.Namespace, host: Host | None, replace: Sequence[Release]) -> int:
    from harness.verbs.running import asked_targets

    asked = asked_targets(options)
    journal = _journal(options)
    done = set(journal.done()) if len(asked) > 1 else set()
    if left := [target for target in asked if target.name not in done]:
        if done:
            shared.say(f"going on from the interrupted run: {len(asked) - len(left)} of {len(asked)} are recorded")
        asked = tuple(left)
    code = _record(options, asked, host, replace, journal, done)
    journal.finish()
    return code


def _record(
    options: argparse.Namespace,
    asked: Sequence[Target],
    host: Host | None,
    replace: Sequence[Release],
    journal: Journal,
    done: set[str],
) -> int:
    from harness.compare import worst
    from harness.recording import exit_code, record_measurement
    from harness.report.recorded import render_recorded
    from harness.verbs.running import measurements

    codes = []
    for measured in measurements(options, asked, host, each_release_once=True):
        measurement = measured.measurement
        if isinstance(measurement, Exception):
            shared.tell(measurement)
            codes.append(measurement.exit_code)
            continue
        recorded = record_measurement(measurement, options.golden_root, replace=replace, prune=options.prune)
        done.add(measured.target.name)
        if len(asked) > 1:
            journal.write(done)
        verbose = -1 if options.quiet else options.verbose
        width, color = shared.report_width(), shared.use_color(sys.stdout)
        sys.stdout.write(render_recorded(recorded, program=shared.program(), width=width, verbose=verbose, color=color))
        sys.stdout.write("\n" if len(asked) > 1 else "")
        sys.stdout.flush()
        codes.append(exit_code(recorded))
    return worst(codes)


def _reproduce(options: argparse.Namespace, host: Host | None) -> int:
    """1 where golden would not be the same, else as a recording ends."""
    from harness.compare import worst
    from harness.recording import exit_code
    from harness.report.reproduced import render_reproduced
    from harness.reproduction import reproduce
    from harness.verbs.running import asked_targets, measurements

    for name, given in (("--replace", options.replace), ("--prune", options.prune)):
        if given:
            raise InvalidOption(Problem(place=f"--reproduce {name}", message="--reproduce writes nothing"))
    codes = []
    for measured in measurements(options, asked_targets(options), host, each_release_once=True):
        measurement = measured.measurement
        if isinstance(measurement, Exception):
            shared.tell(measurement)
            codes.append(measurement.exit_code)
            continue
        found = reproduce(measurement, options.golden_root)
        width, color = shared.report_width(), shared.use_color(sys.stdout)
        sys.stdout.write(render_reproduced(found, width=width, color=color))
        sys.stdout.flush()
        codes.append(worst([exit_code(found.recorded), *([1] if found.deviations else [])]))
    return worst(codes)


def _journal(options: argparse.Namespace) -> Journal:
    """The journal of this command: whatever changes what is recorded makes it another one."""
    from harness.journal import FILE, Journal

    decides = ("scenarios", "scenario_root", "keyword", "tags", "runners", "tensorflow", "keras", "pythons")
    request = repr([(name, str(getattr(options, name))) for name in (*decides, "threads", "replace", "prune")])
    return Journal(path=options.golden_root / FILE, request=request)
