"""What is to be reproduced, where golden does not say it: tf1 as the installed TensorFlow has it."""

from __future__ import annotations

from collections.abc import Sequence

from harness.errors import Problem, ReleaseUnavailable
from harness.migration.search import Source
from harness.observation import Crashed, Outcome, TimedOut, Unavailable, recordable
from harness.scenario import Selection
from harness.session import Listener, Session
from harness.targets import installed

RUNNER = "tf1"
"""Whose behaviour is migrated, unless something else is asked for."""


def measured(selections: Sequence[Selection], *, threads: int, timeout: float, listener: Listener) -> dict[str, Source]:
    """What tf1 does on the installed TensorFlow, by case id.

    Raises:
        NothingSelected: a scenario is not for tf1.
        ReleaseUnavailable: no TensorFlow is installed, it has no tf1, or its worker did not survive a case.
    """
    interpreter = installed().provide(listener.message)
    with Session(interpreter, (RUNNER,), device="cpu", threads=threads, timeout=timeout) as session:
        measurement = session.measure(selections, listener)
    found = {}
    for (case, _), outcome in measurement.outcomes.items():
        observation = recordable(outcome)
        if observation is None:
            raise ReleaseUnavailable(_lost(case, outcome))
        release = measurement.releases[RUNNER]
        found[case] = Source(runner=RUNNER, release=release, observation=observation, recorded=False)
    return found


def _lost(case: str, outcome: Outcome) -> Problem:
    match outcome:
        case Unavailable(reason=reason):
            why = f"has no {RUNNER}: {reason}"
        case TimedOut(seconds=seconds):
            why = f"gave no answer within {seconds:g} s"
        case Crashed(cause=cause):
            why = f"did not survive it: {cause}"
        case _:
            why = "measured nothing"
    message = f"nothing is recorded of {RUNNER}, and the installed TensorFlow {why}"
    hint = f"`harness record --tf 1.15.5 --runner {RUNNER}` records what a release does in an environment of its own"
    return Problem(place=case, message=message, hint=hint)
