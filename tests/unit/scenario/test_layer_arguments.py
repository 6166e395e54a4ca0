"""Arguments of the layer that are not plain values: an adjustment, and what is passed unchecked."""

from __future__ import annotations

from pathlib import Path

from harness.case import adjustment_of
from harness.tensor import Tensor
from tests.unit.each import each
from tests.unit.scenario.writing import loaded, only_case, problems

INPUT = "input: [[1, 2], [3, 4]]\n"
ADJUSTED = INPUT + "layer: {adjustment: {scale: [[0.5], [2]], bias: 0.25}}\n"


def test_what_is_not_checked_travels_as_it_stands(tmp_path: Path) -> None:
    unchecked = "layer: {renorm: true, unchecked: {virtual_batch_size: -1, renorm_clipping: {rmx: -3, rmin: 1.5}}}"
    case = only_case(tmp_path, INPUT + unchecked)
    assert case.layer == {"renorm": True, "virtual_batch_size": -1, "renorm_clipping": {"rmx": -3, "rmin": 1.5}}


def test_it_is_the_same_experiment_checked_or_not(tmp_path: Path) -> None:
    start = "initializers: {gamma: [3, 4]}\nlayer: "
    one = only_case(tmp_path, INPUT + start + "{virtual_batch_size: 2}")
    other = only_case(tmp_path, INPUT + start + "{unchecked: {virtual_batch_size: 2}}")
    assert one.sha256 == other.sha256
    assert other.initializers["gamma"].shape == (1, 1, 2)


def test_what_is_not_checked_can_be_swept(tmp_path: Path) -> None:
    swept = loaded(tmp_path, INPUT + "sweep: {layer.unchecked.virtual_batch_size: [-1, 0, 1]}")
    assert [case.layer["virtual_batch_size"] for case in swept.cases] == [-1, 0, 1]


@each(
    "text, problem",
    [
        (
            "layer: {renorm_clipping: {rmx: 3}}",
            "4:27: unknown key 'rmx'\n  hint: did you mean 'rmax'?",
        ),
        (
            "layer: {unchecked: {virtual_batch_szie: -1}}",
            "4:21: unknown key 'virtual_batch_szie'\n  hint: did you mean 'virtual_batch_size'?",
        ),
        (
            "layer: {uncheckd: {virtual_batch_size: -1}}",
            "4:9: unknown key 'uncheckd'\n  hint: did you mean 'unchecked'?",
        ),
        (
            "layer: {unchecked: {virtual_batch_size: -0.5}}",
            "4:41: virtual_batch_size must be an integer, got -0.5\n  hint: Any integer; under layer it is at least 1.",
        ),
        (
            "layer: {unchecked: {renorm_clipping: {dmx: all}}}",
            "4:44: dmx must be a number, got 'all'",
        ),
        (
            "layer: {virtual_batch_size: 2, unchecked: {virtual_batch_size: -1}}",
            "4:44: virtual_batch_size is given under layer as well\n  hint: leave one of them out",
        ),
        (
            "layer: {adjustment: {scale: 2}}",
            "4:21: bias is missing\n  hint: bias: What is added, likewise; gamma and beta are applied after it.",
        ),
        (
            "layer: {adjustment: {scale: 2, bais: 1, bias: 0}}",
            "4:32: unknown key 'bais'\n  hint: did you mean 'bias'?",
        ),
        (
            "layer: {adjustment: {scale: 2, bias: [0, 1, 2]}}",
            "4:38: bias of shape [3] does not broadcast to the input's shape [2, 2]\n"
            "  hint: shape [2, 1] has a number for every example",
        ),
        (
            "layer: {adjustment: {scale: [[[1]]], bias: 0}}",
            "4:29: scale of shape [1, 1, 1] does not broadcast to the input's shape [2, 2]\n"
            "  hint: shape [2, 1] has a number for every example",
        ),
        (
            "layer: {adjustment: {scale: {random: normal, seed: 1}, bias: 0}}",
            "4:29: shape is missing\n  hint: random needs a shape here: shape: [2, 3]",
        ),
        (
            "model: [bn, {bn: {unchecked: {virtual_batch_size: 1}, virtual_batch_size: 1}}]",
            "4:31: virtual_batch_size is given under layer as well\n  hint: leave one of them out",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, text: str, problem: str) -> None:
    assert problems(tmp_path, INPUT + text) == [problem]


def test_an_adjustment_travels_as_its_arrays(tmp_path: Path) -> None:
    case = only_case(tmp_path, ADJUSTED)
    scale, bias = Tensor.of([[0.5], [2.0]], "float32"), Tensor.of(0.25, "float32")
    assert case.to_wire()["layer"] == {"adjustment": {"scale": scale.to_wire(), "bias": bias.to_wire()}}
    assert adjustment_of(case.layer) == {"scale": scale, "bias": bias}


def test_an_adjustment_has_the_dtype_of_the_variables(tmp_path: Path) -> None:
    wide = only_case(tmp_path, "input: {values: [[1, 2]], dtype: float64}\nlayer: {adjustment: {scale: 1, bias: 0}}")
    half = only_case(tmp_path, "input: {values: [[1, 2]], dtype: float16}\nlayer: {adjustment: {scale: 1, bias: 0}}")
    assert [adjustment_of(case.layer)["bias"].dtype for case in (wide, half)] == ["float64", "float32"]


def test_no_adjustment_is_an_argument_too(tmp_path: Path) -> None:
    case = only_case(tmp_path, INPUT + "layer: {adjustment: null}")
    assert case.layer == {"adjustment": None}
    assert adjustment_of(case.layer) == {}


def test_a_further_layer_of_a_model_has_its_own(tmp_path: Path) -> None:
    arguments = "{adjustment: {scale: [[0.5], [2]], bias: 0.25}, unchecked: {virtual_batch_size: -2}}"
    case = only_case(tmp_path, INPUT + f"model: [bn, {{bn: {arguments}}}]\nsteps: [build]")
    assert case.model is not None
    (spec,) = case.model[1].values()  # type: ignore[union-attr]
    assert spec["virtual_batch_size"] == -2
    assert adjustment_of(spec)["scale"] == Tensor.of([[0.5], [2.0]], "float32")


def test_in_a_model_the_shape_that_counts_is_that_of_what_the_layer_gets(tmp_path: Path) -> None:
    text = INPUT + "model: [{dense: {kernel: [[1, 0, 1], [0, 1, 1]]}}, bn]\nsteps: [build]\n"
    case = only_case(tmp_path, text + "layer: {adjustment: {scale: [1, 2, 3], bias: 0}}")
    assert adjustment_of(case.layer)["scale"].shape == (3,)
    (problem,) = problems(tmp_path, text + "layer: {adjustment: {scale: [1, 2], bias: 0}}")
    assert "scale of shape [2] does not broadcast to the input's shape [2, 3]" in problem
