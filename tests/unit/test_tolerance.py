import math
from fractions import Fraction

import pytest

from harness.tolerance import Bound, Scale, default_bound, training_error
from tests.unit.each import each


def bound(field: str, dtype: str = "float32", **facts: float) -> Bound:
    return default_bound(field, dtype=dtype, scale=Scale(**facts))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("dtype", "base"), [("float32", 2e-5), ("float64", 1e-13), ("float16", 2e-3), ("bfloat16", 1.6e-2)]
)
def test_outputs_start_from_the_measured_bound(dtype: str, base: float) -> None:
    assert bound("output", dtype, values=8) == Bound(atol=base, rtol=base)


@each("dtype, base", [("float32", 2e-6), ("float64", 1e-7), ("float16", 2e-3), ("bfloat16", 1.6e-2)])
@each("field", ["moving_mean", "moving_variance", "renorm_stddev"])
def test_statistics_follow_the_dtype_they_are_stored_in(field: str, dtype: str, base: float) -> None:
    assert bound(field, dtype, mean=0.5) == Bound(atol=base, rtol=base)
    assert bound(field, dtype, mean=8.0) == Bound(atol=base * 8, rtol=base)


def test_statistics_do_not_widen_with_the_conditioning_of_outputs() -> None:
    assert bound("moving_variance", values=10**6, ratio=1e6, gamma=1e3) == Bound(atol=2e-6, rtol=2e-6)


@pytest.mark.parametrize("field", ["gamma", "beta"])
@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_what_a_call_only_copies_is_exact(field: str, dtype: str) -> None:
    assert bound(field, dtype, values=10**6, ratio=1e6, gamma=10, mean=1e6) == Bound(atol=0, rtol=0)


def test_integers_are_exact() -> None:
    assert bound("output", "int32") == Bound(atol=0, rtol=0)


def test_gamma_scales_the_absolute_part_of_outputs_only_upwards() -> None:
    assert bound("output", gamma=4.0) == Bound(atol=8e-5, rtol=2e-5)
    assert bound("output", gamma=0.25) == Bound(atol=2e-5, rtol=2e-5)


@pytest.mark.parametrize(("dtype", "bits"), [("float64", 52), ("float32", 23), ("float16", 23), ("bfloat16", 23)])
def test_the_error_model_against_fractions(dtype: str, bits: int) -> None:
    # sqrt(65536) is 256, so every factor is rational: eps (4 + 256) (1 + 20) 3.
    exact = Fraction(1, 2**bits) * (4 + 256) * (1 + 20) * 3
    assert Fraction(training_error(dtype, Scale(values=65536, ratio=20.0, gamma=3.0))) == exact


@pytest.mark.parametrize(("values", "ratio"), [(2049, 0.0), (2, 10.5)])
def test_the_model_never_narrows_the_base(values: int, ratio: float) -> None:
    assert bound("output", values=values, ratio=ratio).atol == 2e-5


@pytest.mark.parametrize(("values", "ratio"), [(2048, 10.0), (1, 0.0)])
def test_inside_what_was_measured_the_model_does_not_widen(values: int, ratio: float) -> None:
    assert bound("output", values=values, ratio=ratio) == Bound(atol=2e-5, rtol=2e-5)


def test_outside_of_what_was_measured_the_model_bounds_outputs() -> None:
    scale = Scale(values=2**20, ratio=3.0, gamma=2.0)
    expected = Fraction(1, 2**23) * (4 + 1024) * 4 * 2
    assert default_bound("output", dtype="float32", scale=scale) == Bound(atol=float(expected), rtol=2e-5)


def test_16_bit_outputs_are_not_widened_as_if_computed_in_16_bits() -> None:
    scale = Scale(values=2**12, ratio=1.0)
    assert default_bound("output", dtype="float16", scale=scale).atol == 2e-3
    assert math.isclose(training_error("float16", scale), 2.0**-23 * 68 * 2)


def test_a_small_channel_has_a_small_bound() -> None:
    """Terms of 1e-3 make variances of 1e-6: a bound made for statistics near 1 would hide a factor of two."""
    small = Scale(mean=0.0, rms=1e-3)
    assert default_bound("moving_mean", dtype="float32", scale=small).atol == pytest.approx(2e-9)
    assert default_bound("moving_variance", dtype="float32", scale=small).atol == pytest.approx(2e-12)


def test_a_large_channel_keeps_the_measured_bound() -> None:
    large = Scale(mean=3.0, rms=5.0)
    assert default_bound("moving_mean", dtype="float32", scale=large).atol == pytest.approx(6e-6)
    assert default_bound("moving_variance", dtype="float32", scale=large).atol == pytest.approx(6e-6)
