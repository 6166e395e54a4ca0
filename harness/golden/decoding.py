"""Golden text to values, every part of it checked by hand: a thousand cases must read in a blink.

Two passes. The first walks the document, checks it, and pools the decimals of all tensors by dtype, so that
NumPy rounds each pool at once; the second builds the values. An error names the place as a JSON path.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from numpy.typing import NDArray

from harness.golden.encoding import FORMAT
from harness.golden.model import Behaviour, GoldenCase, GoldenFile
from harness.golden.sidecar import UnreadableSidecar, tensor_of
from harness.observation import Observation, Raised, structure_from_json
from harness.releases.release import Release
from harness.tensor import DTYPES, Tensor, number_array, numbers_of, storage_dtype

_Path: TypeAlias = tuple[str | int, ...]
_Big: TypeAlias = Callable[[frozenset[str]], Mapping[str, NDArray[Any]]]
"""Fetches arrays of the sidecar by key; raises :class:`UnreadableSidecar`."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_STRUCTURE = {"trainable_variables", "non_trainable_variables", "update_ops", "fused"}


class Malformed(Exception):
    """Text that is no golden file.

    Attributes:
        line: where the JSON breaks, with ``column``; ``None`` when the JSON is well-formed.
        path: where in the document, as a JSON path.
    """

    def __init__(self, message: str, *, path: _Path = (), line: int | None = None, column: int = 0) -> None:
        super().__init__(message)
        self.line, self.column = line, column
        self.path = "".join(f"[{step}]" if isinstance(step, int) else _member(step) for step in path)


def _member(name: str) -> str:
    return f".{name}" if name.isidentifier() else f"[{json.dumps(name)}]"


@dataclass(frozen=True, slots=True)
class _Spec:
    """A tensor seen in the first pass: where its numbers lie in its dtype's pool, or its sidecar key."""

    dtype: str
    shape: tuple[int, ...]
    size: int
    start: int
    key: str | None
    path: _Path


@dataclass(frozen=True, slots=True)
class _Pools:
    specs: list[_Spec] = field(default_factory=list)
    numbers: dict[str, list[float]] = field(default_factory=dict)


def decode(text: str, scenario: str, big: _Big) -> GoldenFile:
    """The golden file of ``scenario`` in ``text``.

    Raises:
        Malformed: at the first thing wrong.
    """
    cases = load_cases(text, scenario)
    pools = _Pools()
    for key, case in cases.items():
        _check_case(case, ("cases", key), pools)
    tensors = _tensors(pools, big)
    return GoldenFile(scenario=scenario, cases={key: _case(case, tensors) for key, case in cases.items()})


def load_cases(text: str, scenario: str) -> dict[str, Any]:
    """The ``cases`` of the document, each checked to be an object with its hash and no further.

    Raises:
        Malformed: no JSON, another format, or the golden file of another scenario.
    """
    try:
        document = json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise Malformed(f"invalid JSON: {error.msg}", line=error.lineno, column=error.colno) from error
    except (RecursionError, ValueError) as error:
        raise Malformed(f"invalid JSON: {error}") from error
    _keys(document, {"format", "scenario", "cases"}, ())
    _require(document["format"] == FORMAT, ("format",), f"expected {FORMAT}, got {document['format']!r}")
    named = document["scenario"]
    _require(named == scenario, ("scenario",), f"expected {scenario!r}, as the file is named, got {named!r}")
    cases = document["cases"]
    _require(type(cases) is dict, ("cases",), "expected an object")
    for key, case in cases.items():
        path = ("cases", key)
        _require(type(case) is dict, path, "expected an object")
        hashed = case.get("sha256")
        known = isinstance(hashed, str) and _SHA256.fullmatch(hashed) is not None
        _require(known, path, "expected a sha256 of 64 lower-case hexadecimal digits")
    return dict(cases)


def _no_constant(name: str) -> float:
    raise Malformed(f'invalid JSON: {name} is no JSON number, write "{name.lower().replace("infinity", "inf")}"')


def _require(condition: bool, path: _Path, message: str) -> None:
    if not condition:
        raise Malformed(message, path=path)


def _keys(value: Any, names: set[str], path: _Path) -> None:
    if type(value) is not dict:
        raise Malformed("expected an object", path=path)
    if value.keys() != names:
        missing, unknown = sorted(names - value.keys()), sorted(value.keys() - names)
        said = [f"{what} {', '.join(which)}" for what, which in (("missing", missing), ("unknown", unknown)) if which]
        raise Malformed("; ".join(said), path=path)


def _strings(value: Any, path: _Path) -> None:
    if type(value) is not list or not all(type(member) is str for member in value):
        raise Malformed("expected a list of strings", path=path)


def _check_case(case: dict[str, Any], path: _Path, pools: _Pools) -> None:
    for runner, behaviours in case.items():
        if runner == "sha256":
            continue
        where = (*path, runner)
        _require(type(behaviours) is list and bool(behaviours), where, "expected a list of behaviours, not empty")
        for number, behaviour in enumerate(behaviours):
            _check_behaviour(behaviour, (*where, number), pools)


def _check_behaviour(behaviour: Any, path: _Path, pools: _Pools) -> None:
    _keys(behaviour, {"releases", "observation"}, path)
    releases = behaviour["releases"]
    _strings(releases, (*path, "releases"))
    _require(bool(releases), (*path, "releases"), "expected at least one release")
    for release in releases:
        try:
            Release.parse(release)
        except ValueError as error:
            raise Malformed(str(error), path=(*path, "releases")) from error
    _check_observation(behaviour["observation"], (*path, "observation"), pools)


def _check_observation(observation: Any, path: _Path, pools: _Pools) -> None:
    several = type(observation) is dict and "nondeterministic" in observation
    _keys(observation, {"raised", "structure", "steps", *(["nondeterministic"] if several else [])}, path)
    if several and observation["nondeterministic"] is not True:
        raise Malformed("expected true, or nothing where it is not", path=(*path, "nondeterministic"))
    raised, structure, steps = (observation[name] for name in ("raised", "structure", "steps"))
    if raised is not None:
        _keys(raised, {"type", "message"}, (*path, "raised"))
        _strings(list(raised.values()), (*path, "raised"))
    if structure is not None:
        _check_structure(structure, (*path, "structure"))
    _require(type(steps) is list, (*path, "steps"), "expected a list")
    for number, step in enumerate(steps):
        where = (*path, "steps", number)
        _require(type(step) is dict, where, "expected an object")
        for name, tensor in step.items():
            _check_tensor(tensor, (*where, name), pools)


def _check_structure(structure: Any, path: _Path) -> None:
    _keys(structure, _STRUCTURE, path)
    _strings(structure["trainable_variables"], (*path, "trainable_variables"))
    _strings(structure["non_trainable_variables"], (*path, "non_trainable_variables"))
    _require(type(structure["update_ops"]) in (int, type(None)), (*path, "update_ops"), "expected a count or null")
    _require(type(structure["fused"]) in (bool, type(None)), (*path, "fused"), "expected true, false or null")


def _check_tensor(tensor: Any, path: _Path, pools: _Pools) -> None:
    inline = type(tensor) is dict and "values" in tensor
    _keys(tensor, {"dtype", "shape", "values" if inline else "npz"}, path)
    dtype, shape = tensor["dtype"], tensor["shape"]
    if dtype not in DTYPES:
        raise Malformed(f"unknown dtype {dtype!r}", path=(*path, "dtype"))
    size = 1
    for length in shape if type(shape) is list else [None]:
        if type(length) is not int or length < 0:
            raise Malformed("expected a list of lengths", path=(*path, "shape"))
        size *= length
    pool = pools.numbers.setdefault(dtype, [])
    key = None if inline else tensor["npz"]
    if not inline and (type(key) is not str or not _SHA256.fullmatch(key)):
        raise Malformed("expected the sha256 of a sidecar entry", path=(*path, "npz"))
    pools.specs.append(_Spec(dtype, tuple(shape), size, len(pool), key, path))
    if inline:
        _pool_values(tensor["values"], dtype, size, pool, path)


def _pool_values(values: Any, dtype: str, size: int, pool: list[float], path: _Path) -> None:
    if type(values) is not list or len(values) != size:
        got = f"{len(values)}" if type(values) is list else "no list"
        raise Malformed(f"expected {size} values, got {got}", path=(*path, "values"))
    try:
        pool.extend(numbers_of(dtype, values))
    except ValueError as error:
        raise Malformed(str(error), path=(*path, "values")) from error


def _tensors(pools: _Pools, big: _Big) -> Iterator[Tensor]:
    """The tensors in the order in which they were seen."""
    try:
        data = {dtype: _rounded(dtype, numbers) for dtype, numbers in pools.numbers.items()}
        keys = frozenset(spec.key for spec in pools.specs if spec.key is not None)
        arrays = big(keys) if keys else {}
    except (ValueError, UnreadableSidecar) as error:
        raise Malformed(str(error)) from error
    return iter([_tensor(spec, data[spec.dtype], arrays) for spec in pools.specs])


def _rounded(dtype: str, numbers: list[float]) -> bytes:
    return Tensor.of(number_array(dtype, numbers), dtype).data


def _tensor(spec: _Spec, data: bytes, arrays: Mapping[str, NDArray[Any]]) -> Tensor:
    if spec.key is None:
        width = storage_dtype(spec.dtype).itemsize
        return Tensor(spec.dtype, spec.shape, data[spec.start * width : (spec.start + spec.size) * width])
    if spec.key not in arrays:
        raise Malformed(f"the sidecar has no entry {spec.key}", path=(*spec.path, "npz"))
    try:
        return tensor_of(arrays[spec.key], spec.dtype, spec.shape)
    except UnreadableSidecar as error:
        raise Malformed(f"in the sidecar: {error}", path=(*spec.path, "npz")) from error


def _case(case: dict[str, Any], tensors: Iterator[Tensor]) -> GoldenCase:
    return GoldenCase(
        sha256=case["sha256"],
        runners={
            runner: tuple(_behaviour(behaviour, tensors) for behaviour in behaviours)
            for runner, behaviours in case.items()
            if runner != "sha256"
        },
    )


def _behaviour(behaviour: dict[str, Any], tensors: Iterator[Tensor]) -> Behaviour:
    observation = behaviour["observation"]
    raised, structure = observation["raised"], observation["structure"]
    return Behaviour(
        releases=tuple(behaviour["releases"]),
        observation=Observation(
            steps=tuple({name: next(tensors) for name in step} for step in observation["steps"]),
            structure=None if structure is None else structure_from_json(structure),
            raised=None if raised is None else Raised(type=raised["type"], message=raised["message"]),
            nondeterministic="nondeterministic" in observation,
        ),
    )
