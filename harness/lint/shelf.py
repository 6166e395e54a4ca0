"""What the linter looks at: every scenario file of a folder, and what is recorded beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.case import Case
from harness.errors import InvalidScenario
from harness.scenario import Scenario, find, load, load_all, named
from harness.scenario.document import Document, read


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """One scenario file."""

    scenario: Scenario
    document: Document

    @property
    def name(self) -> str:
        """``topic/name``."""
        return self.scenario.name

    @property
    def cases(self) -> tuple[Case, ...]:
        """Of the scenario."""
        return self.scenario.cases

    def place(self, *path: str | int) -> str:
        """``file:line:col`` of the value at ``path``; of the nearest value around it where there is none."""
        return self.document.place(path)


@dataclass(frozen=True, kw_only=True, slots=True)
class Shelf:
    """A folder of scenarios.

    Attributes:
        root: the folder.
        golden: the folder of what is recorded for it.
        sheets: every file that is valid, by name.
        chosen: those to be looked at; the others are there to be compared with.
        whole: nothing was left out of ``chosen``, so that what no scenario stands for can be told.
    """

    root: Path
    golden: Path
    sheets: tuple[Sheet, ...]
    chosen: tuple[Sheet, ...]
    whole: bool


def shelf(root: Path, golden: Path, words: Sequence[str]) -> Shelf:
    """The scenarios below ``root``, of which ``words`` choose some, or all without words.

    Raises:
        InvalidScenario: every problem of every chosen file.
        InvalidOption: no such folder.
        NothingSelected: there is no scenario, or a word names none.
    """
    wanted = {scenario.path: scenario for scenario in load_all(named(root, words), root)}
    every = [sheet for path in find(root) if (sheet := _sheet(path, root, wanted.get(path))) is not None]
    return Shelf(
        root=root,
        golden=golden,
        sheets=tuple(every),
        chosen=tuple(sheet for sheet in every if sheet.scenario.path in wanted),
        whole=not words,
    )


def _sheet(path: Path, root: Path, scenario: Scenario | None) -> Sheet | None:
    """The file at ``path``; ``None`` where it is invalid, which is not asked of a file that was not chosen."""
    try:
        return Sheet(scenario=scenario or load(path, root), document=read(path))
    except InvalidScenario:
        return None
