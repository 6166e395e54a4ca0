from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.case import Case, Json
from harness.semantics.oracle import predict
from harness.semantics.prediction import Prediction
from harness.steps import (
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
from tests.unit.each import each
from tests.unit.semantics.samples import answers, case, keras

Array = NDArray[np.float64]
X4 = [[1.0], [2.0], [3.0], [4.0]]
COMPILE = Compile(loss=Loss.MEAN_SQUARE, optimizer=Optimizer.SGD, rate=0.5)
TRAIN = Run(method=Method.TRAIN_ON_BATCH, input=0)
STEP = 1e-4


def wire(values: Any) -> dict[str, Any]:
    return Tensor.of(np.asarray(values), "float32").to_wire()


def model(*steps: Step, specs: tuple[Json, ...] = ("bn",), inputs: Any = None, trainable: bool = True) -> Case:
    made = case([X4 if inputs is None else inputs], momentum=0.5, trainable=trainable)
    return replace(made, steps=steps, model=specs, observe=("gradients", "trainable_variables"))


def value(prediction: Prediction, name: str, step: int = -1) -> Array:
    return prediction.steps[step][name].number.value


def mean(prediction: Prediction, step: int = -1) -> float:
    return float(value(prediction, "moving_mean", step)[0])


def test_a_model_is_there_once_it_is_built() -> None:
    predicted = predict(model(Set(trainable=False), Build()), keras())
    assert predicted.steps[0] == {}
    assert set(predicted.steps[1]) == {"gamma", "beta", "moving_mean", "moving_variance", "trainable_variables"}
    assert predicted.structure["trainable_variables"] == ()


def test_fit_trains_and_updates_and_evaluate_does_neither() -> None:
    evaluate = Run(method=Method.EVALUATE, input=0)
    predicted = predict(model(COMPILE, Fit(input=0, epochs=2), evaluate), keras())
    assert mean(predicted, 1) == 1.875
    assert mean(predicted, 2) == 1.875
    assert float(value(predicted, "gamma", 1)[0]) < 1.0
    x, moving = np.asarray(X4), {name: float(value(predicted, name, 1)[0]) for name in ("gamma", "moving_variance")}
    y = (x - 1.875) / np.sqrt(moving["moving_variance"] + 1e-3) * moving["gamma"] + float(
        value(predicted, "beta", 1)[0]
    )
    assert float(value(predicted, "loss", 2)) == pytest.approx(float((y**2).mean()), rel=1e-12)


MOMENTS: Mapping[str, tuple[Step, ...]] = {
    "freeze, compile": (Build(), Set(trainable=False), COMPILE, TRAIN),
    "compile, freeze": (COMPILE, Set(trainable=False), TRAIN),
    "compile, train, freeze": (COMPILE, TRAIN, Set(trainable=False), TRAIN),
    "compile, train, freeze, compile": (COMPILE, TRAIN, Set(trainable=False), COMPILE, TRAIN),
}


@each("order", MOMENTS)
@each("moment", ["compile", "first-step", "every-step"])
def test_weights_are_those_of_the_moment_at_which_they_are_gathered(order: str, moment: str) -> None:
    predicted = predict(model(*MOMENTS[order]), keras(fit_gathers_weights=moment, fit_reads_frozen="every-step"))
    before = value(predicted, "gamma", -2)
    moved = bool((value(predicted, "gamma") != before).any())
    seen = {
        "freeze, compile": set(),
        "compile, freeze": {"compile"},
        "compile, train, freeze": {"compile", "first-step"},
        "compile, train, freeze, compile": set(),
    }
    # Frozen for its own part in every step, the layer normalizes with moving statistics and still has gradients.
    assert moved is (moment in seen[order])


@pytest.mark.parametrize(("moment", "updates"), [("build", True), ("first-step", True), ("every-step", False)])
def test_the_layer_is_frozen_as_of_the_moment_at_which_it_is_looked_at(moment: str, updates: bool) -> None:
    predicted = predict(model(COMPILE, TRAIN, Set(trainable=False), TRAIN), keras(fit_reads_frozen=moment))
    assert (mean(predicted, 3) != mean(predicted, 2)) is updates
    eager = replace(COMPILE, eagerly=True)
    eagerly = predict(model(eager, TRAIN, Set(trainable=False), TRAIN), keras(fit_reads_frozen=moment))
    assert (mean(eagerly, 3) != mean(eagerly, 2)) is (moment == "build")


def test_a_model_goes_on_with_the_arguments_that_a_load_gave_its_layer_until_the_next_load() -> None:
    call, form = Call(input=0, training=True), Format.CHECKPOINT
    other = Load(format=form, layer={"momentum": 0.75})
    steps = (call, Save(format=form), other, call, Config(), call, Load(format=form), call)
    predicted = predict(model(*steps), keras())
    assert [mean(predicted, step) for step in (2, 3, 4, 5, 6, 7)] == [1.25, 1.5625, 0.0, 0.625, 1.25, 1.875]


def test_a_model_refuses_arguments_when_they_are_loaded_into() -> None:
    steps = (Build(), Save(format=Format.H5), Load(format=Format.H5, layer={"fused": True}), Build())
    predicted = predict(model(*steps), keras(argument_fused="ValueError"))
    assert (predicted.raised, len(predicted.steps)) == ("ValueError", 2)


def test_in_a_graph_updates_are_gathered_apart() -> None:
    steps = (Build(), Set(trainable=False), COMPILE, TRAIN)
    graph = answers(updates_run_by="layer", fit_reads_frozen="build", frozen_updates="no")
    predicted = predict(model(*steps), graph)
    assert mean(predicted) == 0.0
    # It goes on normalizing with the batch, which is what it was built for: the loss is near 1, not near 7.5.
    assert float(value(predicted, "loss")) == pytest.approx(1.0, abs=1e-2)


def test_freezing_the_model_freezes_what_is_in_it() -> None:
    specs: tuple[Json, ...] = ({"dense": {"kernel": wire([[1.0, 2.0]])}}, {"model": ["bn", {"bn": {}}]})
    steps = (Set(trainable=False, on=Target.MODEL), Set(trainable=True))
    predicted = predict(model(*steps, specs=specs), keras())
    assert int(value(predicted, "trainable_variables", 0)) == 0
    # The model itself stays frozen, whatever is set on a layer in it.
    assert int(value(predicted, "trainable_variables", 1)) == 0
    assert "bn_1/gamma" in predicted.steps[0]
    # What a layer itself says is told apart from what the model trains.
    assert predicted.structure["trainable_variables"] == ("gamma", "beta")


NETWORKS: Mapping[str, tuple[Json, ...]] = {
    "dense": ({"dense": {"kernel": wire([[1.0, -2.0], [0.5, 1.5]]), "bias": wire([0.1, 0.2])}}, "bn"),
    "after": ("bn", {"dense": {"kernel": wire([[1.0, -2.0, 0.3], [0.5, 1.5, 1.0]])}}, {"activation": "tanh"}),
    "relu": ("bn", {"activation": "relu"}, {"dense": {"kernel": wire([[1.0], [0.5]]), "bias": wire([0.3])}}),
    "twice": ("bn", {"activation": "sigmoid"}, "bn"),
    "second": ("bn", {"bn": {"epsilon": 0.1}}, {"activation": "softplus"}),
    "softmax": ("bn", {"dense": {"kernel": wire([[1.0, -2.0, 0.3], [0.5, 1.5, 1.0]])}}, {"activation": "softmax"}),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_through_a_model_are_what_finite_differences_say(name: str) -> None:
    x = np.asarray([[1.0, 0.5], [2.0, -1.0], [3.0, 0.25], [4.0, 2.0]])
    step = Train(input=0, training=True, loss=Loss.MEAN_SQUARE, optimizer=Optimizer.SGD, rate=0.0)
    one = model(step, specs=NETWORKS[name], inputs=x)
    gradient = value(predict(one, answers()), "gradient_input")
    for place in [(0, 0), (2, 1)]:
        losses = []
        for by in (STEP, -STEP):
            changed = x.copy()
            changed[place] += by
            tensor = Tensor.of(changed, "float64")
            losses.append(float(value(predict(replace(one, inputs=(tensor,)), answers()), "loss")))
        assert gradient[place] == pytest.approx((losses[0] - losses[1]) / (2 * STEP), abs=1e-6)


def test_a_softmax_shares_one_out_along_the_last_axis() -> None:
    x = np.asarray([[0.0, np.log(3.0)], [np.log(7.0), 0.0]])
    one = model(Call(input=0, training=False), specs=({"activation": "softmax"}, "bn"), inputs=x)
    output = value(predict(one, answers(fused_kernel="not-told")), "output") * np.sqrt(1.001)
    assert output == pytest.approx(np.asarray([[0.25, 0.75], [0.875, 0.125]]))


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("strides", [1, 2])
def test_a_convolution_is_what_its_definition_says(padding: str, strides: int) -> None:
    random = np.random.RandomState(0)
    x, kernel = random.randint(-3, 4, size=(2, 4, 5, 2)), random.randint(-2, 3, size=(3, 2, 2, 3))
    spec = {"kernel": wire(kernel), "strides": strides, "padding": padding}
    one = model(Call(input=0, training=False), specs=({"conv2d": spec}, "bn"), inputs=x.astype(np.float64))
    output = value(predict(one, answers(fused_kernel="not-told")), "output") * np.sqrt(1.001)
    rows, columns = (
        (-(-4 // strides), -(-5 // strides)) if padding == "same" else ((4 - 3) // strides + 1, (5 - 2) // strides + 1)
    )
    above = max((rows - 1) * strides + 3 - 4, 0) // 2 if padding == "same" else 0
    left = max((columns - 1) * strides + 2 - 5, 0) // 2 if padding == "same" else 0
    padded = np.pad(x, ((0, 0), (above, 4), (left, 4), (0, 0)))
    assert output.shape == (2, rows, columns, 3)
    for n, row, column, out in np.ndindex(output.shape):
        window = padded[n, row * strides : row * strides + 3, column * strides : column * strides + 2]
        assert output[n, row, column, out] == pytest.approx(float((window * kernel[..., out]).sum()), abs=1e-9)
