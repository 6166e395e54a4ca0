"""Array specs to literal tensors: drawn once here, so that no worker ever draws anything."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path as FilePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.scenario.arrays import Arange, File, Full, Random, Values, given
from harness.scenario.npfile import read_array
from harness.scenario.text import Path
from harness.scenario.unusable import Unusable
from harness.tensor import DTYPES, FLOATS, Tensor

MOST_ELEMENTS = 2**26
"""Largest tensor a scenario may make: 256 MiB in float32."""


class Materializer:
    """Makes the tensors of one scenario, each spec once.

    Args:
        folder: the folder of the scenario file, which files are relative to.
    """

    def __init__(self, folder: FilePath) -> None:
        self._folder = folder
        self._made: dict[str, Tensor] = {}

    def input(self, spec: Any) -> Tensor:
        """The tensor of an input.

        Raises:
            Unusable: no shape, too large, a file that cannot be used, or values that do not fit the dtype.
        """
        return self._cached("input", spec, lambda: self._input(spec))

    def initializer(self, spec: Any, shape: tuple[int, ...] | None, dtype: str) -> Tensor:
        """The tensor of an initial value, broadcast to ``shape``; in its own shape where that is ``None``.

        Raises:
            Unusable: likewise, or a shape that does not broadcast.
        """
        return self._cached(f"{shape} {dtype}", spec, lambda: self._initializer(spec, shape, dtype))

    def mask(self, spec: Any) -> Tensor:
        """The tensor of a mask, of dtype ``bool``.

        Raises:
            Unusable: likewise, or a value that is neither 0 nor 1.
        """
        return self._cached("mask", spec, lambda: self._mask(spec))

    def _cached(self, purpose: str, spec: Any, make: Callable[[], Tensor]) -> Tensor:
        plain = spec if isinstance(spec, int | float | list) else given(spec)
        key = f"{purpose} {json.dumps(plain)}"
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def _input(self, spec: Any) -> Tensor:
        if isinstance(spec, int | float | list):
            return _tensor(_literal(spec), "float32", ())
        array, inside = self._array(spec, None)
        if isinstance(spec, Values) and spec.batch_of_one:
            array = array[np.newaxis]
        return _tensor(array, str(spec.dtype or array.dtype), inside)

    def _initializer(self, spec: Any, shape: tuple[int, ...] | None, dtype: str) -> Tensor:
        if isinstance(spec, int | float | list):
            inside: Path = ()
            array = _literal(spec)
        else:
            _refuse_input_keys(spec, "an initial value has the dtype and shape of its parameter: leave it out")
            array, inside = self._array(spec, shape)
        if shape is None:
            return _tensor(array, dtype, inside)
        try:
            return _tensor(np.broadcast_to(array, shape), dtype, inside)
        except ValueError:
            message = f"of shape {list(array.shape)} does not fit the parameter's shape {list(shape)}"
            raise Unusable(message, path=inside, hint=_fit_hint(shape), about_value=True) from None

    def _mask(self, spec: Any) -> Tensor:
        inside: Path = ()
        if isinstance(spec, int | float | list):
            array = _literal(spec)
        else:
            _refuse_input_keys(spec, "a mask is of booleans: leave it out")
            array, inside = self._array(spec, None)
        if not np.isin(array, (0, 1)).all():
            hint = "true or 1 where a value counts, false or 0 where it does not"
            raise Unusable("must be 0 or 1 everywhere", path=inside, hint=hint, about_value=True)
        return Tensor.of(array, "bool")

    def _array(self, spec: Any, default: tuple[int, ...] | None) -> tuple[NDArray[Any], Path]:
        """The array in float64 or the dtype it has, and the path inside the spec that its values stand at."""
        match spec:
            case Values():
                return _arranged(_literal(spec.values, ("values",)), spec, "values"), ("values",)
            case Random():
                return _random(spec, _shape(spec, "random", default)), ("random",)
            case Arange():
                return _arange(spec), ("arange",)
            case Full():
                return np.full(_shape(spec, "full", default), spec.full), ("full",)
            case File():
                return read_array(self._folder, spec.file, spec.key, MOST_ELEMENTS), ("file",)
        raise TypeError(f"no array spec: {spec!r}")


def _refuse_input_keys(spec: Any, hint: str) -> None:
    key = next((key for key in ("dtype", "batch_of_one") if key in spec.model_fields_set), None)
    if key is not None:
        raise Unusable(f"{key} is for inputs only", path=(key,), hint=hint, at_key=True)


def _fit_hint(shape: tuple[int, ...]) -> str:
    if len(shape) == 1:
        return f"the axis has {shape[0]} channels: give {shape[0]} numbers, or one for all"
    return "several axes make a parameter of the input's rank, with 1 for every other dimension"


def _literal(value: Any, path: Path = ()) -> NDArray[Any]:
    array = np.asarray(value)
    if array.dtype.kind not in "iuf":
        raise Unusable("holds an integer of more than 64 bits", path=path, about_value=True)
    return array


def _tensor(array: NDArray[Any], dtype: str, inside: Path) -> Tensor:
    if dtype not in DTYPES:
        remedy = "store it as one of float16, float32, float64 or an integer dtype"
        raise Unusable(f"has dtype {dtype}, which no layer takes", path=inside, hint=remedy, about_value=True)
    try:
        return Tensor.of(array, dtype)
    except ValueError:
        hint = None if dtype in FLOATS else f"{dtype} holds {_range_of(dtype)}"
        raise Unusable(f"does not fit dtype {dtype}", path=inside, hint=hint, about_value=True) from None


def _range_of(dtype: str) -> str:
    limits = np.iinfo(dtype)
    return f"integers from {limits.min} to {limits.max}"


def _shape(spec: Random | Full, kind: str, default: tuple[int, ...] | None) -> tuple[int, ...]:
    if "shape" not in spec.model_fields_set:
        if default is None:
            raise Unusable("shape is missing", path=(), hint=f"{kind} needs a shape here: shape: [2, 3]")
        return default
    shape = tuple(spec.shape)
    if math.prod(shape) > MOST_ELEMENTS:
        message = f"shape {list(shape)} has {math.prod(shape)} elements, more than {MOST_ELEMENTS}"
        raise Unusable(message, path=("shape",), hint="rules show on small shapes")
    return shape


_TAKES: Mapping[str, tuple[str, ...]] = {
    "normal": ("loc", "scale"),
    "uniform": ("low", "high"),
    "randint": ("low", "high"),
}


def _random(spec: Random, shape: tuple[int, ...]) -> NDArray[Any]:
    for key in ("loc", "scale", "low", "high"):
        if key in spec.model_fields_set and key not in _TAKES[spec.random]:
            hint = f"{spec.random} takes {' and '.join(_TAKES[spec.random])}"
            raise Unusable(f"{key} means nothing to {spec.random}", path=(key,), hint=hint, at_key=True)
    stream = np.random.RandomState(spec.seed)
    if spec.random == "normal":
        loc, scale = _or_default(spec, "loc", 0), _or_default(spec, "scale", 1)
        if scale < 0:
            raise Unusable(f"scale must be at least 0, got {scale}", path=("scale",))
        # RandomState.normal may be compiled with fused multiply-add; two separate steps round alike everywhere.
        return loc + scale * stream.standard_normal(shape)
    low, high = _or_default(spec, "low", 0), _or_default(spec, "high", 1 if spec.random == "uniform" else None)
    if spec.random == "uniform":
        return low + (high - low) * stream.random_sample(shape)
    return _randint(stream, low, high, shape)


def _or_default(spec: Random, key: str, default: float | None) -> float:
    if key in spec.model_fields_set:
        value: float = getattr(spec, key)
        return value
    if default is None:
        raise Unusable(f"{key} is missing", path=(), hint=f"{spec.random} needs {key}, the end of its range")
    return default


def _randint(stream: np.random.RandomState, low: float, high: float, shape: tuple[int, ...]) -> NDArray[Any]:
    for key, value in (("low", low), ("high", high)):
        if type(value) is not int or not -(2**63) <= value < 2**63:
            raise Unusable(f"{key} must be a 64-bit integer, got {value}", path=(key,), hint="randint draws integers")
    if low >= high:
        raise Unusable(f"high must be above low, {low}, got {high}", path=("high",), hint="high itself is excluded")
    # The default dtype is C's long, 32 bits on some platforms, and draws other numbers there.
    return np.asarray(stream.randint(int(low), int(high), size=shape, dtype=np.int64))


def _arange(spec: Arange) -> NDArray[Any]:
    parts = spec.arange if isinstance(spec.arange, list) else [0, spec.arange]
    start, stop, step = (*parts, 1)[:3]
    if step == 0:
        raise Unusable("arange must not step by 0", path=("arange", 2))
    count = max(0, math.ceil((stop - start) / step))
    if count > MOST_ELEMENTS:
        raise Unusable(f"arange has {count} elements, more than {MOST_ELEMENTS}", path=("arange",))
    counted = start + step * np.arange(count)
    return _arranged(counted, spec, "arange")


def _arranged(array: NDArray[Any], spec: Values | Arange, kind: str) -> NDArray[Any]:
    """The numbers in the shape that the spec gives, if it gives one."""
    if "shape" not in spec.model_fields_set:
        return array
    if math.prod(spec.shape) != array.size:
        message = f"shape {spec.shape} has {math.prod(spec.shape)} elements, {kind} has {array.size}"
        raise Unusable(message, path=("shape",), hint="the counts must be the same")
    return array.reshape(spec.shape)
