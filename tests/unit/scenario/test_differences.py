"""Expected differences in a scenario file: as values, and what is none. Line 6 is the first of each."""

from __future__ import annotations

from pathlib import Path

from harness.releases.release import Release
from harness.scenario.difference import ExpectedDifference
from tests.unit.each import each
from tests.unit.scenario.writing import loaded, problems

BODY = "input: [[1, 2], [3, 4]]\nsweep: {training: [true, false], layer.momentum: [0.9, 1e-1]}\nexpect_difference:\n"
RELEASE = Release.parse("2.21.0+keras-3.15.1")


def of(entry: str) -> str:
    return f"{BODY}  - {entry}\n"


def only(root: Path, entry: str) -> ExpectedDifference:
    (one,) = loaded(root, of(entry)).differences
    return one


def test_a_bare_rule_is_about_every_case_runner_and_release(tmp_path: Path) -> None:
    one = only(tmp_path, "frozen-updates")
    assert (one.rule, one.runners, one.releases, one.where) == ("frozen-updates", None, None, {})
    assert one.place == f"{tmp_path.as_posix()}/topic/name.yaml:6:5"
    assert all(one.about(case, "keras", RELEASE) for case in loaded(tmp_path, of("frozen-updates")).cases)


def test_a_mapping_says_in_which_cases_of_which_runners_on_which_releases(tmp_path: Path) -> None:
    text = "{rule: mask, where: {layer.momentum: 0.1}, runner: [keras, 'keras:xla'], releases: '>=2.16'}"
    scenario = loaded(tmp_path, of(text))
    (one,) = scenario.differences
    assert (one.rule, one.runners, one.where) == ("mask", ("keras", "keras:xla"), {"layer.momentum": 0.1})
    told = [case.key for case in scenario.cases if one.about(case, "keras", RELEASE)]
    assert told == ["training=true,layer.momentum=0.1", "training=false,layer.momentum=0.1"]
    case = scenario.cases[1]
    assert one.about(case, "keras:xla", None)
    assert not one.about(case, "tf_keras", RELEASE)
    assert not one.about(case, "keras", Release.parse("2.15.1"))


def test_one_runner_needs_no_list(tmp_path: Path) -> None:
    assert only(tmp_path, "{rule: mask, runner: shim}").runners == ("shim",)


def test_none_is_expected_of_a_file_that_says_nothing(tmp_path: Path) -> None:
    assert loaded(tmp_path, BODY.replace("expect_difference:\n", "")).differences == ()


def test_what_is_expected_is_no_part_of_the_experiment(tmp_path: Path) -> None:
    plain = loaded(tmp_path, BODY.replace("expect_difference:\n", ""))
    expecting = loaded(tmp_path, of("{rule: mask, where: {training: true}}"))
    assert [case.sha256 for case in plain.cases] == [case.sha256 for case in expecting.cases]
    assert plain.cases == expecting.cases


@each(
    "entry, problem",
    [
        (
            "variance-estimater",
            "6:5: expect_difference[0] must be the id of a rule, got 'variance-estimater'\n"
            "  hint: did you mean variance-estimator?",
        ),
        ("3", "6:5: expect_difference[0] must be the id of a rule, got 3\n  hint: `harness rules` lists them"),
        (
            "{rule: frozen-update}",
            "6:12: rule must be the id of a rule, got 'frozen-update'\n  hint: did you mean frozen-updates?",
        ),
        ("{where: {training: true}}", "6:5: rule is missing\n  hint: rule: Id of the rule, see `harness rules`."),
        ("{rule: mask, when: {}}", "6:18: unknown key 'when'\n  hint: did you mean 'where'?"),
        (
            "{rule: mask, where: {training: 1}}",
            "6:36: training must be a value of the sweep, true or false, got 1\n  hint: no case has this value",
        ),
        (
            "{rule: mask, where: {trainable: true}}",
            "6:26: 'trainable' is not swept here\n  hint: swept are: training, layer.momentum",
        ),
        (
            "{rule: mask, runner: tf1}",
            "6:26: tf1 is held against no other runner: the others are held against it\n"
            "  hint: name the runner that differs from it, such as keras",
        ),
        (
            "{rule: mask, releases: 2.10}",
            "6:28: releases must be text such as '1.0..1.15', got 2.1\n"
            "  hint: quote it: 2.10 without quotes is the number 2.1",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, entry: str, problem: str) -> None:
    assert problems(tmp_path, of(entry)) == [problem]


def test_a_runner_that_the_scenario_is_not_for_shows_no_difference(tmp_path: Path) -> None:
    text = "runners: [tf1, keras]\n" + of("{rule: mask, runner: [keras, shim]}")
    assert problems(tmp_path, text) == [
        "7:26: the scenario is not for shim: its runners are tf1, keras\n  hint: no case of it runs there"
    ]
