"""A claim holds to the digit it was printed with, and not a digit further."""

from __future__ import annotations

import math
from typing import Any

import pytest

from harness.observation import Crashed, Observation, Raised
from harness.scenario import Claim
from harness.semantics.claims import applies, check, rounds_to
from tests.unit.report.samples import TRAINED, case, f32, observed


def claim(step: int | None = 1, where: dict[str, Any] | None = None, **expect: Any) -> Claim:
    return Claim(
        says="It does.",
        source="Somebody",
        runner="tf1",
        where=where or {},
        step=step,
        expect=expect,
        place="x.yaml:1:1",
    )


def judged(made: Claim, outcome: Any = None) -> tuple[bool | None, str]:
    found = check(made, "tf1", outcome or observed({"output": f32(TRAINED), "moving_mean": f32([0.03249997, 2])}))
    return found.holds, found.detail


@pytest.mark.parametrize(
    ("measured", "printed", "holds"),
    [
        (0.032499969, 0.03249997, True),
        (0.0325, 0.03249997, False),
        (8.996, 9, True),
        (8.5, 9, True),
        (8.499, 9, False),
        (-0.98354423, -1, True),
        (100.4, 100, True),
        (104.0, 100, False),
        (1.04, 1.0, True),
        (1e-9, 0, True),
        (2.5e-4, 1e-3, False),
        (math.nan, math.nan, True),
        (math.nan, 1.0, False),
        (math.inf, math.inf, True),
        (-math.inf, math.inf, False),
    ],
)
def test_a_number_holds_when_the_measured_one_rounds_to_it(measured: float, printed: float, holds: bool) -> None:
    assert rounds_to(measured, printed) is holds


def test_a_claim_may_be_about_one_pixel() -> None:
    pixel: dict[str, Any] = {"output[0,0,0]": [2, 2, 3, -1]}
    assert judged(claim(**pixel)) == (True, "")


def test_a_single_number_is_claimed_of_every_element() -> None:
    assert judged(claim(moving_mean=0)) == (False, "moving_mean[1] is 2, the claim says 0")


def test_a_contradiction_names_element_and_both_values() -> None:
    wrong = judged(claim(moving_mean=[0.0325, 3]))
    assert wrong == (False, "moving_mean[1] is 2, the claim says 3")


def test_another_shape_contradicts() -> None:
    assert judged(claim(moving_mean=[1, 2, 3])) == (False, "moving_mean has shape [2], the claim has [3]")


def test_a_field_that_is_not_there_contradicts() -> None:
    assert judged(claim(gamma=1)) == (False, "there is no gamma")


def test_an_exception_contradicts_and_is_told() -> None:
    raised = Observation(steps=(), structure=None, raised=Raised(type="ValueError", message="no such argument"))
    assert judged(claim(moving_mean=0), raised) == (False, "ValueError: no such argument")


def test_what_was_not_measured_is_not_judged() -> None:
    assert judged(claim(moving_mean=0), Crashed(cause="SIGABRT", stderr="")) == (None, "nothing was measured")


def test_without_a_step_the_last_one_counts() -> None:
    two = observed({"moving_mean": f32([1])}, {"moving_mean": f32([2])})
    assert judged(claim(step=None, moving_mean=2), two) == (True, "")
    assert judged(claim(step=1, moving_mean=2), two)[0] is False


@pytest.mark.parametrize(
    ("where", "about"),
    [({}, True), ({"training": True}, True), ({"training": False}, False), ({"training": 1}, False), ({"x": 1}, False)],
)
def test_a_claim_is_about_the_cases_it_names(where: dict[str, Any], about: bool) -> None:
    assert applies(claim(where=where), case(training=True, trainable=False)) is about
