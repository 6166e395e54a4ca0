"""A run as JSON, of the format that ``docs/run.schema.json`` describes: everything a report says, without arrays."""

from __future__ import annotations

import dataclasses
import json
import math
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from harness import __version__
from harness.case import Json
from harness.comparison import (
    Between,
    CaseComparison,
    Comparison,
    Gate,
    RunnerResult,
    ScenarioComparison,
)
from harness.diff import Closest, Diff, Difference
from harness.observation import Crashed, NotApplicable, Observation, Outcome, Reported, TimedOut, Unavailable
from harness.releases.ranges import ReleaseRange
from harness.report.failures import rerun_of_pair, rerun_of_result
from harness.report.run_model import FORMAT
from harness.run import Run, TargetRun
from harness.semantics.account import Account, account
from harness.semantics.evidence import CaseFacts
from harness.settled import spreads

_Object = dict[str, Json]


def run_json(run: Run) -> str:
    """The run as canonical JSON, with a newline at the end; the same run gives the same bytes."""
    data = {
        "format": FORMAT,
        "harness": __version__,
        "exit_code": run.code,
        "targets": [_target(one) for one in run.targets],
    }
    return json.dumps(data, indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def _target(one: TargetRun) -> _Object:
    part = one.part
    return {
        "target": one.target,
        "exit_code": one.code,
        "problems": [_plain(problem) for problem in one.problems],
        "shard": {"count": part.count, "indices": [*part.indices], "cases": [*part.cases]} if part else None,
        "comparison": _comparison(one.comparison) if one.comparison else None,
    }


def _comparison(comparison: Comparison) -> _Object:
    return {
        "environment": {
            "versions": dict(sorted(comparison.versions.items())),
            "device": comparison.device,
            "machines": [_plain(machine) for machine in comparison.machines],
            "runners": [*comparison.runners],
            "program": [*comparison.program],
            "arguments": [*comparison.arguments],
        },
        "seconds": round(comparison.seconds, 3),
        "scenarios": [_scenario(scenario, comparison) for scenario in comparison.scenarios],
        "stale": [_plain(stale) for stale in comparison.stale],
        "gate": _gate(comparison.gate) if comparison.gate else None,
    }


def _scenario(scenario: ScenarioComparison, comparison: Comparison) -> _Object:
    return {
        "name": scenario.name,
        "title": scenario.title,
        "path": scenario.path.as_posix(),
        "line": scenario.line,
        "cases": [_case(case, comparison) for case in scenario.cases],
    }


def _case(case: CaseComparison, comparison: Comparison) -> _Object:
    return {
        "id": case.case.id,
        "variation": dict(case.case.variation),
        "sha256": case.case.sha256,
        "results": [_result(case, result, comparison) for result in case.results],
        "between": [_between(case, between, comparison) for between in case.between],
        "claims": [_plain(claim) for claim in case.claims],
        "assertions": [_plain(one) for one in case.assertions],
    }


def _result(case: CaseComparison, result: RunnerResult, comparison: Comparison) -> _Object:
    return {
        "runner": result.runner,
        "release": result.release,
        "verdict": result.verdict.value,
        "baseline": result.baseline,
        "reason": result.reason,
        "outcome": _outcome(result.outcome),
        "diff": _diff(result.diff) if result.diff else None,
        "explanation": _explanation(account(case.case, result.explanation)) if result.explanation else None,
        "reproduce": _command(rerun_of_result(case, result), comparison),
    }


def _between(case: CaseComparison, between: Between, comparison: Comparison) -> _Object:
    return {
        "left": between.left,
        "right": between.right,
        "relation": between.relation.value,
        "diff": _diff(between.diff),
        "explanation": _explanation(account(case.case, between.explanation)) if between.explanation else None,
        "reproduce": _command(rerun_of_pair(case, between), comparison),
    }


def _command(words: Sequence[str], comparison: Comparison) -> str:
    return shlex.join([*comparison.program, *words, *comparison.arguments])


def _outcome(outcome: Outcome | Reported) -> _Object:
    match outcome:
        case Observation() | Reported():
            steps = outcome.steps if isinstance(outcome, Reported) else len(outcome.steps)
            parts = {"structure": outcome.structure, "raised": outcome.raised, "identity": outcome.identity}
            told = {name: _plain(part) if part else None for name, part in parts.items()}
            several: _Object = {
                "nondeterministic": outcome.nondeterministic,
                "spreads": [{**_plain(one), "values": [[*each] for each in one.values]} for one in spreads(outcome)],
            }
            return {"kind": "measured", "steps": steps, **told, **several}
        case Crashed():
            return {"kind": "crashed", **_plain(outcome)}
        case TimedOut():
            return {"kind": "timed out", **_plain(outcome)}
        case Unavailable():
            return {"kind": "unavailable", **_plain(outcome)}
        case NotApplicable():
            return {"kind": "not applicable", **_plain(outcome)}


def _diff(diff: Diff) -> _Object:
    return {
        "identical": diff.identical,
        "differences": [_difference(difference) for difference in diff.differences],
        "closest": _closest(diff.closest) if diff.closest else None,
    }


def _difference(found: Difference) -> _Object:
    return {
        "kind": found.kind.value,
        "step": found.step,
        "field": found.field,
        "index": None if found.index is None else [*found.index],
        "left": found.left,
        "right": found.right,
        "error": _number(found.error),
        "bound": _number(found.bound),
        "source": found.source.value if found.source else None,
        "ulps": _number(found.ulps),
        "elements": found.elements,
        "size": found.size,
        "passing": _number(found.passing),
    }


def _closest(found: Closest) -> _Object:
    numbers: _Object = {name: _number(getattr(found, name)) for name in ("error", "bound", "ulps")}
    return {"step": found.step, "field": found.field, "index": [*found.index], **numbers}


def _explanation(found: Account) -> _Object:
    numbers: Sequence[Mapping[str, Difference]] = found.numbers or [{} for _ in found.sets]
    return {
        "explained": found.explained,
        "differences": found.differences,
        "sets": [
            [
                {
                    "rule": change.rule,
                    "left": [*change.left],
                    "right": [*change.right],
                    "says": [*change.says],
                    "number": _difference(shown[change.rule]) if change.rule in shown else None,
                }
                for change in changes
            ]
            for changes, shown in zip(found.sets, numbers, strict=True)
        ],
        "facts": [_facts(side) for side in found.facts] if found.facts else None,
        "unexplained": _unexplained(found),
    }


def _facts(facts: CaseFacts) -> _Object:
    return {**_plain(facts), "initial_weight": _number(facts.initial_weight)}


def _unexplained(found: Account) -> Json:
    if found.unexplained is None:
        return None
    side, residual = found.unexplained
    numbers: _Object = {"error": _number(residual.error), "bound": _number(residual.bound)}
    return {"side": side, **_plain(residual), **numbers}


def _gate(gate: Gate) -> _Object:
    return {
        "compared": gate.compared,
        "expected": gate.expected,
        "unexplained": gate.unexplained,
        "unexpected": [
            {
                "case": one.case.id,
                "left": one.between.left,
                "right": one.between.right,
                "rules": [*one.rules],
            }
            for one in gate.unexpected
        ],
        "vanished": [
            {
                "scenario": one.scenario,
                "rule": one.expected.rule,
                "place": one.expected.place,
                "runners": None if one.expected.runners is None else [*one.expected.runners],
                "releases": _releases(one.expected.releases) if one.expected.releases else None,
                "where": dict(one.expected.where),
                "compared": one.compared,
            }
            for one in gate.vanished
        ],
    }


def _releases(releases: ReleaseRange) -> _Object:
    ranges = {"tensorflow": releases.tensorflow, "keras": releases.keras}
    return {name: found.text if found else None for name, found in ranges.items()}


def _number(value: float | None) -> Json:
    """JSON has no infinity and no NaN: they are the strings that golden files have for them."""
    if value is None or math.isfinite(value):
        return value
    if math.isnan(value):
        return "nan"
    return "inf" if value > 0 else "-inf"


def _plain(value: Any) -> dict[str, Any]:
    """A flat dataclass by the names of its fields; tuples become lists."""
    fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    return {name: list(part) if isinstance(part, tuple) else part for name, part in fields.items()}
