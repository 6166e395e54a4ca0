"""Scenario files to scenarios: every problem of a file found at once, each with its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from harness.case import Case
from harness.errors import InvalidScenario, Problem
from harness.releases.ranges import Range
from harness.scenario import assertions, differences, sweep
from harness.scenario import claims as claim_checks
from harness.scenario.assertion_model import AssertionModel
from harness.scenario.document import Document, read
from harness.scenario.experiment import Built, build
from harness.scenario.files import name_in
from harness.scenario.findings import Finding, from_validation
from harness.scenario.materialize import Materializer
from harness.scenario.model import SWEPT, ScenarioFile, ToleranceModel
from harness.scenario.value import Scenario
from harness.tolerance import Bound, Tolerance

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_STAND_INS: Mapping[str, Any] = {"title": "?", "why": "?"}


def load_all(
    paths: Iterable[Path], root: Path, on_load: Callable[[Scenario], None] = lambda _: None
) -> tuple[Scenario, ...]:
    """The scenarios in ``paths``; each is given to ``on_load`` even if another one raises.

    Raises:
        InvalidScenario: every problem of every file.
    """
    scenarios: list[Scenario] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            scenarios.append(load(path, root))
            on_load(scenarios[-1])
        except InvalidScenario as error:
            problems += error.problems
    if problems:
        raise InvalidScenario(*problems)
    return tuple(scenarios)


def load(path: Path, root: Path) -> Scenario:
    """The scenario in the file ``path`` below ``root``.

    Raises:
        InvalidScenario: every problem of the file.
    """
    _check_name(path, root)
    document = read(path)
    if not isinstance(document.data, dict):
        message = "a scenario is a mapping of title, why, input and more"
        raise InvalidScenario(*document.problems, Problem(place=document.place(), message=message))
    name = name_in(path, root)
    examined = _examine(document.data, name, Materializer(path.parent))
    problems = [*document.problems, *(_placed(document, finding) for finding in examined.findings)]
    if problems:
        raise InvalidScenario(*sorted(dict.fromkeys(problems), key=_reading_order))
    return _scenario(examined, name, path, document)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Examined:
    """A document looked at in all its variations; ``findings`` refer to the file, not to a variation."""

    model: ScenarioFile
    asserted: tuple[AssertionModel, ...]
    cases: tuple[Case, ...]
    findings: tuple[Finding, ...]


def _check_name(path: Path, root: Path) -> None:
    wrong = [part for part in path.relative_to(root).with_suffix("").parts if not _NAME.fullmatch(part)]
    if wrong:
        hint = "letters, digits, - and _ only, so that case ids can be read and typed: rename it"
        raise InvalidScenario(Problem(place=path.as_posix(), message=f"'{wrong[0]}' cannot be in a name", hint=hint))
    if path.suffix != ".yaml":
        message = f"a scenario file ends in .yaml, got {path.suffix}"
        hint = f"rename it to {path.with_suffix('.yaml').name}"
        raise InvalidScenario(Problem(place=path.as_posix(), message=message, hint=hint))


def _examine(data: Mapping[str, Any], name: str, arrays: Materializer) -> _Examined:
    findings = sweep.check(data)
    model = ScenarioFile.model_construct()
    broken: frozenset[str] = frozenset()
    built: list[Built] = []
    for variation in sweep.variations(data):
        model, broken, wrong = _validate(variation.data)
        result = build(model, variation, name, broken & frozenset(SWEPT), arrays)
        findings += (_unvaried(finding, variation) for finding in (*wrong, *result.findings))
        built.append(result)
    cases = [(result.case, result.parameter) for result in built if result.case is not None]
    asserted: list[tuple[int, AssertionModel]] = []
    if "sweep" not in broken:
        findings += claim_checks.check(model.claims, cases, model.sweep)
        asserted = assertions.read(model.assertions, findings)
        findings += assertions.check(asserted, [case for case, _ in cases], model.sweep)
        findings += differences.check(model.expect_difference, _only_runners(model), model.sweep)
    findings += _check_tolerance(model)
    known = tuple(case for case, _ in cases)
    return _Examined(model=model, asserted=tuple(one for _, one in asserted), cases=known, findings=tuple(findings))


def _validate(data: Mapping[str, Any]) -> tuple[ScenarioFile, frozenset[str], list[Finding]]:
    """The model of ``data`` as if its wrong sections were not there, which those are, and what is wrong."""
    try:
        return ScenarioFile.model_validate(data), frozenset(), []
    except ValidationError as error:
        findings = from_validation(error)
        broken = frozenset(str(details["loc"][0]) for details in error.errors(include_url=False))
    sound = {key: value for key, value in data.items() if key not in broken}
    return ScenarioFile.model_validate({**_STAND_INS, **sound}), broken, findings


def _unvaried(finding: Finding, variation: sweep.Variation) -> Finding:
    path, by_key = variation.written(finding.path)
    if path == finding.path:
        return finding
    if by_key and finding.at_key:
        path = path[:2]
    return Finding(path=path, message=finding.message, hint=finding.hint, at_key=finding.at_key)


def _placed(document: Document, finding: Finding) -> Problem:
    place = document.place(finding.path, key=finding.at_key)
    return Problem(place=place, message=finding.message, hint=finding.hint)


def _reading_order(problem: Problem) -> tuple[int, ...]:
    return tuple(int(part) for part in problem.place.rsplit(":", 2)[1:])


def _check_tolerance(model: ScenarioFile) -> list[Finding]:
    given = model.tolerance.model_fields_set
    if given and "reason" not in given:
        hint = "say why the derived bounds do not do, for whoever reviews it"
        return [Finding(path=("tolerance",), message="reason is missing", hint=hint)]
    if given == {"reason"}:
        return [Finding(path=("tolerance",), message="tolerance has no bound", hint="output: {atol: 1e-4}")]
    return []


def _scenario(examined: _Examined, name: str, path: Path, document: Document) -> Scenario:
    model = examined.model
    return Scenario(
        name=name,
        path=path,
        title=model.title,
        why=model.why,
        tags=tuple(model.tags),
        runners=_only_runners(model),
        tolerance=_tolerance(model),
        claims=claim_checks.made(model.claims, document),
        releases=Range.parse(model.releases) if "releases" in model.model_fields_set else None,
        sources=_sources(model),
        assertions=assertions.made(examined.asserted, document),
        differences=differences.made(model.expect_difference, document),
        cases=examined.cases,
        line=document.line(("title",)),
    )


def _only_runners(model: ScenarioFile) -> tuple[str, ...] | None:
    return tuple(model.runners) if "runners" in model.model_fields_set else None


def _sources(model: ScenarioFile) -> tuple[str, ...]:
    if "source" not in model.model_fields_set:
        return ()
    return (model.source,) if isinstance(model.source, str) else tuple(model.source)


def _tolerance(model: ScenarioFile) -> Tolerance:
    bounds = {
        field: Bound(atol=bound.atol, rtol=bound.rtol)
        for field in ToleranceModel.model_fields.keys() - {"reason"}
        if (bound := getattr(model.tolerance, field)) is not None
    }
    return Tolerance(bounds=bounds, reason=model.tolerance.reason)
