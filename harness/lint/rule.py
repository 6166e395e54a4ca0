"""What a lint rule is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from harness.errors import Problem
from harness.lint.shelf import Shelf


@dataclass(frozen=True, kw_only=True, slots=True)
class LintRule:
    """A named rule.

    Attributes:
        name: selects it on the command line, and allows what it finds in a file.
        finds: what it finds, as a noun phrase.
        check: everything that it finds; places begin with the file.
    """

    name: str
    finds: str
    check: Callable[[Shelf], Iterator[Problem]]
