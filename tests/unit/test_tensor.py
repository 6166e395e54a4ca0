import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from harness.tensor import DTYPES, FLOATS, INTEGERS, Tensor, number_array, numbers_of, storage_dtype
from tests.unit.each import each

SHAPES = st.lists(st.integers(0, 3), max_size=3).map(tuple)


@st.composite
def tensors(draw: st.DrawFn, dtypes: tuple[str, ...] = DTYPES) -> Tensor:
    """Any bits of any dtype: NaNs of every payload, infinities, subnormals and -0.0 among them."""
    dtype, shape = draw(st.sampled_from(dtypes)), draw(SHAPES)
    size = math.prod(shape) * storage_dtype(dtype).itemsize
    data = draw(st.binary(min_size=size, max_size=size))
    return Tensor(dtype, shape, bytes(byte & 1 for byte in data) if dtype == "bool" else data)


def quiet(tensor: Tensor) -> Tensor:
    """``tensor`` with every NaN the one that has a decimal."""
    if tensor.dtype not in FLOATS:
        return tensor
    nan = Tensor.of(math.nan, tensor.dtype).bits()
    bits = np.where(np.isnan(tensor.float64()), nan, tensor.bits()).astype(storage_dtype(tensor.dtype))
    return Tensor(tensor.dtype, tensor.shape, bits.tobytes())


def from_decimals(dtype: str, shape: Sequence[int], values: Sequence[Any]) -> Tensor:
    """The tensor that golden files mean by ``values``."""
    return Tensor.of(number_array(dtype, numbers_of(dtype, values)).reshape(tuple(shape)), dtype)


@given(tensors())
@settings(max_examples=60)
def test_the_wire_form_keeps_every_bit(tensor: Tensor) -> None:
    assert Tensor.from_wire(tensor.to_wire()) == tensor


@given(tensors())
@settings(max_examples=150)
def test_the_decimals_keep_every_value(tensor: Tensor) -> None:
    back = from_decimals(tensor.dtype, tensor.shape, tensor.decimals())
    assert back == quiet(tensor)


@pytest.mark.parametrize(("dtype", "step"), [("float16", 1), ("bfloat16", 13)])
def test_the_decimals_of_16_bit_floats_read_back(dtype: str, step: int) -> None:
    bits = np.arange(0, 2**16, step, dtype="<u2")
    tensor = Tensor(dtype, bits.shape, bits.tobytes())
    assert from_decimals(dtype, tensor.shape, tensor.decimals()) == quiet(tensor)


@each(
    "dtype, value, decimal",
    [
        ("float32", 0.1, 0.1),
        ("float32", 2.0**-149, 1e-45),
        ("float16", 0.1, 0.1),
        ("float16", 2.0**-24, 6e-08),
        ("bfloat16", 1 + 2.0**-7, 1.01),
        ("bfloat16", 2.0**-133, 9e-41),
        ("float64", 0.1, 0.1),
        ("float32", math.inf, "inf"),
        ("float32", -math.inf, "-inf"),
        ("bfloat16", math.nan, "nan"),
        ("int8", -3, -3),
        ("bool", True, True),
    ],
)
def test_decimals_are_the_shortest(dtype: str, value: float, decimal: object) -> None:
    assert Tensor.of(value, dtype).decimals() == [decimal]


def test_negative_zero_keeps_its_sign() -> None:
    for dtype in FLOATS:
        tensor = Tensor.of(-0.0, dtype)
        assert math.copysign(1, float(str(tensor.decimals()[0]))) == -1
        assert from_decimals(dtype, (), tensor.decimals()) == tensor


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-3e38, max_value=3e38))
def test_bfloat16_is_the_nearest_with_ties_to_even(value: float) -> None:
    bits = int(Tensor.of(value, "bfloat16").bits())
    here = Fraction(float(Tensor.of(value, "bfloat16").float64()))
    for step in (-1, 1):
        magnitude = (bits & 0x7FFF) + step
        if not 0 <= magnitude < 0x7F80:
            continue
        neighbour = Tensor("bfloat16", (), int((bits & 0x8000) | magnitude).to_bytes(2, "little"))
        there = Fraction(float(neighbour.float64()))
        ours, theirs = abs(here - Fraction(value)), abs(there - Fraction(value))
        assert ours < theirs or (ours == theirs and bits % 2 == 0)


def test_bfloat16_is_not_rounded_twice() -> None:
    # Just above a tie, by less than float32 shows: rounding by way of float32 would go down to even.
    assert float(Tensor.of(1 + 2.0**-8 + 2.0**-40, "bfloat16").float64()) == 1 + 2.0**-7
    assert float(Tensor.of(1 + 2.0**-8, "bfloat16").float64()) == 1.0


@each("dtype", INTEGERS)
def test_integers_go_to_both_ends_of_their_range(dtype: str) -> None:
    ends = [int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)]
    tensor = from_decimals(dtype, [2], ends)
    assert tensor.decimals() == ends
    with pytest.raises(ValueError, match=f"do not fit {dtype}"):
        from_decimals(dtype, [1], [ends[1] + 1])


@each(
    "dtype, value",
    [
        ("float32", "1.5"),
        ("float32", True),
        ("float32", None),
        ("int32", 1.0),
        ("int32", True),
        ("int32", "nan"),
        ("bool", 1),
    ],
)
def test_what_is_no_decimal_of_the_dtype_is_refused(dtype: str, value: float) -> None:
    with pytest.raises(ValueError, match="is no value of"):
        from_decimals(dtype, [1], [value])


def test_a_number_beyond_float64_is_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        number_array("float32", numbers_of("float32", [10**400]))


@each(
    "values, dtype",
    [([math.nan], "int32"), ([300], "uint8"), ([1e300], "int64"), ([2], "bool"), (["a"], "float32")],
)
def test_values_that_do_not_fit_are_refused(values: list[float], dtype: str) -> None:
    with pytest.raises(ValueError, match=r"fit|numbers"):
        Tensor.of(values, dtype)


def test_overflow_rounds_to_infinity() -> None:
    for dtype in ("float16", "bfloat16", "float32"):
        assert Tensor.of(-1e300, dtype).decimals() == ["-inf"]


def test_the_bytes_must_fill_the_shape() -> None:
    with pytest.raises(ValueError, match="has 8 bytes, got 4"):
        Tensor("float32", (2,), b"\0" * 4)
    with pytest.raises(ValueError, match="unknown dtype 'complex64'"):
        Tensor("complex64", (), b"\0" * 8)
