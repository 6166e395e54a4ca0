"""One worker's life: started by path in some Python, asked line by line, ended by EOF, deadline or death.

The parent never polls to learn that a child died: reading its pipe ends when it does. Requests are written
ahead by a thread of their own, because a parent that only writes and a child that only answers would wait
for each other once both pipes are full. Answers come in the order of the requests: a worker that ends early
was on the first request without an answer.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.execution.isolation import gpu_index, worker_environment

_WORKER = Path(__file__).resolve().parent.parent / "worker" / "main.py"
_CHUNK = 1 << 16
_STDERR_TAIL_BYTES = 8192
_STDERR_TAIL_LINES = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerSpec:
    """Which Python to start and what for.

    Attributes:
        python: the interpreter that has TensorFlow.
        runners: what this worker executes.
        legacy_keras: start with TF_USE_LEGACY_KERAS=1.
        eager: switch a TensorFlow 1.x to eager execution.
        device: ``cpu``, ``gpu`` or ``gpu:N``.
        threads: for TensorFlow's pools.
    """

    python: Path
    runners: tuple[str, ...]
    legacy_keras: bool
    eager: bool
    device: str
    threads: int


class WorkerLost(Exception):
    """The worker ended although it was asked something.

    Attributes:
        cause: ``SIGKILL``, ``exit code 1``, or ``deadline``.
        stderr: the end of what it said.
    """

    def __init__(self, cause: str, stderr: str) -> None:
        super().__init__(f"worker lost: {cause}")
        self.cause = cause
        self.stderr = stderr


class DeadlinePassed(WorkerLost):
    """The worker was killed because it did not answer in time."""


class Worker:
    """A started worker; :meth:`close` it."""

    def __init__(self, spec: WorkerSpec, scratch: Path) -> None:
        self.spec = spec
        self._stderr = tempfile.TemporaryFile(dir=scratch)  # noqa: SIM115 - closed with the worker
        self._pending = bytearray()
        self._process = subprocess.Popen(
            [spec.python, _WORKER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            env=worker_environment(
                os.environ,
                scratch=scratch,
                device=spec.device,
                threads=spec.threads,
                legacy_keras=spec.legacy_keras,
            ),
            cwd=scratch,
            # A Ctrl-C is for the harness, which ends its workers in its own way.
            start_new_session=True,
        )
        self._feeders: list[threading.Thread] = []
        self.send([self._setup()])

    @property
    def pid(self) -> int:
        """Process id, for tests and for the report of a hang."""
        return self._process.pid

    def _setup(self) -> dict[str, Any]:
        # CUDA_VISIBLE_DEVICES shows the worker one GPU only, which is then its number 0.
        device = "cpu:0" if gpu_index(self.spec.device) is None else "gpu:0"
        return {
            "runners": self.spec.runners,
            "device": device,
            "threads": self.spec.threads,
            "eager": self.spec.eager,
        }

    def send(self, requests: Iterable[Mapping[str, Any]]) -> None:
        """Write requests ahead of their answers; returns at once."""
        feeder = threading.Thread(target=self._feed, args=(requests,), daemon=True)
        self._feeders.append(feeder)
        feeder.start()

    def _feed(self, requests: Iterable[Mapping[str, Any]]) -> None:
        pipe = self._process.stdin
        assert pipe is not None
        try:
            for request in requests:
                pipe.write(json.dumps(request).encode("ascii") + b"\n")
                pipe.flush()
        except BrokenPipeError:
            # The worker died: the reader of its answers tells.
            return

    def receive(self, seconds: float) -> dict[str, Any]:
        """The next answer.

        Raises:
            DeadlinePassed: none came within ``seconds``; the worker is killed.
            WorkerLost: the worker ended.
        """
        pipe = self._process.stdout
        assert pipe is not None
        deadline = time.monotonic() + seconds
        while b"\n" not in self._pending:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([pipe], [], [], left)[0]:
                self.kill()
                raise DeadlinePassed("deadline", self.stderr_tail())
            chunk = os.read(pipe.fileno(), _CHUNK)
            if not chunk:
                raise WorkerLost(self._cause_of_death(), self.stderr_tail())
            self._pending += chunk
        line, _, rest = self._pending.partition(b"\n")
        self._pending = rest
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _cause_of_death(self) -> str:
        code = self._process.wait()
        if code < 0:
            return signal.Signals(-code).name
        return f"exit code {code}"

    def stderr_tail(self) -> str:
        """The last lines the worker wrote to stderr."""
        end = self._stderr.seek(0, os.SEEK_END)
        self._stderr.seek(max(0, end - _STDERR_TAIL_BYTES))
        text = self._stderr.read().decode("utf-8", errors="replace")
        return "\n".join(text.splitlines()[-_STDERR_TAIL_LINES:])

    def kill(self) -> None:
        """End the worker now, from whatever thread; who reads its answers learns of it."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """End the worker and free its pipes; for the thread that reads its answers."""
        self.kill()
        for feeder in self._feeders:
            feeder.join()
        for pipe in (self._process.stdin, self._process.stdout, self._stderr):
            assert pipe is not None
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
