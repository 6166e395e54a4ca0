"""Loading into a layer of other arguments, on the installed release, against numbers worked out by hand.

One channel. Input 0 is [-1, 1]: mean 0, variance 1, so that without epsilon it normalizes to itself. Gamma is 2,
beta 1: output [-1, 3]. The moving statistics start at 4 and 4 with momentum 0.5: after a training step they are 2 and
2.5, after another 1 and 1.75.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from harness.case import Case, Json
from harness.execution.pool import Job
from harness.observation import Observation, Outcome
from harness.steps import Call, Config, Format, Load, Loss, Optimizer, Save, Step, Train
from harness.tensor import Tensor
from tests.integration.measured import Observed, observed_in, outcomes_of

KERAS_2 = ("tf_keras", "tf_keras:function", "tf_keras:graph", "keras_v1")
# Keras 3 in a graph of TensorFlow 1 makes its updates part of nothing: they are never run.
KERAS_3_GRAPH = "keras:graph"
RUNNERS = ("tf1", "keras", "keras:function", KERAS_3_GRAPH, *KERAS_2, "shim")
OF_MODELS = ("keras", "tf_keras", "tf_keras:graph", "keras_v1")
STATE = ("moving_mean", "moving_variance")

CALL = Call(input=0, training=True)
TRAIN = Train(input=0, training=True, loss=Loss.SUM, optimizer=Optimizer.SGD, rate=0.5)
SAVE = Save(format=Format.CHECKPOINT)


def load(form: Format = Format.CHECKPOINT, **layer: Json) -> Load:
    return Load(format=form, layer=layer)


def case(
    name: str,
    *steps: Step,
    shape: tuple[int, ...] = (2, 1),
    layer: Mapping[str, Json] | None = None,
    model: tuple[Json, ...] | None = None,
) -> Case:
    given = {"gamma": 2, "beta": 1, "moving_mean": 4, "moving_variance": 4}
    return Case(
        id=f"loads/{name}",
        scenario=f"loads/{name}",
        variation={},
        inputs=(Tensor.of(np.array([-1, 1]).reshape(shape), "float32"),),
        initializers={role: Tensor.of([value], "float32") for role, value in given.items()},
        layer={"momentum": 0.5, "epsilon": 0.0, **(layer or {})},
        trainable=True,
        steps=steps,
        model=model,
    )


def images(name: str, *steps: Step, **layer: Json) -> Case:
    """With images of one pixel, which fused kernels take."""
    return case(name, *steps, shape=(2, 1, 1, 1), layer=layer)


FORMATS = (Format.WEIGHTS, Format.CHECKPOINT, Format.H5)
CASES = (
    case("numbers", CALL, SAVE, load(momentum=0.75, epsilon=3.0), CALL, load(), CALL),
    case("training", TRAIN, SAVE, load(momentum=1.0), TRAIN),
    case("refused", CALL, SAVE, load(fused=True)),
    images("fused to plain", CALL, SAVE, load(fused=False), CALL, fused=True),
    images("plain to fused", CALL, SAVE, load(fused=True), CALL, fused=False),
)
MODELS = tuple(
    case(
        f"model, {form.value}",
        *(CALL, Save(format=form), load(form, momentum=0.75), CALL, Config(), CALL, load(form), CALL),
        model=("bn", {"dense": {"kernel": Tensor.of([[2]], "float32").to_wire()}}),
    )
    for form in FORMATS
)


@pytest.fixture(scope="module")
def outcomes() -> dict[tuple[str, str], Outcome]:
    jobs = [Job(runner=runner, case=each) for runner in RUNNERS for each in CASES]
    jobs += [Job(runner=runner, case=each) for runner in OF_MODELS for each in MODELS]
    return outcomes_of(jobs)


@pytest.fixture(scope="module")
def observed(outcomes: dict[tuple[str, str], Outcome]) -> Observed:
    return observed_in(outcomes)


def numbers(observation: Observation, *fields: str) -> list[dict[str, Any]]:
    """Those fields of every step, as numbers."""
    assert observation.raised is None, observation.raised
    return [
        {name: np.round(step[name].float64(), 4).ravel().tolist() for name in fields if name in step}
        for step in observation.steps
    ]


def statistics(mean: float, variance: float) -> dict[str, Any]:
    return {"moving_mean": [mean], "moving_variance": [variance]}


@pytest.mark.parametrize("runner", RUNNERS)
def test_the_layer_has_its_own_arguments_until_the_next_load(observed: Observed, runner: str) -> None:
    found = numbers(observed("numbers", runner), "output", *STATE)
    first, other, again = statistics(2, 2.5), statistics(1.5, 2.125), statistics(1, 1.75)
    if runner == KERAS_3_GRAPH:
        first = other = again = statistics(4, 4)
    # With epsilon 3 the root is of 4.
    called = [{"output": output, **state} for output, state in (([0, 2], other), ([-1, 3], again))]
    assert found == [{"output": [-1, 3], **first}, first, first, called[0], first, called[1]]


@pytest.mark.parametrize("runner", RUNNERS)
def test_training_goes_on_from_what_was_trained(observed: Observed, runner: str) -> None:
    """The gradients are 0 by gamma, since the normalized inputs add up to it, and 2 by beta."""
    found = numbers(observed("training", runner), "gamma", "beta", *STATE)
    state = statistics(4, 4) if runner == KERAS_3_GRAPH else statistics(2, 2.5)
    assert found == [{"gamma": [2], "beta": [beta], **state} for beta in (0, 0, 0, -1)]


@pytest.mark.parametrize("runner", ["tf1", *KERAS_2, "shim"])
def test_what_one_kernel_trained_the_other_goes_on_with(observed: Observed, runner: str) -> None:
    """Of two values the fused kernel takes the sample's variance, 2, the plain computation the population's, 1."""
    for name, fused, before, after in (
        ("fused to plain", False, statistics(2, 3), statistics(1, 2)),
        ("plain to fused", True, statistics(2, 2.5), statistics(1, 2.25)),
    ):
        observation = observed(name, runner)
        assert numbers(observation, *STATE) == [before, before, before, after]
        assert observation.structure is not None
        assert observation.structure.fused is (None if runner == "shim" else fused)


@pytest.mark.parametrize("runner", ["keras", "keras:function", "tf_keras", "tf_keras:function"])
def test_what_the_layer_refuses_it_refuses_when_it_is_made(observed: Observed, runner: str) -> None:
    """Keras 3 has no such argument, Keras 2 no kernel for vectors; what was there before is as it was."""
    observation = observed("refused", runner)
    assert observation.raised is not None
    assert observation.raised.type == "ValueError"
    assert len(observation.steps) == 2
    assert observation.structure is not None
    assert observation.structure.trainable_variables == ("gamma", "beta")


def test_a_graph_is_built_before_it_runs(observed: Observed) -> None:
    observation = observed("refused", "tf_keras:graph")
    assert observation.raised is not None
    assert (observation.raised.type, observation.steps) == ("ValueError", ())


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("runner", OF_MODELS)
def test_the_layer_of_a_model_likewise(observed: Observed, runner: str, form: Format) -> None:
    means = [step["moving_mean"] for step in numbers(observed(f"model, {form.value}", runner), "moving_mean")]
    assert means == [[2], [2], [2], [1.5], [4], [3], [2], [1]]
