"""Measures scenarios on the installed TensorFlow and compares them, for tests in Python: prints nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.campaign import Settings, workers_at_once
from harness.compare import compare_run, read_goldens
from harness.comparison import Comparison
from harness.errors import InvalidOption, Problem
from harness.execution.host import host_for
from harness.execution.plan import RUNNERS, check_runners
from harness.golden import GoldenFile
from harness.reasons import explained
from harness.scenario import Selection, choose
from harness.semantics.examiner import Examiners
from harness.session import Measurement, Session
from harness.targets import installed

SECONDS = 60.0
"""For one case, before its worker is killed."""
_DEVICE = "cpu"


@dataclass(frozen=True, kw_only=True, slots=True)
class Project:
    """Where the scenarios are, what is recorded of them, and how they are run."""

    scenarios: Path = field(default=Path("scenarios"))
    golden: Path = field(default=Path("golden"))
    timeout: float = SECONDS


def check(
    scenario: str | os.PathLike[str],
    *,
    golden: str | os.PathLike[str] = "golden",
    runners: Sequence[str] = (),
    scenarios: str | os.PathLike[str] = "scenarios",
    timeout: float = SECONDS,
) -> Comparison:
    """Run a scenario on the installed TensorFlow, hold it against golden and runner against runner.

    What changed, crashed or has no golden raises nothing: the comparison says it. ``harness.exit_code(comparison)``
    is 0 when all is as recorded, and ``harness.report_text(comparison)`` the text that ``harness compare`` prints::

        def test_batch_normalization_is_what_it_was() -> None:
            comparison = harness.check("flags/mine")
            assert harness.exit_code(comparison) == 0, harness.report_text(comparison)

    Args:
        scenario: ``topic/name``, a file, a topic, or the id of one case; as ``harness compare`` takes it.
        golden: folder of the golden files.
        runners: ``tf1``, ``keras:function`` and so on, or ``all`` that the scenario lists; by default ``tf1`` and
            ``keras``, or all where the scenario lists neither.
        scenarios: folder of the scenario files.
        timeout: seconds for one case, before its worker is killed.

    Raises:
        InvalidScenario: the file does not say an experiment.
        InvalidOption: there is no such runner, or no such folder of scenarios, or the timeout is not positive.
        InvalidGolden: the golden file is not in the format.
        NothingSelected: there is no such scenario, or no runner of it was asked for.
        ReleaseUnavailable: no TensorFlow is installed, or it cannot be imported.
    """
    wanted = tuple(RUNNERS) if "all" in runners else tuple(runners)
    check_runners(wanted, "runners")
    if not timeout > 0:
        raise InvalidOption(Problem(place="timeout", message=f"must be a positive number of seconds, got {timeout!r}"))
    project = Project(scenarios=Path(scenarios), golden=Path(golden), timeout=timeout)
    return compared(choose(project.scenarios, [os.fspath(scenario)]), wanted, project)


def compared(selections: Sequence[Selection], runners: Sequence[str], project: Project) -> Comparison:
    """The comparison of selected cases, explained, measured on the installed TensorFlow.

    Raises:
        InvalidGolden: a golden file is not in the format.
        NothingSelected: no case has a runner that was asked for.
        ReleaseUnavailable: no TensorFlow is installed, or it cannot be imported.
    """
    goldens = read_goldens(project.golden, selections)
    with _session(runners, project) as session:
        measurement = session.measure(selections, _Silent())
    return _explained(measurement, goldens, project)


def compared_each(
    selections: Sequence[Selection], runners: Sequence[str], project: Project
) -> Generator[tuple[str, Comparison], None, None]:
    """The same, by scenario, each as soon as it is measured; closing what this returns ends the workers.

    Raises:
        as :func:`compared` does.
    """
    goldens = read_goldens(project.golden, selections)
    with _session(runners, project) as session:
        for measurement in session.measure_each(selections, _Silent()):
            [selection] = measurement.selections
            yield selection.scenario.name, _explained(measurement, goldens, project)


def _session(runners: Sequence[str], project: Project) -> Session:
    settings = Settings(runners=tuple(runners), device=_DEVICE, threads=1, timeout=project.timeout)
    interpreter = installed().provide(_Silent().message)
    host = host_for(interpreter.python, device=_DEVICE, threads=settings.threads)
    return settings.session(interpreter, host=host, workers=workers_at_once())


def _explained(measurement: Measurement, goldens: Mapping[str, GoldenFile | None], project: Project) -> Comparison:
    examiners = Examiners(selection.scenario for selection in measurement.selections)
    found = compare_run(
        measurement,
        goldens=goldens,
        golden_root=project.golden,
        scenarios=(),
        baseline=None,
        device=_DEVICE,
        arguments=_arguments(project),
        program=("harness",) if shutil.which("harness") else ("python", "-m", "harness"),
        examiners=examiners,
    )
    return explained(found, measurement.selections, goldens, examiners)


def _arguments(project: Project) -> tuple[str, ...]:
    """The options that a rerun of a case with ``harness compare`` has to repeat."""
    usual = Project()
    words: list[str] = []
    if project.scenarios != usual.scenarios:
        words += ["--scenarios", str(project.scenarios)]
    if project.golden != usual.golden:
        words += ["--golden", str(project.golden)]
    if project.timeout != usual.timeout:
        words += ["--timeout", f"{project.timeout:g}"]
    return tuple(words)


class _Silent:
    """Told how far a measurement is; keeps it to itself."""

    def message(self, text: str) -> None:
        """Something worth a line happened."""

    def advance(self, label: str) -> None:
        """One job is done."""
