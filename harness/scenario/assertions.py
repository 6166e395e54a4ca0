"""Assertions: as values, and whether they are about cases, steps and fields that exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from harness.case import Case, Json
from harness.scenario.assertion import Assertion, Near, Other
from harness.scenario.assertion_model import KINDS, AssertionModel, NearModel, OtherModel
from harness.scenario.claims import check_where, release_range
from harness.scenario.document import Document
from harness.scenario.fields import observes
from harness.scenario.findings import Finding, from_validation
from harness.scenario.text import Path, one_of
from harness.scenario.where import about


def made(models: Sequence[AssertionModel], document: Document) -> tuple[Assertion, ...]:
    """The assertions of a file in which nothing is wrong."""
    return tuple(_made(model, document.place(("assert", index))) for index, model in enumerate(models))


def _made(model: AssertionModel, place: str) -> Assertion:
    (kind,) = _kinds(model)
    return Assertion(
        kind=kind,
        expected=_expected(getattr(model, kind)),
        says=model.says or _words(model, kind),
        place=place,
        runners=tuple(_several(model.runner)) or None,
        releases=release_range(model.releases),
        where=model.where,
        step=model.step,
        fields=tuple(_several(model.field)) or ("output",),
    )


def _kinds(model: AssertionModel) -> list[str]:
    return [kind for kind in KINDS if kind in model.model_fields_set]


def _several(given: str | list[str] | None) -> list[str]:
    return [given] if isinstance(given, str) else list(given or ())


def _expected(given: OtherModel | NearModel | float | bool) -> Other | Near | bool:
    if isinstance(given, OtherModel):
        return Other(step=given.step, where=given.case or {}, runner=given.runner, field=given.field)
    if isinstance(given, NearModel):
        return Near(value=float(given.value), atol=given.atol)
    return given if isinstance(given, bool) else Near(value=float(given), atol=None)


def _words(model: AssertionModel, kind: str) -> str:
    fields = " and ".join(_several(model.field)) or "output"
    expected = _expected(getattr(model, kind))
    match expected:
        case Near():
            return f"{fields}: {kind} {expected.value:g}"
        case Other():
            told = {"step": expected.step, "runner": expected.runner, "field": expected.field}
            parts = [f"{name} {value}" for name, value in told.items() if value is not None]
            parts += [f"{path}={value}" for path, value in expected.where.items()]
            return f"{fields}: {kind} {', '.join(parts)}"
    return f"{fields}: {kind if expected else f'not {kind}'}"


def read(entries: Sequence[Any], findings: list[Finding]) -> list[tuple[int, AssertionModel]]:
    """Those entries of the file that are assertions, by position; what is wrong with others goes to ``findings``."""
    found = []
    for index, entry in enumerate(entries):
        try:
            found.append((index, AssertionModel.model_validate(entry)))
        except ValidationError as error:
            findings += from_validation(error, ("assert", index))
    return found


def check(
    models: Sequence[tuple[int, AssertionModel]], cases: Sequence[Case], swept: Mapping[str, list[Json]]
) -> Iterator[Finding]:
    """What is wrong with the assertions of a scenario, given its cases."""
    for index, model in models:
        path: Path = ("assert", index)
        kinds = _kinds(model)
        if len(kinds) != 1:
            hint = "each assertion has one; several are several entries of the list"
            message = f"must have one of {one_of(KINDS)}, got {' and '.join(kinds) or 'none'}"
            yield Finding(path=path, message=f"assert[{index}] {message}", hint=hint)
            continue
        wrong = list(check_where(model.where, (*path, "where"), swept))
        other = _expected(getattr(model, kinds[0]))
        if isinstance(other, Other):
            wrong += check_where(other.where, (*path, kinds[0], "case"), swept)
        yield from wrong
        if not wrong:
            yield from _check_cases(model, kinds[0], path, cases)


def _check_cases(model: AssertionModel, kind: str, path: Path, cases: Sequence[Case]) -> Iterator[Finding]:
    other = _expected(getattr(model, kind))
    fields = _several(model.field) or ["output"]
    for case in cases:
        if not about(model.where, case):
            continue
        yield from _check_step(case, model.step, fields, path, told="field" in model.model_fields_set)
        if isinstance(other, Other):
            yield from _check_other(case, model, other, (*path, kind), fields, cases)


def _check_step(case: Case, step: int | None, fields: Sequence[str], path: Path, *, told: bool) -> Iterator[Finding]:
    number = len(case.steps) if step is None else step
    if number > len(case.steps):
        hint = "steps are counted from 1; leave it out for the last"
        message = f"there is no step {number}: the last is {len(case.steps)}"
        yield Finding(path=(*path, "step"), message=message, hint=hint)
        return
    taken = case.steps[number - 1]
    for field in fields:
        if not observes(taken, field):
            hint = "name another step, or another field" if told else "field: moving_mean names another field"
            place = (*path, "field") if told else path
            yield Finding(path=place, message=f"step {number}, {taken.word}, has no {field}", hint=hint)


def _check_other(
    case: Case, model: AssertionModel, other: Other, path: Path, fields: Sequence[str], cases: Sequence[Case]
) -> Iterator[Finding]:
    there = other.case(case, cases)
    if there is None:
        return
    step = other.step or model.step
    own = (case.id, model.step or len(case.steps), fields)
    others = (there.id, step or len(there.steps), [other.field] if other.field else fields)
    if own == others and other.runner is None:
        hint = "{step: 1}, {case: {training: false}}, {runner: keras} or {field: gamma} names another measurement"
        yield Finding(path=path, message="a measurement is held against itself", hint=hint)
        return
    held = [other.field] if other.field else fields
    yield from _check_step(there, step, held, path, told=other.field is not None)
