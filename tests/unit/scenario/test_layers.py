"""A model around the layer: its wire form, what shape the layer's variables get in it, and what is no model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.tensor import Tensor
from tests.unit.each import each
from tests.unit.scenario.writing import only_case, problems

LAYERS = "bn, dense, conv2d, embedding, masking, resizing, activation, flatten or model"
EXAMPLE = "hint: model: [{dense: {kernel: [[1, 2]]}}, bn] puts bn behind a dense layer"


def wire(values: Any) -> dict[str, Any]:
    return Tensor.of(values, "float32").to_wire()


@each(
    "layers, expected",
    [
        ("bn", ["bn"]),
        ("bn, bn", ["bn", "bn"]),
        ("bn, {bn: {momentum: 0.5}}, {bn: {}}, {bn: }", ["bn", {"bn": {"momentum": 0.5}}, {"bn": {}}, {"bn": {}}]),
        (
            "{dense: {kernel: [[1, 2], [3, 4]], bias: [5, 6]}}, bn",
            [{"dense": {"kernel": wire([[1, 2], [3, 4]]), "bias": wire([5, 6])}}, "bn"],
        ),
        (
            "bn, {dense: {kernel: {full: 1, shape: [2, 1]}, trainable: false}}",
            ["bn", {"dense": {"kernel": wire([[1], [1]]), "trainable": False}}],
        ),
        ("bn, {activation: relu}, flatten", ["bn", {"activation": "relu"}, "flatten"]),
        ("{masking: {value: 3}}, bn, {masking: }", [{"masking": {"value": 3.0}}, "bn", {"masking": {"value": 0.0}}]),
        ("{model: [{model: [bn]}, flatten]}", [{"model": [{"model": ["bn"]}, "flatten"]}]),
        (
            "{embedding: {table: [[1, 2], [3, 4]], mask_zero: true}}, bn",
            [{"embedding": {"table": wire([[1, 2], [3, 4]]), "mask_zero": True}}, "bn"],
        ),
    ],
)
def test_the_wire_form(tmp_path: Path, layers: str, expected: list[Any]) -> None:
    case = only_case(tmp_path, f"input: [[1, 2], [3, 4]]\nmodel: [{layers}]\n")
    assert case.to_wire()["model"] == expected


def test_images(tmp_path: Path) -> None:
    text = (
        "input: {full: 1, shape: [2, 5, 4, 3]}\n"
        "model: [{conv2d: {kernel: {full: 1, shape: [2, 3, 3, 6]}, strides: 2, padding: same, bias: {arange: 6}}}, bn, "
        "{resizing: {height: 7, width: 8}}]\n"
    )
    case = only_case(tmp_path, text)
    assert case.model is not None
    assert case.model[0] == {
        "conv2d": {"kernel": wire([[[[1] * 6] * 3] * 3] * 2), "bias": wire(range(6)), "strides": 2, "padding": "same"}
    }
    assert case.model[2] == {"resizing": {"height": 7, "width": 8}}


def test_a_case_without_a_model_says_nothing_of_one(tmp_path: Path) -> None:
    case = only_case(tmp_path, "input: [[1, 2]]\n")
    assert case.model is None
    assert "model" not in case.to_wire()


@each(
    "text, shape",
    [
        ("input: [[1, 2]]\nmodel: [bn]", (2,)),
        ("input: [[1, 2]]\nmodel: [bn, {dense: {kernel: [[1, 1, 1], [1, 1, 1]]}}]", (2,)),
        ("input: [[1, 2]]\nmodel: [{dense: {kernel: [[1, 1, 1], [1, 1, 1]]}}, bn]", (3,)),
        ("input: [[1, 2]]\nmodel: [{model: [{dense: {kernel: [[1, 1, 1], [1, 1, 1]]}}]}, {model: [bn]}]", (3,)),
        ("input: {full: 1, shape: [2, 3, 4]}\nmodel: [flatten, bn]", (12,)),
        ("input: {values: [[0, 1]], dtype: int32}\nmodel: [{embedding: {table: [[1, 2, 3], [4, 5, 6]]}}, bn]", (3,)),
        (
            "input: {full: 1, shape: [2, 5, 4, 3]}\n"
            "model: [{conv2d: {kernel: {full: 1, shape: [2, 3, 3, 6]}}}, {activation: relu}, bn]",
            (6,),
        ),
        (
            "input: {full: 1, shape: [2, 5, 4, 3]}\nlayer: {axis: 1}\n"
            "model: [{conv2d: {kernel: {full: 1, shape: [2, 3, 3, 6]}}}, bn]",
            (4,),
        ),
        (
            "input: {full: 1, shape: [2, 5, 4, 3]}\nlayer: {axis: 1}\n"
            "model: [{conv2d: {kernel: {full: 1, shape: [2, 3, 3, 6]}, strides: 2, padding: same}}, bn]",
            (3,),
        ),
        (
            "input: {full: 1, shape: [2, 5, 4, 3]}\nlayer: {axis: 2}\nmodel: [{resizing: {height: 7, width: 8}}, bn]",
            (8,),
        ),
    ],
)
def test_initial_values_have_the_shape_of_what_the_layer_gets(
    tmp_path: Path, text: str, shape: tuple[int, ...]
) -> None:
    assert only_case(tmp_path, f"{text}\ninitializers: {{gamma: 2}}\n").initializers["gamma"].shape == shape


def test_behind_an_embedding_the_variables_are_float32(tmp_path: Path) -> None:
    text = "input: {values: [[0, 1]], dtype: float64}\nmodel: [{embedding: {table: [[1], [2]]}}, bn]\n"
    assert only_case(tmp_path, text + "initializers: {beta: 1}\n").initializers["beta"].dtype == "float32"


@each(
    "layers, problem",
    [
        ("flatten", f"4:8: bn is not among the layers of the model\n  {EXAMPLE}"),
        ("{bn: {}}", f"4:8: bn is not among the layers of the model\n  {EXAMPLE}"),
        ("bn, dens", f"4:13: model[1] must be a layer ({LAYERS}), got 'dens'\n  hint: did you mean dense?"),
        ("bn, 3", f"4:13: model[1] must be a layer ({LAYERS}), got 3\n  {EXAMPLE}"),
        ("bn, dense", "4:13: dense needs arguments\n  hint: {dense: {...}}"),
        ("bn, activation", "4:13: activation needs arguments\n  hint: {activation: relu}"),
        ("bn, model", "4:13: model needs arguments\n  hint: {model: [bn]}"),
        ("bn, {flatten: {}}", "4:23: flatten has no arguments\n  hint: write the word alone: flatten"),
        ("bn, {dense: {}, bn: {}}", "4:13: a layer has one word, got dense, bn\n"
         "  hint: every layer is an entry of its own in the list"),
        ("bn, {dense: {}}", "4:21: kernel is missing\n  hint: kernel: The kernel, of shape [inputs, units]."),
        ("bn, {dense: {kernel: [[1]], units: 3}}", "4:37: unknown key 'units'\n"
         "  hint: known keys here: kernel, bias, trainable"),
        ("bn, {bn: {momentun: 1}}", "4:19: unknown key 'momentun'\n  hint: did you mean 'momentum'?"),
        ("bn, {bn: {momentum: 2}}", "4:29: momentum must be between 0 and 1, got 2\n"
         "  hint: Share of a moving statistic that an update keeps."),
        ("bn, {dense: {kernel: x}}", "4:30: kernel must be a number or a nested list of numbers, got 'x'"),
        ("bn, {dense: {kernel: {full: 1}}}", "4:30: shape is missing\n  hint: full needs a shape here: shape: [2, 3]"),
        ("bn, {dense: {kernel: {values: [[1]], dtype: float64}}}", "4:46: dtype is for inputs only\n"
         "  hint: an initial value has the dtype and shape of its parameter: leave it out"),
        ("bn, {dense: {kernel: [1, 2]}}", "4:30: kernel must have 2 dimensions, got shape [2]\n"
         "  hint: The kernel, of shape [inputs, units]."),
        ("bn, {dense: {kernel: [[1, 2]]}}", "4:30: kernel has shape [1, 2], and dense gets shape [2, 2]\n"
         "  hint: dimension 0 of the kernel must be 2"),
        ("bn, {dense: {kernel: [[1], [2]], bias: [1, 2]}}", "4:48: bias has shape [2], the kernel makes it [1]\n"
         "  hint: one number for each unit"),
        ("bn, {conv2d: {kernel: {full: 1, shape: [1, 1, 2, 1]}}}", "4:22: conv2d takes images, rank 4, and gets shape "
         "[2, 2]"),
        ("bn, {resizing: {height: 2, width: 2}}", "4:24: resizing takes images, rank 4, and gets shape [2, 2]"),
        ("bn, {resizing: {height: 0, width: 2}}", "4:33: height must be at least 1, got 0\n  hint: The new height."),
        ("bn, {embedding: {table: [1]}}", "4:33: table must have 2 dimensions, got shape [1]\n"
         "  hint: The table, of shape [rows, width]."),
        ("bn, {activation: rleu}", "4:26: activation must be relu, sigmoid, tanh, softmax, linear, elu or softplus, "
         "got 'rleu'\n  hint: did you mean relu?"),
        ("bn, {activation: [relu]}", "4:26: activation must be relu, sigmoid, tanh, softmax, linear, elu or softplus, "
         "got [\"relu\"]\n  hint: {activation: relu}"),
        ("{model: []}", f"4:17: model must be a list of layers, got an empty list\n  {EXAMPLE}"),
        ("{model: [bn, dens]}", f"4:22: model[1] must be a layer ({LAYERS}), got 'dens'\n  hint: did you mean dense?"),
        ("", "4:8: model must not be empty\n"
         "  hint: Layers of a model, one after the other, the layer under test among them as bn."),
    ],
)  # fmt: skip
def test_what_is_no_model(tmp_path: Path, layers: str, problem: str) -> None:
    assert problems(tmp_path, f"input: [[1, 2], [3, 4]]\nmodel: [{layers}]\n") == [problem]


def test_a_kernel_that_is_larger_than_the_image(tmp_path: Path) -> None:
    text = "input: {full: 1, shape: [1, 2, 2, 1]}\nmodel: [bn, {conv2d: {kernel: {full: 1, shape: [3, 3, 1, 1]}}}]\n"
    assert problems(tmp_path, text) == ["4:31: the kernel is larger than the images of shape [1, 2, 2, 1]"]


def test_every_layer_that_is_wrong_is_told(tmp_path: Path) -> None:
    text = "input: [[1, 2]]\nmodel: [dens, {activation: x}, {dense: {kernel: [[1]], bias: y}}, bn]\n"
    assert [problem.split(":")[1] for problem in problems(tmp_path, text)] == ["9", "28", "62"]


def test_a_model_that_is_no_list(tmp_path: Path) -> None:
    assert problems(tmp_path, "input: [[1, 2]]\nmodel: bn\n") == [
        "4:8: model must be a list, got 'bn'\n"
        "  hint: Layers of a model, one after the other, the layer under test among them as bn."
    ]
