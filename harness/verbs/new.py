"""``harness new``: a commented scenario that validates and runs, to start from."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from harness.errors import InvalidOption, Problem
from harness.verbs import options as shared

SUMMARY = "write a commented scenario to start from"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(/[A-Za-z0-9][A-Za-z0-9_-]*)*")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.add_argument("name", metavar="NAME", help="topic/name of the scenario, such as flags/mine")
    shared.add_scenario_root(parser)


def run(options: argparse.Namespace) -> int:
    """Write the scenario, and the schema it refers to where there is none."""
    from harness.scenario.schema import FILE_NAME, schema_text
    from harness.scenario.template import template

    name = options.name.removesuffix(".yaml")
    path = options.scenario_root / f"{name}.yaml"
    _check(options.name, name, path)
    text = template().replace("SCHEMA", "../" * name.count("/") + FILE_NAME)
    schema = options.scenario_root / FILE_NAME
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # "x" refuses what exists, also when it appeared since it was looked for.
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
        if not schema.exists():
            schema.write_text(schema_text(), encoding="utf-8", newline="\n")
    except FileExistsError as error:
        raise _exists(path if path.is_file() else Path(error.filename)) from None
    except OSError as error:
        message = f"cannot be written: {error.strerror}"
        raise InvalidOption(Problem(place=path.as_posix(), message=message)) from None
    print(path.as_posix())
    return 0


def _check(given: str, name: str, path: Path) -> None:
    if not _NAME.fullmatch(name):
        hint = "topic/name of letters, digits, - and _, such as flags/mine; --scenarios DIR says in which folder"
        raise InvalidOption(Problem(place="NAME", message=f"must be a scenario's name, got '{given}'", hint=hint))
    if path.exists():
        raise _exists(path)


def _exists(path: Path) -> InvalidOption:
    hint = "choose another name, or delete it first"
    return InvalidOption(Problem(place=path.as_posix(), message="exists already", hint=hint))
