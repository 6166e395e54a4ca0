"""The scenarios in the repository: sound, small, and what they promise to be."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import jsonschema
import numpy as np
import pytest

from harness.cli import main
from harness.scenario import Scenario, find, load, load_all
from harness.scenario.document import read
from harness.scenario.schema import schema_text
from harness.scenario.value import Effect
from harness.sharding import even_shares
from harness.tensor import Tensor

ROOT = Path(__file__).parents[2] / "scenarios"

Shipped: TypeAlias = Mapping[str, Scenario]


@pytest.fixture(scope="module")
def shipped() -> Shipped:
    """Every scenario by its name."""
    return {scenario.name: scenario for scenario in load_all(find(ROOT), ROOT)}


def test_there_are_enough_of_them(shipped: Shipped) -> None:
    assert len(shipped) >= 20
    assert 400 <= sum(len(scenario.cases) for scenario in shipped.values()) <= 2000
    topics = {"flags", "statistics", "numerics", "options", "layouts", "lifecycle", "reported", "onnx"}
    assert {name.partition("/")[0] for name in shipped} == topics


def test_the_first_line_points_editors_at_the_schema(shipped: Shipped) -> None:
    prefix = "# yaml-language-server: $schema="
    firsts = {name: one.path.read_text(encoding="utf-8").splitlines()[0] for name, one in shipped.items()}
    assert {name: first for name, first in firsts.items() if not first.startswith(prefix)} == {}
    meant = {name: (one.path.parent / firsts[name].removeprefix(prefix)).resolve() for name, one in shipped.items()}
    assert {name: path for name, path in meant.items() if path != (ROOT / "schema.json").resolve()} == {}


def test_every_one_satisfies_the_schema(shipped: Shipped) -> None:
    validator = jsonschema.Draft202012Validator(json.loads(schema_text()))
    errors = {
        name: [error.message for error in validator.iter_errors(read(one.path).data)] for name, one in shipped.items()
    }
    assert {name: found for name, found in errors.items() if found} == {}


def test_every_one_is_listed(shipped: Shipped, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--scenarios", str(ROOT)]) == 0
    text = capsys.readouterr().out
    assert [name for name in shipped if name not in text] == []


def test_inputs_are_small_enough_for_n_over_n_minus_1_to_show(shipped: Shipped) -> None:
    large = []
    for name, scenario in shipped.items():
        # What others reported or specified has the size that they gave it, and some are there for their size.
        if name.partition("/")[0] in ("lifecycle", "reported", "onnx") or "real-size" in scenario.tags:
            continue
        for case in scenario.cases:
            axis: Any = case.layer.get("axis", -1)
            for tensor in case.inputs:
                kept = {index % len(tensor.shape) for index in (axis if isinstance(axis, list) else [axis])}
                reduced = [length for index, length in enumerate(tensor.shape) if index not in kept]
                if np.prod(reduced) > 8:
                    large.append(case.id)
    assert large == []


def test_as_many_shards_as_a_matrix_of_jobs_may_have_differ_by_one_case(shipped: Shipped) -> None:
    sizes = {name: len(scenario.cases) for name, scenario in shipped.items()}
    for count in (2, 4, 8, 16, 24):
        shares = even_shares(sizes, count)
        totals = [sum(sizes[name] for name in sizes if shares[name] == share) for share in range(count)]
        assert max(totals) - min(totals) <= 1, totals


def test_every_case_is_another_experiment(shipped: Shipped) -> None:
    repeated = [name for name, one in shipped.items() if len({case.sha256 for case in one.cases}) != len(one.cases)]
    assert repeated == []


def test_no_two_scenarios_have_the_same_title(shipped: Shipped) -> None:
    assert len({scenario.title for scenario in shipped.values()}) == len(shipped)


def test_the_folder_means_the_same_wherever_it_lies(
    shipped: Shipped, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    relative = Path(os.path.relpath(ROOT, tmp_path))
    for scenario in shipped.values():
        again = load(relative / f"{scenario.name}.yaml", relative)
        assert [case.sha256 for case in again.cases] == [case.sha256 for case in scenario.cases]


def test_the_seed_article_is_the_published_experiment(shipped: Shipped) -> None:
    scenario = shipped["flags/seed-article"]
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


def test_the_article_s_table_is_bound_as_claims(shipped: Shipped) -> None:
    claims = shipped["flags/seed-article"].claims
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
