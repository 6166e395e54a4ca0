"""The scenarios in the repository: sound, small, and what they promise to be."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.scenario import Scenario, find, load, load_all
from harness.scenario.value import Effect
from harness.tensor import Tensor

ROOT = Path(__file__).parents[3] / "scenarios"
SHIPPED = load_all(find(ROOT), ROOT)
BY_NAME = {scenario.name: scenario for scenario in SHIPPED}


def test_there_are_enough_of_them() -> None:
    assert len(SHIPPED) >= 20
    assert 400 <= sum(len(scenario.cases) for scenario in SHIPPED) <= 2000
    topics = {"flags", "statistics", "numerics", "options", "layouts", "lifecycle", "reported", "onnx"}
    assert {name.partition("/")[0] for name in BY_NAME} == topics


@pytest.mark.parametrize("scenario", SHIPPED, ids=lambda scenario: scenario.name)
def test_the_first_line_points_editors_at_the_schema(scenario: Scenario) -> None:
    first = scenario.path.read_text(encoding="utf-8").splitlines()[0]
    prefix = "# yaml-language-server: $schema="
    assert first.startswith(prefix)
    schema = (scenario.path.parent / first.removeprefix(prefix)).resolve()
    assert schema == (ROOT / "schema.json").resolve()


# What others reported or specified has the size that they gave it.
@pytest.mark.parametrize(
    "scenario",
    [one for one in SHIPPED if one.name.partition("/")[0] not in ("lifecycle", "reported", "onnx")],
    ids=lambda scenario: scenario.name,
)
def test_inputs_are_small_enough_for_n_over_n_minus_1_to_show(scenario: Scenario) -> None:
    for case in scenario.cases:
        axis: Any = case.layer.get("axis", -1)
        for tensor in case.inputs:
            kept = {index % len(tensor.shape) for index in (axis if isinstance(axis, list) else [axis])}
            reduced = [length for index, length in enumerate(tensor.shape) if index not in kept]
            assert np.prod(reduced) <= 8, case.id


@pytest.mark.parametrize("scenario", SHIPPED, ids=lambda scenario: scenario.name)
def test_every_case_is_another_experiment(scenario: Scenario) -> None:
    assert len({case.sha256 for case in scenario.cases}) == len(scenario.cases)


def test_no_two_scenarios_have_the_same_title() -> None:
    assert len({scenario.title for scenario in SHIPPED}) == len(SHIPPED)


def test_the_folder_means_the_same_wherever_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    relative = Path(os.path.relpath(ROOT, tmp_path))
    for scenario in SHIPPED:
        again = load(relative / f"{scenario.name}.yaml", relative)
        assert [case.sha256 for case in again.cases] == [case.sha256 for case in scenario.cases]


def test_the_seed_article_is_the_published_experiment() -> None:
    scenario = BY_NAME["flags/seed-article"]
    image = [[[[4, 5, 9, 0], [0, 0, 2, 0]], [[2, 1, 6, 5], [7, 8, 9, 6]]]]
    assert [case.key for case in scenario.cases] == [
        "training=true,trainable=true",
        "training=true,trainable=false",
        "training=false,trainable=true",
        "training=false,trainable=false",
    ]
    for case in scenario.cases:
        assert case.inputs == (Tensor.of(image, "float32"),)
        assert case.layer == {"momentum": 0.99, "epsilon": 0.001}
        initial = {"beta": 1, "gamma": 2, "moving_mean": 0, "moving_variance": 1}
        assert case.initializers == {role: Tensor.of([value] * 4, "float32") for role, value in initial.items()}
        assert len(case.steps) == 2


def test_the_article_s_table_is_bound_as_claims() -> None:
    claims = BY_NAME["flags/seed-article"].claims
    title = "What is the significance of 'trainable' and 'training' flag in tf.layers.batch_normalization?"
    assert {(claim.source, claim.runners) for claim in claims} == {(title, ("tf1",))}
    table: dict[tuple[Any, ...], dict[str, Any]] = {}
    for claim in claims:
        if claim.expect:
            assert claim.step == 1
            table.setdefault(tuple(claim.where.values()), {}).update({**claim.expect, **claim.effects})
    unchanged = {"moving_statistics": Effect.UNCHANGED}
    assert table == {
        (False, False): {"output[0,0,0]": [9, 11, 19, 1], **unchanged},
        (True, False): {"output[0,0,0]": [2, 2, 3, -1], **unchanged},
        (True, True): {
            "output[0,0,0]": [2, 2, 3, -1],
            "moving_mean": [0.03249997, 0.03499997, 0.06499994, 0.02749997],
            "moving_variance": [1.0791667, 1.1266665, 1.0999999, 1.0925],
        },
    }
