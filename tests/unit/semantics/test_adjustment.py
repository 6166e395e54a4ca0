"""The adjustment of what is normalized, against numbers by hand.

One channel. The input is [0, 2]: mean 1, variance 1, so that without epsilon it normalizes to [-1, 1].
"""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.case import Case
from harness.semantics.asking import BeyondTheOracle
from harness.semantics.oracle import predict
from harness.semantics.prediction import Prediction
from harness.steps import Assign, Build, Call, Config, Format, Load, Loss, Optimizer, Save, Step, Train
from harness.tensor import Tensor
from tests.unit.each import each
from tests.unit.semantics.samples import answers, case, keras, tf1

X = [[0.0], [2.0]]
START = {"gamma": [2.0], "beta": [1.0], "moving_mean": [3.0], "moving_variance": [4.0]}
TRAIN = Train(input=0, training=True, loss=Loss.SUM, optimizer=Optimizer.SGD, rate=0.5)
LIMITS: dict[str, Any] = {"renorm": True, "renorm_momentum": 0.5}


def adjustment(scale: Any, bias: Any, dtype: str = "float32") -> dict[str, Any]:
    arrays = {"scale": scale, "bias": bias}
    return {role: Tensor.of(np.asarray(values), dtype).to_wire() for role, values in arrays.items()}


HALF = adjustment([[2.0], [3.0]], [[0.5], [-1.0]])


def adjusted(*steps: Step, values: Any = X, **layer: Any) -> Case:
    told = {"adjustment": HALF, "epsilon": 0.0, "momentum": 0.5, **layer}
    made = case([values], initializers=START, **told)
    return replace(made, steps=steps or made.steps, observe=("gradients",))


def value(prediction: Prediction, name: str = "output", step: int = 0) -> NDArray[np.float64]:
    return prediction.steps[step][name].number.value.ravel()


def test_it_comes_between_normalization_and_gamma() -> None:
    """((-1 * 2 + 0.5) * 2 + 1, (1 * 3 - 1) * 2 + 1)."""
    assert value(predict(adjusted(), tf1())).tolist() == [-2.0, 5.0]


def test_the_statistics_are_those_of_the_input_itself() -> None:
    prediction = predict(adjusted(), tf1())
    assert value(prediction, "moving_mean").tolist() == [2.0]
    assert value(prediction, "moving_variance").tolist() == [2.5]


def test_in_inference_nothing_is_adjusted() -> None:
    """(x - 3) / 2 * 2 + 1."""
    prediction = predict(adjusted(Call(input=0, training=False)), tf1())
    assert value(prediction).tolist() == [-2.0, 0.0]


@each("normalizes, output", [("batch", [-2.0, 5.0]), ("moving", [-2.0, 0.0])])
def test_a_frozen_layer_adjusts_where_it_normalizes_with_the_batch(normalizes: str, output: list[float]) -> None:
    frozen = replace(adjusted(), trainable=False)
    assert value(predict(frozen, tf1(frozen_normalizes_with=normalizes))).tolist() == output


def test_renormalization_comes_before_it() -> None:
    """Deviations 1 and 2, means 1 and 3: r = 1/2 and d = -1, so that [-1, 1] becomes [-1.5, -0.5]."""
    prediction = predict(adjusted(**LIMITS), tf1())
    assert value(prediction).tolist() == [(-1.5 * 2 + 0.5) * 2 + 1, (-0.5 * 3 - 1) * 2 + 1]


def test_it_broadcasts_as_arrays_do_whatever_the_axis() -> None:
    """Two channels on axis 1; the last dimension is the one that is adjusted."""
    values = [[[0.0, 2.0], [4.0, 8.0]]]
    by_place = adjustment([1.0, 10.0], [0.0, 100.0])
    made = case([values], epsilon=0.0, axis=1, adjustment=by_place)
    assert value(predict(made, tf1())).tolist() == [-1.0, 110.0, -1.0, 110.0]


def test_no_adjustment_changes_nothing() -> None:
    plain = predict(case([X], epsilon=0.0), tf1())
    assert value(predict(case([X], epsilon=0.0, adjustment=None), tf1())).tolist() == value(plain).tolist()


def test_a_gradient_is_scaled_by_example() -> None:
    """Of the sum: 2 + 3 and one each; by gamma 2 * -1 + 0.5 and 3 * 1 - 1; nothing is left for the input."""
    prediction = predict(adjusted(TRAIN), tf1())
    assert value(prediction, "gradient_beta").tolist() == [2.0]
    assert value(prediction, "gradient_gamma").tolist() == [0.5]
    assert value(prediction, "gradient_input") == pytest.approx([0.0, 0.0])


@each("layer", [{}, {"axis": 1}, {"epsilon": 0.5}, {"fused": False}])
def test_gradients_are_what_finite_differences_say(layer: dict[str, Any]) -> None:
    stream = np.random.RandomState(5)
    x, step = stream.normal(1, 2, size=(3, 2, 2)), 1e-6
    given = adjustment(stream.normal(size=(3, 1, 2)), stream.normal(size=(2, 2)), "float64")
    start = {"gamma": [0.5, 1.5], "beta": [-1.0, 1.0]}
    train = replace(TRAIN, loss=Loss.MEAN_SQUARE)

    def predicted(moved: NDArray[np.float64], start: dict[str, Any]) -> Prediction:
        made = case([moved], dtype="float64", initializers=start, adjustment=given, **layer)
        return predict(replace(made, steps=(train,), observe=("gradients",)), answers())

    there = predicted(x, start)
    for place in np.ndindex(x.shape):
        change = np.zeros_like(x)
        change[place] = step
        slope = (value(predicted(x + change, start), "loss") - value(predicted(x - change, start), "loss")) / (2 * step)
        assert there.steps[0]["gradient_input"].number.value[place] == pytest.approx(slope[0], abs=1e-7)
    for name, values in start.items():
        up, down = (value(predicted(x, {**start, name: [values[0] + by, values[1]]}), "loss") for by in (step, -step))
        assert value(there, f"gradient_{name}")[0] == pytest.approx((up[0] - down[0]) / (2 * step), abs=1e-7)


def test_a_configuration_forgets_it_and_loading_makes_the_layer_that_was_asked_for() -> None:
    call = Call(input=0, training=True)
    steps = (Build(), Save(format=Format.WEIGHTS), call, Config(), call, Load(format=Format.WEIGHTS), call)
    prediction = predict(adjusted(*steps), keras())
    assert [value(prediction, step=step).tolist() for step in (2, 4, 6)] == [[-2.0, 5.0], [-1.0, 3.0], [-2.0, 5.0]]


def test_it_excludes_the_fused_kernel() -> None:
    image = case([[[[[0.0]]], [[[2.0]]]]], epsilon=0.0, fused=True, adjustment=adjustment(2.0, 0.0))
    falling = predict(image, tf1(fused_impossible="falls-back"))
    assert falling.structure["fused"] is False
    assert value(falling).tolist() == [-2.0, 2.0]
    assert predict(image, tf1(fused_impossible="ValueError")).raised == "ValueError"


def test_virtual_batches_exclude_it() -> None:
    four = adjusted(values=[[0.0], [10.0], [2.0], [40.0]], virtual_batch_size=2, adjustment=adjustment(2.0, 0.0))
    assert predict(four, tf1()).raised == "ValueError"


@each("raised", ["TypeError", "ValueError"])
def test_a_layer_without_the_argument_refuses_it_even_where_it_is_null(raised: str) -> None:
    for layer in ({"adjustment": HALF}, {"adjustment": None}):
        assert predict(adjusted(**layer), keras(argument_adjustment=raised)).raised == raised


def test_nothing_is_known_of_an_adjustment_in_another_dtype() -> None:
    wide = case([X], adjustment=adjustment(1.0, 0.0, "float64"))
    with pytest.raises(BeyondTheOracle, match="no adjustment in float64 of a layer in float32"):
        predict(wide, tf1())


def test_nothing_is_known_of_an_adjusted_model_that_is_made_anew() -> None:
    around = replace(adjusted(Build(), Call(input=0, training=True)), model=("bn",))
    assert value(predict(around, keras()), step=1).tolist() == [-2.0, 5.0]
    for step in (Config(), Load(format=Format.KERAS)):
        anew = replace(around, steps=(Build(), Save(format=Format.KERAS), step))
        with pytest.raises(BeyondTheOracle, match="no adjustment in a model that is made anew"):
            predict(anew, keras())


def test_a_further_layer_of_a_model_may_be_what_is_refused() -> None:
    around = replace(case([X], epsilon=0.0), model=("bn", {"bn": {"adjustment": HALF}}), steps=(Build(),))
    assert predict(around, keras(argument_adjustment="ValueError")).raised == "ValueError"


def test_an_assigned_variable_does_not_disturb_it() -> None:
    steps = (Build(), Assign(values={"gamma": Tensor.of([4.0], "float32")}), Call(input=0, training=True))
    assert value(predict(adjusted(*steps), keras()), step=2).tolist() == [-1.5 * 4 + 1, 2.0 * 4 + 1]
