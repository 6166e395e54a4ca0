"""Every step, on every runner of the installed release, against numbers worked out by hand.

One channel. Input 0 is [-1, 1]: mean 0, variance 1, so that without epsilon it normalizes to itself. Gamma is 2,
beta 1: output [-1, 3]. The moving statistics start at 4 and 4 with momentum 0.5: after a training step they are
2 and 2.5, and in inference from 4 and 4 the output is x - 3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import pytest

from harness import steps as do
from harness.case import Case, Json
from harness.execution.plan import RUNNERS
from harness.execution.pool import Job
from harness.observation import NotApplicable, Observation, Outcome, Unavailable
from harness.steps import Format, Loss, Optimizer, Updates
from harness.tensor import Tensor
from tests.integration.measured import Observed, observed_in, outcomes_of

Steps: TypeAlias = list[dict[str, Any]]

EAGER = ("keras", "keras:function", "keras:xla", "tf_keras", "tf_keras:function", "tf_keras:xla", "shim")
KERAS_2_GRAPHS = ("tf_keras:graph", "keras_v1")
# Keras 3 in a graph of TensorFlow 1 makes its updates part of nothing: they are never run.
KERAS_3_GRAPH = "keras:graph"
FUNCTIONS = ("tf1", "shim")
THERE = (*EAGER, *KERAS_2_GRAPHS, KERAS_3_GRAPH, "tf1")
LAYERS = tuple(runner for runner in THERE if runner not in FUNCTIONS)
GRAPHS = (*KERAS_2_GRAPHS, KERAS_3_GRAPH, "tf1")


def column(*values: float) -> Tensor:
    return Tensor.of(np.array(values)[:, None], "float32")


def one(value: float) -> Tensor:
    return Tensor.of([value], "float32")


def case(name: str, *steps: do.Step, layer: Mapping[str, Json] | None = None, **changes: Any) -> Case:
    told: dict[str, Any] = {"trainable": True, **changes}
    return Case(
        id=f"steps/{name}",
        scenario=f"steps/{name}",
        variation={},
        inputs=(column(-1, 1), column(1, 3)),
        initializers={"gamma": one(2), "beta": one(1), "moving_mean": one(4), "moving_variance": one(4)},
        layer={"momentum": 0.5, "epsilon": 0.0, **(layer or {})},
        steps=steps,
        **told,
    )


def call(training: do.Training = True, index: int = 0, **changes: Any) -> do.Call:
    return do.Call(input=index, training=training, **changes)


def train(optimizer: Optimizer = Optimizer.SGD, loss: Loss = Loss.MEAN_SQUARE, **changes: Any) -> do.Train:
    return do.Train(input=0, training=True, loss=loss, optimizer=optimizer, rate=0.1, **changes)


FREEZE, THAW = do.Set(trainable=False), do.Set(trainable=True)
CASES = [
    case("calls", call(True), call(False), call(None)),
    case("skip", call(updates=Updates.SKIP)),
    case("collection", call(updates=Updates.COLLECTION)),
    case("beside", call(updates=Updates.SKIP, beside=(1,))),
    case("numpy", call("numpy:true"), call("numpy:false")),
    case("tensor", call("tensor:true"), call("tensor:false")),
    case("placeholder", call("placeholder:true"), call("placeholder:false")),
    case("phase", call("phase:true"), call("phase:false")),
    case("assign", do.Assign(values={"moving_mean": one(0), "beta": one(5)}), call(False)),
    case("sgd", train(), observe=("gradients", "trainable_variables", "update_ops", "losses")),
    case("momentum", train(Optimizer.MOMENTUM), train(Optimizer.MOMENTUM)),
    case("adam", train(Optimizer.ADAM)),
    case("sum", train(loss=Loss.SUM), observe=("gradients",)),
    case("absolute", train(loss=Loss.MEAN_ABSOLUTE), observe=("gradients",)),
    case("target", train(target=1), observe=("gradients",)),
    case("train-op", train(updates=Updates.TRAIN_OP)),
    case("nothing-to-train", train(), trainable=False),
    case("freeze", call(), FREEZE, call(), THAW, call(), observe=("trainable_variables",)),
    case("freeze-first", FREEZE, call()),
    case("build", do.Build(), call(False)),
    case("config", call(), FREEZE, do.Config(), call()),
    case("weights", call(), do.Save(format=Format.WEIGHTS), call(), do.Load(format=Format.WEIGHTS), call(False)),
    case(
        "checkpoint", call(), do.Save(format=Format.CHECKPOINT), call(), do.Load(format=Format.CHECKPOINT), call(False)
    ),
    case("h5", call(), do.Save(format=Format.H5)),
    case("compile", do.Compile(loss=Loss.SUM, optimizer=Optimizer.SGD, rate=0.1)),
    case("regularizer", call(), layer={"gamma_regularizer": {"l1": 0.5, "l2": 0.25}}, observe=("losses",)),
    case("constraint", train(), layer={"gamma_constraint": {"max_norm": 1.0}, "beta_constraint": "non_neg"}),
    case("policy", call(), policy="mixed_float16"),
    case("replicas", call(), replicas=2),
    case("unknown-batch", call(), call(True, 1), unknown_batch=True),
    case("race", call(beside=(1,)), repetitions=40),
    case("warnings", call(), observe=("warnings",)),
]


@pytest.fixture(scope="module")
def outcomes() -> dict[tuple[str, str], Outcome]:
    jobs = [Job(runner=runner, case=each) for runner in RUNNERS for each in CASES]
    return outcomes_of(jobs)


@pytest.fixture(scope="module")
def observed(outcomes: dict[tuple[str, str], Outcome]) -> Observed:
    return observed_in(outcomes)


def numbers(observation: Observation, *fields: str) -> Steps:
    """Those fields of every step, as numbers."""
    assert observation.raised is None, observation.raised
    return [
        {name: np.round(step[name].float64(), 4).ravel().tolist() for name in fields if name in step}
        for step in observation.steps
    ]


def fields(mean: float, variance: float, **more: Sequence[float]) -> dict[str, Any]:
    return {**more, "moving_mean": [mean], "moving_variance": [variance]}


STATE = ("moving_mean", "moving_variance")


def test_contrib_is_unavailable_with_its_reason(outcomes: dict[tuple[str, str], Outcome]) -> None:
    outcome = outcomes["calls", "contrib"]
    assert isinstance(outcome, Unavailable)
    assert outcome.reason.endswith("has no tf.contrib")


@pytest.mark.parametrize("runner", THERE)
def test_calls(observed: Observed, runner: str) -> None:
    updated = fields(4, 4) if runner == KERAS_3_GRAPH else fields(2, 2.5)
    inference = [-4, -2] if runner == KERAS_3_GRAPH else [round(1 + 2 * (x - 2) / 2.5**0.5, 4) for x in (-1, 1)]
    expected = [{"output": [-1, 3], **updated}, *[{"output": inference, **updated}] * 2]
    assert numbers(observed("calls", runner), "output", *STATE) == expected


@pytest.mark.parametrize("runner", THERE)
def test_skipped_updates_are_skipped_in_graphs_only(observed: Observed, runner: str) -> None:
    expected = fields(4, 4) if runner in GRAPHS else fields(2, 2.5)
    assert numbers(observed("skip", runner), *STATE) == [expected]


@pytest.mark.parametrize("runner", THERE)
def test_only_tf_layers_collects_updates(observed: Observed, runner: str) -> None:
    expected = fields(2, 2.5) if runner in ("tf1", *EAGER) else fields(4, 4)
    assert numbers(observed("collection", runner), *STATE) == [expected]


@pytest.mark.parametrize("runner", THERE)
def test_two_calls_in_one_run(observed: Observed, runner: str) -> None:
    assert numbers(observed("beside", runner), "output", "output_1") == [{"output": [-1, 3], "output_1": [-1, 3]}]


@pytest.mark.parametrize("form", ["numpy", "tensor", "placeholder", "phase"])
@pytest.mark.parametrize("runner", THERE)
def test_forms_of_the_training_flag(
    outcomes: dict[tuple[str, str], Outcome], observed: Observed, runner: str, form: str
) -> None:
    eager = runner in ("keras", "tf_keras", "shim")
    phaseless = runner in FUNCTIONS or runner.startswith("keras:") or runner == "keras"
    if (form == "placeholder" and eager) or (form == "phase" and phaseless):
        assert isinstance(outcomes[form, runner], NotApplicable)
    elif form != "phase" and runner in ("keras:function", "keras:xla", "keras:graph"):
        # Keras 3 makes a tensor of a NumPy value, and takes every flag for a Python value.
        raised = observed(form, runner).raised
        assert raised is not None
        assert raised.type == "OperatorNotAllowedInGraphError"
    else:
        first, second = numbers(observed(form, runner), "output")
        inference = [-4, -2] if runner == KERAS_3_GRAPH else [round(1 + 2 * (x - 2) / 2.5**0.5, 4) for x in (-1, 1)]
        assert (first["output"], second["output"]) == ([-1, 3], inference)


@pytest.mark.parametrize("runner", THERE)
def test_assigned_values_count_before_anything_is_called(observed: Observed, runner: str) -> None:
    assigned, called = numbers(observed("assign", runner), "output", "beta", *STATE)
    assert assigned == fields(0, 4, beta=[5])
    assert called == fields(0, 4, beta=[5], output=[4, 6])


@pytest.mark.parametrize("runner", THERE)
def test_a_step_of_gradient_descent(observed: Observed, runner: str) -> None:
    """The loss is (1 + 9) / 2; its gradient by the output is the output itself."""
    (found,) = numbers(
        observed("sgd", runner),
        *("output", "loss", "gradient_input", "gradient_gamma", "gradient_beta", "gamma", "beta"),
        *("trainable_variables", "update_ops", "losses"),
    )
    offered = {"tf1": [2], "tf_keras:graph": [2], "keras_v1": [2], "keras:graph": [0]}
    assert found.pop("update_ops", None) == offered.get(runner)
    assert np.allclose(found.pop("gradient_input"), 0, atol=1e-4)
    assert found == {
        "output": [-1, 3],
        "loss": [5],
        "gradient_gamma": [4],
        "gradient_beta": [2],
        "gamma": [1.6],
        "beta": [0.8],
        "trainable_variables": [2],
        "losses": [0],
    }


@pytest.mark.parametrize("runner", THERE)
def test_an_optimizer_goes_on_from_step_to_step(observed: Observed, runner: str) -> None:
    """The second gradients are 3.2 and 1.6, to which 0.9 of the first, 4 and 2, are added."""
    first, second = numbers(observed("momentum", runner), "gamma", "beta")
    assert (first, second) == ({"gamma": [1.6], "beta": [0.8]}, {"gamma": [0.92], "beta": [0.46]})


@pytest.mark.parametrize("runner", THERE)
def test_the_first_step_of_adam_has_the_length_of_the_rate(observed: Observed, runner: str) -> None:
    assert numbers(observed("adam", runner), "gamma", "beta") == [{"gamma": [1.9], "beta": [0.9]}]


@pytest.mark.parametrize(
    ("name", "loss", "gamma", "beta"), [("sum", 2, 0, 2), ("absolute", 2, 1, 0), ("target", 2, 2, -2)]
)
@pytest.mark.parametrize("runner", THERE)
def test_losses(observed: Observed, runner: str, name: str, loss: float, gamma: float, beta: float) -> None:
    (found,) = numbers(observed(name, runner), "loss", "gradient_gamma", "gradient_beta")
    assert found["loss"] == [loss]
    assert np.allclose([found["gradient_gamma"], found["gradient_beta"]], [[gamma], [beta]], atol=1e-4)


@pytest.mark.parametrize("runner", THERE)
def test_a_train_operation_waits_for_what_is_collected(observed: Observed, runner: str) -> None:
    expected = fields(2, 2.5) if runner in ("tf1", *EAGER) else fields(4, 4)
    assert numbers(observed("train-op", runner), "gamma", *STATE) == [{"gamma": [1.6], **expected}]


@pytest.mark.parametrize("runner", THERE)
def test_most_optimizers_refuse_to_train_nothing(observed: Observed, runner: str) -> None:
    raised = observed("nothing-to-train", runner).raised
    quiet = runner == "shim" or runner in ("tf_keras", "tf_keras:function", "tf_keras:xla")
    assert (raised.type if raised else None) == (None if quiet else "ValueError")


@pytest.mark.parametrize("runner", LAYERS)
def test_a_traced_call_does_not_notice_that_its_layer_is_frozen(observed: Observed, runner: str) -> None:
    found = numbers(observed("freeze", runner), "trainable_variables", *STATE)
    assert [step["trainable_variables"] for step in found] == [[2], [0], [0], [2], [2]]
    mean = [step["moving_mean"][0] for step in found]
    if runner == KERAS_3_GRAPH:
        assert mean == [4, 4, 4, 4, 4]
    elif runner.endswith((":function", ":xla")):
        assert mean == [2, 2, 1, 1, 0.5]
    else:
        assert mean == [2, 2, 2, 2, 1]


@pytest.mark.parametrize("runner", FUNCTIONS)
@pytest.mark.parametrize("name", ["freeze", "build", "config", "weights", "policy"])
def test_a_function_has_nothing_to_freeze(outcomes: dict[tuple[str, str], Outcome], name: str, runner: str) -> None:
    outcome = outcomes[name, runner]
    assert isinstance(outcome, NotApplicable)
    assert outcome.reason.startswith("tf.layers has no ")


@pytest.mark.parametrize("runner", LAYERS)
def test_nothing_is_built_before_the_first_call(observed: Observed, runner: str) -> None:
    observation = observed("freeze-first", runner)
    # To the layer of TensorFlow 1 frozen does not mean inference.
    output = [-1, 3] if runner == "keras_v1" else [-4, -2]
    assert numbers(observation, "output", *STATE) == [{}, fields(4, 4, output=output)]
    assert observation.steps[0] == {}


@pytest.mark.parametrize("runner", LAYERS)
def test_building_makes_the_variables(observed: Observed, runner: str) -> None:
    assert numbers(observed("build", runner), "output", *STATE) == [fields(4, 4), fields(4, 4, output=[-4, -2])]


@pytest.mark.parametrize("runner", LAYERS)
def test_a_configuration_carries_initial_values_and_trainable(observed: Observed, runner: str) -> None:
    found = numbers(observed("config", runner), "output", *STATE)
    output = [-1, 3] if runner == "keras_v1" else [-4, -2]
    assert found[2:] == [fields(4, 4), fields(4, 4, output=output)]


@pytest.mark.parametrize(
    ("name", "runner"), [("weights", one) for one in LAYERS] + [("checkpoint", one) for one in THERE]
)
def test_what_is_saved_is_loaded_into_a_fresh_layer(observed: Observed, name: str, runner: str) -> None:
    if (name, runner) == ("weights", KERAS_3_GRAPH):
        raised = observed(name, runner).raised
        assert raised is not None
        assert raised.type == "NotImplementedError"
        return
    found = numbers(observed(name, runner), *STATE)
    first, second = (fields(4, 4), fields(4, 4)) if runner == KERAS_3_GRAPH else (fields(2, 2.5), fields(1, 1.75))
    assert found == [first, first, second, first, first]


@pytest.mark.parametrize(("name", "word"), [("h5", "h5"), ("compile", "compile")])
@pytest.mark.parametrize("runner", THERE)
def test_what_needs_a_model_says_so(
    outcomes: dict[tuple[str, str], Outcome], runner: str, name: str, word: str
) -> None:
    assert outcomes[name, runner] == NotApplicable(reason=f"{word} needs a model around the layer")


@pytest.mark.parametrize("runner", THERE)
def test_penalties(observed: Observed, runner: str) -> None:
    """0.5 |2| + 0.25 * 2**2."""
    assert numbers(observed("regularizer", runner), "losses") == [{"losses": [2]}]


@pytest.mark.parametrize("runner", THERE)
def test_constraints_hold_after_a_step_of_an_optimizer(observed: Observed, runner: str) -> None:
    # The optimizers of TensorFlow 1 look for a constraint on the variable, where Keras 3 keeps none.
    gamma = 1.6 if runner == KERAS_3_GRAPH else 1
    assert numbers(observed("constraint", runner), "gamma", "beta") == [{"gamma": [gamma], "beta": [0.8]}]


@pytest.mark.parametrize("runner", LAYERS)
def test_a_policy_decides_the_dtype_of_the_output_only(
    outcomes: dict[tuple[str, str], Outcome], observed: Observed, runner: str
) -> None:
    if runner == "keras_v1":
        assert outcomes["policy", runner] == NotApplicable(reason="this Keras has no mixed precision policy")
        return
    (step,) = observed("policy", runner).steps
    assert {name: one.dtype for name, one in step.items()} == {
        "output": "float16",
        **dict.fromkeys(("gamma", "beta", *STATE), "float32"),
    }


@pytest.mark.parametrize("runner", THERE)
def test_each_replica_normalizes_its_own_part(
    outcomes: dict[tuple[str, str], Outcome], observed: Observed, runner: str
) -> None:
    """One value each: the first replica's statistics move towards -1 and 0."""
    if runner in GRAPHS or runner == "shim":
        assert isinstance(outcomes["replicas", runner], NotApplicable)
    elif runner == "keras:xla":
        raised = observed("replicas", runner).raised
        assert raised is not None
        assert raised.type == "UnimplementedError"
    else:
        assert numbers(observed("replicas", runner), *STATE) == [fields(1.5, 2)]


@pytest.mark.parametrize("runner", THERE)
def test_a_batch_may_be_unknown_where_something_is_traced(
    outcomes: dict[tuple[str, str], Outcome], observed: Observed, runner: str
) -> None:
    if runner in ("keras", "tf_keras", "shim"):
        assert isinstance(outcomes["unknown-batch", runner], NotApplicable)
    else:
        assert [step["output"] for step in numbers(observed("unknown-batch", runner), "output")] == [[-1, 3]] * 2


def test_concurrent_updates_race(observed: Observed) -> None:
    """Two updates of one mean: one after the other in either order, or both computed from the same old value."""
    observation = observed("race", "tf1")
    results = observation.results
    assert len(results) > 1
    assert sum(one.times for one in results) == 40
    means = {round(float(one.observation.steps[0]["moving_mean"].float64()[0]), 4) for one in results}
    assert means <= {2, 1.5, 1}
    assert observed("race", "keras").results == ()


@pytest.mark.parametrize("runner", THERE)
def test_warnings_are_counted(observed: Observed, runner: str) -> None:
    (found,) = numbers(observed("warnings", runner), "warnings")
    assert found == {"warnings": [1 if runner in FUNCTIONS else 0]}
