"""``harness merge``: one report of several runs, shards of one or of other releases; and what is missing."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import InvalidRun, Problem
from harness.verbs import options as shared
from harness.verbs.reports import add_reports, reports

if TYPE_CHECKING:
    from harness.merge import Source

SUMMARY = "make one report of the JSON of several runs: shards, releases"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="what `harness compare --json FILE` wrote, in any number of jobs; or an earlier merge",
    )
    shared.add_talk(parser)
    add_reports(parser)


def run(options: argparse.Namespace) -> int:
    """Read, put together, report; the exit code says the worst of it, and 7 that a shard is missing."""
    from harness.merge import merged
    from harness.verbs.printing import tell_releases, tell_target

    outputs = reports(options)
    found = merged(_sources(options.files))
    for one in found.targets:
        for problem in one.problems:
            shared.say(str(problem))
        tell_target(one, options, outputs.stream, several=len(found.targets) > 1)
    tell_releases(found.targets, outputs.stream)
    outputs.write(found)
    return found.code


def _sources(paths: list[Path]) -> list[Source]:
    """Every file, read; all that is wrong with any of them at once."""
    from harness.merge import Source
    from harness.report.json_reader import read_run

    sources: list[Source] = []
    problems: list[Problem] = []
    for path in paths:
        place = path.as_posix()
        try:
            sources.append(Source(place=place, run=read_run(path.read_bytes(), place)))
        except OSError as error:
            problems.append(Problem(place=place, message=f"cannot be read: {error.strerror}"))
        except InvalidRun as error:
            problems += error.problems
    if problems:
        raise InvalidRun(*problems)
    return sources
