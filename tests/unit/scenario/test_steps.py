"""Steps from a file to the case and to the wire."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

from harness.scenario import vocabulary
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
from tests.unit.each import each
from tests.unit.scenario.writing import loaded, only_case

PLAIN = "input: [[1, 2], [3, 4]]\n"
MODEL = PLAIN + "model: [bn]\n"
SEVERAL = "inputs: [[[1], [2]], [[3], [4]], [[5], [6]]]\nmodel: [bn]\n"
TRAINED = Train(input=0, training=None, loss=Loss.MEAN_SQUARE, optimizer=Optimizer.SGD, rate=0.1)
TRAIN_WIRE = {"step": "train", "input": 0, "training": None, "loss": "mean_square", "optimizer": "sgd", "rate": 0.1}


def f32(values: Any) -> Tensor:
    return Tensor.of(values, "float32")


@each(
    "head, written, step, wire",
    [
        (PLAIN, "call", Call(input=0, training=None), {"step": "call", "input": 0, "training": None}),
        (
            SEVERAL,
            "{call: {input: 1, training: 'placeholder:false', updates: skip, with: [2, 0]}}",
            Call(input=1, training="placeholder:false", updates=Updates.SKIP, beside=(2, 0)),
            {"step": "call", "input": 1, "training": "placeholder:false", "updates": "skip", "with": [2, 0]},
        ),
        (PLAIN, "{call: {updates: run}}", Call(input=0, training=None), {"step": "call", "input": 0, "training": None}),
        (PLAIN, "build", Build(), {"step": "build"}),
        (PLAIN, "{build: }", Build(), {"step": "build"}),
        (PLAIN, "{build: {}}", Build(), {"step": "build"}),
        (PLAIN, "{set: {trainable: false}}", Set(trainable=False), {"step": "set", "trainable": False}),
        (
            MODEL,
            "{set: {trainable: true, on: model}}",
            Set(trainable=True, on=Target.MODEL),
            {"step": "set", "trainable": True, "on": "model"},
        ),
        (
            PLAIN,
            "{assign: {moving_mean: 3, gamma: [1, 2]}}",
            Assign(values={"moving_mean": f32([3, 3]), "gamma": f32([1, 2])}),
            {"step": "assign", "values": {"gamma": f32([1, 2]).to_wire(), "moving_mean": f32([3, 3]).to_wire()}},
        ),
        (PLAIN, "train", TRAINED, TRAIN_WIRE),
        (
            SEVERAL,
            "{train: {training: 1, loss: sum, target: 1, optimizer: adam, rate: 0, updates: train_op}}",
            Train(
                input=0,
                training=1,
                loss=Loss.SUM,
                target=1,
                optimizer=Optimizer.ADAM,
                rate=0.0,
                updates=Updates.TRAIN_OP,
            ),
            {
                "step": "train",
                "input": 0,
                "training": 1,
                "loss": "sum",
                "target": 1,
                "optimizer": "adam",
                "rate": 0.0,
                "updates": "train_op",
            },
        ),
        (
            MODEL,
            "compile",
            Compile(loss=Loss.MEAN_SQUARE, optimizer=Optimizer.SGD, rate=0.1),
            {"step": "compile", "loss": "mean_square", "optimizer": "sgd", "rate": 0.1},
        ),
        (
            MODEL,
            "{compile: {loss: mean_absolute, optimizer: momentum, rate: 1, eagerly: true}}",
            Compile(loss=Loss.MEAN_ABSOLUTE, optimizer=Optimizer.MOMENTUM, rate=1.0, eagerly=True),
            {"step": "compile", "loss": "mean_absolute", "optimizer": "momentum", "rate": 1.0, "eagerly": True},
        ),
        (MODEL, "fit", Fit(input=0), {"step": "fit", "input": 0, "epochs": 1}),
        (
            SEVERAL,
            "{fit: {input: 2, target: 0, epochs: 3, validation: 1}}",
            Fit(input=2, target=0, epochs=3, validation=1),
            {"step": "fit", "input": 2, "epochs": 3, "target": 0, "validation": 1},
        ),
        (
            SEVERAL,
            "{train_on_batch: {target: 2}}",
            Run(method=Method.TRAIN_ON_BATCH, input=0, target=2),
            {"step": "train_on_batch", "input": 0, "target": 2},
        ),
        (MODEL, "test_on_batch", Run(method=Method.TEST_ON_BATCH, input=0), {"step": "test_on_batch", "input": 0}),
        (MODEL, "evaluate", Run(method=Method.EVALUATE, input=0), {"step": "evaluate", "input": 0}),
        (SEVERAL, "{predict: {input: 1}}", Run(method=Method.PREDICT, input=1), {"step": "predict", "input": 1}),
        (PLAIN, "config", Config(), {"step": "config"}),
    ],
)
def test_every_step(tmp_path: Path, head: str, written: str, step: Step, wire: dict[str, Any]) -> None:
    case = only_case(tmp_path, f"{head}steps: [{written}]\n")
    assert case.steps == (step,)
    assert case.steps[0].to_wire() == wire
    assert case.to_wire()["steps"] == [wire]


@each("word", ["weights", "checkpoint", "h5", "keras", "saved_model"])
def test_saving_and_loading(tmp_path: Path, word: str) -> None:
    case = only_case(tmp_path, f"{MODEL}steps: [{{save: {{format: {word}}}}}, {{load: {{format: {word}}}}}]\n")
    assert case.steps == (Save(format=Format(word)), Load(format=Format(word)))
    assert case.to_wire()["steps"] == [{"step": "save", "format": word}, {"step": "load", "format": word}]


SAVED = "{save: {format: checkpoint}}"


@each(
    "layer, replaced",
    [
        ("{fused: null, momentum: 1}", {"momentum": 1.0, "fused": None}),
        ("{gamma_constraint: non_neg, renorm_clipping: {rmax: 2}}",
         {"renorm_clipping": {"rmax": 2.0}, "gamma_constraint": "non_neg"}),
        ("{axis: -1, center: true, virtual_batch_size: null}",
         {"axis": -1, "center": True, "virtual_batch_size": None}),
    ],
)  # fmt: skip
def test_loading_into_a_layer_of_other_arguments(tmp_path: Path, layer: str, replaced: dict[str, Any]) -> None:
    text = f"{PLAIN}layer: {{axis: -1, center: true, virtual_batch_size: null, epsilon: 1}}\n"
    case = only_case(tmp_path, f"{text}steps: [{SAVED}, {{load: {{format: checkpoint, layer: {layer}}}}}]\n")
    load = Load(format=Format.CHECKPOINT, layer=replaced)
    assert case.steps[1] == load
    assert load.to_wire() == {"step": "load", "format": "checkpoint", "layer": replaced}
    assert case.loaded(load).layer == {**case.layer, **replaced}


def test_no_other_arguments_are_the_same_experiment(tmp_path: Path) -> None:
    one, other = (
        only_case(tmp_path, f"{PLAIN}steps: [{SAVED}, {{load: {{format: checkpoint{more}}}}}]\n")
        for more in ("", ", layer: {}")
    )
    assert (one.sha256, one.structure) == (other.sha256, other.structure)


def test_arguments_hold_from_the_load_to_the_next(tmp_path: Path) -> None:
    loads = "{load: {format: checkpoint, layer: {momentum: 0.5}}}, call, {load: {format: checkpoint}}, call"
    case = only_case(tmp_path, f"{PLAIN}layer: {{momentum: 0.25, epsilon: 1}}\nsteps: [{SAVED}, {loads}]\n")
    assert [case.as_of(number).layer["momentum"] for number in range(5)] == [0.25, 0.25, 0.5, 0.5, 0.25]
    assert {case.as_of(number).layer["epsilon"] for number in range(5)} == {1.0}


def test_a_sweep_leads_into_the_layer_of_a_load(tmp_path: Path) -> None:
    text = f"{PLAIN}steps: [{SAVED}, {{load: {{format: checkpoint}}}}]\n"
    cases = loaded(tmp_path, text + "sweep: {steps.1.load.layer.fused: [true, null]}\n").cases
    assert [case.key for case in cases] == ["steps.1.load.layer.fused=true", "steps.1.load.layer.fused=null"]
    assert [case.steps[1] for case in cases] == [
        Load(format=Format.CHECKPOINT, layer={"fused": fused}) for fused in (True, None)
    ]
    assert len({case.sha256 for case in cases}) == 2


def test_a_bare_layer_is_saved_as_weights_and_checkpoint(tmp_path: Path) -> None:
    text = "steps: [{save: {format: weights}}, {save: {format: checkpoint}}, {load: {format: weights}}]\n"
    assert len(only_case(tmp_path, PLAIN + text).steps) == 3


@each("training", [f"{form}:{value}" for form in ("numpy", "tensor", "placeholder", "phase")
                                      for value in ("true", "false")])  # fmt: skip
def test_how_training_gets_there(tmp_path: Path, training: str) -> None:
    steps = only_case(
        tmp_path, f"{PLAIN}training: '{training}'\nsteps: [call, train, {{call: {{training: null}}}}]\n"
    ).steps
    assert [step.training for step in steps if isinstance(step, Call | Train)] == [training, training, None]


def test_a_step_takes_the_input_of_its_own_position_among_those_that_take_one(tmp_path: Path) -> None:
    text = SEVERAL + "steps: [build, call, {set: {trainable: false}}, train, config, predict]\n"
    steps = only_case(tmp_path, text).steps
    assert [step.input for step in steps if isinstance(step, Call | Train | Run)] == [0, 1, 2]


def test_an_input_that_is_named_counts_as_a_position(tmp_path: Path) -> None:
    steps = only_case(tmp_path, SEVERAL + "steps: [{call: {input: 0}}, call, call]\n").steps
    assert [step.input for step in steps if isinstance(step, Call)] == [0, 1, 2]


def test_repetitions_are_written_out_and_nest(tmp_path: Path) -> None:
    text = PLAIN + "steps: [build, {repeat: {times: 2, steps: [call, {repeat: {times: 3, steps: [config]}}]}}]\n"
    words = [step.word for step in only_case(tmp_path, text).steps]
    assert words == ["build", *["call", "config", "config", "config"] * 2]


def test_positions_run_through_repetitions(tmp_path: Path) -> None:
    steps = only_case(tmp_path, SEVERAL + "steps: [{repeat: {times: 3, steps: [call]}}]\n").steps
    assert [step.input for step in steps if isinstance(step, Call)] == [0, 1, 2]


def test_paths_of_a_sweep_lead_into_steps(tmp_path: Path) -> None:
    text = MODEL + (
        "steps: [{set: {trainable: false}}, {repeat: {times: 1, steps: [{call: {}}]}}]\n"
        "sweep: {steps.0.set.trainable: [true, false], steps.1.repeat.steps.0.call.training: [null, 1],\n"
        "  steps.1.repeat.times: [2]}\n"
    )
    cases = loaded(tmp_path, text).cases
    assert cases[1].key == "steps.0.set.trainable=true,steps.1.repeat.steps.0.call.training=1,steps.1.repeat.times=2"
    assert [case.steps for case in cases] == [
        (Set(trainable=trainable), Call(input=0, training=training), Call(input=0, training=training))
        for trainable in (True, False)
        for training in (None, 1)
    ]
    assert len({case.sha256 for case in cases}) == 4


def test_assigned_values_have_the_shape_and_dtype_of_the_parameters(tmp_path: Path) -> None:
    text = "input: {full: 1, shape: [2, 3, 4], dtype: float64}\nlayer: {axis: [1, 2]}\n"
    (step,) = only_case(tmp_path, text + "steps: [{assign: {moving_variance: {arange: 4}}}]\n").steps
    assert isinstance(step, Assign)
    assert step.values["moving_variance"] == Tensor.of([[[0, 1, 2, 3]] * 3], "float64")


def test_what_the_layer_has_not_is_not_assigned(tmp_path: Path) -> None:
    sweep = "sweep: {layer.scale: [true, false], layer.renorm: [true, false]}\n"
    text = f"{PLAIN}steps: [{{assign: {{gamma: 1, beta: 2, renorm_mean: 3}}}}]\n{sweep}"
    found = [sorted(step.values) for case in loaded(tmp_path, text).cases for step in case.steps
             if isinstance(step, Assign)]  # fmt: skip
    assert found == [["beta", "gamma", "renorm_mean"], ["beta", "gamma"], ["beta", "renorm_mean"], ["beta"]]


def test_variables_of_other_layers_are_assigned_in_their_shape(tmp_path: Path) -> None:
    text = "input: [[1], [2]]\nmodel: [{dense: {kernel: [[1, 2, 3]]}}, bn, {bn: {}}]\n"
    (step,) = only_case(tmp_path, text + "steps: [{assign: {dense/kernel: 4, bn_1/gamma: 2, beta: 1}}]\n").steps
    assert isinstance(step, Assign)
    assert step.values == {"dense/kernel": f32([[4, 4, 4]]), "bn_1/gamma": f32(2), "beta": f32([1, 1, 1])}


def test_the_words_of_the_file_are_those_of_the_values() -> None:
    def words(literal: Any) -> set[str]:
        return set(get_args(literal))

    assert words(vocabulary.LossWord) == {loss.value for loss in Loss}
    assert words(vocabulary.OptimizerWord) == {optimizer.value for optimizer in Optimizer}
    assert words(vocabulary.FormatWord) == {one.value for one in Format}
    assert words(vocabulary.TrainUpdates) == {updates.value for updates in Updates}
    assert words(vocabulary.CallUpdates) == {updates.value for updates in Updates} - {"train_op"}
    known = {kind.word for kind in get_args(Step) if kind is not Run} | {method.value for method in Method}
    assert set(vocabulary.WORDS) == known | {"repeat"}
