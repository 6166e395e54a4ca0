"""What racing updates may leave, against every interleaving there is; and the rule that measurements settle."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from harness.observation import Observation
from harness.semantics.approx import Approx, Arithmetic
from harness.semantics.asking import BeyondTheOracle, Fixed
from harness.semantics.course import course
from harness.semantics.examiner import Examiner
from harness.semantics.explain import explain
from harness.semantics.oracle import predict
from harness.semantics.races import raced as hull
from harness.semantics.separation import apart
from harness.steps import Call
from harness.tolerance import Tolerance
from tests.unit.racing import (
    AT_ONCE,
    OTHER_ORDER,
    RACING,
    SEQUENTIAL,
    eager,
    in_order,
    layer,
    raced,
    racing_case,
    recorded,
    result,
)
from tests.unit.semantics.samples import infer

RULE = "concurrent-updates"
RACE, IN_ORDER = frozenset({"race"}), frozenset({"in-order"})


def interleavings(start: float, targets: Sequence[float], taken: float) -> Iterator[float]:
    """What is left by every order of reading and subtracting, all updates made."""

    def step(value: float, reads: dict[int, float], waiting: frozenset[int]) -> Iterator[float]:
        if not waiting and not reads:
            yield value
        for one in waiting:
            yield from step(value, {**reads, one: value}, waiting - {one})
        for one, read in reads.items():
            rest = {other: seen for other, seen in reads.items() if other != one}
            yield from step(value - (read - targets[one]) * taken, rest, waiting)

    return step(start, {}, frozenset(range(len(targets))))


def bounds(start: float, targets: Sequence[float], taken: float) -> tuple[float, float]:
    arithmetic = Arithmetic("float64")
    found = hull(arithmetic, Approx.exact([start]), [Approx.exact([one]) for one in targets], Approx.exact(taken))
    return float((found.value - found.error)[0]), float((found.value + found.error)[0])


NUMBERS = st.integers(-20, 20).map(float)


@given(NUMBERS, st.lists(NUMBERS, min_size=1, max_size=3), st.sampled_from([0.01, 0.25, 0.5, 0.75, 0.99]))
@settings(max_examples=60, deadline=None)
def test_every_interleaving_is_inside(start: float, targets: list[float], taken: float) -> None:
    low, high = bounds(start, targets, taken)
    assert all(low <= value <= high for value in interleavings(start, targets, taken))


def test_the_bounds_are_reached() -> None:
    """From 0 towards 0, 0 and 10 by 0.9: the farthest there is, and with one update lost the nearest."""
    low, high = bounds(0, (0, 0, 10), 0.9)
    assert high == pytest.approx(9)
    assert low == pytest.approx(min(interleavings(0, (0, 0, 10), 0.9)))
    assert low == pytest.approx(-7.2)


def test_an_update_may_be_lost_where_variables_have_no_lock() -> None:
    assert list(bounds(0, (1, 20), 0.5)) == pytest.approx([0.5, 10.5])


def test_forty_updates_are_a_matter_of_milliseconds_and_may_leave_a_variance_far_below_0() -> None:
    low, high = bounds(1, (0,) * 40, 0.4)
    assert low == pytest.approx(-high, rel=0.01)
    assert 81 < high < 82
    # So many different ones are taken together, for every one of which the extremes are possible.
    wide = bounds(1, [number / 100 for number in range(40)], 0.4)
    assert wide[0] < low < high < wide[1]


def test_a_target_that_is_not_finite_leaves_nothing_known() -> None:
    found = hull(
        Arithmetic("float32"), Approx.exact([0.0]), [Approx.exact([np.inf]), Approx.exact([1.0])], Approx.exact(0.5)
    )
    assert np.isnan(found.value).all()
    assert np.isinf(found.error).all()


# What the oracle predicts.


def test_a_race_is_predicted_as_all_that_it_may_come_to() -> None:
    found = predict(RACING, layer(concurrent_updates="race"))
    assert found.several
    mean = found.steps[0]["moving_mean"]
    assert not mean.settled
    assert float(mean.number.value[0] + mean.number.error[0]) == pytest.approx(10.5, abs=1e-4)
    assert found.steps[0]["output"].settled
    assert sorted(found.as_observation().steps[0]) == ["beta", "gamma", "output", "output_1"]


def test_in_order_is_predicted_as_ever() -> None:
    found = predict(RACING, layer())
    assert not found.several
    assert found.steps[0]["moving_mean"].number.value.tolist() == SEQUENTIAL["moving_mean"]
    assert all(field.settled for field in found.steps[0].values())


def test_updates_that_come_to_the_same_in_any_order_do_not_race() -> None:
    momentum = replace(RACING, layer={**RACING.layer, "momentum": 1.0})
    assert not predict(momentum, layer(concurrent_updates="race")).several


def test_without_repetitions_one_result_is_all_that_can_be_seen() -> None:
    found = predict(racing_case(repetitions=1), layer(concurrent_updates="race"))
    assert not found.several
    assert not found.steps[0]["moving_mean"].settled


def test_the_answers_are_apart() -> None:
    one, other = predict(RACING, layer()), predict(RACING, layer(concurrent_updates="race"))
    assert apart(one, other, Tolerance()).place == "repetitions"


def test_calls_of_one_step_register_their_updates_apart() -> None:
    alike = replace(RACING, steps=(Call(input=0, training=True, beside=(0, 0)), Call(input=0, training=True)))
    assert predict(alike, layer()).structure["update_ops"] == 6
    assert len(list(course(alike, Fixed(layer())).plans())) == 4


def test_nothing_is_known_of_racing_renormalization() -> None:
    renorm = replace(RACING, layer={**RACING.layer, "renorm": True})
    with pytest.raises(BeyondTheOracle, match="no race of batch renormalization"):
        predict(renorm, layer(concurrent_updates="race"))
    assert not predict(renorm, layer()).several


# What measurements say.


@pytest.mark.parametrize("observation", [raced(), recorded(raced())], ids=["measured", "recorded"])
def test_several_results_are_a_race(observation: Observation) -> None:
    found = infer(RACING, observation)
    assert found.answers(RULE) == RACE
    assert found.residual is None


@pytest.mark.parametrize("observation", [in_order(), in_order(eager())], ids=["graph", "eager"])
def test_one_result_as_of_updates_in_order_is_no_race(observation: Observation) -> None:
    assert infer(RACING, observation).answers(RULE) == IN_ORDER


def test_one_result_out_of_order_is_unexplained() -> None:
    """It could be a race that was not seen; then golden says so, and it is held in that form."""
    assert infer(RACING, result(AT_ONCE).observation).assignments == ()


def test_every_result_that_was_seen_has_to_be_possible() -> None:
    beyond = raced(result(AT_ONCE, 30), result({**AT_ONCE, "moving_mean": [11.0]}, 20))
    found = infer(RACING, beyond)
    assert found.assignments == ()
    assert found.residual is not None
    assert (found.residual.field, found.residual.measured) == ("moving_mean[0]", "11")
    assert infer(RACING, recorded(beyond)).answers(RULE) == RACE


def test_what_is_computed_with_racing_statistics_is_left_open() -> None:
    which = racing_case(calls=2)
    found = raced(result(AT_ONCE, which=which), result(OTHER_ORDER, which=which), which=which)
    assert infer(which, found).answers(RULE) == RACE


def test_a_field_that_should_be_the_same_each_time_is_not_forgiven() -> None:
    output = {name: tensor for name, tensor in raced().steps[0].items() if name != "output"}
    wavering = replace(recorded(raced()), steps=(output,))
    found = infer(RACING, wavering)
    assert found.assignments == ()
    assert found.residual is not None
    assert found.residual.field == "output"


def test_a_race_against_updates_in_order_is_explained_by_the_rule() -> None:
    examiner = Examiner(RACING)
    for left, right, rules in ((raced(), in_order(eager()), (RULE,)), (in_order(eager()), recorded(raced()), (RULE,))):
        found = explain(examiner, left, right, same_runner=False)
        assert found.explained
        assert found.rules == rules
    assert not examiner.diff(raced(), recorded(raced(result(SEQUENTIAL), result(OTHER_ORDER)))).differences
