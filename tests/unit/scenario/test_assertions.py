"""Assertions in a scenario file: as values, and what is no assertion. Line 7 is the first of each."""

from __future__ import annotations

from pathlib import Path

from harness.releases.release import Release
from harness.scenario.assertion import Assertion, Near, Other
from tests.unit.each import each
from tests.unit.scenario.writing import loaded, problems

BODY = "input: [[1, 2], [3, 4]]\nsteps: [call, {set: {trainable: false}}, call]\nsweep: {training: [true, false]}\n"
KINDS = "same_as, differs_from, mean_near, std_near, finite, non_negative or unchanged"
HINT = "hint: each assertion has one; several are several entries of the list"


def of(assertion: str) -> str:
    return f"{BODY}assert:\n  - {{{assertion}}}\n"


def only(root: Path, assertion: str) -> Assertion:
    (one,) = loaded(root, of(assertion)).assertions
    return one


def test_an_assertion_keeps_everything(tmp_path: Path) -> None:
    text = (
        "says: so it is, step: 1, field: [moving_mean, dense/kernel], runner: [keras, 'keras:graph'], "
        "releases: '>=2.0', where: {training: true}, finite: true"
    )
    one = only(tmp_path, text)
    assert (one.says, one.step, one.fields) == ("so it is", 1, ("moving_mean", "dense/kernel"))
    assert (one.runners, one.where, one.kind, one.expected) == (
        ("keras", "keras:graph"),
        {"training": True},
        "finite",
        True,
    )
    assert str(one.releases) == "TensorFlow >=2.0"
    assert one.place == f"{tmp_path.as_posix()}/topic/name.yaml:7:5"


def test_what_is_left_out_means_all_of_it(tmp_path: Path) -> None:
    one = only(tmp_path, "finite: false")
    assert (one.says, one.step, one.fields, one.where) == ("output: not finite", None, ("output",), {})
    assert (one.runners, one.releases) == (None, None)


@each(
    "text, kind, expected, says",
    [
        (
            "same_as: {step: 1}",
            "same_as",
            Other(step=1, where={}, runner=None, field=None),
            "output: same_as step 1",
        ),
        (
            "differs_from: {case: {training: false}, runner: keras, field: beta}, field: gamma",
            "differs_from",
            Other(step=None, where={"training": False}, runner="keras", field="beta"),
            "gamma: differs_from runner keras, field beta, training=False",
        ),
        ("mean_near: 0", "mean_near", Near(value=0.0, atol=None), "output: mean_near 0"),
        ("std_near: {value: 1, atol: 0.5}", "std_near", Near(value=1.0, atol=0.5), "output: std_near 1"),
        ("finite: true", "finite", True, "output: finite"),
        ("non_negative: true, field: moving_variance", "non_negative", True, "moving_variance: non_negative"),
        ("unchanged: false, field: [gamma, beta]", "unchanged", False, "gamma and beta: not unchanged"),
    ],
)
def test_every_kind(tmp_path: Path, text: str, kind: str, expected: object, says: str) -> None:
    one = only(tmp_path, text)
    assert (one.kind, one.expected, one.says) == (kind, expected, says)


def test_which_measurements_it_is_about(tmp_path: Path) -> None:
    training, inference = loaded(tmp_path, BODY).cases
    one = only(tmp_path, "where: {training: true}, runner: keras, releases: '>=2.0', same_as: {runner: tf1}")
    new, old = Release.parse("2.4.4"), Release.parse("1.15.5")
    assert one.about(training, "keras", new)
    assert one.about(training, "keras", None)
    assert not one.about(training, "keras", old)
    assert not one.about(inference, "keras", new)
    assert not one.about(training, "tf1", new)


def test_a_runner_is_not_held_against_itself(tmp_path: Path) -> None:
    (case, _) = loaded(tmp_path, BODY).cases
    one = only(tmp_path, "same_as: {runner: keras}")
    assert one.about(case, "tf1", None)
    assert not one.about(case, "keras", None)


def test_the_case_of_the_other_side(tmp_path: Path) -> None:
    training, inference = cases = loaded(tmp_path, BODY).cases
    other = Other(step=None, where={"training": False}, runner=None, field=None)
    assert other.case(training, cases) is inference
    assert other.case(training, [training]) is None
    assert Other(step=1, where={}, runner=None, field=None).case(training, cases) is training


@each(
    "text, problem",
    [
        ("step: 1", f"7:5: assert[0] must have one of {KINDS}, got none\n  {HINT}"),
        ("finite: true, mean_near: 0", f"7:5: assert[0] must have one of {KINDS}, got mean_near and finite\n  {HINT}"),
        ("finte: true", "7:6: unknown key 'finte'\n  hint: did you mean 'finite'?"),
        ("finite: yes", "7:14: finite must be true or false, got 'yes'\n"
         "  hint: YAML 1.2 reads yes, no, on and off as text"),
        ("finite: true, field: outptu", "7:27: field must be a measured field, got 'outptu'\n"
         "  hint: did you mean output?"),
        ("finite: true, field: [output, 3]", "7:36: field[1] must be a measured field, got 3\n"
         "  hint: fields are output, gamma, beta, moving_mean, moving_variance, renorm_mean, renorm_stddev, loss, "
         "losses, gradient_input, gradient_gamma, gradient_beta, trainable_variables, update_ops, output_1, "
         "dense/kernel"),
        ("mean_near: x", "7:17: mean_near must be a number, got 'x'"),
        ("mean_near: {value: 0, atol: -1}", "7:34: atol must be at least 0, got -1\n"
         "  hint: How far off it may be; the field's own bound if left out."),
        ("mean_near: {atol: 1}", "7:17: value is missing\n  hint: value: The number."),
        ("same_as: 1", "7:15: same_as must be a mapping, got 1\n"
         "  hint: Equal within tolerance to another measurement."),
        ("same_as: {stp: 1}", "7:16: unknown key 'stp'\n  hint: did you mean 'step'?"),
        ("same_as: {runner: kears}", "7:24: runner must be a runner (tf1, keras, keras:function, keras:xla, "
         "keras:graph, tf_keras, tf_keras:function, tf_keras:xla, tf_keras:graph, keras_v1, contrib or shim), got "
         "'kears'\n  hint: did you mean keras?"),
        ("same_as: {}", "7:15: a measurement is held against itself\n  hint: {step: 1}, {case: {training: false}}, "
         "{runner: keras} or {field: gamma} names another measurement"),
        ("same_as: {step: 3}", "7:15: a measurement is held against itself\n  hint: {step: 1}, {case: {training: "
         "false}}, {runner: keras} or {field: gamma} names another measurement"),
        ("same_as: {case: {training: true}}", "7:15: a measurement is held against itself\n  hint: {step: 1}, {case: "
         "{training: false}}, {runner: keras} or {field: gamma} names another measurement"),
        ("same_as: {case: {trainign: true}}", "7:23: 'trainign' is not swept here\n  hint: did you mean 'training'?"),
        ("same_as: {case: {training: 1}}", "7:33: training must be a value of the sweep, true or false, got 1\n"
         "  hint: no case has this value"),
        ("where: {trainable: true}, finite: true", "7:14: 'trainable' is not swept here\n"
         "  hint: swept are: training"),
        ("step: 4, finite: true", "7:12: there is no step 4: the last is 3\n"
         "  hint: steps are counted from 1; leave it out for the last"),
        ("same_as: {step: 4}", "7:22: there is no step 4: the last is 3\n"
         "  hint: steps are counted from 1; leave it out for the last"),
        ("step: 2, finite: true", "7:5: step 2, set, has no output\n  hint: field: moving_mean names another field"),
        ("step: 2, field: output, finite: true", "7:22: step 2, set, has no output\n"
         "  hint: name another step, or another field"),
        ("same_as: {step: 2}", "7:15: step 2, set, has no output\n  hint: field: moving_mean names another field"),
        ("finite: true, field: loss", "7:27: step 3, call, has no loss\n  hint: name another step, or another field"),
        ("finite: true, field: gradient_gamma", "7:27: step 3, call, has no gradient_gamma\n"
         "  hint: name another step, or another field"),
        ("finite: true, releases: 2.0", "7:30: releases must be text such as '1.0..1.15', got 2.0\n"
         "  hint: quote it: 2.10 without quotes is the number 2.1"),
    ],
)  # fmt: skip
def test_what_is_no_assertion(tmp_path: Path, text: str, problem: str) -> None:
    assert problems(tmp_path, of(text)) == [problem]


def test_entries_that_are_no_mapping(tmp_path: Path) -> None:
    assert [problem.splitlines()[0] for problem in problems(tmp_path, f"{BODY}assert: [finite, 3]\n")] == [
        "6:10: assert[0] must be a mapping, got 'finite'",
        "6:18: assert[1] must be a mapping, got 3",
    ]


def test_where_what_it_is_about_is_wrong_the_rest_is_told_still(tmp_path: Path) -> None:
    text = f"{BODY}assert:\n  - {{finite: 1}}\n  - {{step: 9, finite: true}}\n"
    assert [problem.split(":")[0] for problem in problems(tmp_path, text)] == ["7", "8"]


def test_losses_and_gradients_of_a_training_step(tmp_path: Path) -> None:
    text = "input: [[1, 2]]\nsteps: [train]\nassert: [{field: [loss, output, gradient_gamma, losses], finite: true}]\n"
    assert loaded(tmp_path, text).assertions[0].fields == ("loss", "output", "gradient_gamma", "losses")
