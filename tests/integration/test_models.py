"""Models with the layer in them, on the installed release, against numbers worked out by hand.

The input is [0, 2, 4, 6]: mean 3, variance 5. The layer is without epsilon and has momentum 0.5: a training step
takes the moving statistics from 0 and 1 half of the way to 3 and 5. Rate 0 leaves the weights alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest

from harness.case import Case, Json
from harness.execution.pool import Job
from harness.observation import NotApplicable, Observation, Outcome
from harness.steps import (
    Assign,
    Build,
    Call,
    Compile,
    Config,
    Fit,
    Format,
    Load,
    Loss,
    Method,
    Optimizer,
    Run,
    Save,
    Set,
    Step,
    Target,
    Train,
)
from harness.tensor import Tensor
from tests.integration.measured import finished

REPEATED = ("methods", "learns", "gradients", "config", "layers", "h5")
"""Cases that run twice."""
EAGER = ("keras", "tf_keras")
GRAPHS = ("tf_keras:graph", "keras_v1")
RUNNERS = (*EAGER, *GRAPHS)
KERAS_3_GRAPH = "keras:graph"


def tensor(*values: float, shape: tuple[int, ...] | None = None, dtype: str = "float32") -> Tensor:
    return Tensor.of(np.array(values).reshape(shape or (len(values),)), dtype)


def column(*values: float) -> Tensor:
    return tensor(*values, shape=(len(values), 1))


def wire(*values: float, shape: tuple[int, ...] | None = None) -> Json:
    return tensor(*values, shape=shape).to_wire()


def case(
    name: str,
    *steps: Step,
    model: tuple[Json, ...] = ("bn",),
    inputs: tuple[Tensor, ...] = (column(0, 2, 4, 6), column(0, 20, 40, 60)),
    layer: Mapping[str, Json] | None = None,
    **changes: Any,
) -> Case:
    told: dict[str, Any] = {"trainable": True, "initializers": {}, **changes}
    return Case(
        id=f"models/{name}",
        scenario=f"models/{name}",
        variation={},
        inputs=inputs,
        layer={"momentum": 0.5, "epsilon": 0.0, **(layer or {})},
        steps=steps,
        model=model,
        **told,
    )


def compiled(loss: Loss = Loss.MEAN_SQUARE, optimizer: Optimizer = Optimizer.SGD, rate: float = 0.0) -> Compile:
    return Compile(loss=loss, optimizer=optimizer, rate=rate)


def call(training: bool | None = True) -> Call:
    return Call(input=0, training=training)


def saved(form: Format) -> Case:
    steps = (call(), Save(format=form), call(), Load(format=form), call(None), compiled(), BATCH)
    return case(form.value, *steps, model=("bn", DOUBLE))


FREEZE, THAW = Set(trainable=False), Set(trainable=True)
BATCH = Run(method=Method.TRAIN_ON_BATCH, input=0)
DOUBLE: Json = {"dense": {"kernel": wire(2, shape=(1, 1))}}
FORMATS = (Format.WEIGHTS, Format.CHECKPOINT, Format.H5, Format.KERAS, Format.SAVED_MODEL)
CASES = (
    case("freeze, compile", FREEZE, Build(), compiled(), BATCH),
    case("compile, freeze", Build(), compiled(), FREEZE, BATCH),
    case("freeze, compile, thaw", Build(), FREEZE, compiled(), THAW, BATCH),
    case("freeze, build, thaw, compile", FREEZE, Build(), THAW, compiled(), BATCH),
    case("freeze the model", compiled(), Set(trainable=False, on=Target.MODEL), BATCH),
    case("train, freeze, train, compile, train", compiled(), BATCH, FREEZE, BATCH, compiled(), BATCH),
    case(
        "methods",
        compiled(),
        Fit(input=0, epochs=2, validation=1),
        *(Run(method=method, input=0) for method in (Method.EVALUATE, Method.TEST_ON_BATCH, Method.PREDICT)),
        Run(method=Method.EVALUATE, input=0, target=0),
    ),
    case("learns", compiled(Loss.SUM, Optimizer.SGD, 0.1), BATCH, BATCH),
    case("eagerly", Compile(loss=Loss.MEAN_ABSOLUTE, optimizer=Optimizer.SGD, rate=0.0, eagerly=True), BATCH),
    case("not compiled", Build(), BATCH),
    case("twice", call(), model=("bn", "bn"), layer={"center": False, "scale": False}),
    case("nested", call(), model=({"model": ["bn"]}, {"model": [DOUBLE, {"bn": {"momentum": 0.0}}]})),
    case(
        "gradients",
        Train(input=0, training=True, loss=Loss.SUM, optimizer=Optimizer.SGD, rate=0.5),
        model=("bn", DOUBLE),
        observe=("gradients", "trainable_variables"),
    ),
    case("config", call(), FREEZE, Config(), call(), initializers={"moving_mean": tensor(1)}),
    case(
        "assign",
        Assign(values={"moving_mean": tensor(2), "bn_1/beta": tensor(7), "dense/kernel": column(3)}),
        call(None),
        model=("bn", DOUBLE, {"bn": {"epsilon": 0.0}}),
    ),
    case(
        "layers",
        call(None),
        model=(
            {"conv2d": {"kernel": wire(1, 10, shape=(1, 2, 1, 1)), "bias": wire(1), "padding": "same", "strides": 1}},
            {"activation": "relu"},
            "bn",
            "flatten",
            {"dense": {"kernel": wire(1, 1, shape=(2, 1)), "trainable": False}},
        ),
        inputs=(tensor(1, 2, -1, -2, shape=(2, 1, 2, 1)),),
    ),
    case("resizing", call(False), model=({"resizing": {"height": 1, "width": 1}}, "bn"), inputs=(tensor(
        1, 3, 5, 7, shape=(1, 2, 2, 1)),)),
    case(
        "embedding",
        call(),
        model=({"embedding": {"table": wire(5, 1, 3, shape=(3, 1)), "mask_zero": True}}, "bn"),
        inputs=(tensor(0, 1, 2, 1, shape=(2, 2), dtype="int32"),),
    ),
    case("masking", call(), model=({"masking": {"value": 9.0}}, "bn"), inputs=(tensor(1, 9, 3, 9, shape=(2, 2, 1)),)),
    case("replicas", compiled(), Fit(input=0), replicas=2),
    *(saved(form) for form in FORMATS),
)  # fmt: skip


@pytest.fixture(scope="module")
def outcomes() -> dict[tuple[str, str], list[Outcome]]:
    """Every case on every runner, and some a second time."""
    runners = (*RUNNERS, KERAS_3_GRAPH)
    jobs = [Job(runner=runner, case=each) for runner in runners for each in CASES]
    jobs += [job for job in jobs if job.case.scenario.removeprefix("models/") in REPEATED]
    found: dict[tuple[str, str], list[Outcome]] = {}
    for event in finished(jobs):
        key = event.job.case.scenario.removeprefix("models/"), event.job.runner
        found.setdefault(key, []).append(event.outcome)
    return found


Steps: TypeAlias = list[dict[str, Any]]
Look: TypeAlias = Callable[..., Steps]


@pytest.fixture(scope="module")
def look(outcomes: dict[tuple[str, str], list[Outcome]]) -> Look:
    """(name, runner, fields...): those fields of every step, as numbers."""

    def look_up(name: str, runner: str, *fields: str) -> Steps:
        outcome = outcomes[name, runner][0]
        assert isinstance(outcome, Observation), outcome
        assert outcome.raised is None, outcome.raised
        return [
            {field: np.round(step[field].float64(), 3).ravel().tolist() for field in fields if field in step}
            for step in outcome.steps
        ]

    return look_up


# What a training step does to the mean: it moves, or it stays.
MOVES = {
    "freeze, compile": {runner: [False] for runner in RUNNERS},
    # Keras 3 makes what it trains with at the first training step, Keras 2 and graphs when compiled.
    "compile, freeze": {"keras": [False], "tf_keras": [True], "tf_keras:graph": [True], "keras_v1": [True]},
    "freeze, compile, thaw": {"keras": [True], "tf_keras": [False], "tf_keras:graph": [False], "keras_v1": [False]},
    # In a graph what was frozen when called goes on to infer; of TensorFlow 1, a frozen layer never did.
    "freeze, build, thaw, compile": {
        "keras": [True], "tf_keras": [True], "tf_keras:graph": [False], "keras_v1": [True],
    },
    "freeze the model": {"keras": [False], "tf_keras": [True], "tf_keras:graph": [True], "keras_v1": [True]},
    "train, freeze, train, compile, train": {runner: [True, True, False] for runner in RUNNERS},
}  # fmt: skip


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("name", MOVES)
def test_the_order_of_freezing_and_compiling_decides(look: Look, name: str, runner: str) -> None:
    means = [step["moving_mean"] for step in look(name, runner, "moving_mean") if step]
    trained = next(each for each in CASES if each.scenario == f"models/{name}").steps
    built = trained[-len(means) :]
    moved = [means[i] != means[i - 1] for i, step in enumerate(built) if step is BATCH]
    assert moved == MOVES[name][runner]


@pytest.mark.parametrize("runner", RUNNERS)
def test_only_fit_moves_the_statistics(look: Look, runner: str) -> None:
    _, fitted, *others = look("methods", runner, "loss", "val_loss", "output", "moving_mean", "moving_variance")
    # mean((x - 2.25)**2) / 4, of the validation input and of the input.
    assert fitted == {
        "loss": [1.0],
        "val_loss": [pytest.approx((5 * 100 + (30 - 2.25) ** 2) / 4, abs=1e-3)],
        "moving_mean": [2.25],
        "moving_variance": [4.0],
    }
    state = {"moving_mean": [2.25], "moving_variance": [4.0]}
    loss = pytest.approx((5 + 0.75**2) / 4, abs=1e-3)
    assert others == [
        {"loss": [loss], **state},
        {"loss": [loss], **state},
        {"output": [-1.125, -0.125, 0.875, 1.875], **state},
        # Against the input itself: x - (x - 2.25) / 2.
        {"loss": [pytest.approx(np.mean((np.array([0, 2, 4, 6]) / 2 + 1.125) ** 2), abs=1e-3)], **state},
    ]


@pytest.mark.parametrize("runner", RUNNERS)
def test_training_moves_the_weights(look: Look, runner: str) -> None:
    # The sum of four outputs: beta goes down by four rates each time, and the loss with it.
    assert look("learns", runner, "loss", "beta")[1:] == [
        {"loss": [pytest.approx(0, abs=1e-3)], "beta": [-0.4]},
        {"loss": [-1.6], "beta": [-0.8]},
    ]


def test_a_model_is_compiled_to_run_eagerly(outcomes: dict[tuple[str, str], list[Outcome]], look: Look) -> None:
    for runner in EAGER:
        assert look("eagerly", runner, "loss", "moving_mean")[1] == {"loss": [0.894], "moving_mean": [1.5]}
    for runner in GRAPHS:
        outcome = outcomes["eagerly", runner][0]
        assert isinstance(outcome, Observation)
        assert outcome.raised is not None
        assert outcome.raised.type == "ValueError"


@pytest.mark.parametrize("runner", RUNNERS)
def test_what_was_not_compiled_does_not_train(outcomes: dict[tuple[str, str], list[Outcome]], runner: str) -> None:
    outcome = outcomes["not compiled", runner][0]
    assert isinstance(outcome, Observation)
    assert outcome.raised is not None
    assert outcome.raised.type in ("ValueError", "RuntimeError")
    assert len(outcome.steps) == 1


@pytest.mark.parametrize("runner", EAGER)
def test_a_layer_called_twice_moves_twice(look: Look, runner: str) -> None:
    # The second call gets what the first one normalized: mean 0, variance 1.
    assert look("twice", runner, "moving_mean", "moving_variance") == [
        {"moving_mean": [0.75], "moving_variance": [2.0]}
    ]


@pytest.mark.parametrize("runner", RUNNERS)
def test_layers_are_told_apart_in_nested_models(
    outcomes: dict[tuple[str, str], list[Outcome]], look: Look, runner: str
) -> None:
    outcome = outcomes["nested", runner][0]
    assert isinstance(outcome, Observation)
    own = {"gamma", "beta", "moving_mean", "moving_variance"}
    assert set(outcome.steps[0]) == {"output", "dense/kernel", *own, *(f"bn_1/{name}" for name in own)}
    assert look("nested", runner, "moving_variance", "bn_1/moving_variance", "dense/kernel") == [
        # What comes to the other one was normalized and doubled.
        {"moving_variance": [3.0], "bn_1/moving_variance": [4.0], "dense/kernel": [2.0]}
    ]


@pytest.mark.parametrize("runner", RUNNERS)
def test_gradients_of_every_weight_are_observed(look: Look, runner: str) -> None:
    fields = ("loss", "gradient_gamma", "gradient_beta", "gradient_dense/kernel", "beta", "trainable_variables")
    (step,) = look("gradients", runner, *fields)
    assert step == {
        "loss": [pytest.approx(0, abs=1e-3)],
        "gradient_gamma": [pytest.approx(0, abs=1e-3)],
        "gradient_beta": [8.0],
        "gradient_dense/kernel": [pytest.approx(0, abs=1e-3)],
        "beta": [-4.0],
        "trainable_variables": [3.0],
    }
    assert look("gradients", runner, "gradient_input")[0]["gradient_input"] == pytest.approx([0] * 4, abs=1e-3)


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_configuration_starts_from_its_initializers(look: Look, runner: str) -> None:
    assert look("config", runner, "moving_mean", "output")[2:] == [
        {"moving_mean": [1.0]},
        {"output": [-1.0, 1.0, 3.0, 5.0], "moving_mean": [1.0]},
    ]


@pytest.mark.parametrize("runner", RUNNERS)
def test_any_weight_is_assigned(look: Look, runner: str) -> None:
    assert look("assign", runner, "output")[1] == {"output": [1.0, 7.0, 13.0, 19.0]}


@pytest.mark.parametrize("runner", RUNNERS)
def test_layers_compute_what_they_are_told(look: Look, runner: str) -> None:
    # 1 + x0 + 10 x1 and 1 + x1: 22 and 3, then -20 and -1, which the activation cuts.
    assert look("layers", runner, "output") == [{"output": [25.0, 0.0]}]
    assert look("resizing", runner, "output") == [{"output": [4.0]}]


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize(("name", "mean"), [("embedding", 5 / 3), ("masking", 2)])
def test_masked_values_stay_out_of_the_statistics(look: Look, name: str, mean: float, runner: str) -> None:
    assert look(name, runner, "moving_mean") == [{"moving_mean": [pytest.approx(mean / 2, abs=1e-3)]}]


def test_replicas_normalize_their_own_part(outcomes: dict[tuple[str, str], list[Outcome]], look: Look) -> None:
    for runner in EAGER:
        # [0, 2] and [4, 6]: mean 1 and variance 1 for the first, whose copy of the statistics is observed.
        assert look("replicas", runner, "moving_mean", "moving_variance")[1] == {
            "moving_mean": [0.5],
            "moving_variance": [1.0],
        }
    for runner in GRAPHS:
        assert isinstance(outcomes["replicas", runner][0], NotApplicable)


REFUSED = {
    (Format.SAVED_MODEL, "keras"): NotApplicable(
        reason="this Keras saves no SavedModel that loads as a model with layers"
    ),
}


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("form", FORMATS)
def test_what_is_saved_is_loaded_into_a_fresh_model(
    outcomes: dict[tuple[str, str], list[Outcome]], look: Look, form: Format, runner: str
) -> None:
    if (form, runner) in REFUSED:
        assert outcomes[form.value, runner][0] == REFUSED[form, runner]
        return
    if form is Format.KERAS and runner in GRAPHS:
        outcome = outcomes[form.value, runner][0]
        assert isinstance(outcome, Observation)
        assert outcome.raised is not None
        assert outcome.raised.type == "NotImplementedError"
        return
    first, after_save, second, loaded, called, _, trained = look(form.value, runner, "moving_mean", "output")
    assert (first["moving_mean"], after_save["moving_mean"], second["moving_mean"]) == ([1.5], [1.5], [2.25])
    assert loaded == {"moving_mean": [1.5]}
    assert called["output"] == pytest.approx([2 * (x - 1.5) / 3**0.5 for x in (0, 2, 4, 6)], abs=1e-3)
    assert trained["moving_mean"] == [2.25]


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_second_run_is_the_same_to_the_last_bit(outcomes: dict[tuple[str, str], list[Outcome]], runner: str) -> None:
    for name in REPEATED:
        first, second = outcomes[name, runner]
        assert isinstance(first, Observation)
        assert isinstance(second, Observation)
        assert (first.steps, first.structure, first.raised) == (second.steps, second.structure, second.raised), name


def test_keras_3_has_no_models_in_graphs(outcomes: dict[tuple[str, str], list[Outcome]]) -> None:
    reason = "Keras 3 runs no model in a graph of TensorFlow 1"
    assert {str(outcomes[each.scenario.removeprefix("models/"), KERAS_3_GRAPH][0]) for each in CASES} == {
        str(NotApplicable(reason=reason))
    }


def test_models_leave_no_files_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert finished([Job(runner="keras", case=saved(Format.KERAS))])
    assert [path for path in tmp_path.rglob("*") if path.name.startswith("model")] == []
