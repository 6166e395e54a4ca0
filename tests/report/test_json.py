"""A run's file: what it holds, that reading it loses nothing that is reported, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pytest

from harness.case import CaseName
from harness.comparison import Comparison, Relation, Verdict
from harness.diff import DifferenceKind
from harness.errors import InvalidRun
from harness.report import run_model
from harness.report.github import workflow_commands
from harness.report.json import run_json
from harness.report.json_reader import read_run
from harness.report.junit import junit_xml
from harness.report.markdown import markdown
from harness.report.terminal import render
from harness.run import Run
from harness.scale import BoundSource
from tests.report import samples
from tests.report.runs import everything, run, with_gate
from tests.unit.each import each

SCHEMA = Path(__file__).parents[2] / "docs" / "run.schema.json"
CHANGED = "flags/seed-article[training=true,trainable=true]"


@cache
def text() -> str:
    return run_json(everything())


def again(one: Run) -> Run:
    return read_run(run_json(one).encode("ascii"), "run.json")


@cache
def read() -> Run:
    return read_run(text().encode("ascii"), "run.json")


def gated() -> Comparison:
    return with_gate(samples.all_green())


def test_the_committed_schema_is_the_generated_one() -> None:
    assert SCHEMA.read_text(encoding="ascii") == run_model.run_schema_text()


def test_a_run_is_valid() -> None:
    schema = json.loads(SCHEMA.read_text(encoding="ascii"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(json.loads(text()))


def test_the_schema_lets_nothing_through_that_has_no_name() -> None:
    data = json.loads(text())
    data["targets"][0]["comparison"]["environment"]["mood"] = "good"
    with pytest.raises(jsonschema.ValidationError, match="mood"):
        jsonschema.validate(data, json.loads(SCHEMA.read_text(encoding="ascii")))


def test_reading_and_writing_again_gives_the_same_bytes() -> None:
    assert run_json(read()) == text()


@pytest.mark.parametrize("verbose", [-1, 0, 2])
@pytest.mark.parametrize("build", [samples.all_green, samples.all_wrong, gated])
def test_what_was_read_is_told_in_the_same_words(build: Callable[[], Comparison], verbose: int) -> None:
    found = again(run(build())).targets[0].comparison
    assert found is not None
    assert all(isinstance(case.case, CaseName) for case in found.cases())
    assert render(found, width=100, verbose=verbose, color=True) == render(
        build(), width=100, verbose=verbose, color=True
    )


@pytest.mark.parametrize("writer", [junit_xml, markdown, workflow_commands])
def test_every_report_of_what_was_read_is_the_same(writer: Callable[[Run], str]) -> None:
    assert writer(read()) == writer(everything())


def case_of(identifier: str) -> dict[str, Any]:
    scenarios = json.loads(text())["targets"][0]["comparison"]["scenarios"]
    return next(case for scenario in scenarios for case in scenario["cases"] if case["id"] == identifier)


def test_a_change_names_field_step_index_values_bound_and_rule() -> None:
    result = case_of(CHANGED)["results"][0]
    assert result["verdict"] == "changed"
    assert (result["release"], result["baseline"]) == ("2.21.0", "2.21.0")
    assert result["diff"]["differences"] == [
        {
            "kind": "value",
            "step": 1,
            "field": "moving_variance",
            "index": [2],
            "left": "1.0999999",
            "right": "1.1333332",
            "error": 0.0333333,
            "bound": 3.3e-06,
            "source": "from the oracle",
            "ulps": 279620.0,
            "elements": 1,
            "size": 4,
            "passing": 10101.0,
        }
    ]
    [[change]] = result["explanation"]["sets"]
    assert (change["rule"], change["left"], change["right"]) == ("variance-estimator", ["sample"], ["population"])
    assert "sample variance" in change["says"][0]
    assert "population variance" in change["says"][1]
    assert result["reproduce"] == f"harness compare '{CHANGED}' --runner tf1 --golden 'my golden' --device gpu:1"


def test_infinity_is_a_string() -> None:
    result = case_of("momentum/sweep[momentum=0]")["results"][0]
    difference = result["diff"]["differences"][0]
    assert (difference["error"], difference["ulps"], difference["passing"]) == ("inf", None, None)


def test_what_ran_and_where_is_told() -> None:
    target = json.loads(text())["targets"][0]
    assert target["comparison"]["environment"] == {
        "versions": {
            "keras": "3.15.1",
            "numpy": "2.4.6",
            "python": "3.11.7",
            "tensorflow": "2.21.0",
            "tf_keras": "2.21.0",
        },
        "device": "cpu",
        "machines": [{"platform": "linux-x86_64", "cpu_features": ["avx2", "fma"], "threads": 1}],
        "runners": ["tf1", "keras", "tf_keras"],
        "program": ["harness"],
        "arguments": ["--golden", "my golden", "--device", "gpu:1"],
    }


def test_a_target_that_was_not_to_be_had_says_why() -> None:
    target = json.loads(text())["targets"][2]
    assert (target["exit_code"], target["comparison"]) == (5, None)
    assert target["problems"][0]["hint"] == "get one"


@pytest.mark.parametrize(
    ("kinds", "field", "model"),
    [
        ([one.value for one in Verdict], "verdict", run_model.ResultModel),
        ([one.value for one in Relation], "relation", run_model.BetweenModel),
        ([one.value for one in DifferenceKind], "kind", run_model.DifferenceModel),
        ([*(one.value for one in BoundSource), None], "source", run_model.DifferenceModel),
    ],
)
def test_the_format_knows_every_word(kinds: list[str | None], field: str, model: type[run_model.Strict]) -> None:
    annotation = model.model_fields[field].annotation
    known = {word for part in get_args(annotation) for word in (get_args(part) or (part,))}
    assert known - {type(None)} | ({None} if type(None) in known else set()) == set(kinds)


def broken(change: Callable[[dict[str, Any]], object]) -> bytes:
    data = json.loads(text())
    change(data)
    return json.dumps(data).encode()


def comparison_of(data: dict[str, Any], target: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = data["targets"][target]["comparison"]
    return found


@each(
    "data, said",
    [
        (b"", "not the JSON of a run"),
        (b"{}", "not the JSON of a run: format: Field required"),
        (b'{"format": 1, "scenario": "flags/x", "cases": {}}', "not the JSON of a run: harness: Field required"),
        (broken(lambda data: data.update(format=2)), "format: Input should be 1"),
        (broken(lambda data: comparison_of(data).update(seconds="7")), "targets.0.comparison.seconds: "),
        (broken(lambda data: comparison_of(data).update(seconds=float("nan"))), "targets.0.comparison.seconds: "),
        (broken(lambda data: comparison_of(data)["stale"].append({"what": "x"})), "stale.1.reason: Field required"),
        (
            broken(lambda data: comparison_of(data, 1)["gate"]["unexpected"][0].update(right="shim")),
            "the gate names tf1 and shim of flags/seed-article[training=true,trainable=false], which are not compared",
        ),
        (
            broken(lambda data: comparison_of(data, 1)["gate"]["vanished"][0]["releases"].update(tensorflow="newest")),
            "comparison.gate.vanished.0.releases.tensorflow: ",
        ),
    ],
)
def test_what_is_no_run_is_refused_with_its_place(data: bytes, said: str) -> None:
    with pytest.raises(InvalidRun) as caught:
        read_run(data, "jobs/run.json")
    [problem] = caught.value.problems
    assert problem.place == "jobs/run.json"
    assert said in problem.message
    assert "harness compare --json FILE" in str(problem.hint)


def test_a_rule_of_another_version_is_refused() -> None:
    data = text().replace("variance-estimator", "variance-guesser").encode()
    with pytest.raises(InvalidRun, match=r"there is no rule variance-guesser: harness .* wrote this file"):
        read_run(data, "run.json")
