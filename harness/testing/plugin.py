"""What pytest calls, and pytest-xdist where it is there, once scenarios are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.errors import InvalidOption
from harness.execution.plan import RUNNERS, check_runners
from harness.testing.items import CaseItem, ScenarioFile
from harness.testing.measuring import Measuring, Wanted
from harness.testing.shares import SUFFIXES, shares

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.workermanage import WorkerController

    from harness.testing.scheduler import ShareScheduling

_FOLDER = "scenarios"
_WORKERS = "harness_workers"


class Scenarios:
    """Collects scenario files, and measures what is selected of them from the first item on."""

    def __init__(self, config: pytest.Config) -> None:
        """Read the options of the plugin."""
        asked: list[str] = config.getoption("harness_runner")
        self._runners = tuple(RUNNERS) if "all" in asked else tuple(asked)
        try:
            check_runners(self._runners, "--harness-runner")
        except InvalidOption as error:
            raise pytest.UsageError(str(error)) from error
        golden: Path | None = config.getoption("harness_golden")
        self._measuring = Measuring(
            self._together, golden.absolute() if golden else None, config.getoption("harness_timeout")
        )
        self._selected: tuple[CaseItem, ...] = ()
        self._shares: dict[str, int] = {}
        self._config = config

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> ScenarioFile | None:
        """A scenario file is one below a folder called ``scenarios``: other YAML files are none of our business."""
        root = next((folder for folder in file_path.parents if folder.name == _FOLDER), None)
        if root is None or file_path.suffix not in SUFFIXES:
            return None
        found: ScenarioFile = ScenarioFile.from_parent(parent, path=file_path)
        found.root, found.runners, found.measuring = root, self._runners, self._measuring
        return found

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Know what is selected, and which share each file belongs to."""
        self._selected = tuple(item for item in session.items if isinstance(item, CaseItem))
        if workers := self._workers():
            self._shares = shares([item.nodeid for item in session.items], workers)

    def pytest_sessionfinish(self) -> None:
        """Whatever ended the session, ``-x`` or an interrupt: its workers end, too."""
        self._measuring.stop()

    def _workers(self) -> int:
        """How many workers of pytest-xdist share the scenarios; 0 without it, or where it hands out in another way."""
        told: dict[str, int] = getattr(self._config, "workerinput", {})
        return told.get(_WORKERS, 0)

    def _together(self, one: Wanted) -> Sequence[Wanted]:
        """All that is selected; on a worker of pytest-xdist its share, or the file where nobody tells it a share."""
        return [
            item.wanted
            for item in self._selected
            if item.wanted.root == one.root and self._group(item.wanted) == self._group(one)
        ]

    def _group(self, one: Wanted) -> str | int:
        if not hasattr(self._config, "workerinput"):
            return 0
        return self._shares.get(one.file, one.file)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: WorkerController) -> None:
        """Tell a worker how many shares there are."""
        if self._config.getvalue("dist") == "load":
            node.workerinput[_WORKERS] = node.workerinput["workercount"]

    @pytest.hookimpl(optionalhook=True, tryfirst=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Producer) -> ShareScheduling | None:
        """Hand out shares where pytest-xdist is free to choose; ``--dist`` of another kind is left alone."""
        if config.getvalue("dist") != "load":
            return None
        from harness.testing.scheduler import ShareScheduling

        return ShareScheduling(config, log)
