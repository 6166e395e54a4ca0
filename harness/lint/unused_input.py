"""``unused-input``: arrays that no case reads: inputs, initial values, and data files beside the scenarios."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harness.case import Json
from harness.errors import Problem
from harness.lint.rule import LintRule
from harness.lint.shelf import Sheet, Shelf
from harness.steps import Build, Call, Config, Fit, Run, Step, Train

_ARRAYS = (".npy", ".npz")
_STEP = "remove it, or give it a step"
_ROLE = "no case has the variable: remove it"
_FILE = "delete it, or read it with {file: ...}"


def _check(shelf: Shelf) -> Iterator[Problem]:
    for sheet in shelf.chosen:
        yield from _inputs(sheet)
        yield from _roles(sheet)
    if shelf.whole:
        yield from _files(shelf)


def _inputs(sheet: Sheet) -> Iterator[Problem]:
    used = {index for case in sheet.cases for step in case.steps for index in _read_by(step)}
    most = max(len(case.inputs) for case in sheet.cases)
    for index in range(most):
        if index not in used:
            yield Problem(place=sheet.place("inputs", index), message=f"no step reads input {index}", hint=_STEP)


def _read_by(step: Step) -> tuple[int, ...]:
    match step:
        case Call(input=one, beside=others):
            return (one, *others)
        case Fit(input=one, target=target, validation=validation):
            return _there(one, target, validation)
        case Train(input=one, target=target) | Run(input=one, target=target):
            return _there(one, target)
        case Build() | Config():
            return (0,)
    return ()


def _there(*indices: int | None) -> tuple[int, ...]:
    return tuple(index for index in indices if index is not None)


def _roles(sheet: Sheet) -> Iterator[Problem]:
    data = sheet.document.data
    given = data.get("initializers") if isinstance(data, dict) else None
    used = {role for case in sheet.cases for role in case.initializers}
    for role in given if isinstance(given, dict) else ():
        if role not in used:
            place = sheet.place("initializers", role)
            yield Problem(place=place, message=f"no case starts from this {role}", hint=_ROLE)


def _files(shelf: Shelf) -> Iterator[Problem]:
    read = {path for sheet in shelf.sheets for path in _named(sheet.document.data, sheet.scenario.path.parent)}
    for path in sorted(shelf.root.rglob("*")):
        if path.suffix in _ARRAYS and path.resolve() not in read:
            yield Problem(place=path.as_posix(), message="no scenario reads this file", hint=_FILE)


def _named(data: Json, folder: Path) -> Iterator[Path]:
    """Every file that a scenario names; sweeps put their values where no model tells what they are."""
    if isinstance(data, dict):
        if isinstance(name := data.get("file"), str):
            yield (folder / name).resolve()
        for value in data.values():
            yield from _named(value, folder)
    elif isinstance(data, list):
        for value in data:
            yield from _named(value, folder)


RULE = LintRule(name="unused-input", finds="an array that no case reads", check=_check)
