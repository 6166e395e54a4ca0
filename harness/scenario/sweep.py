"""Sweeps: field paths with lists of values, and the documents that their product makes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.case import Json
from harness.scenario.findings import Finding
from harness.scenario.model import SWEPT, Layer
from harness.scenario.text import Path, compact, nearest, one_of

MOST_CASES = 10_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Variation:
    """One document of the product.

    Attributes:
        data: the document with the values put in.
        values: field path, as written, to value; in file order.
        origins: the same paths in parts, with the place of the value in the file.
    """

    data: Mapping[str, Json]
    values: Mapping[str, Json]
    origins: Mapping[Path, Path]

    @property
    def key(self) -> str:
        """``training=true,trainable=false``; empty without a sweep."""
        return ",".join(f"{path}={compact(value)}" for path, value in self.values.items())

    def written(self, path: Path) -> tuple[Path, bool]:
        """Where the value at ``path`` of :attr:`data` is written, and whether the key there names it."""
        for swept, origin in self.origins.items():
            if path[: len(swept)] == swept:
                return (*origin, *path[len(swept) :]), path == swept
            if path == swept[: len(path)] and not _exists(self.data, path, without=swept):
                return origin, True
        return path, False


def _exists(data: Any, path: Path, without: Path) -> bool:
    """Whether ``path`` leads to anything besides the value that was put in at ``without``."""
    for part in path:
        data = data[part]
    rest = without[len(path) :]
    while isinstance(data, dict) and len(rest) > 0 and list(data) == [rest[0]]:
        data, rest = data[rest[0]], rest[1:]
    return len(rest) > 0


def check(data: Mapping[str, Json]) -> list[Finding]:
    """What is wrong with the sweep of a document, apart from its types."""
    axes = _axes(data)
    findings = [finding for name in axes for finding in _check_path(data, name)]
    paths = {name: _parts(name, data) for name in axes}
    for (first, outer), (second, inner) in itertools.permutations(paths.items(), 2):
        if inner[: len(outer)] == outer:
            hint = "the one would overwrite the other: sweep only one of them"
            findings.append(_at_key(second, f"'{second}' is part of '{first}', which is swept as well", hint))
    for name, values in axes.items():
        findings += _repeated(name, values)
    count = math.prod(len(values) for values in axes.values())
    if count > MOST_CASES:
        findings.append(Finding(path=("sweep",), message=f"sweep makes {count} cases, more than {MOST_CASES}"))
    return findings


def variations(data: Mapping[str, Json]) -> Iterator[Variation]:
    """The documents of the product, in file order, the last path varying fastest."""
    axes = {name: values for name, values in _axes(data).items() if not _check_path(data, name)}
    if math.prod(len(values) for values in axes.values()) > MOST_CASES:
        axes = {}
    for indices in itertools.product(*(range(len(values)) for values in axes.values())):
        varied: Any = data
        origins: dict[Path, Path] = {}
        chosen: dict[str, Json] = {}
        for (name, values), index in zip(axes.items(), indices, strict=True):
            path = _parts(name, data)
            varied = _with(varied, path, values[index])
            chosen[name] = values[index]
            origins[path] = ("sweep", name, index)
        yield Variation(data=varied, values=chosen, origins=origins)


def _axes(data: Mapping[str, Json]) -> dict[str, list[Json]]:
    swept = data.get("sweep")
    if not isinstance(swept, dict):
        return {}
    return {name: values for name, values in swept.items() if isinstance(values, list) and values}


def _parts(name: str, data: Mapping[str, Json]) -> Path:
    """The path in parts: an index where the document has a list."""
    parts: list[str | int] = []
    around: Any = data
    for part in name.split("."):
        step: str | int = int(part) if isinstance(around, list) and part.isdecimal() else part
        around = _child(around, step)
        parts.append(step)
    return tuple(parts)


def _child(around: Any, part: str | int) -> Any:
    if isinstance(around, dict):
        return around.get(part)
    if isinstance(around, list) and isinstance(part, int) and part < len(around):
        return around[part]
    return None


def _with(data: Any, path: Path, value: Json) -> Any:
    """A copy of ``data`` with ``value`` at ``path``; what does not lie on the path is shared."""
    if not path:
        return value
    if isinstance(data, list):
        index = int(path[0])
        return [*data[:index], _with(data[index], path[1:], value), *data[index + 1 :]]
    around = dict(data or {})
    around[path[0]] = _with(around.get(path[0]), path[1:], value)
    return around


def _check_path(data: Mapping[str, Json], name: str) -> list[Finding]:
    parts = _parts(name, data)
    if parts[0] not in SWEPT:
        return [_wrong_root(name, str(parts[0]))]
    around: Any = data
    for index, part in enumerate(parts):
        whole = ".".join(str(before) for before in parts[:index])
        if isinstance(around, list) and (isinstance(part, str) or part >= len(around)):
            return [_at_key(name, f"'{name}': {whole} is a list without a place {part}", "places count from 0")]
        if around is not None and not isinstance(around, dict | list):
            word = isinstance(around, str) and around == part
            hint = f"write {{{around}: {{}}}} there, which takes arguments" if word else f"sweep '{whole}' itself"
            return [_at_key(name, f"'{name}': {whole} has no keys", hint)]
        around = _child(around, part)
    return []


def _wrong_root(name: str, root: str) -> Finding:
    if root in Layer.model_fields:
        return _at_key(name, f"'{name}' is not a field that can be swept", f"did you mean 'layer.{name}'?")
    near = nearest(root, SWEPT)
    hint = f"did you mean '{near}{name[len(root) :]}'?" if near else f"a path begins with {one_of(SWEPT)}"
    return _at_key(name, f"'{name}' is not a field that can be swept", hint)


def _repeated(name: str, values: list[Json]) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, value in enumerate(values):
        text = compact(value)
        if text in seen:
            message = f"{name} lists {text} twice"
            yield Finding(path=("sweep", name, index), message=message, hint="two cases would have the same id")
        seen.add(text)


def _at_key(name: str, message: str, hint: str) -> Finding:
    return Finding(path=("sweep", name), message=message, hint=hint, at_key=True)
