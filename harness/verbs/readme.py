"""Refreshes the table of a README from golden, or says that it is not what golden says."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from harness.errors import InvalidOption, Problem
from harness.golden import read
from harness.history import gather
from harness.releases.publications import shipped
from harness.report.readme import MARKERS, Listing, listing_of, parse_listing, refreshed, render_table
from harness.scenario import choose
from harness.verbs import options as shared

# The standard library has it from 3.11 on; before, it is a package of the same interface.
_toml = import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")


def refresh(file: Path, scenario_root: Path, golden_root: Path, *, check: bool) -> int:
    """Write the table into ``file``; with ``check`` write nothing, and 1 where it would.

    Raises:
        InvalidOption: no such file, no markers in it, or a list that is not one.
        NothingSelected: the list names a case that is not there.
    """
    text = _text(file)
    name = listing_of(text)
    if name is None:
        raise InvalidOption(Problem(place=f"--readme {file}", message="has no place for the table", hint=MARKERS))
    listing = _listing(file.parent / name)
    wanted = [experiment.case for experiment in listing.experiments]
    selections = choose(scenario_root, wanted)
    archive = gather(selections, lambda scenario: read(golden_root, scenario), listing.runners)
    fresh = refreshed(text, render_table(listing, archive, shipped()))
    if fresh == text:
        shared.say(f"{file}: the table is what golden says")
        return 0
    if check:
        shared.say(f"{file}: the table is not what golden says\n  hint: harness matrix --readme {file} writes it anew")
        return 1
    file.write_text(fresh, encoding="utf-8")
    shared.say(f"{file}: wrote the table")
    return 0


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidOption(Problem(place=f"--readme {file}", message=f"cannot be read: {error}")) from error


def _listing(file: Path) -> Listing:
    try:
        return parse_listing(_toml.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise InvalidOption(Problem(place=str(file), message=f"is no list of experiments: {error}")) from error
