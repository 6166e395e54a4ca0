"""From a file to cases: sweeps, steps, initial values."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.case import Case
from harness.errors import InvalidScenario
from harness.scenario import find, load, load_all
from harness.scenario.parameters import parameter_shape
from harness.steps import Call
from harness.tensor import Tensor
from harness.tolerance import Bound
from tests.unit.each import each
from tests.unit.scenario.writing import loaded, only_case, problems, write

INPUT = "input: [[1, 2, 3], [4, 5, 7]]\n"


def calls(case: Case) -> list[Call]:
    return [step for step in case.steps if isinstance(step, Call)]


def test_a_scenario_without_a_sweep_is_one_case(tmp_path: Path) -> None:
    scenario = loaded(tmp_path, INPUT + "tags: [a, b-2]\nrunners: [keras, 'keras:graph']\n")
    assert (scenario.name, scenario.title, scenario.why) == ("topic/name", "A title", "A reason")
    assert (scenario.tags, scenario.runners) == (("a", "b-2"), ("keras", "keras:graph"))
    assert scenario.path == tmp_path / "topic/name.yaml"
    (case,) = scenario.cases
    assert (case.id, case.scenario, case.variation, case.key) == ("topic/name", "topic/name", {}, "")
    assert case.inputs == (Tensor.of([[1, 2, 3], [4, 5, 7]], "float32"),)
    assert (case.layer, case.initializers, case.trainable) == ({}, {}, True)
    assert case.steps == (Call(input=0, training=None),)


def test_a_file_in_the_root_has_no_topic_and_folders_nest(tmp_path: Path) -> None:
    for name in ("plain", "a/b/deep"):
        assert load(write(tmp_path, INPUT, name), tmp_path).name == name


def test_runners_are_none_when_not_given(tmp_path: Path) -> None:
    assert loaded(tmp_path, INPUT).runners is None


def test_the_product_of_a_sweep_in_file_order(tmp_path: Path) -> None:
    text = INPUT + "sweep:\n  training: [true, null]\n  layer.axis: [-1, [0, 1]]\n  layer.dtype: [float16]\n"
    cases = loaded(tmp_path, text).cases
    assert [case.id for case in cases] == [
        "topic/name[training=true,layer.axis=-1,layer.dtype=float16]",
        "topic/name[training=true,layer.axis=[0,1],layer.dtype=float16]",
        "topic/name[training=null,layer.axis=-1,layer.dtype=float16]",
        "topic/name[training=null,layer.axis=[0,1],layer.dtype=float16]",
    ]
    assert cases[3].variation == {"training": None, "layer.axis": [0, 1], "layer.dtype": "float16"}
    assert cases[3].layer == {"axis": [0, 1], "dtype": "float16"}
    assert [call.training for case in cases for call in calls(case)] == [True, True, None, None]


def test_booleans_and_integers_stay_apart(tmp_path: Path) -> None:
    cases = loaded(tmp_path, INPUT + "sweep: {training: [false, 0, true, 1]}\n").cases
    trainings = [call.training for case in cases for call in calls(case)]
    assert trainings == [False, 0, True, 1]
    assert list(map(type, trainings)) == [bool, int, bool, int]
    assert len({case.sha256 for case in cases}) == 4


def test_a_sweep_reaches_into_inputs_and_generators(tmp_path: Path) -> None:
    text = """
        inputs: [{full: 1, shape: [2, 2]}, {full: 2, shape: [2, 2]}]
        sweep: {inputs.1.shape: [[1, 2], [0, 2]], inputs.0.full: [.inf]}
    """
    cases = loaded(tmp_path, text).cases
    assert [case.key for case in cases] == [
        "inputs.1.shape=[1,2],inputs.0.full=.inf",
        "inputs.1.shape=[0,2],inputs.0.full=.inf",
    ]
    assert [[tensor.shape for tensor in case.inputs] for case in cases] == [[(2, 2), (1, 2)], [(2, 2), (0, 2)]]
    assert cases[0].inputs[0] == Tensor.of([[float("inf")] * 2] * 2, "float32")


def test_mappings_and_texts_in_ids(tmp_path: Path) -> None:
    text = "sweep: {input: [{full: 1, shape: [1]}, {arange: 2, dtype: int8}]}\n"
    assert [case.key for case in loaded(tmp_path, text).cases] == [
        'input={"full":1,"shape":[1]}',
        'input={"arange":2,"dtype":"int8"}',
    ]


@each(
    "sweep, problem",
    [
        ("{layr.axis: [1]}", "4:9: 'layr.axis' is not a field that can be swept\n  hint: did you mean 'layer.axis'?"),
        ("{momentum: [1]}", "4:9: 'momentum' is not a field that can be swept\n  hint: did you mean 'layer.momentum'?"),
        (
            "{title: [a]}",
            "4:9: 'title' is not a field that can be swept\n  hint: a path begins with input, inputs, initializers, "
            "layer, training, trainable, steps, model, mask, observe, replicas, policy or unknown_batch",
        ),
        ("{layer.momentun: [1]}", "4:9: unknown key 'momentun'\n  hint: did you mean 'momentum'?"),
        (
            "{layer.momentum: [0.5, 2]}",
            "4:31: momentum must be between 0 and 1, got 2\n  hint: Share of a moving statistic that an update keeps.",
        ),
        (
            "{layer.axis: [0, [1, x]]}",
            "4:29: axis[1] must be an integer, got 'x'\n"
            "  hint: Dimension of the channels, or several; negative counts from the last.",
        ),
        ("{input.0.shape: [[1]]}", "4:9: 'input.0.shape': input.0 is a list without a place shape\n"
         "  hint: places count from 0"),
        ("{input.0.1.x: [1]}", "4:9: 'input.0.1.x': input.0.1 has no keys\n  hint: sweep 'input.0.1' itself"),
        ("{input.5: [1]}", "4:9: 'input.5': input is a list without a place 5\n  hint: places count from 0"),
        (
            "{training: [true, false, true]}",
            "4:33: training lists true twice\n  hint: two cases would have the same id",
        ),
        (
            "{layer: [{}], layer.axis: [1]}",
            "4:22: 'layer.axis' is part of 'layer', which is swept as well\n"
            "  hint: the one would overwrite the other: sweep only one of them",
        ),
        (
            "{training: []}",
            "4:19: training must not be empty\n"
            "  hint: Field path (training, layer.axis) to values; the cases are the product.",
        ),
        (
            "{training: true}",
            "4:19: training must be a list, got true\n"
            "  hint: Field path (training, layer.axis) to values; the cases are the product.",
        ),
        ("[training]", "4:8: sweep must be a mapping, got [\"training\"]\n"
         "  hint: Field path (training, layer.axis) to values; the cases are the product."),
        ("{initializers.gamma: [{full: 1, sahpe: [3]}]}", "4:40: unknown key 'sahpe'\n  hint: did you mean 'shape'?"),
    ],
)  # fmt: skip
def test_what_cannot_be_swept(tmp_path: Path, sweep: str, problem: str) -> None:
    assert problems(tmp_path, f"input: [[1, 2, 3]]\nsweep: {sweep}\n") == [problem]


def test_a_sweep_that_explodes(tmp_path: Path) -> None:
    values = ", ".join(map(str, range(101)))
    text = f"{INPUT}sweep: {{layer.epsilon: [{values}], layer.virtual_batch_size: [{values}]}}\n"
    assert problems(tmp_path, text) == ["4:8: sweep makes 10201 cases, more than 10000"]


def test_several_inputs_make_as_many_steps(tmp_path: Path) -> None:
    case = only_case(tmp_path, "inputs: [[[1]], [[2], [3]]]\ntraining: true\n")
    assert case.steps == (Call(input=0, training=True), Call(input=1, training=True))
    assert [tensor.shape for tensor in case.inputs] == [(1, 1), (2, 1)]


def test_one_input_is_used_for_every_step(tmp_path: Path) -> None:
    assert only_case(tmp_path, INPUT + "steps: 3\n").steps == (Call(input=0, training=None),) * 3


def test_steps_override_what_the_scenario_says(tmp_path: Path) -> None:
    text = "steps: [call, {call: {training: false}}, {call: {input: 0, training: null}}, {call: }]\ntraining: 1\n"
    case = only_case(tmp_path, text + "inputs: [[[1]], [[2]], [[3]], [[4]]]\n")
    assert [(step.input, step.training) for step in calls(case)] == [(0, 1), (1, False), (0, None), (3, 1)]


@each(
    "text, problem",
    [
        (
            "inputs: [[[1]], [[2]]]\nsteps: 3\n",
            "4:8: steps must be as many as inputs, 2, got 3\n  hint: leave steps out: inputs has one per step",
        ),
        (
            "inputs: [[[1]], [[2]]]\nsteps: [call, call, call]\n",
            "4:21: there is no input 2: the last is 1\n  hint: inputs are counted from 0",
        ),
        (
            "input: [[1]]\nsteps: [call, {call: {input: 1}}]\n",
            "4:30: there is no input 1: the only one is 0\n  hint: inputs are counted from 0",
        ),
        (
            "input: [[1]]\ninputs: [[[1]]]\n",
            "4:1: input and inputs are both given\n  hint: input is used for every step, inputs has one per step",
        ),
        (
            "steps: 2\n",
            "1:1: input or inputs is missing\n  hint: input: {random: normal, seed: 7, shape: [4, 3]} draws one",
        ),
    ],
)
def test_steps_and_inputs_that_do_not_match(tmp_path: Path, text: str, problem: str) -> None:
    assert problems(tmp_path, text) == [problem]


def test_a_list_of_steps_uses_the_only_input_throughout(tmp_path: Path) -> None:
    case = only_case(tmp_path, INPUT + "steps: [call, call]\n")
    assert [step.input for step in calls(case)] == [0, 0]


def test_initializers_fill_the_parameter(tmp_path: Path) -> None:
    text = "initializers: {gamma: 2, beta: [1, 0, -1], moving_mean: {arange: 3}, moving_variance: {full: 4}}\n"
    assert only_case(tmp_path, INPUT + text).initializers == {
        "gamma": Tensor.of([2, 2, 2], "float32"),
        "beta": Tensor.of([1, 0, -1], "float32"),
        "moving_mean": Tensor.of([0, 1, 2], "float32"),
        "moving_variance": Tensor.of([4, 4, 4], "float32"),
    }


def test_random_initializers_take_the_parameter_shape(tmp_path: Path) -> None:
    case = only_case(tmp_path, INPUT + "initializers: {gamma: {random: uniform, seed: 7, low: 1, high: 2}}\n")
    assert case.initializers["gamma"].float64() == pytest.approx([1.07630829, 1.77991879, 1.43840923])


@each(
    "layer, dtype, expected",
    [
        ("{}", "float32", "float32"),
        ("{}", "float16", "float32"),
        ("{}", "bfloat16", "float32"),
        ("{}", "int32", "float32"),
        ("{}", "float64", "float64"),
        ("{dtype: float64}", "float32", "float64"),
        ("{dtype: float32}", "float64", "float32"),
        ("{dtype: float16}", "float64", "float32"),
    ],
)
def test_the_dtype_of_initializers(tmp_path: Path, layer: str, dtype: str, expected: str) -> None:
    text = f"input: {{values: [[1, 2]], dtype: {dtype}}}\nlayer: {layer}\ninitializers: {{gamma: 0.1}}\n"
    assert only_case(tmp_path, text).initializers["gamma"] == Tensor.of([0.1, 0.1], expected)


@each(
    "shape, axis, virtual, expected",
    [
        ((4, 3), -1, None, (3,)),
        ((4, 3), 0, None, (4,)),
        ((4, 2, 5, 3), 1, None, (2,)),
        ((4, 2, 5, 3), [2], None, (5,)),
        ((4, 2, 5, 3), [1, -1], None, (1, 2, 1, 3)),
        ((4, 3), -1, 2, (1, 1, 3)),
        ((4, 2, 3), [1, 2], 2, (1, 1, 2, 3)),
        ((4, 3), 2, None, None),
        ((4, 3), -3, None, None),
        ((4, 3), [0, 5], None, None),
        ((), -1, None, None),
    ],
)
def test_the_shape_of_parameters(
    shape: tuple[int, ...], axis: int | list[int], virtual: int | None, expected: tuple[int, ...] | None
) -> None:
    assert parameter_shape(shape, axis, virtual) == expected


def test_where_the_layer_must_refuse_the_axis_initializers_keep_their_shape(tmp_path: Path) -> None:
    text = INPUT + "layer: {axis: 7}\ninitializers: {gamma: [1, 2], beta: 3}\n"
    initializers = only_case(tmp_path, text).initializers
    assert (initializers["gamma"].shape, initializers["beta"].shape) == ((2,), ())


@each(
    "initializers, problem",
    [
        (
            "{gamma: [1, 2]}",
            "4:23: gamma of shape [2] does not fit the parameter's shape [3]\n"
            "  hint: the axis has 3 channels: give 3 numbers, or one for all",
        ),
        (
            "{beta: {values: [1, 2]}}",
            "4:31: beta of shape [2] does not fit the parameter's shape [3]\n"
            "  hint: the axis has 3 channels: give 3 numbers, or one for all",
        ),
        (
            "{beta: {full: 1, dtype: float64}}",
            "4:32: dtype is for inputs only\n"
            "  hint: an initial value has the dtype and shape of its parameter: leave it out",
        ),
        (
            "{beta: {values: 1, batch_of_one: true}}",
            "4:34: batch_of_one is for inputs only\n"
            "  hint: an initial value has the dtype and shape of its parameter: leave it out",
        ),
    ],
)
def test_initializers_that_do_not_fit(tmp_path: Path, initializers: str, problem: str) -> None:
    assert problems(tmp_path, f"{INPUT}initializers: {initializers}\n") == [problem]


def test_initializers_that_do_not_fit_several_axes(tmp_path: Path) -> None:
    text = "input: {full: 0, shape: [2, 3, 4]}\nlayer: {axis: [1, 2]}\ninitializers: {gamma: [1, 2, 3]}\n"
    assert problems(tmp_path, text) == [
        "5:23: gamma of shape [3] does not fit the parameter's shape [1, 3, 4]\n"
        "  hint: several axes make a parameter of the input's rank, with 1 for every other dimension"
    ]


def test_a_parameter_that_is_switched_off_needs_no_initializer(tmp_path: Path) -> None:
    text = (
        INPUT + "initializers: {gamma: 2, beta: 3}\nsweep: {layer.center: [true, false], layer.scale: [true, false]}\n"
    )
    assert [sorted(case.initializers) for case in loaded(tmp_path, text).cases] == [
        ["beta", "gamma"],
        ["beta"],
        ["gamma"],
        [],
    ]


def test_only_the_arguments_given_are_passed_in_the_model_s_order(tmp_path: Path) -> None:
    text = """
        input: [[1, 2, 3]]
        layer:
          renorm_clipping: {dmax: 3, rmax: 1}
          fused: null
          momentum: 1
          axis: [1]
    """
    layer = only_case(tmp_path, text).layer
    assert list(layer.items()) == [
        ("axis", [1]),
        ("momentum", 1.0),
        ("fused", None),
        ("renorm_clipping", {"rmax": 1.0, "dmax": 3.0}),
    ]
    assert type(layer["momentum"]) is float


def test_tolerance(tmp_path: Path) -> None:
    text = INPUT + "tolerance: {reason: because, output: {atol: 1e-3}, beta: {rtol: 2}}\n"
    tolerance = loaded(tmp_path, text).tolerance
    assert tolerance.reason == "because"
    assert tolerance.bounds == {"output": Bound(atol=1e-3, rtol=0.0), "beta": Bound(atol=0.0, rtol=2.0)}
    assert loaded(tmp_path, INPUT).tolerance.bounds == {}


def test_the_same_file_means_the_same_experiment_every_time(tmp_path: Path) -> None:
    text = "input: {random: normal, seed: 7, shape: [4, 3]}\ninitializers: {gamma: {random: normal, seed: 1}}\n"
    first, second = loaded(tmp_path, text), loaded(tmp_path, text)
    assert first == second
    assert first.cases[0].sha256 == second.cases[0].sha256


@pytest.mark.parametrize("name", ["topic/a b", "to pic/a", "topic/a[1]", "topic/-a", "topic/ä"])
def test_names_that_a_case_id_cannot_hold(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, INPUT, name)
    with pytest.raises(InvalidScenario, match="cannot be in a name\n  hint: letters, digits, - and _ only"):
        load(path, tmp_path)


def test_yml_is_found_and_refused_rather_than_passed_over(tmp_path: Path) -> None:
    write(tmp_path, INPUT, "a").rename(tmp_path / "a.yml")
    (path,) = find(tmp_path)
    with pytest.raises(
        InvalidScenario, match=r"a scenario file ends in \.yaml, got \.yml\n  hint: rename it to a\.yaml"
    ):
        load(path, tmp_path)


def test_find_sorts_and_passes_over_what_is_hidden(tmp_path: Path) -> None:
    for name in ("b/z", "b/a", "a/c", "z", ".hidden/x", "a/.x"):
        write(tmp_path, INPUT, name)
    (tmp_path / "a/notes.md").write_text("x", encoding="utf-8")
    assert [path.relative_to(tmp_path).as_posix() for path in find(tmp_path)] == [
        "a/c.yaml",
        "b/a.yaml",
        "b/z.yaml",
        "z.yaml",
    ]


def test_load_all_tells_the_problems_of_every_file(tmp_path: Path) -> None:
    write(tmp_path, INPUT + "steps: 0\n", "a")
    write(tmp_path, INPUT, "b")
    write(tmp_path, "training: x\nsteps: [1, 2\n", "c")
    with pytest.raises(InvalidScenario) as caught:
        load_all(find(tmp_path), tmp_path)
    places = [problem.place.removeprefix(f"{tmp_path.as_posix()}/") for problem in caught.value.problems]
    assert places == ["a.yaml:4:8", "c.yaml:5:1"]
