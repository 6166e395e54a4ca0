"""What the user reads: place to the column, sentence with the value got, hint. Line 3 is the first of each text."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from pydantic import BaseModel

from harness.scenario import arrays, claim_model, difference_model, findings, layer_models, model, vocabulary
from tests.unit.each import each
from tests.unit.scenario.writing import HEAD, problems

INPUT = "input: [[1, 2], [3, 4]]\n"
FIELDS = (
    "output, gamma, beta, moving_mean, moving_variance, renorm_mean, renorm_stddev, loss, losses, gradient_input, "
    "gradient_gamma, gradient_beta, trainable_variables or update_ops"
)
TRAINING = "true, false, null, 0, 1, numpy:true or the like (numpy, tensor, placeholder, phase)"
RUNNERS = (
    "tf1, keras, keras:function, keras:xla, keras:graph, tf_keras, tf_keras:function, tf_keras:xla, tf_keras:graph, "
    "keras_v1, contrib or shim"
)
STEPS = (
    "call, build, set, train, compile, fit, train_on_batch, evaluate, test_on_batch, predict, save, load, config, "
    "repeat or assign"
)
STEPS_HINT = "Number of calls, or a list of steps; as many calls as inputs if left out, else 1."


def one(root: Path, text: str) -> str:
    (problem,) = problems(root, text + "\n" + INPUT if "input" not in text else text)
    return problem


@each(
    "text, problem",
    [
        (
            "layer: {momentum: 1.5}",
            "3:19: momentum must be between 0 and 1, got 1.5\n"
            "  hint: Share of a moving statistic that an update keeps.",
        ),
        (
            "layer:\n  momentum: -1",
            "4:13: momentum must be between 0 and 1, got -1\n"
            "  hint: Share of a moving statistic that an update keeps.",
        ),
        (
            "layer: {epsilon: -1e-3}",
            "3:18: epsilon must be at least 0, got -0.001\n  hint: Added to the variance before its root is taken.",
        ),
        (
            "layer: {epsilon: .nan}",
            "3:18: epsilon must be finite, got .nan\n  hint: Added to the variance before its root is taken.",
        ),
        ("layer: {epsilon: '1e-3'}", "3:18: epsilon must be a number, got '1e-3'\n  hint: write it without quotes"),
        (
            "layer: {center: yes}",
            "3:17: center must be true or false, got 'yes'\n  hint: YAML 1.2 reads yes, no, on and off as text",
        ),
        (
            "layer: {scale: 1}",
            "3:16: scale must be true or false, got 1\n  hint: Whether there is a gamma.",
        ),
        ("layer: {momentun: 0.9}", "3:9: unknown key 'momentun'\n  hint: did you mean 'momentum'?"),
        ("layer: {trainable: true}", "3:9: unknown key 'trainable'\n"
         "  hint: 'trainable' belongs at the top level of the file"),
        ("momentum: 0.9", "3:1: unknown key 'momentum'\n  hint: 'momentum' belongs under layer"),
        (
            "layer: {renorm_clipping: {zmax: 1}}",
            "3:27: unknown key 'zmax'\n  hint: did you mean 'rmax'?",
        ),
        (
            "layer: {renorm_clipping: {foo: 1}}",
            "3:27: unknown key 'foo'\n  hint: known keys here: rmax, rmin, dmax",
        ),
        (
            "layer: {dtype: float23}",
            "3:16: dtype must be float16, bfloat16, float32 or float64, got 'float23'\n  hint: did you mean float32?",
        ),
        (
            "layer: {axis: 1.0}",
            "3:15: axis must be an integer, got 1.0\n"
            "  hint: Dimension of the channels, or several; negative counts from the last.",
        ),
        (
            "layer: {axis: [0, true]}",
            "3:19: axis[1] must be an integer, got true\n"
            "  hint: Dimension of the channels, or several; negative counts from the last.",
        ),
        (
            "layer: {virtual_batch_size: 0}",
            "3:29: virtual_batch_size must be at least 1, got 0\n"
            "  hint: Examples that share their statistics; null for the whole batch.",
        ),
        (
            "layer: 3",
            "3:8: layer must be a mapping, got 3\n  hint: Arguments of the layer; only those given are passed.",
        ),
        (
            "training: yes",
            f"3:11: training must be {TRAINING}, got 'yes'\n"
            "  hint: YAML 1.2 reads yes, no, on and off as text",
        ),
        ("training: 2", f"3:11: training must be {TRAINING}, got 2"),
        ("training: 1.0", f"3:11: training must be {TRAINING}, got 1.0"),
        (
            "trainable: null",
            "3:12: trainable must be true or false, got null\n  hint: The trainable argument of the layer.",
        ),
        (
            "steps: 0",
            f"3:8: steps must be between 1 and 10000, got 0\n  hint: {STEPS_HINT}",
        ),
        (
            "steps: []",
            f"3:8: steps must not be empty\n  hint: {STEPS_HINT}",
        ),
        ("steps: [call, cal]", f"3:15: steps[1] must be a step ({STEPS}), got 'cal'\n  hint: did you mean call?"),
        ("steps: [{call: {trainin: true}}]", "3:17: unknown key 'trainin'\n  hint: did you mean 'training'?"),
        (
            "steps: [{call: {training: on}}]",
            f"3:27: training must be {TRAINING}, got 'on'\n"
            "  hint: YAML 1.2 reads yes, no, on and off as text",
        ),
        (
            "runners: [kears]",
            f"3:11: runners[0] must be a runner ({RUNNERS}), got 'kears'\n  hint: did you mean keras?",
        ),
        (
            "runners: [3]",
            f"3:11: runners[0] must be a runner ({RUNNERS}), got 3\n"
            "  hint: a runner is a front end, or front end:mode",
        ),
        ("runners: []", "3:10: runners must not be empty\n  hint: The only runners it is for; all if left out."),
        ("tags: [Frozen]", "3:8: tags[0] must be lower case, digits, - and _, got 'Frozen'"),
        (
            "tolerance: {output: {atol: 1}}",
            "3:12: reason is missing\n  hint: say why the derived bounds do not do, for whoever reviews it",
        ),
        ("tolerance: {reason: x}", "3:12: tolerance has no bound\n  hint: output: {atol: 1e-4}"),
        ("tolerance: {reason: x, outptu: {}}", "3:24: unknown key 'outptu'\n  hint: did you mean 'output'?"),
        (
            "tolerance: {reason: x, output: {atol: -1}}",
            "3:39: atol must be at least 0, got -1\n  hint: Absolute part.",
        ),
        ("tolerance: {reason: x, beta: {abs: 1}}", "3:31: unknown key 'abs'\n  hint: known keys here: atol, rtol"),
        (
            "claims: [{says: x, source: y, expect: {outputs: 1}}]",
            f"3:40: 'outputs' is not a field ({FIELDS}) with or without an index\n  hint: did you mean 'output'?",
        ),
        (
            'claims: [{says: x, source: y, expect: {"output(0)": 1}}]',
            f"3:40: 'output(0)' is not a field ({FIELDS}) with or without an index\n  hint: did you mean 'output'?",
        ),
        (
            "claims: [{says: x, expect: {output: 1}}]",
            "3:10: source is missing\n  hint: source: Title or URL of who says it.",
        ),
        (
            "claims: [{says: x, source: '  ', expect: {output: 1}}]",
            "3:28: source must not be empty\n  hint: Title or URL of who says it.",
        ),
        (
            "claims: [{says: x, source: y, expect: {}}]",
            "3:39: expect must not be empty\n"
            "  hint: Field, or field[index,...], to the published numbers; they hold to their printed digits.",
        ),
    ],
)  # fmt: skip
def test_a_wrong_value(tmp_path: Path, text: str, problem: str) -> None:
    assert one(tmp_path, text) == problem


@each(
    "text, problem",
    [
        (
            "input: x",
            "3:8: input must be a number or a nested list of numbers, got 'x'",
        ),
        ("input: [[1, 2], [3, x]]", "3:21: input[1][1] must be a number, got 'x'"),
        ("input: [1, true]", "3:12: input[1] must be a number, got true"),
        ("input: [[1, 2], [3]]", "3:17: input[1] has shape [1] where its neighbour before has [2]"),
        (
            "input: {values: [[1, 2], 3]}",
            "3:26: values[1] has shape [] where its neighbour before has [2]",
        ),
        (
            "input: {randm: normal, seed: 1}",
            "3:8: input must be numbers or have one of the keys values, random, arange, file or full, "
            "got a mapping with randm, seed\n  hint: did you mean 'random'?",
        ),
        (
            "input: {}",
            "3:8: input must be numbers or have one of the keys values, random, arange, file or full, "
            "got an empty mapping\n  hint: {values: [[1, 2], [3, 4]]} holds literal numbers",
        ),
        (
            "input: {random: gauss, seed: 1, shape: [2]}",
            "3:17: random must be normal, uniform or randint, got 'gauss'\n"
            "  hint: normal: loc + scale * N(0, 1); uniform: in [low, high); randint: integers in [low, high).",
        ),
        (
            "input: {random: normal, shape: [2]}",
            "3:8: seed is missing\n  hint: seed: Seed of RandomState; a case names its numbers by it.",
        ),
        (
            "input: {random: normal, seed: -1, shape: [2]}",
            "3:31: seed must be between 0 and 4294967295, got -1\n"
            "  hint: Seed of RandomState; a case names its numbers by it.",
        ),
        (
            "input: {random: normal, seed: 1, shape: [2, -1]}",
            "3:45: shape[1] must be at least 0, got -1\n"
            "  hint: Length of every dimension; 0 makes an empty one. Inputs need it; "
            "initializers have their parameter's shape.",
        ),
        ("input: {full: .inf, shape: [1], seed: 3}", "3:33: unknown key 'seed'\n"
         "  hint: known keys here: full, shape, dtype"),
        ("input: {values: 1, dtype: float}", "3:27: dtype must be float16, bfloat16, float32, float64, int8, int16, "
         "int32, int64, uint8, uint16, uint32 or uint64, got 'float'\n  hint: did you mean float64?"),
        (
            "input: {arange: [1]}",
            "3:17: arange must have at least 2 elements, got 1\n  hint: stop, [start, stop] or [start, stop, step].",
        ),
        ("input: {arange: .inf}", "3:17: arange must be finite, got .inf"),
        ("inputs: []", "3:9: inputs must not be empty\n"
         "  hint: What the layer is called on, one per step; instead of input."),
    ],
)  # fmt: skip
def test_a_wrong_array(tmp_path: Path, text: str, problem: str) -> None:
    assert one(tmp_path, text) == problem


def test_every_problem_of_a_file_is_told_at_once_in_reading_order(tmp_path: Path) -> None:
    text = """
        titel: x
        input: [[1, 2], [3]]
        layer:
          momentum: 2
          epsilon: no
        layer: {}
        sweep: {layr.axis: [1]}
        claims:
          - {says: a, source: b, where: {training: true}, expect: {output: 1}}
        tolerance: {output: {}}
    """
    assert [problem.splitlines()[0] for problem in problems(tmp_path, dedent(text).lstrip(), head="title:\n")] == [
        "1:1: why is missing",
        "1:7: title must be text, got null",
        "2:1: unknown key 'titel'",
        "3:17: input[1] has shape [1] where its neighbour before has [2]",
        "5:13: momentum must be between 0 and 1, got 2",
        "6:12: epsilon must be a number, got 'no'",
        "7:1: duplicate key 'layer'",
        "8:9: 'layr.axis' is not a field that can be swept",
        "10:34: 'training' is not swept here",
        "11:12: reason is missing",
    ]


def test_title_and_why_are_required(tmp_path: Path) -> None:
    assert problems(tmp_path, INPUT, head="") == [
        "1:1: title is missing\n  hint: title: What the scenario is, in a line.",
        "1:1: why is missing\n  hint: why: The one thing it shows, and to whom that matters.",
    ]


def test_a_file_that_is_no_mapping(tmp_path: Path) -> None:
    assert problems(tmp_path, "- 1\n", head="") == ["1:1: a scenario is a mapping of title, why, input and more"]


def test_a_problem_of_every_variation_is_told_once(tmp_path: Path) -> None:
    text = "layer: {momentum: 2}\nsweep: {training: [true, false, null]}\n" + INPUT
    (problem,) = problems(tmp_path, text)
    assert problem.startswith("3:19: momentum must be between 0 and 1")


def known_models() -> list[type[BaseModel]]:
    return [*findings._BY_KEY.values(), model.BoundModel, model.ScenarioFile]


def test_known_keys_are_offered_for_every_model() -> None:
    offered = {*known_models()}
    declared = {value for module in (arrays, claim_model, difference_model, layer_models, model, vocabulary)
                for value in vars(module).values()
                if isinstance(value, type) and issubclass(value, arrays.Strict)}  # fmt: skip
    assert offered == declared - {arrays.Strict}


def test_every_field_of_the_model_is_described() -> None:
    for owner in known_models():
        for name, field in owner.model_fields.items():
            assert field.description, f"{owner.__name__}.{name}"


def test_the_head_is_two_lines() -> None:
    assert HEAD.count("\n") == 2
