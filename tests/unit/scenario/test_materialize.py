"""Array specs to tensors: bits, dtypes, and what cannot be made."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.scenario import arguments, arrays
from harness.scenario.materialize import Materializer
from harness.tensor import DTYPES, Tensor
from tests.unit.each import each
from tests.unit.scenario.writing import only_case, problems


def made(root: Path, spec: str) -> Tensor:
    (tensor,) = only_case(root, f"input: {spec}\n").inputs
    return tensor


def refusal(root: Path, spec: str) -> str:
    (problem,) = problems(root, f"input: {spec}\n")
    return problem


def test_literal_numbers_are_float32(tmp_path: Path) -> None:
    assert made(tmp_path, "[[1, 2.5], [0x10, -1e-3]]") == Tensor.of([[1, 2.5], [16, -0.001]], "float32")
    assert made(tmp_path, "3") == Tensor.of(3, "float32")


@each(
    "dtype, data",
    [
        ("float16", b"\x66\x2e"),
        ("bfloat16", b"\xcd\x3d"),
        ("float32", b"\xcd\xcc\xcc\x3d"),
        ("float64", b"\x9a\x99\x99\x99\x99\x99\xb9\x3f"),
    ],
)
def test_a_tenth_is_rounded_once_to_its_dtype(tmp_path: Path, dtype: str, data: bytes) -> None:
    assert made(tmp_path, f"{{values: [0.1], dtype: {dtype}}}") == Tensor(dtype, (1,), data)


def test_the_model_knows_every_dtype_but_bool() -> None:
    assert {*get_args(arrays.Dtype)} == {*DTYPES} - {"bool"}
    assert {*get_args(arrays.FloatDtype)} == {"float16", "bfloat16", "float32", "float64"}


def test_nan_infinities_and_negative_zero_are_values(tmp_path: Path) -> None:
    values = made(tmp_path, "[.nan, .inf, -.inf, -0.0]").float64()
    assert np.array_equal(values, [np.nan, np.inf, -np.inf, 0], equal_nan=True)
    assert np.signbit(values[3])


def test_batch_of_one_puts_a_dimension_in_front(tmp_path: Path) -> None:
    assert made(tmp_path, "{values: [[1, 2]], batch_of_one: true}").shape == (1, 1, 2)


def test_values_can_be_given_a_shape(tmp_path: Path) -> None:
    assert made(tmp_path, "{values: [1, 2, 3, 4], shape: [2, 2]}") == Tensor.of([[1, 2], [3, 4]], "float32")
    assert refusal(tmp_path, "{values: [1, 2, 3], shape: [2, 2]}") == (
        "3:35: shape [2, 2] has 4 elements, values has 3\n  hint: the counts must be the same"
    )


# The stream of RandomState is frozen (NEP 19): these numbers are the ones of every NumPy.
@pytest.mark.parametrize(
    ("spec", "values"),
    [
        ("random: normal", [1.6905257034936831, -0.4659373649408193, 0.0328201636785844, 0.40751628299650783]),
        ("random: normal, loc: 2, scale: 0.5", [2.8452628517468415, 1.7670313175295904, 2.016410081839292,
                                                2.203758141498254]),
        ("random: uniform", [0.07630829, 0.77991879, 0.43840923, 0.72346518]),
        ("random: uniform, low: -2, high: 2", [-1.69476682, 1.11967516, -0.24636308, 0.89386072]),
    ],
)  # fmt: skip
def test_random_numbers_are_those_of_the_frozen_stream(tmp_path: Path, spec: str, values: list[float]) -> None:
    tensor = made(tmp_path, f"{{{spec}, seed: 7, shape: [4], dtype: float64}}")
    np.testing.assert_allclose(tensor.float64(), values, rtol=1e-7)


def test_random_integers(tmp_path: Path) -> None:
    tensor = made(tmp_path, "{random: randint, seed: 7, low: -3, high: 4, shape: [2, 4], dtype: int8}")
    assert tensor.dtype == "int8"
    assert tensor.bits().tolist() == [[1, -2, 3, 0], [0, 1, -2, 3]]


def test_drawn_in_float64_and_rounded_once(tmp_path: Path) -> None:
    wide = made(tmp_path, "{random: normal, seed: 5, shape: [50], dtype: float64}").float64()
    assert made(tmp_path, "{random: normal, seed: 5, shape: [50], dtype: float16}") == Tensor.of(wide, "float16")
    assert made(tmp_path, "{random: normal, seed: 5, shape: [50]}") == Tensor.of(wide, "float32")


@each(
    "spec, values",
    [
        ("arange: 4", [0, 1, 2, 3]),
        ("arange: [1, 4]", [1, 2, 3]),
        ("arange: [0, 1, 0.25]", [0, 0.25, 0.5, 0.75]),
        ("arange: [3, 0, -2]", [3, 1]),
        ("arange: [3, 0]", []),
        ("arange: 4, shape: [2, 2]", [[0, 1], [2, 3]]),
        ("full: 2.5, shape: [2, 1]", [[2.5], [2.5]]),
        ("full: .nan, shape: [0, 3]", np.zeros((0, 3))),
    ],
)
def test_counted_and_filled(tmp_path: Path, spec: str, values: list[float]) -> None:
    assert made(tmp_path, f"{{{spec}}}") == Tensor.of(np.array(values, dtype=float), "float32")


@each(
    "spec, problem",
    [
        ("{full: 1}", "3:8: shape is missing\n  hint: full needs a shape here: shape: [2, 3]"),
        ("{random: normal, seed: 1}", "3:8: shape is missing\n  hint: random needs a shape here: shape: [2, 3]"),
        (
            "{random: normal, seed: 1, shape: [2], low: 0}",
            "3:46: low means nothing to normal\n  hint: normal takes loc and scale",
        ),
        (
            "{random: uniform, seed: 1, shape: [2], scale: 2}",
            "3:47: scale means nothing to uniform\n  hint: uniform takes low and high",
        ),
        ("{random: normal, seed: 1, shape: [2], scale: -1}", "3:53: scale must be at least 0, got -1"),
        (
            "{random: randint, seed: 1, shape: [2]}",
            "3:8: high is missing\n  hint: randint needs high, the end of its range",
        ),
        (
            "{random: randint, seed: 1, shape: [2], high: 2.5}",
            "3:53: high must be a 64-bit integer, got 2.5\n  hint: randint draws integers",
        ),
        (
            "{random: randint, seed: 1, shape: [2], low: 3, high: 3}",
            "3:61: high must be above low, 3, got 3\n  hint: high itself is excluded",
        ),
        ("{arange: [0, 1, 0]}", "3:24: arange must not step by 0"),
        ("{arange: 1e12}", "3:17: arange has 1000000000000 elements, more than 67108864"),
        ("{arange: 5, shape: [2, 2]}", "3:27: shape [2, 2] has 4 elements, arange has 5\n"
         "  hint: the counts must be the same"),
        (
            "{full: 1, shape: [100000, 100000]}",
            "3:25: shape [100000, 100000] has 10000000000 elements, more than 67108864\n"
            "  hint: rules show on small shapes",
        ),
        (
            "{values: [300], dtype: uint8}",
            "3:17: input does not fit dtype uint8\n  hint: uint8 holds integers from 0 to 255",
        ),
        (
            "{values: [0.5], dtype: int32}",
            "3:17: input does not fit dtype int32\n  hint: int32 holds integers from -2147483648 to 2147483647",
        ),
        (
            "{full: .nan, shape: [2], dtype: int8}",
            "3:15: input does not fit dtype int8\n  hint: int8 holds integers from -128 to 127",
        ),
        (f"[{2**70}]", "3:8: input holds an integer of more than 64 bits"),
    ],
)  # fmt: skip
def test_what_makes_no_array(tmp_path: Path, spec: str, problem: str) -> None:
    assert refusal(tmp_path, spec) == problem


def test_a_spec_is_made_once_for_all_cases() -> None:
    maker = Materializer(Path())
    spec = arrays.Random.model_validate({"random": "normal", "seed": 1, "shape": [3]})
    again = arrays.Random.model_validate({"random": "normal", "seed": 1, "shape": [3]})
    other = arrays.Random.model_validate({"random": "normal", "seed": 2, "shape": [3]})
    assert maker.input(spec) is maker.input(again)
    assert maker.input(spec) != maker.input(other)
    assert maker.initializer(spec, (3,), "float64") != maker.input(spec)


@given(st.lists(st.floats(width=32, allow_nan=False), min_size=1, max_size=8))
def test_float32_literals_survive_exactly(values: list[float]) -> None:
    tensor = Materializer(Path()).input(values)
    assert tensor.float64().tolist() == values


def test_runners_are_those_that_can_run() -> None:
    from harness.execution.plan import RUNNERS

    assert set(arguments.RUNNERS) == set(RUNNERS)
