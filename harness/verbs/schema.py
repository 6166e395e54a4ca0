"""``harness schema``: the JSON Schema of scenario files, which editors complete and check with, or of a run's JSON."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from harness.errors import InvalidOption, Problem

SUMMARY = "print the JSON Schema of scenario files, or of a run"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    form = parser.add_mutually_exclusive_group()
    form.add_argument(
        "--run", dest="of_run", action="store_true", help="the schema of what compare --json and merge --json write"
    )
    form.add_argument("--markdown", action="store_true", help="as a reference to read: docs/scenarios.md")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write it to FILE instead")


def run(options: argparse.Namespace) -> int:
    """Print the schema, or write it."""
    text = _page() if options.markdown else _text(of_run=options.of_run)
    if options.output is None:
        sys.stdout.write(text)
        return 0
    try:
        options.output.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        place = f"--output {options.output.as_posix()}"
        raise InvalidOption(Problem(place=place, message=f"cannot be written: {error.strerror}")) from None
    return 0


def _text(*, of_run: bool) -> str:
    if of_run:
        from harness.report.run_model import run_schema_text

        return run_schema_text()
    from harness.scenario.schema import schema_text

    return schema_text()


def _page() -> str:
    import json

    from harness.execution.plan import RUNNERS
    from harness.report.generated import scenario_page
    from harness.rules import BY_ID
    from harness.scenario.schema import schema_text

    return scenario_page(json.loads(schema_text()), RUNNERS, tuple(BY_ID))
