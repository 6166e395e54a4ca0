"""What the assertions of a scenario say of measurements made by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from harness.observation import Observation, Raised
from harness.scenario.assertion import Assertion, Near, Other
from harness.semantics.assertions import judge, result
from harness.semantics.judgement import Judgement, Shown, Standing
from harness.tensor import Tensor
from harness.tolerance import Bound, Tolerance
from tests.report.samples import case, f32, observed

INPUT = f32([[1, 2], [3, 6]])
CASE = case("x/y", inputs=[INPUT], steps=2)


def asserted(kind: str, expected: Other | Near | bool, *fields: str, step: int | None = None) -> Assertion:
    return Assertion(
        kind=kind,
        expected=expected,
        says="so it is",
        place="x.yaml:3:5",
        runners=None,
        releases=None,
        where={},
        step=step,
        fields=fields or ("output",),
    )


def other(**told: Any) -> Other:
    return Other(**{"step": None, "where": {}, "runner": None, "field": None, **told})


def steps(*outputs: Any, dtype: str = "float32") -> Observation:
    return observed(*({"output": Tensor.of(values, dtype)} for values in outputs))


def judged(
    assertion: Assertion,
    observation: Observation,
    held: Observation | None = None,
    *,
    bounds: Mapping[str, Bound] | None = None,
) -> Judgement:
    shown = Shown(case=CASE, observation=observation, tolerance=Tolerance(bounds=bounds or {}), exact=True)
    return judge(assertion, shown, lambda _: held)


def standing(*arguments: Any, **keywords: Any) -> Standing:
    return judged(*arguments, **keywords).standing


ONE, OFF, NEAR = [[1, 2], [3, 4]], [[1, 2], [3, 5]], [[1, 2], [3, 4.000001]]


@pytest.mark.parametrize(("kind", "fails"), [("same_as", OFF), ("differs_from", NEAR)])
def test_relations_between_steps(kind: str, fails: Sequence[Any]) -> None:
    holds = NEAR if kind == "same_as" else OFF
    for values, expected in ((holds, Standing.HOLDS), (fails, Standing.FAILS)):
        observation = steps(ONE, values)
        assert standing(asserted(kind, other(step=1)), observation, observation) is expected


def test_what_contradicts_a_relation_has_field_index_numbers_and_bound() -> None:
    observation = steps(ONE, OFF)
    assert judged(asserted("same_as", other(step=1)), observation, observation).detail == (
        "output[1,1] is 5.0, on the other side 4.0: 1 apart, bound 0.00012"
    )
    same = steps(ONE, ONE)
    assert judged(asserted("differs_from", other(step=1)), same, same).detail == (
        "output is the same: output[0,0] is 1.0, on the other side 1.0"
    )


def test_a_relation_uses_the_bounds_of_the_scenario() -> None:
    observation = steps(ONE, OFF)
    wide = {"output": Bound(atol=2.0, rtol=0.0)}
    assert standing(asserted("same_as", other(step=1)), observation, observation, bounds=wide) is Standing.HOLDS


def test_another_measurement_and_another_field() -> None:
    here = observed({"gamma": f32([1, 2])}, {"gamma": f32([1, 2])})
    there = observed({"beta": f32([1, 2])}, {"beta": f32([1, 3])})
    assert standing(asserted("same_as", other(field="beta", step=1), "gamma"), here, there) is Standing.HOLDS
    assert standing(asserted("same_as", other(field="beta"), "gamma"), here, there) is Standing.FAILS
    assert judged(asserted("same_as", other(field="loss"), "gamma"), here, there).detail == (
        "there is no loss on the other side"
    )


def test_another_dtype_or_shape_is_another_measurement() -> None:
    here = steps(ONE, ONE)
    for there in (steps(ONE, ONE, dtype="float64"), steps(ONE, [[1, 2]])):
        assert standing(asserted("same_as", other()), here, there) is Standing.FAILS
        assert standing(asserted("differs_from", other()), here, there) is Standing.HOLDS
    assert judged(asserted("same_as", other()), here, steps(ONE, [[1, 2]])).detail == (
        "output is float32 [2, 2], on the other side float32 [1, 2]"
    )


def test_nothing_on_both_sides_is_the_same() -> None:
    empty = steps(ONE, [])
    assert standing(asserted("same_as", other()), empty, empty) is Standing.HOLDS
    assert standing(asserted("differs_from", other()), empty, empty) is Standing.FAILS


def test_a_side_that_is_not_there() -> None:
    here = steps(ONE, ONE)
    missing = judged(asserted("same_as", other()), here)
    assert (missing.standing, missing.detail) == (Standing.NOT_RECORDED, "the other side was not measured")
    short = observed({"output": f32(ONE)}, raised=Raised(type="ValueError", message="no"))
    ended = judged(asserted("same_as", other()), here, short)
    assert (ended.standing, ended.detail) == (Standing.NOT_APPLICABLE, "ValueError after 1 steps on the other side")
    raised = judged(asserted("finite", True), short)
    assert (raised.standing, raised.detail) == (Standing.NOT_APPLICABLE, "ValueError after 1 steps")
    assert standing(asserted("finite", True, step=1), short) is Standing.HOLDS


def test_a_field_that_is_not_there_contradicts() -> None:
    missing = judged(asserted("finite", True, "output", "gamma"), steps(ONE, ONE))
    assert (missing.standing, missing.detail) == (Standing.FAILS, "there is no gamma after step 2")


@pytest.mark.parametrize(
    ("kind", "values", "detail"),
    [
        ("finite", [[1, 2], [float("nan"), 4]], "output[1,0] is nan, which is not finite"),
        ("finite", [[1, float("inf")], [3, 4]], "output[0,1] is inf, which is not finite"),
        ("non_negative", [[0, 2], [3, -1e-9]], "output[1,1] is -1e-09, which is not non-negative"),
        ("non_negative", [[0, float("nan")], [3, 1]], "output[0,1] is nan, which is not non-negative"),
    ],
)
def test_properties_of_every_number(kind: str, values: Any, detail: str) -> None:
    found = judged(asserted(kind, True), steps(ONE, values))
    assert (found.standing, found.detail) == (Standing.FAILS, detail)
    assert standing(asserted(kind, False), steps(ONE, values)) is Standing.HOLDS
    assert standing(asserted(kind, True), steps(values, ONE)) is Standing.HOLDS
    opposite = judged(asserted(kind, False), steps(values, ONE))
    word = kind.replace("_", "-")
    assert (opposite.standing, opposite.detail) == (Standing.FAILS, f"output is {word} everywhere")


def test_a_mean_is_of_every_channel() -> None:
    centred, shifted = [[1, 5], [-1, -5]], [[1, 5.5], [-1, -5]]
    assert standing(asserted("mean_near", Near(value=0.0, atol=None)), steps(ONE, centred)) is Standing.HOLDS
    found = judged(asserted("mean_near", Near(value=0.0, atol=None)), steps(ONE, shifted))
    assert (found.standing, found.detail) == (
        Standing.FAILS,
        "the mean of channel 1 of output is 0.25, not within 2e-05 of 0",
    )
    assert standing(asserted("mean_near", Near(value=0.0, atol=0.25)), steps(ONE, shifted)) is Standing.HOLDS
    # Over both channels together it would be 0.
    opposed = [[1, -1], [1, -1]]
    assert standing(asserted("mean_near", Near(value=0.0, atol=0.5)), steps(ONE, opposed)) is Standing.FAILS


def test_a_standard_deviation_likewise() -> None:
    found = judged(asserted("std_near", Near(value=1.0, atol=0.1)), steps(ONE, [[1, 2], [-1, -2]]))
    assert found.detail == "the standard deviation of channel 1 of output is 2, not within 0.1 of 1"
    assert standing(asserted("std_near", Near(value=1.0, atol=0.1)), steps(ONE, [[1, 3], [-1, 1]])) is Standing.HOLDS


def test_the_mean_of_a_variable_is_of_all_of_it() -> None:
    there = observed({"moving_mean": f32([1, -1])}, {"moving_mean": f32([1, -1])})
    assert standing(asserted("mean_near", Near(value=0.0, atol=0.0), "moving_mean"), there) is Standing.HOLDS


def test_what_is_not_a_number_is_near_nothing() -> None:
    found = asserted("mean_near", Near(value=0.0, atol=1e9))
    assert standing(found, steps(ONE, [[float("nan"), 1], [1, 1]])) is Standing.FAILS
    assert standing(found, steps(ONE, [])) is Standing.NOT_APPLICABLE


def test_unchanged_is_bit_for_bit_what_the_step_before_left() -> None:
    unchanged, changed = asserted("unchanged", True, "gamma"), asserted("unchanged", False, "gamma")
    same = observed({"gamma": f32([1, 2])}, {"gamma": f32([1, 2])})
    moved = observed({"gamma": f32([1, 2])}, {"gamma": f32([1, 2.0000002])})
    assert standing(unchanged, same) is Standing.HOLDS
    assert standing(changed, moved) is Standing.HOLDS
    assert judged(unchanged, moved).detail == "gamma[1] becomes 2.0000002, and was 2.0"
    assert judged(changed, same).detail == "step 2 leaves gamma as it was"
    assert standing(unchanged, moved) is standing(changed, same) is Standing.FAILS


def test_before_the_first_step_only_what_the_case_gives_is_known() -> None:
    first = asserted("unchanged", True, "gamma", step=1)
    there = observed({"gamma": f32([1, 2])}, {"gamma": f32([1, 2])})
    found = judged(first, there)
    assert (found.standing, found.detail) == (
        Standing.NOT_APPLICABLE,
        "what gamma was before step 1 is not known",
    )


def test_what_is_reported() -> None:
    assertion = asserted("finite", True)
    for expected, detail in ((Standing.HOLDS, ""), (Standing.FAILS, "why"), (Standing.UNDECIDED, "why")):
        one = result(assertion, "keras", Judgement(standing=expected, detail="why"))
        holds = {Standing.HOLDS: True, Standing.FAILS: False}.get(expected)
        assert (one.says, one.place, one.runner) == ("so it is", "x.yaml:3:5", "keras")
        assert (one.holds, one.detail) == (holds, detail)
    assert result(assertion, "keras", None).detail == "nothing was measured"
