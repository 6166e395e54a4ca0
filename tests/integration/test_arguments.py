"""Arguments of the layer on the installed release, against numbers by hand: an adjustment, values that mean nothing.

One channel. The input [0, 2] normalizes to [-1, 1] without epsilon; gamma is 2, beta 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import TypeAlias

import numpy as np
import pytest

from harness import steps as do
from harness.case import Case, Json
from harness.execution.pool import Job
from harness.observation import Observation, Outcome
from harness.semantics.examiner import Examiner
from harness.steps import Loss, Method, Optimizer
from harness.tensor import Tensor
from tests.integration.measured import finished
from tests.integration.shipped import shipped_scenarios

RUNNERS = ("tf1", "keras", "tf_keras", "tf_keras:function", "tf_keras:graph", "keras_v1", "shim")
ADJUSTING = tuple(runner for runner in RUNNERS if runner != "keras")
SHIPPED = ("options/adjustment", "options/adjustment-excludes", "options/adjustment-gradients")
INVALID = "options/invalid-arguments"
TRAIN = do.Train(input=0, training=True, loss=Loss.SUM, optimizer=Optimizer.SGD, rate=0.5)
BATCH = do.Run(method=Method.TRAIN_ON_BATCH, input=0)
COMPILE = do.Compile(loss=Loss.MEAN_SQUARE, optimizer=Optimizer.SGD, rate=0.5)

Outcomes: TypeAlias = Mapping[tuple[str, str], Outcome]


def array(values: object) -> Tensor:
    return Tensor.of(np.asarray(values), "float32")


ADJUSTMENT: Json = {"scale": array([[2], [3]]).to_wire(), "bias": array([[0.5], [-1]]).to_wire()}


def case(name: str, *steps: do.Step, model: tuple[Json, ...] | None = None, **layer: Json) -> Case:
    return Case(
        id=f"arguments/{name}",
        scenario=f"arguments/{name}",
        variation={},
        inputs=(array([[0], [2]]),),
        initializers={"gamma": array([2]), "beta": array([1])},
        layer={"momentum": 0.5, "epsilon": 0.0, **layer},
        trainable=True,
        steps=steps,
        model=model,
        observe=("gradients",),
    )


def call(training: do.Training) -> do.Call:
    return do.Call(input=0, training=training)


CASES = {
    each.scenario.removeprefix("arguments/"): each
    for each in (
        case("calls", call(True), call(False), call("tensor:true"), call("tensor:false"), adjustment=ADJUSTMENT),
        case("train", TRAIN, adjustment=ADJUSTMENT),
        case("null", call(True), adjustment=None),
        case("config", do.Build(), do.Config(), call(True), adjustment=ADJUSTMENT),
        case("fit", COMPILE, BATCH, BATCH, model=("bn",), adjustment=ADJUSTMENT),
        case("further", COMPILE, BATCH, model=("bn", {"bn": {"adjustment": ADJUSTMENT}})),
        case("size", call(True), virtual_batch_size=-1),
        case("key", call(True), renorm=True, renorm_clipping={"rmx": 1}),
    )
}


@pytest.fixture(scope="module")
def shipped() -> Mapping[str, Case]:
    return {
        each.id: each
        for scenario in shipped_scenarios()
        if scenario.name in (*SHIPPED, INVALID)
        for each in scenario.cases
    }


@pytest.fixture(scope="module")
def outcomes(shipped: Mapping[str, Case]) -> Outcomes:
    jobs = [Job(runner=runner, case=each) for runner, each in product(RUNNERS, CASES.values())]
    layers = [runner for runner in RUNNERS if ":" not in runner and runner != "shim"]
    jobs += [Job(runner=runner, case=each) for runner, each in product(layers, shipped.values())]
    done = finished(jobs)
    return {(event.job.case.scenario.removeprefix("arguments/"), event.job.runner): event.outcome for event in done} | {
        (event.job.case.id, event.job.runner): event.outcome for event in done
    }


def observation(outcomes: Outcomes, name: str, runner: str) -> Observation:
    found = outcomes[name, runner]
    assert isinstance(found, Observation), found
    return found


def numbers(observed: Observation, field: str) -> list[list[float]]:
    assert observed.raised is None, observed.raised
    return [np.round(step[field].float64(), 4).ravel().tolist() for step in observed.steps if field in step]


def raised(observed: Observation) -> str | None:
    return observed.raised.type if observed.raised else None


@pytest.mark.parametrize("runner", ADJUSTING)
def test_an_adjustment_is_applied_in_training_only(outcomes: Outcomes, runner: str) -> None:
    first, still, again, finally_ = numbers(observation(outcomes, "calls", runner), "output")
    assert first == again == [-2, 5]
    # The moving statistics: mean 0.5 and then 0.75, of variance 1 (by population).
    assert still == [0, 4]
    assert finally_ == [-0.5, 3.5]


@pytest.mark.parametrize("runner", ADJUSTING)
def test_gradients_pass_through_it(outcomes: Outcomes, runner: str) -> None:
    found = observation(outcomes, "train", runner)
    assert (numbers(found, "gradient_gamma"), numbers(found, "gradient_beta")) == ([[0.5]], [[2]])
    assert np.allclose(numbers(found, "gradient_input"), 0, atol=1e-4)


@pytest.mark.parametrize("name", ["calls", "train", "null", "config", "fit", "further"])
def test_keras_3_has_no_such_argument(outcomes: Outcomes, name: str) -> None:
    assert raised(observation(outcomes, name, "keras")) == "ValueError"


@pytest.mark.parametrize("runner", ["tf_keras", "keras_v1"])
def test_a_configuration_forgets_it(outcomes: Outcomes, runner: str) -> None:
    assert numbers(observation(outcomes, "config", runner), "output") == [[-1, 3]]


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("name", ["size", "key"])
def test_what_means_nothing_is_refused(outcomes: Outcomes, name: str, runner: str) -> None:
    assert raised(observation(outcomes, name, runner)) == "ValueError"


def measured(outcomes: Outcomes, cases: Mapping[str, Case]) -> Iterator[tuple[str, str, Case, Observation]]:
    for (name, runner), outcome in outcomes.items():
        if name in cases and isinstance(outcome, Observation):
            yield name, runner, cases[name], outcome


def test_the_oracle_predicts_all_of_it(outcomes: Outcomes, shipped: Mapping[str, Case]) -> None:
    every = list(measured(outcomes, {**shipped, **CASES}))
    assert {runner for _, runner, _, _ in every} == set(RUNNERS)
    assert len(every) > 4 * len(shipped)
    wrong = [
        (name, runner, inference.residual)
        for name, runner, each, found in every
        if not (inference := Examiner(each).inference(found)).assignments
    ]
    assert wrong == []


def test_keras_3_refuses_limits_that_others_take_and_takes_renorm_itself(
    outcomes: Outcomes, shipped: Mapping[str, Case]
) -> None:
    limits = [each for name, each in shipped.items() if name.startswith(INVALID) and each.layer["renorm"]]
    told = {
        runner: {
            str(each.layer["renorm_clipping"]): raised(observation(outcomes, each.id, runner))
            for each in limits
            if "renorm_clipping" in each.layer
        }
        for runner in ("keras", "tf_keras", "tf1")
    }
    refused = {"{'rmx': 3}": "ValueError"}
    taken = {"{'rmax': 3, 'rmin': 0.25, 'dmax': 2}": None}
    doubtful = ("{'rmax': 0.5, 'rmin': 1}", "{'dmax': -1}")
    assert told["tf_keras"] == told["tf1"] == {**taken, **refused, **dict.fromkeys(doubtful, None)}
    assert told["keras"] == {**taken, **refused, **dict.fromkeys(doubtful, "ValueError")}
