"""A claim holds with all of its parts; a number to the digit it was printed with, and not a digit further."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from harness.observation import Observation, Raised
from harness.scenario import Claim
from harness.scenario.value import Effect, Normalizer, SameAs
from harness.semantics.claims import judge, nearest, result, rounds_to
from harness.semantics.judgement import Judgement, Shown, Standing
from harness.tensor import Tensor
from harness.tolerance import Tolerance
from tests.report.samples import TRAINED, case, f32, observed
from tests.unit.each import each

HOLDS, FAILS, NOT_APPLICABLE = Standing.HOLDS, Standing.FAILS, Standing.NOT_APPLICABLE
MEASURED = observed({"output": f32(TRAINED), "moving_mean": f32([0.03249997, 2])})


def claim(step: int | None = 1, expect: dict[str, Any] | None = None, **content: Any) -> Claim:
    return Claim(
        says="It does.",
        source="Somebody",
        place="x.yaml:1:1",
        runners=("tf1",),
        step=step,
        expect=expect or {},
        **content,
    )


def shown(observation: Observation = MEASURED, *, exact: bool = True, steps: int = 1) -> Shown:
    return Shown(case=case(steps=steps, training=True), observation=observation, tolerance=Tolerance(), exact=exact)


def held(made: Claim, observation: Observation = MEASURED, other: Observation | None = None, **how: Any) -> Judgement:
    return judge(made, shown(observation, **how), lambda _: other)


def numbers(observation: Observation = MEASURED, *, exact: bool = True, **expect: Any) -> tuple[Standing, str]:
    found = held(claim(expect=expect), observation, exact=exact)
    return found.standing, found.detail


@each(
    "measured, printed, holds",
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
    assert (nearest(measured, printed) == measured) is (holds and not math.isnan(measured))


def test_the_nearest_number_that_rounds_is_at_the_edge() -> None:
    assert [nearest(number, 9) for number in (8.0, 8.75, 12.0)] == [8.5, 8.75, 9.5]


def test_a_claim_may_be_about_one_pixel() -> None:
    pixel: dict[str, Any] = {"output[0,0,0]": [2, 2, 3, -1]}
    assert numbers(**pixel) == (HOLDS, "output[0,0,0,0] is 1.5, the claim says 2")


def test_a_single_number_is_claimed_of_every_element() -> None:
    assert numbers(moving_mean=0) == (FAILS, "moving_mean[1] is 2.0, the claim says 0")


def test_a_contradiction_names_element_and_both_values() -> None:
    assert numbers(moving_mean=[0.0325, 3]) == (FAILS, "moving_mean[1] is 2.0, the claim says 3")


def test_another_shape_contradicts() -> None:
    assert numbers(moving_mean=[1, 2, 3]) == (FAILS, "moving_mean has shape [2], the claim has [3]")


def test_a_field_that_is_not_there_contradicts() -> None:
    assert numbers(gamma=1) == (FAILS, "there is no gamma")


def test_of_several_releases_a_number_need_only_be_equal_within_tolerance() -> None:
    near = observed({"output": f32(TRAINED), "moving_mean": f32([0.0325, 2])})
    assert numbers(near, moving_mean=[0.03249997, 2])[0] is FAILS
    assert numbers(near, exact=False, moving_mean=[0.03249997, 2])[0] is HOLDS
    far = observed({"output": f32(TRAINED), "moving_mean": f32([0.0326, 2])})
    assert numbers(far, exact=False, moving_mean=[0.03249997, 2]) == (
        FAILS,
        "moving_mean[0] is 0.0326, the claim says 0.03249997",
    )


def test_without_a_step_the_last_one_counts() -> None:
    two = observed({"moving_mean": f32([1])}, {"moving_mean": f32([2])})
    assert held(claim(step=None, expect={"moving_mean": 2}), two, steps=2).standing is HOLDS
    assert held(claim(step=1, expect={"moving_mean": 2}), two, steps=2).standing is FAILS


def test_a_step_that_an_exception_kept_from_being_is_judged_by_no_claim() -> None:
    raised = Raised(type="ValueError", message="no such argument")
    one = observed({"moving_mean": f32([1])}, raised=raised)
    found = held(claim(step=None, expect={"moving_mean": 1}), one, steps=2)
    assert (found.standing, found.detail) == (NOT_APPLICABLE, "ValueError after 1 step")
    assert held(claim(step=1, expect={"moving_mean": 1}), one, steps=2).standing is HOLDS


@pytest.mark.parametrize(
    ("raised", "standing", "detail"),
    [
        (Raised(type="TypeError", message="no"), HOLDS, "TypeError: no"),
        (Raised(type="ValueError", message="no"), FAILS, "ValueError: no"),
        (None, FAILS, "nothing was raised"),
    ],
)
def test_an_exception_is_claimed_by_its_type(raised: Raised | None, standing: Standing, detail: str) -> None:
    found = held(claim(step=None, raises="TypeError"), replace(MEASURED, raised=raised))
    assert (found.standing, found.detail) == (standing, detail)


@pytest.mark.parametrize(("count", "standing"), [(2, HOLDS), (0, FAILS), (3, FAILS)])
def test_trainable_variables_are_counted(count: int, standing: Standing) -> None:
    found = held(claim(trainable_variables=count))
    assert (found.standing, found.detail) == (standing, "2 trainable variables: gamma, beta")


def test_trainable_variables_of_the_very_step_count_where_they_are_observed() -> None:
    frozen = observed({"trainable_variables": Tensor.of(0, "int32")})
    assert held(claim(trainable_variables=0), frozen).standing is HOLDS


def test_of_what_was_not_built_nothing_is_counted() -> None:
    nothing = replace(observed({"output": f32([1])}), structure=None)
    assert held(claim(trainable_variables=2), nothing).standing is NOT_APPLICABLE


SAME = SameAs(key="other", where={}, fields=("output", "beta"))


@each(
    "other, standing, detail",
    [
        ({"output": [1, 2], "beta": [0], "gamma": [9]}, HOLDS, "output and beta: the same bit for bit"),
        ({"output": [1, 2.000001], "beta": [0]}, HOLDS, "output and beta: the same within tolerance"),
        ({"output": [1, 2.5], "beta": [0]}, FAILS, "output[1] is 2.0, in the other case 2.5"),
        ({"output": [1, 2], "beta": [1]}, FAILS, "beta[0] is 0.0, in the other case 1.0"),
        ({"output": [1, 2]}, FAILS, "beta is float32[1], in the other case nothing"),
        ({"output": [1, 2, 3], "beta": [0]}, FAILS, "output is [2], in the other case [3]"),
    ],
)
def test_two_cases_are_the_same_in_the_fields_named(
    other: dict[str, list[float]], standing: Standing, detail: str
) -> None:
    mine = observed({"output": f32([1, 2]), "beta": f32([0]), "gamma": f32([1])})
    there = observed({name: f32(values) for name, values in other.items()})
    found = held(claim(same_as=SAME), mine, there)
    assert (found.standing, found.detail) == (standing, detail)


def test_the_other_case_may_be_missing_or_have_raised() -> None:
    assert held(claim(same_as=SAME)).standing is Standing.NOT_RECORDED
    raised = observed(raised=Raised(type="ValueError", message="no"))
    found = held(claim(same_as=SAME), MEASURED, raised)
    assert (found.standing, found.detail) == (NOT_APPLICABLE, "the other case has no step 1: ValueError")


def test_every_part_of_a_claim_has_to_hold() -> None:
    moved = observed({"moving_mean": f32([0.5]), "moving_variance": f32([2]), "beta": f32([0])})
    both = claim(expect={"moving_mean": 0.5}, effects={"beta": Effect.UNCHANGED})
    assert held(both, moved) == Judgement(
        standing=HOLDS, detail="moving_mean[0] is 0.5, the claim says 0.5; beta[0] is 0.0, as before step 1"
    )
    assert held(replace(both, effects={"beta": Effect.UPDATED}), moved).standing is FAILS
    assert held(replace(both, effects={"gamma": Effect.UNCHANGED}), moved).standing is NOT_APPLICABLE
    assert held(replace(both, expect={"moving_mean": 3}), moved).detail == "moving_mean[0] is 0.5, the claim says 3"
    assert held(replace(both, normalized_by=Normalizer.BATCH), moved).standing is NOT_APPLICABLE


@each(
    "standing, holds, detail",
    [
        (HOLDS, True, ""),
        (FAILS, False, "why"),
        (Standing.UNDECIDED, None, "why"),
        (NOT_APPLICABLE, None, "why"),
        (Standing.NOT_RECORDED, None, "why"),
    ],
)
def test_a_run_reports_what_holds_what_does_not_and_what_cannot_be_told(
    standing: Standing, holds: bool | None, detail: str
) -> None:
    told = result(claim(), "tf1", Judgement(standing=standing, detail="why"))
    assert (told.says, told.source, told.runner, told.holds, told.detail) == (
        "It does.", "Somebody", "tf1", holds, detail
    )  # fmt: skip


def test_what_was_not_measured_is_not_judged() -> None:
    told = result(claim(), "tf1", None)
    assert (told.holds, told.detail) == (None, "nothing was measured")


@each(
    "where, about",
    [({}, True), ({"training": True}, True), ({"training": False}, False), ({"training": 1}, False), ({"x": 1}, False)],
)
def test_a_claim_is_about_the_cases_it_names(where: dict[str, Any], about: bool) -> None:
    assert replace(claim(), where=where).about(case(training=True, trainable=False)) is about
