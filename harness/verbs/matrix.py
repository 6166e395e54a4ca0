"""``harness matrix``: what changed when, from golden files alone."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import InvalidOption, NothingSelected, Problem
from harness.verbs import options as shared

if TYPE_CHECKING:
    from harness.history import Archive

SUMMARY = "show from golden which releases behave alike, and what changed between them"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    shared.add_selection(parser)
    shared.add_golden(parser)
    shared.add_talk(parser)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--changes", action="store_true", help="only what changed, the newest release first")
    form.add_argument(
        "--readme",
        type=Path,
        metavar="FILE",
        help="write the table into FILE, between its markers, instead of to stdout",
    )
    parser.add_argument("--check", action="store_true", help="with --readme: write nothing, fail where it would")


def run(options: argparse.Namespace) -> int:
    """Read golden and render; needs no TensorFlow."""
    from harness.golden import absences, read_provenance
    from harness.history import changes, lines_of, newest_first
    from harness.releases.publications import shipped
    from harness.report.changes import render_changes
    from harness.report.matrix import render_matrix

    if options.readme is not None:
        return _readme(options)
    if options.check:
        raise InvalidOption(Problem(place="--check", message="needs --readme FILE to check"))
    archive = _archive(options)
    width, color = shared.report_width(), shared.use_color(sys.stdout)
    published = shipped()
    if options.changes:
        found = [
            change
            for runner in archive.runners()
            for line in lines_of(archive.of(runner))
            for change in changes(archive.of(runner), line, published)
        ]
        text = render_changes(newest_first(found), width=width, verbose=options.verbose, color=color)
    else:
        scenarios = {history.case.scenario for history in archive.histories}
        verbose = -1 if options.quiet else options.verbose
        text = render_matrix(
            archive,
            published,
            absences(read_provenance(options.golden_root)),
            by_case=options.verbose > 0 or len(scenarios) == 1,
            width=width,
            verbose=verbose,
            color=color,
        )
    sys.stdout.write(text)
    return 0


def _archive(options: argparse.Namespace) -> Archive:
    """What is recorded of the selection; tells what of it is not shown.

    Raises:
        NothingSelected: nothing is selected, or nothing is recorded of what is.
    """
    from harness.execution.plan import check_runners
    from harness.golden import read
    from harness.history import gather
    from harness.scenario import choose

    check_runners(options.runners)
    selections = choose(options.scenario_root, options.scenarios, options.keyword, options.tags)
    archive = gather(selections, lambda name: read(options.golden_root, name), options.runners)
    if not archive.histories:
        raise NothingSelected(_nothing(options, archive))
    for ids, why in ((archive.missing, "not recorded"), (archive.stale, "stale, recorded as another experiment")):
        if ids and not options.quiet:
            more = f" and {len(ids) - 1} more" if len(ids) > 1 else ""
            shared.say(f"not shown: {ids[0]}{more}: {why}")
    return archive


def _nothing(options: argparse.Namespace, archive: Archive) -> Problem:
    stale = f"; {len(archive.stale)} recorded as another experiment are stale" if archive.stale else ""
    of = f" for {', '.join(options.runners)}" if options.runners else ""
    return Problem(
        place=f"--golden {options.golden_root}",
        message=f"nothing is recorded of the selected cases{of}{stale}",
        hint="harness record --tf all records them on every catalogued release",
    )


def _readme(options: argparse.Namespace) -> int:
    from harness.verbs.readme import refresh

    return refresh(options.readme, options.scenario_root, options.golden_root, check=options.check)
