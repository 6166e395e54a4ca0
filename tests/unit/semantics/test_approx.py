"""The error bounds of single operations, sums and formulas: never exceeded, and not by accident."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray

from harness.semantics.approx import UNIT, Approx, Arithmetic
from harness.semantics.formulas import decrement, moments, weighted
from harness.semantics.oracle import predict
from tests.unit.each import each
from tests.unit.semantics.samples import answers, case

SINGLE = Arithmetic("float32")
numbers = st.floats(-1e6, 1e6, width=32).filter(lambda number: number == 0 or abs(number) > 1e-6)
offsets = st.floats(-1, 1)


def around(center: float, error: float) -> Approx:
    return Approx(np.array(center), np.array(error))


@given(numbers, numbers, offsets, offsets, st.floats(0, 0.25), st.floats(0, 0.25))
@pytest.mark.parametrize(
    ("name", "exact"),
    [
        ("add", lambda a, b: a + b),
        ("subtract", lambda a, b: a - b),
        ("multiply", lambda a, b: a * b),
        ("divide", lambda a, b: a / b),
    ],
)
def test_operands_anywhere_within_their_errors_stay_within_the_bound(
    name: str, exact: Callable[[Any, Any], Any], a: float, b: float, s: float, t: float, ea: float, eb: float
) -> None:
    """Rounded to float32 from anywhere the operands may be, in exact arithmetic otherwise."""
    left, right = around(a, ea), around(b, eb)
    found = getattr(SINGLE, name)(left, right)
    one, other = Fraction(a) + Fraction(s) * Fraction(ea), Fraction(b) + Fraction(t) * Fraction(eb)
    if name == "divide" and abs(b) <= eb:
        assert np.isinf(found.error) or not np.isfinite(found.value)
        return
    rounded = Fraction(float(np.float32(float(exact(one, other)))))
    assert abs(rounded - Fraction(float(found.value))) <= Fraction(float(found.error)) * (1 + Fraction(1, 2**40))


@given(st.floats(1e-6, 1e6), st.floats(0, 1), offsets)
def test_roots_of_anything_within_the_error_stay_within_the_bound(value: float, share: float, offset: float) -> None:
    number = around(value, share * value)
    true = value + offset * share * value
    for found, reached in (
        (SINGLE.sqrt(number), np.sqrt(np.float32(max(true, 0.0)))),
        (SINGLE.reciprocal_sqrt(number), 1 / np.sqrt(np.float32(true)) if true > 0 else 0.0),
    ):
        assert abs(float(reached) - float(found.value)) <= float(found.error) * (1 + 1e-9)


def test_no_bound_follows_where_a_denominator_may_be_0() -> None:
    maybe = around(1e-9, 1e-6)
    assert np.isinf(SINGLE.reciprocal_sqrt(maybe).error)
    assert np.isinf(SINGLE.divide(around(1.0, 0.0), maybe).error)
    assert np.isinf(SINGLE.multiply(around(0.0, 0.0), SINGLE.reciprocal_sqrt(maybe)).error)
    assert np.isfinite(SINGLE.divide(around(1.0, 0.0), around(1e-6, 1e-9)).error)


def test_what_is_not_finite_carries_no_error() -> None:
    for value in (np.nan, np.inf):
        assert SINGLE.add(around(value, 0.0), around(1.0, 0.5)).error == 0


def worst_order(values: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Summed one after the other as they come, backwards, by magnitude, and in pairs."""
    by_size = values[np.argsort(np.abs(values))]
    orders = [values, values[::-1], by_size, by_size[::-1]]
    return [np.cumsum(order, dtype=np.float32)[-1:] for order in orders] + [values.sum(keepdims=True)]


@given(st.lists(st.floats(-1e3, 1e3, width=32), min_size=1, max_size=120), st.sampled_from([0.0, 100.0]))
def test_a_sum_in_any_order_is_within_its_bound(terms: list[float], shift: float) -> None:
    values = (np.array(terms) + shift).astype(np.float32)
    exact = sum((Fraction(float(value)) for value in values), Fraction(0))
    magnitude = float(np.abs(values.astype(np.float64)).sum())
    for total in worst_order(values):
        assert abs(Fraction(float(total[0])) - exact) <= Fraction(SINGLE.growth(len(values)) * magnitude)


def test_a_sum_can_come_near_the_bound_that_holds_for_every_order() -> None:
    """1 and then terms of a half unit: each one is rounded away."""
    n = 40
    values = np.array([1.0] + [UNIT["float32"]] * (n - 1), dtype=np.float32)
    lost = float(values.astype(np.float64).sum() - np.cumsum(values, dtype=np.float32)[-1])
    bound = SINGLE.growth(n) * float(values.astype(np.float64).sum())
    assert 0.99 * bound < lost <= bound


def test_a_long_sum_is_bounded_by_the_root_of_its_length() -> None:
    u = UNIT["float32"]
    assert SINGLE.growth(8) == pytest.approx(7 * u, rel=1e-5)
    assert SINGLE.growth(43) == pytest.approx(42 * u, rel=1e-5)
    assert SINGLE.growth(10_001) == pytest.approx(650 * u, rel=1e-4)
    values = np.random.RandomState(3).normal(3, 4, 2**17).astype(np.float32)
    lost = abs(float(np.cumsum(values, dtype=np.float32)[-1]) - float(values.astype(np.float64).sum()))
    assert lost < SINGLE.growth(len(values)) * np.abs(values).sum(dtype=np.float64)


def test_of_a_sum_longer_than_the_dtype_can_count_nothing_is_known() -> None:
    assert np.isinf(Arithmetic("bfloat16").growth(2**20))
    assert np.isfinite(Arithmetic("float32").growth(2**27))


def test_a_mean_that_is_off_enters_the_variance_squared() -> None:
    """float32 has units of 2**-10 at 2**14: a variance of 1e-9 there is nothing but the error of the mean."""
    near, far = (np.array([[0.0], [6e-5]]) + shift for shift in (0.0, 2.0**14))
    bounds = [moments(SINGLE, Approx.exact(x), (0,), 2)[1].error.item() for x in (near, far)]
    off = moments(SINGLE, Approx.exact(far), (0,), 2)[0].error.item()
    assert bounds[0] < 1e-14
    assert bounds[1] >= off**2 >= 2.0**-20


def test_moments_carry_the_error_of_their_input() -> None:
    x = Approx(np.array([[1.0], [2.0], [4.0]]), np.full((3, 1), 0.5))
    mean, _ = moments(SINGLE, x, (0,), 3)
    assert mean.value.item() == pytest.approx(7 / 3)
    assert 0.5 <= mean.error.item() <= 0.50001


@each("momentum", [0.0, 0.3, 0.5, 0.9, 0.99, 0.999, 1.0])
@each("early", [True, False])
def test_a_moving_average_is_within_its_bound_wherever_1_minus_momentum_is_computed(
    momentum: float, early: bool
) -> None:
    old, new = np.float32(0.1), np.float32(3.25)
    rate = np.float32(1) - np.float32(momentum) if early else np.float32(1 - momentum)
    for formula, moved in (
        (decrement, old - (old - new) * rate),
        (weighted, old * np.float32(momentum) + new * rate),
    ):
        found = formula(SINGLE, Approx.exact(old), Approx.exact(new), momentum, narrow=False)
        assert abs(float(moved) - float(found.value)) <= float(found.error)


@pytest.mark.parametrize("momentum", [0.0, 0.5, 1.0])
def test_a_momentum_that_is_exact_adds_no_error(momentum: float) -> None:
    found = decrement(SINGLE, Approx.exact(1.0), Approx.exact(3.0), momentum, narrow=False)
    assert float(found.error) <= 4 * UNIT["float32"] * 3


@given(st.integers(0, 2**32 - 1), st.sampled_from([(6, 2), (2, 3, 2), (2, 2, 2, 2)]))
def test_the_bound_is_no_excuse(seed: int, shape: tuple[int, ...]) -> None:
    """Some ten roundings of the largest number there is, for data of mean 0 and deviation 1."""
    values = np.random.RandomState(seed).normal(size=shape).astype(np.float32)
    prediction = predict(case([values]), answers())
    scale = 1 + np.abs(values).max()
    output, variance = (prediction.steps[0][name].number for name in ("output", "moving_variance"))
    assert np.max(output.error) <= 40 * UNIT["float32"] * scale**2
    assert np.max(variance.error) <= 8 * UNIT["float32"]
