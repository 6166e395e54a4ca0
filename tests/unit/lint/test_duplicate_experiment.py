from pathlib import Path

from harness.lint.duplicate_experiment import RULE
from tests.unit.lint.folders import BODY, found, write


def test_experiments_that_differ(tmp_path: Path) -> None:
    write(tmp_path, "topic/a", BODY)
    write(tmp_path, "topic/b", BODY + "trainable: false\n")
    write(tmp_path, "topic/c", BODY.replace("0.5}", "0.25}"))
    assert found(tmp_path, RULE) == []


def test_the_experiment_of_another_scenario(tmp_path: Path) -> None:
    write(tmp_path, "topic/a", BODY, title="One")
    write(tmp_path, "topic/b", BODY.replace("{values: [[1, -2], [3, 0.5], [-1, 4]]}", "[[1, -2], [3, 0.5], [-1, 4]]"))
    expected = ["topic/b.yaml:1:1: the experiment of topic/a: topic/b is topic/a"]
    assert found(tmp_path, RULE) == expected
    assert found(tmp_path, RULE, "topic/b") == expected, "what it is held against need not be chosen"
    assert found(tmp_path, RULE, "topic/a") == [], "the first of the two is not to blame"


def test_cases_of_a_sweep_are_told_together(tmp_path: Path) -> None:
    write(tmp_path, "topic/a", BODY + "sweep: {trainable: [true, false]}\n")
    write(tmp_path, "topic/b", BODY + "sweep: {trainable: [false, true], steps: [1]}\n")
    assert found(tmp_path, RULE) == [
        "topic/b.yaml:6:8: the experiment of topic/a: topic/b[trainable=false,steps=1] is topic/a[trainable=false], "
        "and 1 more"
    ]


def test_the_same_experiment_twice_in_one_sweep(tmp_path: Path) -> None:
    body = BODY + "sweep:\n  input.shape: [[3, 2]]\n  steps: [1, [call]]\n"
    write(tmp_path, "topic/a", body)
    (only,) = found(tmp_path, RULE)
    assert only.startswith("topic/a.yaml:7:3: the same experiment twice: topic/a[")


def test_runners_that_share_nothing_share_no_experiment(tmp_path: Path) -> None:
    write(tmp_path, "topic/a", BODY + "runners: [tf1]\n")
    write(tmp_path, "topic/b", BODY + "runners: [keras]\n")
    assert found(tmp_path, RULE) == []
    write(tmp_path, "topic/c", BODY + "runners: [keras, tf_keras]\n")
    assert found(tmp_path, RULE) == ["topic/c.yaml:1:1: the experiment of topic/b: topic/c is topic/b"]
