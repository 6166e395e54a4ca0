from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from harness.scenario.scalars import Scalar, resolve
from tests.unit.each import each


@each(
    "text, value",
    [
        ("1e-3", 1e-3),
        ("1E5", 1e5),
        ("-1.5e+2", -150.0),
        (".5", 0.5),
        ("3.", 3.0),
        ("12", 12),
        ("-7", -7),
        ("+7", 7),
        ("007", 7),
        ("0o17", 15),
        ("0x1F", 31),
        ("-.inf", -math.inf),
        ("+.INF", math.inf),
        (".Inf", math.inf),
        ("true", True),
        ("FALSE", False),
        ("null", None),
        ("~", None),
        ("", None),
    ],
)
def test_values_of_the_core_schema(text: str, value: Scalar) -> None:
    resolved = resolve(text)
    assert resolved == value
    assert type(resolved) is type(value)


@each(
    "text",
    ["yes", "no", "on", "off", "y", "Yes", "tRUE", "nan", "inf", "1_000", "0b11", "12:30:45", "2026-11-23", "1e", "e5",
     ".", "0o8", "0xg", "-0x1", "1 2", "<<", "="],
)  # fmt: skip
def test_what_yaml_1_1_converts_stays_text(text: str) -> None:
    assert resolve(text) == text


def test_nan() -> None:
    assert math.isnan(float(str(resolve(".nan"))))
    assert isinstance(resolve(".NaN"), float)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_that_python_writes_reads_back(value: float) -> None:
    assert resolve(repr(value)) == value


@given(st.integers(min_value=-(10**30), max_value=10**30))
def test_every_integer_reads_back(value: int) -> None:
    resolved = resolve(str(value))
    assert resolved == value
    assert type(resolved) is int
