"""A conversation with one worker: what is asked next may depend on the last answer."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.errors import NothingSelected, Problem, ReleaseUnavailable
from harness.execution.plan import Interpreter, worker_specs
from harness.execution.pool import Facts, StartFailed, await_start, outcome_of
from harness.execution.process import DeadlinePassed, Worker
from harness.execution.spec import WorkerLost
from harness.observation import Crashed, Outcome, TimedOut


class Dialogue:
    """One worker for one runner, started when this is made; a lost one is replaced before the next question."""

    def __init__(self, interpreter: Interpreter, runner: str, *, threads: int, timeout: float) -> None:
        (self._spec,) = worker_specs(interpreter, [runner], device="cpu", threads=threads)
        self._runner = runner
        self._timeout = timeout
        self._scratch = tempfile.TemporaryDirectory(prefix="harness-")
        self._facts: Facts | None = None
        self._worker = self._start()

    def __enter__(self) -> Dialogue:
        return self

    def __exit__(self, *exception: object) -> None:
        self._worker.close()
        self._scratch.cleanup()

    def facts(self) -> Facts:
        """What the worker says about itself, once it has started.

        Raises:
            ReleaseUnavailable: it could not start.
            NothingSelected: the runner is not there.
        """
        if self._facts is None:
            started = await_start(self._worker)
            if isinstance(started, StartFailed):
                message = f"the worker for {self._runner} could not start ({started.cause}); it said:\n{started.stderr}"
                raise ReleaseUnavailable(Problem(place=str(self._spec.python), message=message))
            reason = started.facts.unavailable[self._runner]
            if reason is not None:
                raise NothingSelected(Problem(place=self._runner, message=f"unavailable: {reason}"))
            self._facts = started.facts
        return self._facts

    def ask(self, program: Mapping[str, Any]) -> Outcome:
        """What comes of a program (harness/worker/program.py); waits for it.

        Raises:
            ReleaseUnavailable: the worker could not start.
        """
        self.facts()
        self._worker.send([{"program": program}])
        try:
            return outcome_of(self._worker.receive(self._timeout))
        except DeadlinePassed as lost:
            self._replace()
            return TimedOut(seconds=self._timeout, stderr=lost.stderr)
        except WorkerLost as lost:
            self._replace()
            return Crashed(cause=lost.cause, stderr=lost.stderr)

    def _replace(self) -> None:
        self._worker.close()
        self._facts = None
        self._worker = self._start()

    def _start(self) -> Worker:
        return Worker(self._spec, Path(tempfile.mkdtemp(dir=self._scratch.name)))
