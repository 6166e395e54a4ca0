"""How a model is made from its specification, against a Keras that only writes down what it is asked for."""

from __future__ import annotations

import importlib
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from harness.tensor import Tensor
from tests.unit.each import each

layers = importlib.import_module("harness.worker.model_layers")
training = importlib.import_module("harness.worker.model_training")
modes = importlib.import_module("harness.worker.model_modes")
frontend = importlib.import_module("harness.worker.frontend")


class Recorded:
    """A layer, or a symbolic tensor, that remembers how it was made; layers have two weights."""

    def __init__(self, kind: str, *arguments: Any, name: str = "", **keywords: Any) -> None:
        self.kind, self.arguments, self.name, self.keywords = kind, arguments, name, keywords
        self.calls: list[str] = []
        self.shape, self.dtype = (None, 1), "float32"
        self.weights = [SimpleNamespace(name=f"{name}/{role}:0") for role in ("gamma", "beta")]

    def __call__(self, tensor: Recorded) -> Recorded:
        self.calls.append(tensor.name)
        return Recorded("tensor", name=f"{self.name}({tensor.name})")


def recording(kind: str) -> Any:
    return lambda *arguments, **keywords: Recorded(kind, *arguments, **keywords)


def fake_keras(*kinds: str) -> Any:
    return SimpleNamespace(
        layers=SimpleNamespace(
            Input=lambda **keywords: Recorded("input", name="input", **keywords),
            **{kind: recording(kind) for kind in ("BatchNormalization", *kinds)},
        ),
        models=SimpleNamespace(Model=recording("model")),
        initializers=SimpleNamespace(Constant=lambda value: ("constant", value.tolist())),
    )


def make(*specs: Any, kinds: tuple[str, ...] = ()) -> Any:
    case = {
        "model": specs,
        "inputs": [{"shape": [4, 1], "dtype": "float32"}],
        "layer": {"momentum": 0.5},
        "initializers": {"gamma": Tensor.of([2.0], "float32").to_wire()},
        "trainable": False,
    }
    return layers.Layers(SimpleNamespace(bfloat16=None, tf=None), fake_keras(*kinds), case)


def test_the_own_layer_gets_the_arguments_of_the_case() -> None:
    made = make("bn")
    assert made.own.name == "bn"
    assert made.own.keywords == {"momentum": 0.5, "trainable": False, "gamma_initializer": ("constant", [2.0])}


def test_a_further_layer_gets_its_own() -> None:
    made = make({"bn": {"momentum": 0.9}}, "bn", {"bn": {}})
    assert [(layer.name, layer.keywords) for layer in made.all() if layer is not made.own] == [
        ("bn_1", {"momentum": 0.9}),
        ("bn_2", {}),
    ]
    assert [field for field, _ in made.fields()] == [
        *("bn_1/gamma", "bn_1/beta"),
        *("gamma", "beta"),
        *("bn_2/gamma", "bn_2/beta"),
    ]


def test_an_adjustment_is_called_and_makes_constants_where_it_is() -> None:
    arrays = importlib.import_module("harness.worker.arguments")
    wires = {"scale": Tensor.of([2.0, 3.0], "float32").to_wire(), "bias": Tensor.of(0.5, "float64").to_wire()}
    made: list[Any] = []

    def constant(array: Any) -> Any:
        made.append(array)
        return array

    tf = SimpleNamespace(constant=constant)
    for arguments in (
        arrays.keras_arguments(tf, None, {"adjustment": wires, "momentum": 0.5}),
        arrays.function_arguments(tf, {"adjustment": wires, "momentum": 0.5}),
    ):
        assert arguments.pop("momentum") == 0.5
        assert made == []
        scale, bias = arguments["adjustment"]("any shape")
        assert [(array.dtype.name, array.tolist()) for array in made] == [("float32", [2, 3]), ("float64", 0.5)]
        assert (scale is made[0], bias is made[1]) == (True, True)
        made.clear()
    assert arrays.keras_arguments(tf, None, {"adjustment": None}) == {"adjustment": None}
    assert arrays.function_arguments(tf, {"adjustment": None}) == {"adjustment": None}


def test_the_own_layer_is_called_wherever_it_stands() -> None:
    made = make("bn", {"model": ["bn"]})
    model = made.built()
    assert made.own.calls == ["input", "input"]
    start, end = model.arguments
    assert (start.keywords, end.name) == ({"shape": (1,), "dtype": "float32"}, "model_1(bn(input))")
    assert made.built() is model
    assert [field for field, _ in made.fields()] == ["gamma", "beta"]


def test_weights_are_constants_of_the_layer() -> None:
    kernel = Tensor.of([[1.0, 2.0]], "float32").to_wire()
    made = make({"dense": {"kernel": kernel}}, "bn", {"dense": {"kernel": kernel, "bias": kernel}}, kinds=("Dense",))
    first, _, second = made.all()
    constant = ("constant", [[1.0, 2.0]])
    assert (first.name, first.arguments) == ("dense", (2,))
    assert first.keywords == {"trainable": True, "use_bias": False, "kernel_initializer": constant}
    assert (second.name, second.keywords["bias_initializer"]) == ("dense_1", constant)


def test_a_keras_without_the_layer_is_no_failure() -> None:
    with pytest.raises(frontend.NotApplicable, match="this Keras has no layer Resizing"):
        make("bn", {"resizing": {"height": 1, "width": 1}})


def test_a_model_needs_the_layer() -> None:
    with pytest.raises(ValueError, match="no bn"):
        make({"bn": {}})


def test_what_is_loaded_takes_the_place_of_the_layers() -> None:
    made = make("bn", {"bn": {}})
    own, other = Recorded("bn", name="bn"), Recorded("bn", name="bn_1")
    inner = SimpleNamespace(name="model_1", layers=[own])
    loaded = SimpleNamespace(name="model", layers=[inner, other])
    made.adopt(loaded)
    assert made.own is own
    assert made.all() == [own, other]
    assert made.built() is loaded


@each("value", [0.5, np.float64(0.5), [0.5, 9.0], np.array(0.5), np.array([0.5, 9.0])])
def test_a_loss_is_one_number_however_it_is_told(value: Any) -> None:
    told = training.scalar(value)
    assert (told, told.dtype) == (0.5, np.float32)


@pytest.mark.parametrize(
    ("form", "arguments"),
    [
        ("omitted", {}),
        ("literal", {"training": True}),
        ("numpy", {"training": np.bool_(True)}),
        ("tensor", {"training": ("constant", True)}),
    ],
)
def test_the_training_flag_gets_there_in_its_form(form: str, arguments: dict[str, Any]) -> None:
    told = modes.training_argument(form, True, lambda value: ("constant", value))
    assert told == arguments
    assert [type(one) for one in told.values()] == [type(one) for one in arguments.values()]


def test_an_optimizer_of_a_graph_is_the_legacy_one_where_there_are_two() -> None:
    def told(kind: str) -> Any:
        return lambda rate, momentum=None: (kind, rate, momentum)

    new = SimpleNamespace(SGD=told("new"), Adam=told("new"), legacy=SimpleNamespace(SGD=told("old"), Adam=told("old")))
    keras = SimpleNamespace(optimizers=new)
    assert training.graph_optimizer(keras, "momentum", 0.1) == ("old", 0.1, 0.9)
    assert training.graph_optimizer(keras, "adam", 0.1) == ("old", 0.1, None)
    assert training.keras_optimizer(new, "sgd", 0.1) == ("new", 0.1, 0.0)
