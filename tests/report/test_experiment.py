"""Steps and surroundings in words."""

from __future__ import annotations

from dataclasses import replace

from harness.observation import Observation
from harness.report.experiment import argument_arrays, argument_words, step_words, surroundings
from harness.report.show import render_show
from harness.scale import Scales
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
    Updates,
)
from harness.tensor import Tensor
from harness.tolerance import Tolerance
from tests.report.samples import case, f32, measured, observed, scenario
from tests.unit.each import each

ONE = case("x/y", inputs=[f32([[1, 2]])])
TWO = case("x/y", inputs=[f32([[1, 2]]), f32([[3, 4]])])
TRAIN = Train(input=0, training=None, loss=Loss.SUM, optimizer=Optimizer.SGD, rate=0.5)


@each(
    "step, one, two",
    [
        (Call(input=0, training=True), "call with training=true", "call on input 0 with training=true"),
        (
            Call(input=0, training="tensor:false", updates=Updates.SKIP, beside=(1, 0)),
            "call and input 1 and input 0 with training=tensor:false, updates=skip",
            "call on input 0 and input 1 and input 0 with training=tensor:false, updates=skip",
        ),
        (Build(), "build", "build"),
        (Set(trainable=False), "set trainable=false on the layer", "set trainable=false on the layer"),
        (
            Set(trainable=True, on=Target.MODEL),
            "set trainable=true on the model",
            "set trainable=true on the model",
        ),
        (Assign(values={"gamma": f32([1]), "beta": f32([1])}), "assign gamma, beta", "assign gamma, beta"),
        (Assign(values={}), "assign nothing", "assign nothing"),
        (
            TRAIN,
            "train without training, sum, sgd at rate 0.5",
            "train on input 0 without training, sum, sgd at rate 0.5",
        ),
        (
            replace(TRAIN, training=1, target=1, updates=Updates.TRAIN_OP),
            "train with training=1, sum against input 1, sgd at rate 0.5, updates=train_op",
            "train on input 0 with training=1, sum against input 1, sgd at rate 0.5, updates=train_op",
        ),
        (
            Compile(loss=Loss.MEAN_SQUARE, optimizer=Optimizer.ADAM, rate=1e-3, eagerly=True),
            "compile with mean_square, adam at rate 0.001, eagerly",
            "compile with mean_square, adam at rate 0.001, eagerly",
        ),
        (Fit(input=0), "fit", "fit on input 0"),
        (
            Fit(input=0, target=1, epochs=3, validation=1),
            "fit against input 1, 3 epochs, validated on input 1",
            "fit on input 0 against input 1, 3 epochs, validated on input 1",
        ),
        (
            Run(method=Method.EVALUATE, input=0, target=1),
            "evaluate against input 1",
            "evaluate on input 0 against input 1",
        ),
        (Save(format=Format.H5), "save as h5", "save as h5"),
        (Load(format=Format.H5), "load from h5", "load from h5"),
        (
            Load(format=Format.CHECKPOINT, layer={"fused": False, "momentum": 0.5}),
            "load from checkpoint into a layer with fused=false, momentum=0.5",
            "load from checkpoint into a layer with fused=false, momentum=0.5",
        ),
        (Config(), "config: made anew from_config(get_config())", "config: made anew from_config(get_config())"),
    ],
)  # fmt: skip
def test_steps(step: Step, one: str, two: str) -> None:
    assert step_words(ONE, step) == one
    assert step_words(TWO, step) == two


def test_nothing_is_said_of_what_is_as_usual() -> None:
    assert surroundings(ONE) == {}


def test_surroundings() -> None:
    kernel = f32([[1, 2]]).to_wire()
    model = (
        {"dense": {"kernel": kernel, "trainable": False}},
        "bn",
        {"activation": "relu"},
        {"model": [{"bn": {"adjustment": {"bias": kernel}}}]},
    )
    odd = replace(
        ONE, model=model, observe=("losses", "gradients"), replicas=2, policy="mixed_float16", unknown_batch=True,
        repetitions=3,
    )  # fmt: skip
    assert surroundings(odd) == {
        "model": "dense(kernel [1, 2], trainable=false), bn, activation(relu), model(bn(adjustment(bias [1, 2])))",
        "observe": "losses and gradients",
        "replicas": "2",
        "policy": "mixed_float16",
        "unknown_batch": "true",
        "repetitions": "3",
    }


def test_the_layer_s_arguments_in_words_and_their_arrays_apart() -> None:
    wires = {"scale": f32([[1], [2]]).to_wire(), "bias": f32([3]).to_wire()}
    adjusted = replace(ONE, layer={"momentum": 0.5, "fused": None, "adjustment": wires})
    assert argument_words(adjusted) == "momentum=0.5, fused=null, adjustment(scale [2, 1], bias [1]), trainable=true"
    assert argument_arrays(adjusted) == {"adjustment scale": f32([[1], [2]]), "adjustment bias": f32([3])}
    without = replace(ONE, layer={"adjustment": None})
    assert (argument_words(without), argument_arrays(without)) == ("adjustment=null, trainable=true", {})


def test_the_page_shows_steps_surroundings_mask_and_assigned_values() -> None:
    odd = replace(
        ONE,
        layer={"adjustment": {"scale": f32([[2, 3]]).to_wire(), "bias": f32(0.5).to_wire()}},
        model=("bn",),
        mask=Tensor.of([True], "bool"),
        steps=(Set(trainable=False), Assign(values={"gamma": f32([3, 5])}), Call(input=0, training=None)),
    )
    there: Observation = observed({"gamma": f32([1, 1])}, {"gamma": f32([3, 5])}, {"output": f32([[1, 2]])})
    scales = Scales(case=odd, tolerance=Tolerance())
    page = render_show(
        scenario(measured(odd, {"keras": there})),
        bounds=lambda *_: scales,
        width=80,
        verbose=0,
        color=False,
        blocks=True,
    )
    for line in (
        "  model: bn",
        "  adjustment(scale [1, 2], bias []), trainable=true",
        "  mask: bool [1]",
        "  adjustment scale: float32 [1, 2]",
        "  adjustment bias: float32 []",
        "  gamma assigned in step 2: float32 [2]",
        "step 1: set trainable=false on the layer",
        "step 2: assign gamma",
        "step 3: call without training",
    ):
        assert f"{line}\n" in page
