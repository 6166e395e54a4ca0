"""Cases that the installed TensorFlow ran."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from harness.execution.plan import installed_interpreter, worker_specs
from harness.execution.pool import Finished, Job, Pool
from harness.observation import Observation, Outcome

Observed: TypeAlias = Callable[[str, str], Observation]
"""What a runner showed, by the name of the case without its topic, and the runner."""


def finished(jobs: Sequence[Job]) -> list[Finished]:
    """Every job with its outcome, as they came."""
    runners = list(dict.fromkeys(job.runner for job in jobs))
    specs = worker_specs(installed_interpreter(Path(sys.executable)), runners, device="cpu", threads=1)
    with Pool(specs, timeout=120) as pool:
        return [event for event in pool.run(jobs) if isinstance(event, Finished)]


def outcomes_of(jobs: Sequence[Job]) -> dict[tuple[str, str], Outcome]:
    """What came of every job, by the name of its scenario without the topic, and the runner."""
    return {(event.job.case.scenario.partition("/")[2], event.job.runner): event.outcome for event in finished(jobs)}


def observed_in(outcomes: Mapping[tuple[str, str], Outcome]) -> Observed:
    """Look an observation up that there has to be."""

    def look_up(name: str, runner: str) -> Observation:
        outcome = outcomes[name, runner]
        assert isinstance(outcome, Observation), outcome
        return outcome

    return look_up
