"""``harness bisect``: narrow a change to the exact published release."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from harness.errors import HarnessError, InvalidOption, Problem
from harness.verbs import options as shared

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.bisection import Ends
    from harness.releases.publications import Published
    from harness.scenario import Selection

SUMMARY = "narrow what golden says changed to the exact release, by running those between"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    shared.add_selection(parser)
    shared.add_golden(parser)
    shared.add_running(parser)
    shared.add_talk(parser)
    parser.add_argument("--all", dest="every", action="store_true", help="every selected case, not just one")
    parser.add_argument(
        "--good",
        metavar="R",
        help="look only from this release on (1.4.1, 2.21.0+keras-3.5.0), with --bad; measured if not recorded",
    )
    parser.add_argument("--bad", metavar="R", help="look only up to this release, with --good")


def run(options: argparse.Namespace) -> int:
    """Probe, record and tell; 1 where a recorded value was measured anew and differs, 6 where a worker was lost."""
    from harness.bisection import Bisection
    from harness.execution.plan import check_runners
    from harness.releases.publications import shipped
    from harness.report.bisection import render_findings
    from harness.verbs.laboratory import Laboratory

    check_runners(options.runners)
    ends = _ends(options)
    if options.device != "cpu":
        message = f"golden files hold what the CPU does, got {options.device}"
        raise InvalidOption(Problem(place="--device", message=message))
    selections = _selections(options)
    laboratory = Laboratory.of(options, selections)
    bisection = Bisection(
        prober=laboratory,
        published=shipped(),
        cases=[case.id for selection in selections for case in selection.cases],
        runners=laboratory.runners,
        ends=ends,
        say=(lambda _: None) if options.quiet else shared.say,
    )
    if bisection.pending():
        bisection.published = _published(options)
    findings = bisection.run()
    width, color = shared.report_width(), shared.use_color(sys.stdout)
    sys.stdout.write(render_findings(findings, width=width, verbose=options.verbose, color=color))
    return laboratory.code


def _ends(options: argparse.Namespace) -> Ends | None:
    from harness.bisection import Ends

    good = shared.release_if_given(options.good, "--good")
    bad = shared.release_if_given(options.bad, "--bad")
    if good is None and bad is None:
        return None
    if good is None or bad is None:
        missing, given = ("--good", "--bad") if good is None else ("--bad", "--good")
        message = f"{given} needs {missing} beside it"
        raise InvalidOption(Problem(place=given, message=message, hint="without both, every change is narrowed"))
    if good == bad:
        raise InvalidOption(Problem(place=f"--good {good} --bad {bad}", message="these are one release"))
    return Ends(good=good, bad=bad)


def _selections(options: argparse.Namespace) -> Sequence[Selection]:
    from harness.scenario import choose

    selections = choose(options.scenario_root, options.scenarios, options.keyword, options.tags)
    count = sum(len(selection.cases) for selection in selections)
    if count > 1 and not options.every:
        first = selections[0].cases[0].id
        hint = f"name one, such as '{first}', or add --all"
        raise InvalidOption(Problem(place="selection", message=f"must be one case, got {count}", hint=hint))
    return selections


def _published(options: argparse.Namespace) -> Published:
    """Which releases there are: as the package index says now, else as it was when the harness was made."""
    from harness.releases.publications import ask, shipped

    if not options.quiet:
        shared.say("asking the package index which releases are published")
    try:
        return ask()
    except HarnessError as error:
        shared.tell(error)
        known = shipped()
        shared.say(f"going on with the releases published by {known.asked}")
        return known
