"""A scenario file as a pytest collector, and each of its cases on each of its runners as an item."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.compare import exit_code
from harness.errors import HarnessError, NothingSelected
from harness.observation import NotApplicable, Unavailable
from harness.report.plain import failure_text, of_runner
from harness.scenario import Scenario, Selection, load_all
from harness.session import runners_of
from harness.testing.measuring import Measuring, Wanted, shown

_NARROWEST = 60
_WIDEST = 120
# What pytest itself does something about is no name of a tag.
_PYTEST_MARKS = ("filterwarnings", "parametrize", "skip", "skipif", "usefixtures", "xfail", "xdist_group")


class Failed(Exception):
    """The case is not as recorded; the text says how."""


class CaseItem(pytest.Item):
    """A case on a runner; named ``tf1[training=true,trainable=false]``, as a test function with parameters is.

    ``wanted`` and ``measuring`` are set by who makes it.
    """

    wanted: Wanted
    measuring: Measuring

    def runtest(self) -> None:
        """Measured with all items that are selected; fails with the words of the terminal."""
        case, runner = self.wanted.case.id, self.wanted.runner
        try:
            found = of_runner(self.measuring.comparison(self.wanted), case, runner)
        except NothingSelected as error:
            pytest.skip(str(error))
        results = [result for one in found.cases() for result in one.results]
        if not results:
            releases = self.wanted.scenario.releases
            pytest.skip(f"the scenario is for other releases: {releases.text if releases else 'none'}")
        for result in results:
            if isinstance(result.outcome, Unavailable | NotApplicable):
                pytest.skip(f"{runner}: {result.verdict.value}: {result.reason}")
        if exit_code(found):
            width = min(max(self.config.get_terminal_writer().fullwidth, _NARROWEST), _WIDEST)
            raise Failed(failure_text(found, width=width))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str:  # noqa: ARG002
        """The text alone: there is no line of Python that is to blame."""
        if isinstance(excinfo.value, Failed | HarnessError):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, None, str]:
        """What stands over a failure."""
        return self.path, None, f"{self.wanted.case.id} on {self.wanted.runner}"


class ScenarioFile(pytest.File):
    """A scenario file; ``root``, ``runners`` and ``measuring`` are set by who makes it."""

    root: Path
    runners: tuple[str, ...]
    measuring: Measuring

    def collect(self) -> Iterator[CaseItem]:
        """Every case on every runner that was asked for or is usual, with a mark for each tag.

        Raises:
            InvalidScenario: the file does not say an experiment; its text is all that is shown.
        """
        [scenario] = load_all([shown(self.path)], shown(self.root))
        for tag in scenario.tags:
            self.config.addinivalue_line("markers", f"{tag}: a tag of scenarios")
        for runner in runners_of(Selection(scenario=scenario, cases=scenario.cases), self.runners):
            for case in scenario.cases:
                yield self._item(Wanted(root=self.root, file=self.nodeid, scenario=scenario, case=case, runner=runner))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException]) -> str:  # type: ignore[override]
        """The problems of the file, each with its line and column."""
        if isinstance(excinfo.value, HarnessError):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))

    def _item(self, wanted: Wanted) -> CaseItem:
        name = f"{wanted.runner}[{wanted.case.key}]" if wanted.case.key else wanted.runner
        # As a string it is parsed; composed from the name alone, what --lf remembers would not be equal to it.
        item: CaseItem = CaseItem.from_parent(self, name=name, nodeid=f"{self.nodeid}::{name}")
        item.wanted, item.measuring = wanted, self.measuring
        for tag in _marks(wanted.scenario):
            item.add_marker(tag)
        # pytest's -k knows no "=", so that a "-" has to stand for it: -k 'trainable-false and not keras'.
        item.extra_keyword_matches.update([wanted.case.id, wanted.case.key.replace("=", "-")])
        return item


def _marks(scenario: Scenario) -> list[str]:
    return [tag for tag in scenario.tags if tag not in _PYTEST_MARKS]
