import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray

from harness.case import Case
from harness.semantics.approx import Approx, Arithmetic
from harness.semantics.asking import Fixed
from harness.semantics.optimizers import Slots, fresh, move
from harness.semantics.oracle import predict
from harness.semantics.prediction import Prediction
from harness.steps import Loss, Optimizer, Train, Training, Updates
from harness.tensor import Tensor
from tests.unit.semantics.samples import answers, case, keras

Array = NDArray[np.float64]
STEP = 1e-6


def train(
    *,
    loss: Loss = Loss.MEAN_SQUARE,
    training: Training = True,
    target: int | None = None,
    optimizer: Optimizer = Optimizer.SGD,
    rate: float = 0.5,
    updates: Updates = Updates.RUN,
) -> Train:
    return Train(input=0, training=training, loss=loss, target=target, optimizer=optimizer, rate=rate, updates=updates)


def experiment(x: Array, *steps: Train, trainable: bool = True, **layer: Any) -> Case:
    channels = x.shape[layer.get("axis", -1)]
    start = {
        "gamma": np.linspace(0.5, 1.5, channels),
        "beta": np.linspace(-1, 1, channels),
        "moving_mean": np.linspace(0.2, 0.4, channels),
        "moving_variance": np.linspace(0.7, 1.9, channels),
    }
    made = case([x, np.cos(x)], dtype="float64", initializers=start, trainable=trainable, **layer)
    return replace(made, steps=steps, observe=("gradients",))


def value(prediction: Prediction, name: str, step: int = 0) -> Array:
    return prediction.steps[step][name].number.value


def moved(one: Case, name: str, place: tuple[int, ...], by: float) -> Case:
    """The case with one number of its input or of an initializer changed."""
    old = one.inputs[0] if name == "input" else one.initializers[name]
    array = old.float64().copy()
    array[place] += by
    new = Tensor.of(array, "float64")
    if name == "input":
        return replace(one, inputs=(new, *one.inputs[1:]))
    return replace(one, initializers={**one.initializers, name: new})


def slope(one: Case, answered: dict[str, str], name: str, place: tuple[int, ...]) -> float:
    """The derivative of the loss by a central difference."""
    up, down = (value(predict(moved(one, name, place, by), answered), "loss") for by in (STEP, -STEP))
    return float((up - down) / (2 * STEP))


X = np.random.RandomState(3).normal(1.0, 2.0, size=(4, 2, 3))


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("loss", [Loss.MEAN_SQUARE, Loss.MEAN_ABSOLUTE, Loss.SUM])
@pytest.mark.parametrize(
    "layer",
    [{}, {"axis": 1}, {"epsilon": 0.5}, {"virtual_batch_size": 2}],
    ids=str,
)
def test_gradients_are_what_finite_differences_say(layer: dict[str, Any], loss: Loss, training: bool) -> None:
    step = train(loss=loss, training=training, target=1)
    one = experiment(X, step, trainable=True, **layer)
    predicted = predict(one, answers())
    places = [(0, 0, 0), (3, 1, 2), (1, 0, 1)]
    for place in places:
        assert value(predicted, "gradient_input")[place] == pytest.approx(
            slope(one, answers(), "input", place), abs=2e-8
        )
    for name in ("gamma", "beta"):
        gradient = value(predicted, f"gradient_{name}").reshape(-1)
        for channel in range(gradient.size):
            assert gradient[channel] == pytest.approx(slope(one, answers(), name, (channel,)), abs=2e-8)


def test_renormalization_passes_no_gradient_through_its_corrections() -> None:
    layer: dict[str, Any] = {"renorm": True, "renorm_clipping": {"rmin": 1.0, "rmax": 1.0, "dmax": 0.0}}
    plain = predict(experiment(X, train()), answers())
    clipped = predict(experiment(X, train(), **layer), answers())
    for name in ("gradient_input", "gradient_gamma", "gradient_beta"):
        assert value(clipped, name) == pytest.approx(value(plain, name), abs=1e-12)
    free = predict(experiment(X, train(), renorm=True), answers(renorm_state="moving-stddev"))
    # Normalized with the running statistics, the gradient of beta depends on them only through the output.
    outputs = value(free, "output")
    assert value(free, "gradient_beta") == pytest.approx((2 * outputs / X.size).sum(axis=(0, 1)), abs=1e-12)


def test_a_gradient_of_rational_numbers() -> None:
    """[0, 2] with epsilon 0: mean 1, variance 1, output ±1; loss mean(y**2) = gamma**2, so d/dgamma = 2 gamma."""
    made = case([[[0.0], [2.0]]], dtype="float64", epsilon=0.0, initializers={"gamma": [1.5]})
    one = replace(made, steps=(train(rate=0.25),), observe=("gradients",))
    predicted = predict(one, answers())
    assert value(predicted, "loss") == float(Fraction(9, 4))
    assert value(predicted, "gradient_gamma").tolist() == [3.0]
    assert value(predicted, "gradient_beta").tolist() == [0.0]
    assert value(predicted, "gradient_input").reshape(-1).tolist() == [0.0, 0.0]
    assert value(predicted, "gamma").tolist() == [1.5 - 0.25 * 3.0]


@settings(max_examples=20)
@given(st.integers(0, 2**16), st.sampled_from([True, False]))
def test_the_gradients_of_the_batch_add_up_to_nothing(seed: int, scaled: bool) -> None:
    """The output does not change when all inputs of a channel shift, nor, but for epsilon, when they are scaled."""
    x = np.random.RandomState(seed).normal(size=(5, 3)) * (10 if scaled else 1)
    gradient = value(predict(experiment(x, train(target=1), epsilon=0.0), answers()), "gradient_input")
    assert gradient.sum(axis=0) == pytest.approx(np.zeros(3), abs=1e-10)
    assert (gradient * x).sum(axis=0) == pytest.approx(np.zeros(3), abs=1e-9)


def test_no_correct_float32_implementation_is_outside_of_the_bound() -> None:
    x = X.astype(np.float32).astype(np.float64)
    wide = experiment(x, train(target=1))
    narrow = replace(
        wide,
        inputs=tuple(Tensor.of(one.float64(), "float32") for one in wide.inputs),
        initializers={role: Tensor.of(one.float64(), "float32") for role, one in wide.initializers.items()},
    )
    predicted = predict(narrow, answers())
    inputs, target = (one.float64().astype(np.float32) for one in narrow.inputs)
    gamma = narrow.initializers["gamma"].float64().astype(np.float32)
    beta = narrow.initializers["beta"].float64().astype(np.float32)
    mean = inputs.mean(axis=(0, 1), dtype=np.float32)
    inverse = np.float32(1) / np.sqrt(inputs.var(axis=(0, 1), dtype=np.float32) + np.float32(1e-3))
    unit = (inputs - mean) * inverse
    dy = (unit * gamma + beta - target) * np.float32(2 / inputs.size)
    measured = {
        "gradient_gamma": (dy * unit).sum(axis=(0, 1), dtype=np.float32),
        "gradient_beta": dy.sum(axis=(0, 1), dtype=np.float32),
        "gradient_input": gamma * inverse * (dy - dy.mean(axis=(0, 1)) - unit * (dy * unit).mean(axis=(0, 1))),
    }
    for name, array in measured.items():
        number = predicted.steps[0][name].number
        errors = np.abs(number.value - array)
        assert (errors <= number.error).all(), name
        assert (number.error < 1e-4).all(), name


def test_what_is_not_trained_keeps_its_value() -> None:
    frozen = predict(experiment(X, train(training=True), trainable=False), keras())
    assert value(frozen, "gamma").tolist() == [0.5, 1.0, 1.5]
    assert "gradient_gamma" not in frozen.steps[0]
    refused = predict(experiment(X, train(), trainable=False), answers(nothing_to_train="ValueError"))
    assert refused.raised == "ValueError"
    assert refused.steps == ()


@pytest.mark.parametrize(("run_by", "moves"), [("collection", True), ("layer", False), ("call", True)])
def test_a_train_operation_waits_for_the_updates_that_are_registered(run_by: str, moves: bool) -> None:
    answered = answers(updates_run_by=run_by)
    start = np.linspace(0.2, 0.4, 3).tolist()
    predicted = predict(experiment(X, train(updates=Updates.TRAIN_OP)), answered)
    assert (value(predicted, "moving_mean").tolist() != start) is moves
    skipped = predict(experiment(X, train(updates=Updates.SKIP)), answered)
    assert (value(skipped, "moving_mean").tolist() != start) is (run_by == "call")


def stepped(kind: Optimizer, gradients: list[float], rate: float, **changed: str) -> list[float]:
    arithmetic, slots = Arithmetic("float64"), fresh((1,))
    variable = Approx.exact([1.0])
    values = []
    for gradient in gradients:
        variable, slots = move(
            kind, rate, arithmetic, variable, Approx.exact([gradient]), slots, Fixed(answers(**changed))
        )
        values.append(float(variable.value[0]))
    assert isinstance(slots, Slots)
    assert slots.steps == len(gradients)
    return values


def test_sgd_and_momentum() -> None:
    assert stepped(Optimizer.SGD, [2.0, -1.0], 0.25) == [0.5, 0.75]
    first, second = stepped(Optimizer.MOMENTUM, [2.0, -1.0], 0.25)
    assert first == 0.5
    assert second == pytest.approx(0.5 - 0.25 * (0.9 * 2.0 - 1.0), rel=1e-15)


@pytest.mark.parametrize(("answer", "epsilon"), [("1e-8", 1e-8), ("1e-7", 1e-7)])
def test_adam_moves_by_the_rate_whatever_the_gradient(answer: str, epsilon: float) -> None:
    gradient = 1e-5
    (first,) = stepped(Optimizer.ADAM, [gradient], 0.1, adam_epsilon=answer)
    root = math.sqrt(0.001) * gradient
    assert 1.0 - first == pytest.approx(0.1 * root / (root + epsilon), rel=1e-9)
    (large,) = stepped(Optimizer.ADAM, [1e5], 0.1)
    assert large == pytest.approx(0.9, abs=1e-9)


def test_a_gradient_that_is_all_rounding_bounds_adams_step_by_the_rate() -> None:
    noise = Approx(np.array([0.0]), np.array([1e-4]))
    after, _ = move(
        Optimizer.ADAM, 0.1, Arithmetic("float32"), Approx.exact([1.0]), noise, fresh((1,)), Fixed(answers())
    )
    assert 0.1 <= float(after.error[0]) < 0.3
