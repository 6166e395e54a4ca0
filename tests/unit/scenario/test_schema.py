from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from harness.scenario.schema import schema_text
from tests.unit.each import each

ROOT = Path(__file__).parents[3] / "scenarios"


@pytest.fixture(scope="module")
def validator() -> jsonschema.protocols.Validator:
    schema = json.loads(schema_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_the_committed_schema_is_the_generated_one() -> None:
    assert (ROOT / "schema.json").read_text(encoding="utf-8") == schema_text(), (
        "run: harness schema --output scenarios/schema.json"
    )


def test_it_is_canonical() -> None:
    text = schema_text()
    assert text == json.dumps(json.loads(text), indent=2, sort_keys=True) + "\n"


def of(text: str) -> Any:
    return {"title": "a", "why": "b", "input": 1, **yaml.safe_load(text)}


@each(
    "text",
    [
        "layr: {}",
        "layer: {momentun: 0.5}",
        "layer: {momentum: 2}",
        "layer: {fused: 1}",
        "layer: {dtype: float}",
        "input: [1, x]",
        "input: [[1], [x]]",
        "input: {random: normal}",
        "input: {random: gauss, seed: 1}",
        "inputs: []",
        "training: 2",
        "training: 'true'",
        "steps: 0",
        "steps: [cal]",
        "steps: [{call: {trainin: 1}}]",
        "steps: [set]",
        "steps: [{set: {trainable: 1}}]",
        "steps: [{call: {}, train: {}}]",
        "steps: [{repeat: {times: 2, steps: [cal]}}]",
        "steps: [{assign: {}}]",
        "steps: [{assign: {gamma: x}}]",
        "steps: [{train: {rate: -1}}]",
        "model: [dens]",
        "model: [{dense: {}}]",
        "model: [{model: [{activation: rleu}]}]",
        "mask: [[1, 2]]",
        "observe: [gradient]",
        "replicas: 0",
        "policy: float16",
        "layer: {gamma_regularizer: {l3: 1}}",
        "layer: {gamma_constraint: {}}",
        "source: ''",
        "assert: [{field: output}]",
        "assert: [{finite: true, unchanged: true}]",
        "assert: [{same_as: {stp: 1}}]",
        "assert: [{field: outptu, finite: true}]",
        "releases: 2.0",
        "sweep: {momentum: [1]}",
        "sweep: {training: []}",
        "runners: [kears]",
        "claims: [{says: a, source: b, expect: {outputs: 1}}]",
        "claims: [{says: a, expect: {output: 1}}]",
        "claims: [{says: a, source: b, normalized_by: bath}]",
        "claims: [{says: a, source: b, gamma: true}]",
        "claims: [{says: a, source: b, moving_variance: updated}]",
        "claims: [{says: a, source: b, same_as: {fields: [output]}}]",
        "claims: [{says: a, source: b, same_as: {where: {training: true}, fields: [outputs]}}]",
        "claims: [{says: a, source: b, raises: tf.Error}]",
        "claims: [{says: a, source: b, trainable_variables: -1}]",
        "claims: [{says: a, source: b, releases: 2.10, beta: updated}]",
        "claims: [{says: a, source: b, releases: new, beta: updated}]",
        "claims: [{says: a, source: b, runner: [], beta: updated}]",
        "tolerance: {output: {atol: -1}}",
        "title: ''",
    ],
)
def test_editors_mark_what_is_wrong(text: str, validator: jsonschema.protocols.Validator) -> None:
    assert not validator.is_valid(of(text))


@each(
    "text",
    [
        "layer: {axis: [1, 2], fused: null, momentum: 0}",
        "input: {values: [[[1.5]]], batch_of_one: true}",
        "input: {arange: [0, 1, 0.5], shape: [2]}",
        "training: null",
        "training: 0",
        "steps: [call, {call: {input: 0, training: null}}, {call: null}]",
        "steps: [build, {set: {trainable: false, 'on': model}}, {assign: {gamma: [1, 2], dense/kernel: {full: 1}}}]",
        "steps: [train, {train: {loss: sum, rate: 0.5, training: 'tensor:true', updates: train_op}}]",
        "steps: [{repeat: {times: 2, steps: [call, {repeat: {times: 3, steps: [config]}}]}}]",
        "steps: [compile, fit, {fit: {epochs: 2}}, train_on_batch, evaluate, test_on_batch, predict]",
        "steps: [{save: {format: h5}}, {load: {format: h5}}, {call: {with: [1]}}]",
        "model: [{dense: {kernel: [[1]], bias: {full: 1, shape: [1]}}}, bn, flatten, {activation: relu}]",
        "model: [{masking: {value: 0}}, {masking: null}, {model: [bn, {bn: {scale: false}}]}]",
        "model: [{embedding: {table: [[1]], mask_zero: true}}, bn]",
        "mask: [[true, false], [1, 0]]",
        "mask: {full: 1, shape: [2]}",
        "observe: [gradients, losses]",
        "{replicas: 2, policy: mixed_float16, unknown_batch: true, repetitions: 3}",
        "layer: {gamma_regularizer: {l1: 1, l2: 0}, beta_constraint: non_neg, gamma_constraint: {max_norm: 1}}",
        "source: [one, two]",
        "assert: [{field: [output, output_1, dense/kernel], step: 1, same_as: {step: 1, case: {training: 1}}}]",
        "assert: [{says: a, runner: keras, releases: '>=2.0', mean_near: {value: 0, atol: 1}}, {finite: true}]",
        "releases: '>=2.16'",
        "sweep: {layer.axis: [1, [1, 2]], training: [true, null]}",
        "runners: [tf1, 'keras:function', shim]",
        "claims: [{says: a, source: b, where: {training: 1}, step: 2, expect: {'output[0, -1]': [[1]], beta: 2}}]",
        "claims: [{says: a, source: b, normalized_by: nothing, moving_statistics: updated, beta: unchanged}]",
        "claims: [{says: a, source: b, runner: [tf1, keras], releases: '>=2.0', same_as: training=true}]",
        "claims: [{says: a, source: b, same_as: {where: {training: true}, fields: [output, gamma]}}]",
        "claims: [{says: a, source: b, releases: {tensorflow: 1.0..1.15, keras: '3'}, trainable_variables: 0}]",
        "claims: [{says: a, source: b, releases: ..2.3, raises: TypeError}]",
        "tolerance: {reason: x, output: {atol: 1}}",
    ],
)
def test_editors_leave_alone_what_is_right(text: str, validator: jsonschema.protocols.Validator) -> None:
    assert [error.message for error in validator.iter_errors(of(text))] == []


def properties(schema: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(schema, dict):
        yield from schema.get("properties", {}).items()
        for value in schema.values():
            yield from properties(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from properties(value)


def test_every_key_is_described() -> None:
    found = list(properties(json.loads(schema_text())))
    assert len(found) > 50
    assert [name for name, schema in found if not schema.get("description")] == []
