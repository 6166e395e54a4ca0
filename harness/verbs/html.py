"""``harness html``: golden as a site to look at, from golden files alone."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import InvalidOption, InvalidRun, NothingSelected, Problem
from harness.verbs import options as shared

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.history import Archive
    from harness.report.html.material import Material
    from harness.run import Run
    from harness.scenario import Selection

SUMMARY = "write golden as a site that needs no server: releases, cases, rules, claims"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    shared.add_selection(parser)
    shared.add_golden(parser)
    shared.add_talk(parser)
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("site"),
        metavar="DIR",
        help="folder to write (default: %(default)s); a site that is there is replaced, any other folder refused",
    )
    parser.add_argument(
        "--run",
        dest="run_file",
        type=Path,
        metavar="FILE",
        help="show this run beside golden: what `harness compare --json FILE` wrote",
    )


def add_site_of_a_run(parser: argparse.ArgumentParser) -> None:
    """Add ``--html`` of a verb that runs cases."""
    parser.add_argument(
        "--html",
        type=Path,
        metavar="DIR",
        help="write the site of `harness html` into DIR, with this run; takes a minute over all scenarios",
    )


def check_site(out: Path | None, flag: str) -> None:
    """See, before anything runs, that the site may be written.

    Raises:
        ForeignFolder: the folder holds something else.
    """
    from harness.report.html.folder import check

    if out is not None:
        check(out, f"{flag} {out}")


def run(options: argparse.Namespace) -> int:
    """Read golden, explain every change, write the site; prints the page to open."""
    from harness.execution.plan import check_runners
    from harness.scenario import choose

    check_runners(options.runners)
    check_site(options.out, "--out")
    selections = choose(options.scenario_root, options.scenarios, options.keyword, options.tags)
    found = _read(options.run_file) if options.run_file else None
    write_site(options, options.out, "--out", selections, found)
    sys.stdout.write(f"{options.out / 'index.html'}\n")
    return 0


def _read(path: Path) -> Run:
    from harness.report.json_reader import read_run

    try:
        return read_run(path.read_bytes(), path.as_posix())
    except OSError as error:
        raise InvalidRun(Problem(place=f"--run {path}", message=f"cannot be read: {error.strerror}")) from error


def write_site(
    options: argparse.Namespace, out: Path, flag: str, selections: Sequence[Selection], found: Run | None
) -> None:
    """Write the site of ``selections``, with a run beside what golden holds of them.

    Args:
        options: what :func:`configure` parsed, or the options of a verb that runs cases.
        out: the folder.
        flag: the option that named it.
        selections: which cases.
        found: the run, if there is one: then nothing needs to be recorded.

    Raises:
        ForeignFolder: ``out`` holds something else.
        NothingSelected: nothing is recorded of the selected cases, and there is no run.
        InvalidOption: ``out`` cannot be written.
    """
    from harness.report.html.folder import write
    from harness.report.html.run import run_page
    from harness.report.html.site import MOST_BYTES, site

    place = f"{flag} {out}"
    told = _material(options, selections, needed=found is None)
    made = site(told, run_page(found, told) if found else None)
    try:
        write(out, place, made.files)
    except OSError as error:
        raise InvalidOption(Problem(place=place, message=f"cannot be written: {error.strerror}")) from error
    if not options.quiet:
        over = f", more than the {MOST_BYTES:,} meant" if made.size >= MOST_BYTES else ""
        shared.say(f"{len(made.files)} files, {made.size:,} bytes{over}; of an array {made.elements} elements at most")


def _material(options: argparse.Namespace, selections: Sequence[Selection], *, needed: bool) -> Material:
    from harness.golden import absences, read, read_provenance
    from harness.history import gather
    from harness.releases.publications import shipped
    from harness.report.html.material import material
    from harness.report.progress import Progress

    archive = gather(selections, lambda name: read(options.golden_root, name), options.runners)
    if needed and not archive.histories:
        raise NothingSelected(_nothing(options))
    _tell(options, archive)
    yaml = {one.scenario.name: one.scenario.path.read_text(encoding="utf-8") for one in selections}
    cases = len({history.case.id for history in archive.histories})
    progress = Progress(sys.stderr, enabled=not options.quiet, total=2 * cases)
    try:
        known = absences(read_provenance(options.golden_root))
        return material(archive, selections, yaml, shipped(), known, progress.advance)
    finally:
        progress.finish()


def _tell(options: argparse.Namespace, archive: Archive) -> None:
    """Say which cases are not shown."""
    for ids, why in ((archive.missing, "not recorded"), (archive.stale, "stale, recorded as another experiment")):
        if ids and not options.quiet:
            more = f" and {len(ids) - 1} more" if len(ids) > 1 else ""
            shared.say(f"not shown: {ids[0]}{more}: {why}")


def _nothing(options: argparse.Namespace) -> Problem:
    hint = "harness record --tf all records them on every catalogued release"
    place = f"--golden {options.golden_root}"
    return Problem(place=place, message="nothing is recorded of the selected cases", hint=hint)
