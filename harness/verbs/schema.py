"""``harness schema``: the JSON Schema of scenario files, which editors complete and check with."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from harness.errors import InvalidOption, Problem

SUMMARY = "print the JSON Schema of scenario files"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.add_argument("--output", type=Path, metavar="FILE", help="write it to FILE instead")


def run(options: argparse.Namespace) -> int:
    """Print the schema, or write it."""
    from harness.scenario.schema import schema_text

    if options.output is None:
        sys.stdout.write(schema_text())
        return 0
    try:
        options.output.write_text(schema_text(), encoding="utf-8", newline="\n")
    except OSError as error:
        place = f"--output {options.output.as_posix()}"
        raise InvalidOption(Problem(place=place, message=f"cannot be written: {error.strerror}")) from None
    return 0
