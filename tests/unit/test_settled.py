"""The settled form of results that are not a function of the input, and what is left to compare of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.observation import Observation, Raised, Reported, Result, Spread
from harness.settled import as_recorded, in_common, leaves_out, settled, spreads, stays
from harness.tensor import Tensor
from tests.unit.racing import AT_ONCE, OTHER_ORDER, RACING, SEQUENTIAL, in_order, raced, racing_case, recorded, result


def fields(observation: Observation) -> list[list[str]]:
    return [sorted(step) for step in observation.steps]


def test_the_settled_form_keeps_what_is_the_same_each_time() -> None:
    found = raced()
    assert found.nondeterministic
    assert fields(found) == [["beta", "gamma", "output", "output_1"]]
    assert [one.times for one in found.results] == [30, 20]
    assert found.structure == in_order().structure


def test_it_does_not_depend_on_which_racing_field_differed() -> None:
    mean_only = raced(result(SEQUENTIAL, 40), result(AT_ONCE, 10))
    variance_only = raced(result(SEQUENTIAL), result({"moving_mean": [10.25], "moving_variance": [25.75]}))
    assert recorded(mean_only) == recorded(variance_only) == recorded(raced())


def test_what_is_computed_after_the_race_is_left_out_and_what_was_before_stays() -> None:
    which = racing_case(calls=2)
    found = raced(result(AT_ONCE, which=which), result(OTHER_ORDER, which=which), which=which)
    assert fields(found) == [["beta", "gamma", "output", "output_1"], ["beta", "gamma"]]
    assert [stays("moving_mean", step, 1) for step in (0, 1, 2)] == [True, False, False]
    assert [stays("bn_1/moving_mean", step, 1) for step in (0, 1, 2)] == [True, False, False]
    assert [stays("output", step, 1) for step in (0, 1, 2)] == [True, True, False]
    assert all(stays("gamma", step, 1) for step in (0, 1, 2))


def test_results_within_the_bounds_are_one() -> None:
    near = {**AT_ONCE, "moving_mean": [10.500001]}
    found = raced(result(AT_ONCE, 30), result(near, 20))
    assert not found.nondeterministic
    assert found.results == ()
    assert found.steps == result(AT_ONCE).observation.steps
    several = raced(result(AT_ONCE, 30), result(near, 5), result(OTHER_ORDER, 15))
    assert [one.times for one in several.results] == [35, 15]


def test_repetitions_that_end_in_several_ways_settle_on_what_they_all_came_to() -> None:
    whole = result(AT_ONCE, 3)
    ended = replace(whole.observation, steps=(), structure=None, raised=Raised(type="InternalError", message="no"))
    for results in ((whole, Result(observation=ended, times=2)), (Result(observation=ended, times=2), whole)):
        found = settled(results, set())
        assert (found.steps, found.structure, found.raised) == ((), None, None)
        assert spreads(found) == (
            Spread(
                step=None,
                field="raised",
                index=(),
                values=(("no exception after 1 step", 3), ("InternalError after 0 steps", 2)),
            ),
        )
        for seen in (whole.observation, ended):
            left, right = in_common(as_recorded(seen, recorded(found), 5), recorded(found))
            assert (left.steps, left.raised, left.structure) == (right.steps, right.raised, right.structure)


def test_a_race_that_was_not_seen_takes_the_form_that_is_recorded() -> None:
    once = in_order()
    found = as_recorded(once, recorded(raced()), 50)
    assert found.nondeterministic
    assert found.steps == raced().steps
    assert [(one.observation, one.times) for one in found.results] == [(once, 50)]


@pytest.mark.parametrize(("measured", "kept"), [(raced(), raced()), (in_order(), in_order())])
def test_what_is_no_unseen_race_stays_as_it_is(measured: Observation, kept: Observation) -> None:
    assert as_recorded(measured, kept, 50) is measured


def test_only_what_a_run_really_left_out_is_forgiven() -> None:
    """A field that no result of a run has is missing, not left out; of a golden file nobody can tell."""
    without = replace(raced(), steps=({"output": raced().steps[0]["output"]},))
    assert leaves_out(without, 0, "moving_mean")
    assert leaves_out(without, 0, "gamma")
    assert not leaves_out(without, 0, "renorm_mean")
    assert leaves_out(recorded(without), 0, "renorm_mean")
    assert not leaves_out(in_order(), 0, "renorm_mean")


def test_the_values_seen_are_told_with_how_often_each_came() -> None:
    found = raced(result(OTHER_ORDER, 2), result(AT_ONCE, 47), result(SEQUENTIAL, 1))
    mean, variance = spreads(found)
    assert mean == Spread(step=1, field="moving_mean", index=(0,), values=(("10.5", 47), ("5.5", 2), ("10.25", 1)))
    assert variance.values == (("50.5", 48), ("25.75", 2))
    assert spreads(recorded(found)) == ()


def test_values_are_those_of_the_element_that_is_farthest_apart() -> None:
    pairs = ([0.0, 1.0], [0.5, 9.0])
    results = [
        Result(
            observation=Observation(steps=({"moving_mean": Tensor.of(two, "float32")},), structure=None, raised=None),
            times=1,
        )
        for two in pairs
    ]
    (spread,) = spreads(settled(results, {(0, "moving_mean")}))
    assert (spread.index, spread.values) == ((1,), (("1.0", 1), ("9.0", 1)))


def test_one_result_seen_is_told_as_well() -> None:
    (mean, _) = spreads(as_recorded(in_order(), recorded(raced()), RACING.repetitions))
    assert mean.values == (("10.25", 50),)


def test_a_reported_outcome_tells_what_was_written_of_it() -> None:
    told = spreads(raced())
    reported = Reported(steps=1, structure=None, raised=None, identity=None, nondeterministic=True, spreads=told)
    assert spreads(reported) == told
