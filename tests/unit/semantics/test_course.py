from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from harness.semantics.oracle import predict
from harness.semantics.prediction import Prediction
from harness.steps import Assign, Build, Call, Config, Format, Load, Save, Set, Step, Training, Updates
from harness.tensor import Tensor
from tests.unit.each import each
from tests.unit.semantics.samples import case, keras, tf1

X4 = [[1.0], [2.0], [3.0], [4.0]]


def run(*steps: Step, answered: dict[str, str] | None = None, trainable: bool = True) -> Prediction:
    made = case([X4, [[10.0], [30.0]]], momentum=0.5, trainable=trainable)
    return predict(replace(made, steps=steps, observe=("trainable_variables",)), answered or keras())


def mean(prediction: Prediction, step: int) -> float:
    return float(prediction.steps[step]["moving_mean"].number.value[0])


def called(training: Training = True, index: int = 0, updates: Updates = Updates.RUN) -> Call:
    return Call(input=index, training=training, updates=updates)


def test_a_flag_holds_from_where_it_is_set() -> None:
    predicted = run(called(), Set(trainable=False), called(), Set(trainable=True), called())
    assert [mean(predicted, step) for step in range(5)] == [1.25, 1.25, 1.25, 1.25, 1.875]
    counts = [int(step["trainable_variables"].number.value) for step in predicted.steps]
    assert counts == [2, 0, 0, 2, 2]
    assert predicted.structure["trainable_variables"] == ("gamma", "beta")


def test_the_structure_is_that_of_the_end() -> None:
    predicted = run(called(), Set(trainable=False))
    assert predicted.structure["trainable_variables"] == ()
    assert predicted.structure["non_trainable_variables"] == ("gamma", "beta", "moving_mean", "moving_variance")


@pytest.mark.parametrize(("answer", "after"), [("noticed", 1.25), ("ignored", 1.875)])
def test_a_traced_function_may_not_notice_that_the_layer_was_frozen(answer: str, after: float) -> None:
    predicted = run(called(), Set(trainable=False), called(), answered=keras(freeze_after_trace=answer))
    assert mean(predicted, 2) == after


def test_what_is_traced_anew_notices() -> None:
    """Another input shape is another trace."""
    answered = keras(freeze_after_trace="ignored")
    predicted = run(called(), Set(trainable=False), called(index=1), answered=answered)
    assert mean(predicted, 2) == 1.25


def test_nothing_is_there_before_it_is_built() -> None:
    predicted = run(Set(trainable=False), Build(), called(False))
    assert set(predicted.steps[0]) == {"trainable_variables"}
    assert mean(predicted, 1) == 0.0


def test_assigned_values_are_what_the_next_call_starts_from() -> None:
    predicted = run(Assign(values={"moving_mean": Tensor.of(np.array([4.0]), "float32")}), called())
    assert mean(predicted, 0) == 4.0
    assert mean(predicted, 1) == 3.25


def test_loading_brings_back_what_was_saved() -> None:
    predicted = run(called(), Save(format=Format.WEIGHTS), called(), Load(format=Format.WEIGHTS))
    assert [mean(predicted, step) for step in range(4)] == [1.25, 1.25, 1.875, 1.25]


SAVE = Save(format=Format.CHECKPOINT)
IMAGES = [[[[1.0]], [[2.0]]], [[[3.0]], [[4.0]]]]


def load(**layer: Any) -> Load:
    return Load(format=Format.CHECKPOINT, layer=layer)


def test_what_is_loaded_into_goes_on_with_its_own_arguments_until_the_next_load() -> None:
    predicted = run(called(), SAVE, load(momentum=0.75), called(), Config(), called(), load(), called())
    assert [mean(predicted, step) for step in (2, 3, 4, 5, 6, 7)] == [1.25, 1.5625, 0.0, 0.625, 1.25, 1.875]


def test_epsilon_is_that_of_the_layer_loaded_into() -> None:
    predicted = run(called(), SAVE, load(epsilon=3.0), called(False))
    variance = float(predicted.steps[2]["moving_variance"].number.value[0])
    output = predicted.steps[3]["output"].number.value
    assert output[3, 0] == pytest.approx((4 - 1.25) / np.sqrt(variance + 3), rel=1e-6)


def test_the_layer_loaded_into_has_the_penalties_that_it_was_given() -> None:
    made = case([X4], momentum=0.5)
    steps = (called(), SAVE, load(gamma_regularizer={"l2": 0.5}), load())
    predicted = predict(replace(made, steps=steps, observe=("losses",)), keras())
    assert [float(step["losses"].number.value) for step in predicted.steps] == [0, 0, 0.5, 0]


def of_images(*steps: Step, given: dict[str, str], **layer: Any) -> Prediction:
    return predict(replace(case([IMAGES], momentum=0.5, **layer), steps=steps), given)


@each("run_by, built", [("collection", True), ("layer", False), ("nobody", False), ("call", True)])
def test_the_fused_kernel_is_that_of_the_last_layer(run_by: str, built: bool) -> None:
    given = tf1(updates_run_by=run_by)

    def fused(*steps: Step) -> Any:
        return of_images(*steps, given=given, fused=False).structure["fused"]

    assert fused(called(), SAVE, load(fused=True), called(False)) is True
    assert fused(called(), SAVE, load(fused=True), load(), called(False)) is False
    assert fused(SAVE, load(fused=True)) is built


def test_variables_are_in_the_order_of_the_last_layer() -> None:
    given = tf1(variable_order="beta-first-when-fused")
    order = [
        of_images(called(), SAVE, load(fused=fused), given=given, fused=not fused).structure["trainable_variables"]
        for fused in (True, False)
    ]
    assert order == [("beta", "gamma"), ("gamma", "beta")]


def test_a_kernel_that_takes_matrices_orders_the_variables_of_its_own_layer_only() -> None:
    # Measured: contrib.layers.batch_norm of 1.15.5, saved from one kernel and loaded into the other.
    given = tf1(fused_ranks="2-or-4", variable_order="gamma-first")
    made = case([X4], momentum=0.5)
    for fused, order in ((True, ("beta", "gamma")), (False, ("gamma", "beta"))):
        steps = (called(), SAVE, load(fused=fused), called())
        before = replace(made, layer={**made.layer, "fused": not fused}, steps=steps)
        assert predict(before, given).structure["trainable_variables"] == order


def test_a_layer_refuses_its_arguments_when_it_is_loaded_into() -> None:
    steps = (called(), SAVE, load(fused=True), called(False))
    impossible = run(*steps, answered=keras(fused_impossible="ValueError", fused_kernel="automatic"))
    assert (impossible.raised, len(impossible.steps)) == ("ValueError", 2)
    unknown = run(*steps, answered=keras(argument_fused="TypeError"))
    assert (unknown.raised, len(unknown.steps)) == ("TypeError", 2)
    assert unknown.structure["trainable_variables"] == ("gamma", "beta")
    built_first = run(*steps, answered=tf1(fused_impossible="ValueError"))
    assert (built_first.raised, built_first.steps) == ("ValueError", ())


def test_what_is_made_anew_is_traced_anew() -> None:
    answered = keras(freeze_after_trace="ignored")
    frozen = run(called(), Set(trainable=False), Config(), called(), answered=answered)
    assert mean(frozen, 3) == 0.0
    thawed = run(Set(trainable=False), called(), SAVE, load(), called(), answered=answered)
    assert [mean(thawed, 1), mean(thawed, 4)] == [0.0, 1.25]


def test_a_layer_from_its_config_starts_anew() -> None:
    assert mean(run(called(), Config()), 1) == 0.0


@each(
    "updates, run_by, after",
    [
        (Updates.RUN, "collection", 1.25),
        (Updates.RUN, "layer", 1.25),
        (Updates.SKIP, "collection", 0.0),
        (Updates.SKIP, "layer", 0.0),
        (Updates.SKIP, "call", 1.25),
        (Updates.COLLECTION, "collection", 1.25),
        (Updates.COLLECTION, "layer", 0.0),
        (Updates.COLLECTION, "call", 1.25),
    ],
)
def test_updates_run_where_the_front_end_lets_them(updates: Updates, run_by: str, after: float) -> None:
    assert mean(run(called(updates=updates), answered=tf1(updates_run_by=run_by)), 0) == after


@pytest.mark.parametrize(("form", "rule"), [("numpy", "numpy_training"), ("tensor", "tensor_training")])
def test_a_training_argument_of_another_kind_may_be_refused(form: str, rule: str) -> None:
    assert mean(run(called(f"{form}:true")), 0) == 1.25
    assert mean(run(called(f"{form}:false")), 0) == 0.0
    refused = run(called(f"{form}:true"), answered=keras(**{rule: "TypeError"}))
    assert (refused.raised, refused.steps) == ("TypeError", ())


def test_the_learning_phase_decides_where_the_argument_is_left_out() -> None:
    assert mean(run(called("phase:true")), 0) == 1.25
    assert mean(run(called("phase:false")), 0) == 0.0


def test_calls_beside_each_other_run_one_after_the_other() -> None:
    both = Call(input=0, training=True, beside=(1,))
    predicted = run(both)
    assert mean(predicted, 0) == (0.5 * 2.5) * 0.5 + 0.5 * 20
    assert predicted.steps[0]["output_1"].number.value.shape == (2, 1)
