"""Measures the items of a run together, when the first of them is asked for."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from harness.case import Case
from harness.checking import Project, compared_each
from harness.comparison import Comparison
from harness.errors import HarnessError
from harness.execution.plan import RUNNERS
from harness.scenario import Scenario, Selection


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """One case on one runner.

    Attributes:
        root: folder of the scenarios.
        file: of the scenario, as pytest names it.
    """

    root: Path
    file: str
    scenario: Scenario
    case: Case
    runner: str


class Together(Protocol):
    """Says which of the selected items are measured with one of them, itself included."""

    def __call__(self, one: Wanted, /) -> Sequence[Wanted]:
        """Those, of the same folder of scenarios."""


class Measuring:
    """What came out, measured once per group of items that belong together."""

    def __init__(self, together: Together, golden: Path | None, timeout: float) -> None:
        """See the options of the plugin for ``golden`` and ``timeout``."""
        self._together = together
        self._golden = golden
        self._timeout = timeout
        self._groups: dict[tuple[Path, str, str], Group] = {}

    def comparison(self, one: Wanted) -> Comparison:
        """The comparison that the case and the runner are part of.

        Raises:
            HarnessError: what kept it from being measured; again for every item that belongs to it.
        """
        if _key(one) not in self._groups:
            wanted = self._together(one)
            group = self._group(one.root, wanted)
            self._groups.update((_key(other), group) for other in wanted)
        return self._groups[_key(one)].comparison(one.scenario.name)

    def stop(self) -> None:
        """Measure no more: nobody is going to ask."""
        for group in self._groups.values():
            group.stop()

    def _group(self, root: Path, wanted: Sequence[Wanted]) -> Group:
        golden = root.parent / "golden" if self._golden is None else self._golden
        project = Project(scenarios=shown(root), golden=shown(golden), timeout=self._timeout)
        runners = [runner for runner in RUNNERS if any(one.runner == runner for one in wanted)]
        return Group(compared_each(_selections(wanted), runners, project))


class Group:
    """Scenarios that are measured together, and asked for one by one."""

    def __init__(self, running: Generator[tuple[str, Comparison], None, None]) -> None:
        """Measure as far as it is asked for; ``running`` hands on each scenario by name as soon as it is done."""
        self._running = running
        self._found: dict[str, Comparison] = {}
        self._error: HarnessError | None = None

    def comparison(self, scenario: str) -> Comparison:
        """What came out for a scenario, waited for.

        Raises:
            HarnessError: what kept it from being measured.
        """
        try:
            while scenario not in self._found and self._error is None:
                name, self._found[name] = next(self._running)
        except HarnessError as error:
            self._error = error
        if self._error is not None and scenario not in self._found:
            raise self._error
        return self._found[scenario]

    def stop(self) -> None:
        """End its workers."""
        self._running.close()


def _key(one: Wanted) -> tuple[Path, str, str]:
    return one.root, one.case.id, one.runner


def _selections(group: Iterable[Wanted]) -> list[Selection]:
    """The cases by scenario, in the order of the scenario, each scenario with no more runners than are wanted of it."""
    scenarios: dict[str, Scenario] = {}
    cases: dict[str, set[str]] = {}
    runners: dict[str, dict[str, None]] = {}
    for one in group:
        scenarios[one.scenario.name] = one.scenario
        cases.setdefault(one.scenario.name, set()).add(one.case.id)
        runners.setdefault(one.scenario.name, {})[one.runner] = None
    return [_selection(scenario, cases[name], runners[name]) for name, scenario in scenarios.items()]


def _selection(scenario: Scenario, cases: set[str], runners: Mapping[str, None]) -> Selection:
    return Selection(
        scenario=replace(scenario, runners=tuple(runners)),
        cases=tuple(case for case in scenario.cases if case.id in cases),
    )


def shown(path: Path) -> Path:
    """The path as one would type it here: relative where it is below the working directory."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
