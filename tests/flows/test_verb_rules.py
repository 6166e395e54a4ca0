"""``harness rules`` and ``harness explain`` as commands: what they read, say and return. Run no TensorFlow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from harness import golden
from harness.case import Case
from harness.cli import main
from harness.golden import Behaviour, GoldenCase, GoldenFile
from harness.observation import Observation
from harness.scenario import load
from harness.semantics.oracle import predict
from harness.tensor import Tensor
from tests.unit.semantics.samples import keras, tf1

SCENARIO = """\
title: The flags
why: A small sweep.
input: {values: [[[[0, 1], [2, 5]]], [[[4, 4], [8, 6]]]]}
layer: {momentum: 0.5, epsilon: 0.001}
training: true
sweep: {trainable: [true, false]}
"""

Run = Callable[..., tuple[int, str, str]]


def recorded(case: Case, texts: Mapping[str, tuple[str, dict[str, str]]]) -> GoldenCase:
    behaviours = {
        runner: (Behaviour(releases=(release,), observation=predict(case, given).as_observation()),)
        for runner, (release, given) in texts.items()
    }
    return GoldenCase(sha256=case.sha256, runners=behaviours)


def spoiled(case: GoldenCase, runner: str) -> GoldenCase:
    """``case`` with an output that nobody computes."""
    behaviour = case.runners[runner][0]
    output = behaviour.observation.steps[0]["output"]
    wrong = {**behaviour.observation.steps[0], "output": Tensor.of(output.float64() + 1, output.dtype)}
    observation: Observation = replace(behaviour.observation, steps=(wrong,))
    return replace(case, runners={**case.runners, runner: (replace(behaviour, observation=observation),)})


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Writes a scenario and what one release of each runner does with it; on request something inexplicable."""
    scenario = tmp_path / "scenarios/flags/small.yaml"
    scenario.parent.mkdir(parents=True)
    scenario.write_text(SCENARIO)
    monkeypatch.chdir(tmp_path)

    def write(spoil: bool) -> None:
        cases = load(scenario, tmp_path / "scenarios").cases
        sides = {"tf1": ("1.15.5", tf1()), "keras": ("2.21.0+keras-3.15.1", keras())}
        found = {case.key: recorded(case, sides) for case in cases}
        if spoil:
            found["trainable=true"] = spoiled(found["trainable=true"], "keras")
        golden.write(tmp_path / "golden", GoldenFile(scenario="flags/small", cases=found))

    return write


@pytest.fixture
def harness(write: Callable[[bool], None], capsys: pytest.CaptureFixture[str]) -> Run:
    write(False)

    def run(*words: str) -> tuple[int, str, str]:
        code = main(list(words))
        out, err = capsys.readouterr()
        return code, out, err

    return run


EXPLAINED = """\
flags/small[trainable=true]: tf1@1.15.5 against keras@2.21.0+keras-3.15.1: 1 difference
  variance-estimator: sample -> population
    tf1@1.15.5: The moving variance follows the sample variance: squared deviations over n - 1.
    keras@2.21.0+keras-3.15.1: The moving variance follows the population variance: squared deviations over n.
    moving_variance[0] after step 1: 6.3333335 against 4.875
  tf1@1.15.5: n = 4 per channel, n/(n-1) = 1.33333, 0.5 of the initial statistics left, fused kernel, 2 update ops
  keras@2.21.0+keras-3.15.1: n = 4 per channel, n/(n-1) = 1.33333, 0.5 of the initial statistics left
"""


def test_one_difference_is_explained_with_its_numbers(harness: Run) -> None:
    words = ("explain", "flags/small[trainable=true]", "--from", "tf1@1.15.5", "--to", "keras@2.21.0")
    assert harness(*words) == (0, EXPLAINED, "")


def test_every_case_of_the_selection_is_explained(harness: Run) -> None:
    code, out, _ = harness("explain", "flags/small", "--from", "tf1@1.15.5", "--to", "keras@2.21.0")
    assert code == 0
    assert "  frozen-normalizes-with: batch -> moving\n" in out
    assert "  variance-estimator: sample -> population\n" in out


def test_what_no_rule_explains_fails(harness: Run, write: Callable[[bool], None]) -> None:
    write(True)
    code, out, _ = harness("explain", "flags/small", "--from", "tf1@1.15.5", "--to", "keras@2.21.0")
    assert code == 1
    assert "UNEXPLAINED: no answers predict keras@2.21.0+keras-3.15.1: output" in out
    code, out, _ = harness("rules")
    assert code == 1
    assert "UNEXPLAINED: flags/small[trainable=true] on keras 2.21.0+keras-3.15.1: output" in out
    assert "4 recorded behaviours, 1 unexplained" in out


@pytest.mark.parametrize(
    ("side", "says"),
    [
        ("tf1", "--from: must be runner@release, got 'tf1'"),
        ("tf1@new", "--from: 'new' names no release"),
        ("tf1@1.4.1", "no selected case is recorded for both tf1@1.4.1 and keras@2.21.0"),
    ],
)
def test_a_side_that_is_not_there_is_said(harness: Run, side: str, says: str) -> None:
    code, out, err = harness("explain", "flags/small", "--from", side, "--to", "keras@2.21.0")
    assert (code, out) == (3 if "recorded" in says else 2, "")
    assert says in err


def test_the_table_says_who_answers_what(harness: Run) -> None:
    code, out, _ = harness("rules", "flags/small")
    assert code == 0
    row = next(line for line in out.splitlines() if line.startswith("frozen-normalizes-with"))
    assert row.split() == ["frozen-normalizes-with", "batch", "1.15.5", "moving", "2.21.0"]
    assert "infinite-mean" not in out
    assert "0 unexplained" in out.splitlines()[-1]


def test_over_all_scenarios_a_rule_that_nothing_tells_apart_is_an_error(harness: Run) -> None:
    code, out, _ = harness("rules")
    assert code == 1
    assert "no recorded behaviour distinguishes the answers of " in out
    assert "variable-order" in out


def test_one_rule_is_a_story(harness: Run) -> None:
    code, out, _ = harness("rules", "variance-estimator")
    assert code == 0
    assert out.startswith("variance-estimator\n  On input that the fused kernel can take")
    assert "  tf1: sample 1.15.5\n  keras: population 2.21.0\n" in out
    assert "shown by 1 case:\n  flags/small[trainable=true]\n" in out


def test_a_rule_that_is_none_is_said_with_the_nearest(harness: Run) -> None:
    code, out, err = harness("rules", "variance-estimate")
    assert (code, out) == (2, "")
    assert err == "variance-estimate: there is no such rule\n  hint: did you mean variance-estimator?\n"
