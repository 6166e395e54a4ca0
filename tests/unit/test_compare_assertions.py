"""Assertions of a scenario in a comparison: which are held against what, the exit code, what the report says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from harness.compare import exit_code
from harness.comparison import Comparison
from harness.observation import Crashed, Observation, Outcome
from harness.report.terminal import render
from harness.scenario import Selection
from harness.scenario.assertion import Assertion, Near, Other
from tests.report.samples import case, f32, observed
from tests.unit.comparing import against
from tests.unit.measured import measurement, selection

TRAINING = case("x/y", inputs=[f32([[1, 2]])], training=True)
INFERENCE = case("x/y", inputs=[f32([[1, 2]])], training=False)


def output(*values: float) -> Observation:
    return observed({"output": f32([values])})


def asserted(kind: str = "same_as", expected: Other | Near | bool | None = None) -> Assertion:
    other = Other(step=None, where={"training": False}, runner=None, field=None)
    return Assertion(
        kind=kind,
        expected=other if expected is None else expected,
        says="Training does not matter.",
        place="scenarios/x/y.yaml:7:5",
        runners=None,
        releases=None,
        where={"training": True},
        step=None,
        fields=("output",),
    )


def compared(outcomes: Mapping[tuple[str, str], Outcome], *assertions: Assertion) -> Comparison:
    plain = selection([TRAINING, INFERENCE])
    chosen = Selection(scenario=replace(plain.scenario, assertions=assertions), cases=plain.cases)
    return against(Path("nowhere"), measurement(outcomes, chosen), arguments=("--tf", "2.15"))


def text(comparison: Comparison, verbose: int = 0) -> str:
    return render(comparison, width=100, verbose=verbose, color=False)


def both(left: Outcome, right: Outcome) -> dict[tuple[str, str], Outcome]:
    return {(TRAINING.id, "tf1"): left, (INFERENCE.id, "tf1"): right}


def test_one_that_holds_leaves_the_exit_code_alone() -> None:
    comparison = compared(both(output(1, 2), output(1, 2)), asserted())
    assert exit_code(comparison) == 4
    assert not comparison.contradicted()
    assert "assertions: 1 holds\n" in text(comparison)
    assert text(comparison).endswith("assertions: 1 holds\n")
    assert "assertions" not in text(comparison, -1).partition("summary")[0]
    assert "  holds: Training does not matter. (scenarios/x/y.yaml:7:5)\n" in text(comparison, 1)


def test_one_that_does_not_hold_is_told_with_place_numbers_and_command() -> None:
    comparison = compared(both(output(1, 2), output(1, 3)), asserted())
    assert exit_code(comparison) == 1
    for verbose in (-1, 0):
        assert (
            "assertions: 0 hold, 1 does not\n"
            "  does not hold: Training does not matter. (scenarios/x/y.yaml:7:5)\n"
            "    x/y[training=true], tf1: output[0,1] is 2.0, on the other side 3.0: 1 apart, bound 9.83e-05\n"
            "  rerun: harness compare x/y -v --tf 2.15\n"
        ) in text(comparison, verbose)
    assert text(comparison).endswith("assertions: 0 hold, 1 does not\n")


def test_it_is_only_held_against_the_cases_it_is_about() -> None:
    comparison = compared(both(output(1, 2), output(1, 2)), asserted("finite", True))
    assert [len(one.assertions) for one in comparison.cases()] == [1, 0]


def test_a_lost_worker_outranks_it() -> None:
    lost = {**both(output(1, 2), output(1, 3)), (TRAINING.id, "keras"): Crashed(cause="SIGKILL", stderr="")}
    comparison = compared(lost, asserted())
    assert comparison.contradicted()
    assert exit_code(comparison) == 6


@pytest.mark.parametrize("outcomes", [
    both(Crashed(cause="SIGABRT", stderr=""), output(1, 2)),
    both(output(1, 2), Crashed(cause="SIGABRT", stderr="")),
    {(TRAINING.id, "tf1"): output(1, 2)},
])  # fmt: skip
def test_what_was_not_measured_is_not_judged(outcomes: dict[tuple[str, str], Outcome]) -> None:
    comparison = compared(outcomes, asserted())
    assert [one.holds for case in comparison.cases() for one in case.assertions] == [None]
    assert "assertions: 0 hold, 1 not judged" in text(comparison)
    assert "  not judged: Training does not matter." in text(comparison, 1)


def test_runner_against_runner() -> None:
    outcomes: dict[tuple[str, str], Outcome] = {
        (TRAINING.id, "tf1"): output(1, 2),
        (TRAINING.id, "keras"): output(1, 2.5),
    }
    other = Other(step=None, where={}, runner="keras", field=None)
    found = [one for case in compared(outcomes, asserted("differs_from", other)).cases() for one in case.assertions]
    assert [(one.runner, one.holds) for one in found] == [("tf1", True)]


def test_many_measurements_that_contradict_one_are_counted() -> None:
    outcomes: dict[tuple[str, str], Outcome] = {
        (TRAINING.id, runner): output(float("nan"), 1) for runner in ("tf1", "keras", "a", "b", "c")
    }
    comparison = compared(outcomes, asserted("finite", True))
    assert "    and 2 more; -v tells each\n" in text(comparison)
    assert "more; -v" not in text(comparison, 1)
