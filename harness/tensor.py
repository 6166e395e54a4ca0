"""Arrays as immutable values: exact to and from JSON, for every dtype TensorFlow computes in.

A :class:`Tensor` holds the bytes, not an ``ndarray``: it is hashable, comparable bit for bit, and knows
``bfloat16``, which NumPy does not. Two JSON forms exist: the *wire* form (base64, keeps NaN payloads) goes
to a worker and back, the *golden* form (shortest round-trip decimals) is what a reviewer reads.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
FLOATS = ("float16", "bfloat16", "float32", "float64")
DTYPES = (*FLOATS, *INTEGERS, "bool")

_NON_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


_STORAGE: dict[str, np.dtype[Any]] = {
    name: np.dtype("uint16" if name == "bfloat16" else name).newbyteorder("<") for name in DTYPES
}  # looked up, not made: every tensor of a run asks for its own


def storage_dtype(dtype: str) -> np.dtype[Any]:
    """The little-endian NumPy dtype whose bits hold ``dtype``: its own, or ``uint16`` for ``bfloat16``."""
    return _STORAGE[dtype]


@dataclass(frozen=True, slots=True)
class Tensor:
    """An array of ``shape`` in C order; equal to another when dtype, shape and every bit are."""

    dtype: str
    shape: tuple[int, ...]
    data: bytes

    def __post_init__(self) -> None:
        if self.dtype not in DTYPES:
            raise ValueError(f"unknown dtype {self.dtype!r}")
        expected = math.prod(self.shape) * storage_dtype(self.dtype).itemsize
        if len(self.data) != expected:
            got = f"{self.dtype} of shape {list(self.shape)} has {expected} bytes, got {len(self.data)}"
            raise ValueError(got)

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @classmethod
    def of(cls, values: ArrayLike, dtype: str) -> Tensor:
        """``values`` rounded to ``dtype``, to nearest with ties to even.

        Raises:
            ValueError: ``values`` is ragged, not numeric, or does not fit an integer ``dtype``.
        """
        array = np.asarray(values)
        if array.dtype.kind not in "biuf":
            raise ValueError(f"not an array of numbers: {array.dtype}")
        if dtype == "bfloat16":
            stored = _round_to_bfloat16(array.astype(np.float64))
        elif dtype in FLOATS:
            with np.errstate(over="ignore"):
                stored = array.astype(dtype)
        else:
            with np.errstate(invalid="ignore"):
                stored = array.astype(dtype)
            if not np.array_equal(stored, array):
                raise ValueError(f"values do not fit {dtype}")
        little = np.ascontiguousarray(stored).astype(storage_dtype(dtype), copy=False)
        return cls(dtype, tuple(array.shape), little.tobytes())

    def bits(self) -> NDArray[Any]:
        """The stored bits as a read-only array: the values, or ``uint16`` for ``bfloat16``."""
        return np.frombuffer(self.data, dtype=storage_dtype(self.dtype)).reshape(self.shape)

    def float64(self) -> NDArray[np.float64]:
        """The values in float64: exact for every dtype but 64-bit integers beyond 2**53."""
        with np.errstate(invalid="ignore"):  # widening a signalling NaN is "invalid"
            if self.dtype == "bfloat16":
                wide = self.bits().astype(np.uint32) << np.uint32(16)
                return np.asarray(wide.view(np.float32), dtype=np.float64)
            return self.bits().astype(np.float64)

    def to_wire(self) -> dict[str, Any]:
        """The exact form for pipes: ``{"dtype", "shape", "base64"}``."""
        encoded = base64.b64encode(self.data).decode("ascii")
        return {"dtype": self.dtype, "shape": list(self.shape), "base64": encoded}

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any]) -> Tensor:
        """Inverse of :meth:`to_wire`."""
        return cls(wire["dtype"], tuple(wire["shape"]), base64.b64decode(wire["base64"]))

    def decimals(self) -> list[float | int | bool | str]:
        """Flat values as the shortest decimals that read back the same; NaN and infinities as strings.

        NaN payloads are dropped: they have no decimal.
        """
        if self.dtype not in FLOATS:
            return list(self.bits().reshape(-1).tolist())
        if self.dtype == "float64":
            shortest = [float(value) for value in self.float64().reshape(-1)]
        elif self.dtype == "bfloat16":
            shortest = _shortest_bfloat16(self.float64().reshape(-1))
        else:
            # str() of a NumPy scalar is the shortest decimal of its own dtype (Dragon4, "unique"). Reading it
            # rounds twice, by way of float64; where that would go wrong the exact value is written out.
            exact = self.float64().reshape(-1).tolist()
            short = [float(str(value)) for value in self.bits().reshape(-1)]
            back = np.array(short, dtype=np.float64).astype(self.dtype).astype(np.float64).tolist()
            shortest = [s if b == e else e for s, b, e in zip(short, back, exact, strict=True)]
        return [value if math.isfinite(value) else _non_finite_name(value) for value in shortest]


def numbers_of(dtype: str, values: Sequence[float | str]) -> Sequence[float]:
    """The numbers that golden ``values`` of ``dtype`` stand for.

    Raises:
        ValueError: a value that is no number of ``dtype``: ``"1.5"``, ``true`` in a float tensor, ``1.5`` in an
            integer one.
    """
    types = set(map(type, values))
    if dtype in FLOATS:
        if types <= {float}:
            return values  # type: ignore[return-value]
        numbers = [_NON_FINITE.get(value, value) if isinstance(value, str) else value for value in values]
        allowed: tuple[type, ...] = (float, int)
    else:
        numbers = list(values)
        allowed = (bool,) if dtype == "bool" else (int,)
    for number in numbers:
        if type(number) not in allowed:
            raise ValueError(f"{number!r} is no value of {dtype}")
    return numbers  # type: ignore[return-value]


def number_array(dtype: str, numbers: Sequence[float]) -> NDArray[Any]:
    """One-dimensional array of ``numbers``, wide enough to be rounded once to ``dtype``.

    Raises:
        ValueError: a number beyond the range of an integer ``dtype``.
    """
    try:
        return np.array(numbers, dtype=np.float64 if dtype in FLOATS else dtype)
    except OverflowError as error:
        raise ValueError(f"values do not fit {dtype}") from error


def _non_finite_name(value: float) -> str:
    if math.isnan(value):
        return "nan"
    return "inf" if value > 0 else "-inf"


def _round_to_bfloat16(wide: NDArray[np.float64]) -> NDArray[np.uint16]:
    """Bits of the nearest bfloat16, ties to even, without rounding twice.

    float64 is first rounded to float32 *to odd*, which keeps what decides the second rounding
    (Boldo & Melquiond 2008, "Emulation of FMA and correctly rounded sums").
    """
    with np.errstate(over="ignore", invalid="ignore"):
        narrow = wide.astype(np.float32)
    bits = narrow.view(np.uint32).reshape(wide.shape)
    exact = narrow.astype(np.float64) == wide
    towards_zero = np.where(np.abs(narrow.astype(np.float64)) > np.abs(wide), bits - np.uint32(1), bits)
    odd = np.where(exact | np.isnan(wide), bits, towards_zero | np.uint32(1)).astype(np.uint32)
    rounded = (odd + np.uint32(0x7FFF) + ((odd >> np.uint32(16)) & np.uint32(1))) >> np.uint32(16)
    quiet_nan = (bits >> np.uint32(16)) | np.uint32(0x40)
    return np.asarray(np.where(np.isnan(wide), quiet_nan, rounded), dtype=np.uint16)


def _shortest_bfloat16(values: NDArray[np.float64]) -> list[float]:
    """The decimals with the fewest digits that round to the bfloat16 ``values`` (four always suffice)."""
    exact = values.tolist()
    shortest: list[float] = exact
    for digits in range(4, 0, -1):
        decimals = [float(f"{value:.{digits}g}") for value in exact]
        rounded = Tensor("bfloat16", values.shape, _round_to_bfloat16(np.array(decimals, dtype=np.float64)).tobytes())
        back = rounded.float64().tolist()
        shortest = [d if b == v else s for d, b, v, s in zip(decimals, back, exact, shortest, strict=True)]
    return shortest
