"""A YAML file as plain values that know their place: read by nodes, so that every value keeps line and column."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

import yaml

from harness.case import Json
from harness.errors import InvalidScenario, Problem
from harness.scenario.scalars import resolve
from harness.scenario.text import Path, got

if TYPE_CHECKING:
    from yaml import BaseLoader as _Parser
else:
    # PyYAML built without libyaml has only the parser in Python: slower, the same nodes.
    _Parser = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

DEEPEST = 64
"""How deep collections may nest."""
LARGEST = 250_000
"""How many values a document may have once its aliases are expanded: a few lines of aliases can mean billions."""

_PLAIN = "plain"
_YAML = "tag:yaml.org,2002:"


class _Nodes(_Parser):
    """Composes nodes and marks plain scalars, which alone are subject to resolution."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> str:  # noqa: ARG002 (PyYAML's signature)
        if kind is yaml.ScalarNode:
            return _PLAIN if implicit[0] else f"{_YAML}str"
        return f"{_YAML}seq" if kind is yaml.SequenceNode else f"{_YAML}map"


@dataclass(frozen=True, kw_only=True)
class Document:
    """A parsed file.

    Attributes:
        file: the file as the user would name it; places begin with it.
        data: the plain value. A duplicate key keeps its first value.
        problems: what is wrong with the YAML itself, yet does not keep the rest from being looked at.
    """

    file: str
    data: Json
    problems: tuple[Problem, ...]
    root: yaml.Node = field(repr=False)

    def place(self, path: Path = (), *, key: bool = False) -> str:
        """``file:line:col`` of the value at ``path`` (or of its key), else of the nearest value around it.

        An aliased value is placed where its anchor is.
        """
        mark = self._mark(path, key=key)
        return f"{self.file}:{mark.line + 1}:{mark.column + 1}"

    def line(self, path: Path) -> int:
        """The line, from 1, of the key at ``path``, else of the nearest value around it."""
        return int(self._mark(path, key=True).line) + 1

    def _mark(self, path: Path, *, key: bool) -> yaml.Mark:
        node: yaml.Node = self.root
        mark = node.start_mark
        for index, part in enumerate(path):
            found = _child(node, part)
            if found is None:
                break
            key_node, node = found
            wants_key = key and index == len(path) - 1
            mark = key_node.start_mark if wants_key and key_node is not None else node.start_mark
        return mark


def read(path: FilePath) -> Document:
    """Parse the YAML file ``path``.

    Raises:
        InvalidScenario: not readable, not UTF-8, not YAML, empty, or its aliases form a cycle or a bomb.
    """
    file = path.as_posix()
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InvalidScenario(Problem(place=file, message=f"cannot be read: {error.strerror}")) from None
    except UnicodeDecodeError as error:
        raise InvalidScenario(_not_utf8(file, error)) from None
    return parse(text, file)


def parse(text: str, file: str) -> Document:
    """The document in ``text``; see :func:`read`."""
    node = _compose(text, file)
    if node is None:
        hint = "`harness new topic/name` writes a commented scenario to start from"
        raise InvalidScenario(Problem(place=f"{file}:1:1", message="the file holds nothing", hint=hint))
    walk = _Walk(file)
    data = walk.value(node, 0, ())
    return Document(file=file, data=data, problems=tuple(walk.problems), root=node)


def _compose(text: str, file: str) -> yaml.Node | None:
    loader = _Nodes(text)
    try:
        node: yaml.Node | None = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{file}:{mark.line + 1}:{mark.column + 1}" if mark else file
        message = ", ".join(part for part in (error.context, error.problem) if part)
        raise InvalidScenario(
            Problem(place=place, message=f"not YAML: {message}", hint=_syntax_hint(text, mark))
        ) from None
    except yaml.reader.ReaderError as error:
        raise InvalidScenario(_unprintable(text, file, error)) from None
    finally:
        loader.dispose()
    return node


def _syntax_hint(text: str, mark: yaml.Mark | None) -> str | None:
    lines = text.splitlines()
    line = lines[mark.line] if mark and mark.line < len(lines) else ""
    if line.startswith("\t") or "\t" in line[: len(line) - len(line.lstrip())]:
        return "indent with spaces; YAML allows no tabs there"
    return None


def _position(before: str) -> str:
    return f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"


def _not_utf8(file: str, error: UnicodeDecodeError) -> Problem:
    before = error.object[: error.start].decode("utf-8-sig", errors="replace")
    byte = error.object[error.start]
    return Problem(
        place=f"{file}:{_position(before)}", message=f"not UTF-8: got byte 0x{byte:02x}", hint="save the file as UTF-8"
    )


def _unprintable(text: str, file: str, error: yaml.reader.ReaderError) -> Problem:
    # libyaml counts the position in bytes, the parser in Python in characters: find the character itself.
    character = error.character if isinstance(error.character, int) else ord(str(error.character)[0])
    before = text.partition(chr(character))[0]
    message = f"not YAML: the control character U+{character:04X} is not allowed"
    return Problem(place=f"{file}:{_position(before)}", message=message, hint="delete it, or write it as an escape")


def _child(node: yaml.Node, part: str | int) -> tuple[yaml.Node | None, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode) and isinstance(part, str):
        return next(((key, value) for key, value in node.value if key.value == part), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return None, node.value[part]
    return None


class _Walk:
    """Nodes to values, counting what aliases expand to."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.count = 0

    def value(self, node: yaml.Node, depth: int, around: tuple[int, ...]) -> Json:
        self.count += 1
        if self.count > LARGEST:
            raise self.fatal(
                node, f"aliases expand to more than {LARGEST} values", "write the values into an .npy file"
            )
        if id(node) in around:
            raise self.fatal(node, "an alias refers to a collection it stands in", "an experiment cannot hold itself")
        if depth > DEEPEST:
            raise self.fatal(node, f"collections nest deeper than {DEEPEST}", None)
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node)
        inside = (*around, id(node))
        if isinstance(node, yaml.SequenceNode):
            self.check_tag(node, "seq")
            return [self.value(item, depth + 1, inside) for item in node.value]
        self.check_tag(node, "map")
        return {key: self.value(item, depth + 1, inside) for key, item in self.items(node)}

    def items(self, node: yaml.Node) -> Iterator[tuple[str, yaml.Node]]:
        seen: dict[str, yaml.Node] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or not isinstance(self.scalar(key), str):
                what = key.value if isinstance(key, yaml.ScalarNode) else "a collection"
                self.add(key, f"a key must be text, got {what or 'nothing'}", "quote it, if it is meant as text")
            elif key.value == "<<":
                self.add(key, "merge keys are not part of YAML 1.2", "write the keys out, or alias a whole value")
            elif key.value in seen:
                first = seen[key.value].start_mark
                self.add(key, f"duplicate key '{key.value}'", f"first given at {first.line + 1}:{first.column + 1}")
            else:
                seen[key.value] = key
                yield key.value, value

    def scalar(self, node: yaml.ScalarNode) -> Json:
        text: str = node.value
        if node.tag == f"{_YAML}str":
            return text
        try:
            value = resolve(text)
        except ValueError:
            self.add(node, f"a number of {len(text)} digits is more than can be read", None)
            return 0
        if node.tag == _PLAIN:
            return value
        kind = node.tag.removeprefix(_YAML)
        if kind == "float" and type(value) in (int, float) and isinstance(value, (int, float)):
            return float(value)
        if kind != {type(None): "null", bool: "bool", int: "int", float: "float"}.get(type(value)):
            self.add(node, f"tag {_short(node.tag)} does not fit {got(text)}", "leave the tag out")
        return value

    def check_tag(self, node: yaml.Node, kind: str) -> None:
        if node.tag != f"{_YAML}{kind}":
            self.add(node, f"tag {_short(node.tag)} is not known here", "leave the tag out")

    def add(self, node: yaml.Node, message: str, hint: str | None) -> None:
        problem = Problem(place=self.at(node), message=message, hint=hint)
        if problem not in self.problems:
            self.problems.append(problem)

    def fatal(self, node: yaml.Node, message: str, hint: str | None) -> InvalidScenario:
        return InvalidScenario(*self.problems, Problem(place=self.at(node), message=message, hint=hint))

    def at(self, node: yaml.Node) -> str:
        return f"{self.file}:{node.start_mark.line + 1}:{node.start_mark.column + 1}"


def _short(tag: str) -> str:
    return tag.replace(_YAML, "!!")
