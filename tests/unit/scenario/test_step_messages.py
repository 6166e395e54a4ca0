"""What the user reads about steps that mean nothing. Line 3 is the first of each text."""

from __future__ import annotations

from pathlib import Path

from tests.unit.each import each
from tests.unit.scenario.writing import problems

PLAIN = "input: [[1, 2], [3, 4]]\n"
MODEL = PLAIN + "model: [bn]\n"
SEVERAL = "inputs: [[[1], [2]], [[3, 4], [5, 6]], [[1], [2], [3]]]\n"
STEPS = (
    "call, build, set, train, compile, fit, train_on_batch, evaluate, test_on_batch, predict, save, load, config, "
    "repeat or assign"
)
ROLES = "gamma, beta, moving_mean, moving_variance, renorm_mean or renorm_stddev"
NEEDS_MODEL = "hint: model: [bn] puts a model around the layer"
RATE = "Learning rate; 0.1 if left out."


@each(
    "steps, problem",
    [
        ("[biuld]", f"4:9: steps[0] must be a step ({STEPS}), got 'biuld'\n  hint: did you mean build?"),
        ("[call, 3]", f"4:15: steps[1] must be a step ({STEPS}), got 3\n  hint: a step is a word, such as call, or a "
         "mapping of one word: {call: {training: false}}"),
        ("[rate]", f"4:9: steps[0] must be a step ({STEPS}), got 'rate'\n"
         "  hint: 'rate' is an argument of train or compile"),
        ("[{tran: {}}]", "4:10: unknown step 'tran'\n  hint: did you mean train?"),
        ("[{epochs: 3}]", "4:10: unknown step 'epochs'\n  hint: 'epochs' is an argument of fit"),
        ("[{zzz: 3}]", f"4:10: unknown step 'zzz'\n  hint: steps are {STEPS.replace(' or ', ', ')}"),
        ("[{call: , training: true}]", "4:18: a step has one word, got call, training\n"
         "  hint: its arguments stand one level deeper: {call: {training: ...}}"),
        ("[{call: {}, build: {}}]", "4:20: a step has one word, got call, build\n"
         "  hint: every step is an entry of its own in the list"),
        ("[{call: true}]", "4:16: call must be a mapping of its arguments, got true\n"
         "  hint: its arguments are input, training, updates, with"),
        ("[{build: true}]", "4:17: build must be a mapping of its arguments, got true\n"
         "  hint: it takes none: write the word alone"),
        ("[{build: {input: 0}}]", "4:18: unknown key 'input'\n  hint: 'input' is an argument of call, train, fit, "
         "train_on_batch, evaluate, test_on_batch or predict; build takes none"),
        ("[{call: {rate: 1}}]", "4:17: unknown key 'rate'\n"
         "  hint: 'rate' is an argument of train or compile; call takes input, training, updates, with"),
        ("[{call: {zzz: 1}}]", "4:17: unknown key 'zzz'\n  hint: known keys here: input, training, updates, with"),
        ("[{call: {beside: [0]}}]", "4:17: unknown key 'beside'\n"
         "  hint: known keys here: input, training, updates, with"),
        ("[{call: {with: 0}}]", "4:23: with must be a list, got 0\n"
         "  hint: Indices of further inputs that are called in the very same run."),
        ("[{call: {updates: train_op}}]", "4:26: updates must be run, skip or collection, got 'train_op'\n"
         "  hint: Update operations that run with it in a graph: run, what the front end offers; skip, none; "
         "collection, those in UPDATE_OPS."),
        ("[{call: {training: 'tensr:true'}}]", "4:27: training must be true, false, null, 0, 1, numpy:true or the "
         "like (numpy, tensor, placeholder, phase), got 'tensr:true'\n  hint: did you mean tensor:true?"),
        ("[set]", "4:9: set needs trainable\n  hint: {set: {trainable: ...}}"),
        ("[repeat]", "4:9: repeat needs times and steps\n  hint: {repeat: {times: ..., steps: ...}}"),
        ("[{set: {}}]", "4:15: trainable is missing\n  hint: trainable: What trainable becomes."),
        ("[{set: {trainable: no}}]", "4:27: trainable must be true or false, got 'no'\n"
         "  hint: YAML 1.2 reads yes, no, on and off as text"),
        ("[{set: {trainable: true, on: modl}}]", "4:37: on must be layer or model, got 'modl'\n"
         "  hint: did you mean model?"),
        ("[{train: {rate: -1}}]", f"4:24: rate must be at least 0, got -1\n  hint: {RATE}"),
        ("[{train: {rate: .inf}}]", f"4:24: rate must be finite, got .inf\n  hint: {RATE}"),
        ("[{train: {loss: mean_squared}}]", "4:24: loss must be mean_square, mean_absolute or sum, got "
         "'mean_squared'\n  hint: did you mean mean_square?"),
        ("[{train: {optimizer: sdg}}]", "4:29: optimizer must be sgd, momentum or adam, got 'sdg'\n"
         "  hint: did you mean sgd?"),
        ("[{save: {format: hdf5}}]", "4:25: format must be weights, checkpoint, h5, keras or saved_model, got 'hdf5'\n"
         "  hint: did you mean h5?"),
        ("[assign]", "4:9: assign needs values\n  hint: {assign: {moving_mean: 0}}"),
        ("[{assign: {}}]", "4:9: assign needs values\n  hint: {assign: {moving_mean: 0}}"),
        ("[{assign: 3}]", "4:18: assign must be a mapping of its arguments, got 3\n"
         "  hint: {assign: {moving_mean: 0}}"),
        ("[{assign: {gama: 1}}]", f"4:19: 'gama' is not a variable of the layer ({ROLES})\n"
         "  hint: did you mean 'gamma'?"),
        ("[{assign: {kernel: 1}}]", f"4:19: 'kernel' is not a variable of the layer ({ROLES})\n"
         "  hint: a variable of another layer is written dense/kernel"),
        ("[{assign: {dense/kernel: 1}}]", f"4:19: 'dense/kernel' is not a variable of the layer ({ROLES})\n"
         f"  {NEEDS_MODEL}"),
        ("[{assign: {gamma: [1, 2, 3]}}]", "4:26: gamma of shape [3] does not fit the parameter's shape [2]\n"
         "  hint: the axis has 2 channels: give 2 numbers, or one for all"),
        ("[{assign: {gamma: x}}]", "4:26: gamma must be a number or a nested list of numbers, got 'x'"),
        ("[{assign: {gamma: {ful: 1}}}]", "4:26: gamma must be numbers or have one of the keys values, random, "
         "arange, file or full, got a mapping with ful\n  hint: did you mean 'full'?"),
        ("[{assign: {gamma: {full: 1, sahpe: [1]}}}]", "4:36: unknown key 'sahpe'\n  hint: did you mean 'shape'?"),
        ("[{repeat: {times: 0, steps: [call]}}]", "4:26: times must be between 1 and 10000, got 0\n  hint: How often."),
        ("[{repeat: {times: 2, steps: []}}]", "4:36: steps must not be empty\n"
         "  hint: What is repeated: a list of steps."),
        ("[{repeat: {times: 2, steps: [call, cal]}}]", f"4:43: steps[1] must be a step ({STEPS}), got 'cal'\n"
         "  hint: did you mean call?"),
        ("[{repeat: {times: 101, steps: [{repeat: {times: 100, steps: [call]}}]}}]",
         "4:8: steps are more than 10000 once repetitions are written out\n"
         "  hint: repeat less often: rules show in a few steps"),
        ("[compile]", f"4:9: compile needs a model\n  {NEEDS_MODEL}"),
        ("[{fit: {epochs: 2}}]", f"4:9: fit needs a model\n  {NEEDS_MODEL}"),
        ("[train_on_batch]", f"4:9: train_on_batch needs a model\n  {NEEDS_MODEL}"),
        ("[evaluate]", f"4:9: evaluate needs a model\n  {NEEDS_MODEL}"),
        ("[test_on_batch]", f"4:9: test_on_batch needs a model\n  {NEEDS_MODEL}"),
        ("[predict]", f"4:9: predict needs a model\n  {NEEDS_MODEL}"),
        ("[{set: {trainable: true, on: model}}]", f"4:37: set on: model needs a model\n  {NEEDS_MODEL}"),
        ("[{save: {format: keras}}]", f"4:25: save as keras needs a model\n  {NEEDS_MODEL}"),
        ("[{load: {format: weights}}]", "4:25: nothing was saved as weights before this step\n"
         "  hint: a step before it saves what is loaded: {save: {format: weights}}"),
        ("[{save: {format: checkpoint}}, {load: {format: weights}}]", "4:55: nothing was saved as weights before "
         "this step\n  hint: a step before it saves what is loaded: {save: {format: weights}}"),
        ("{call: {}}", "4:8: steps must be a number of calls or a list of steps, got a mapping with call\n"
         "  hint: Number of calls, or a list of steps; as many calls as inputs if left out, else 1."),
        ("1.5", "4:8: steps must be a number of calls or a list of steps, got 1.5\n"
         "  hint: Number of calls, or a list of steps; as many calls as inputs if left out, else 1."),
    ],
)  # fmt: skip
def test_a_wrong_step(tmp_path: Path, steps: str, problem: str) -> None:
    assert problems(tmp_path, f"{PLAIN}steps: {steps}\n") == [problem]


@each(
    "step, problem",
    [
        ("{call: {input: 3}}", "4:24: there is no input 3: the last is 2\n  hint: inputs are counted from 0"),
        ("{call: {with: [1, 3]}}", "4:27: there is no input 3: the last is 2\n  hint: inputs are counted from 0"),
        ("{call: {input: -1}}", "4:24: input must be at least 0, got -1\n  hint: Index into inputs, from 0; "
         "the step's own position among those that take an input if left out."),
        ("{train: {target: 3}}", "4:26: there is no input 3: the last is 2\n  hint: inputs are counted from 0"),
        ("{train: {target: 1}}", "4:26: the target, input 1, has shape [2, 2] where the output has [2, 1]\n"
         "  hint: a target has the shape of the output"),
    ],
)  # fmt: skip
def test_inputs_that_do_not_fit(tmp_path: Path, step: str, problem: str) -> None:
    assert problems(tmp_path, f"{SEVERAL}steps: [{step}]\n") == [problem]


@each(
    "step, problem",
    [
        ("{fit: {validation: 1}}", "5:28: what it is validated on, input 1, has shape [2, 2] where what it is fitted "
         "to has [2, 1]\n  hint: only the number of examples may differ"),
        ("{fit: {validation: 9}}", "5:28: there is no input 9: the last is 2\n  hint: inputs are counted from 0"),
        ("{evaluate: {target: 0}}", "5:29: the target, input 0, has shape [2, 1] where the output has [2, 2]\n"
         "  hint: a target has the shape of the output"),
        ("{evaluate: {input: 2, target: 0}}", "5:39: the target, input 0, has shape [2, 1] where the output has "
         "[3, 2]\n  hint: a target has the shape of the output"),
    ],
)  # fmt: skip
def test_inputs_that_do_not_fit_a_model(tmp_path: Path, step: str, problem: str) -> None:
    text = f"{SEVERAL}model: [{{dense: {{kernel: [[1, 2]]}}}}, bn]\nsteps: [{step}]\n"
    assert problems(tmp_path, text) == [problem]


KEPT = "a layer that is loaded into cannot have another"
VARIABLES = "its variables are not those that were saved"


@each(
    "form, layer, problem",
    [
        ("checkpoint", "3", "6:74: layer must be a mapping, got 3\n  hint: Arguments of the new layer in place of the "
         "scenario's; only such as leave its variables the same."),
        ("checkpoint", "{momentm: 1}", "6:75: unknown key 'momentm'\n  hint: did you mean 'momentum'?"),
        ("checkpoint", "{momentum: 2}", "6:85: momentum must be between 0 and 1, got 2\n"
         "  hint: Share of a moving statistic that an update keeps."),
        ("checkpoint", "{fused: false, scale: false}", f"6:89: {KEPT} scale: {VARIABLES}\n"
         "  hint: layer.scale is scale of every layer here"),
        ("checkpoint", "{scale: true}", f"6:75: {KEPT} scale: {VARIABLES}\n"
         "  hint: layer.scale is scale of every layer here"),
        ("checkpoint", "{center: true}", f"6:75: {KEPT} center: {VARIABLES}\n"
         "  hint: layer.center is center of every layer here"),
        ("checkpoint", "{virtual_batch_size: 1}", f"6:75: {KEPT} virtual_batch_size: {VARIABLES}\n"
         "  hint: layer.virtual_batch_size is virtual_batch_size of every layer here"),
        ("keras", "{fused: false}", "6:57: keras holds a whole model, whose layer keeps its arguments\n"
         "  hint: weights, checkpoint and h5 are loaded into a layer that is made anew"),
    ],
)  # fmt: skip
def test_a_layer_that_nothing_is_loaded_into(tmp_path: Path, form: str, layer: str, problem: str) -> None:
    text = f"{MODEL}layer: {{center: false}}\nsteps: [{{save: {{format: {form}}}}}, {{load: {{format: {form}, "
    assert problems(tmp_path, f"{text}layer: {layer}}}}}]\n") == [problem]


def test_replicas_keep_how_they_divide_their_work(tmp_path: Path) -> None:
    text = f"{PLAIN}replicas: 2\nsteps: [{{save: {{format: weights}}}},\n  {{load: {{format: weights, layer: "
    assert problems(tmp_path, f"{text}{{synchronized: true}}}}}}]\n") == [
        "6:36: a layer that is loaded into cannot have another synchronized: the replicas would divide their work "
        "anew\n  hint: layer.synchronized is synchronized of every layer here"
    ]


def test_only_a_load_has_a_layer(tmp_path: Path) -> None:
    assert problems(tmp_path, f"{PLAIN}steps: [{{save: {{format: weights, layer: {{}}}}}}]\n") == [
        "4:34: unknown key 'layer'\n  hint: 'layer' is an argument of load; save takes format"
    ]


def test_validation_may_have_another_number_of_examples(tmp_path: Path) -> None:
    text = f"{SEVERAL}model: [{{dense: {{kernel: [[1, 2]]}}}}, bn]\nsteps: [{{fit: {{validation: 2}}}}, [x]]\n"
    assert [problem.partition(":")[0] for problem in problems(tmp_path, text)] == ["5"]


def test_positions_beyond_the_inputs(tmp_path: Path) -> None:
    text = f"{SEVERAL}steps: [{{repeat: {{times: 4, steps: [call]}}}}]\n"
    assert problems(tmp_path, text) == [
        "4:37: there is no input 3: the last is 2\n  hint: inputs are counted from 0",
    ]


def test_a_mistake_in_a_repetition_is_told_once(tmp_path: Path) -> None:
    text = f"{PLAIN}steps: [{{repeat: {{times: 5, steps: [{{train: {{rate: -1}}}}, compile]}}}}]\n"
    assert [problem.splitlines()[0] for problem in problems(tmp_path, text)] == [
        "4:52: rate must be at least 0, got -1",
        "4:58: compile needs a model",
    ]


def test_all_mistakes_of_a_list_are_told(tmp_path: Path) -> None:
    text = f"{PLAIN}steps:\n  - cal\n  - set\n  - train: {{rate: x}}\n  - {{load: {{format: weights}}}}\n"
    assert [problem.splitlines()[0].split(":")[0] for problem in problems(tmp_path, text)] == ["5", "6", "7", "8"]


def test_steps_are_read_even_where_there_is_no_input(tmp_path: Path) -> None:
    assert [problem.splitlines()[0] for problem in problems(tmp_path, "input: x\nsteps: [set]\n")] == [
        "3:8: input must be a number or a nested list of numbers, got 'x'",
        "4:9: set needs trainable",
    ]


@each(
    "sweep, problem",
    [
        ("{steps.0.set.trainable: [true, x]}", "5:39: trainable must be true or false, got 'x'\n"
         "  hint: YAML 1.2 reads yes, no, on and off as text"),
        ("{steps.7.set: [1]}", "5:9: 'steps.7.set': steps is a list without a place 7\n  hint: places count from 0"),
        ("{steps.1.call.training: [1]}", "5:9: 'steps.1.call.training': steps.1 has no keys\n"
         "  hint: write {call: {}} there, which takes arguments"),
        ("{steps.0.set.trainabel: [true]}", "5:9: unknown key 'trainabel'\n  hint: did you mean 'trainable'?"),
    ],
)  # fmt: skip
def test_sweeps_into_steps_that_lead_nowhere(tmp_path: Path, sweep: str, problem: str) -> None:
    text = f"{PLAIN}steps: [{{set: {{trainable: true}}}}, call]\nsweep: {sweep}\n"
    assert problems(tmp_path, text) == [problem]
