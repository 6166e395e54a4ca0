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
import queue
import select
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any

from harness.execution.host import Fork, Host
from harness.execution.isolation import worker_environment
from harness.execution.spec import MAIN, START_SECONDS, WorkerLost, WorkerSpec, cause_of_death, setup_of, tail

_CHUNK = 1 << 16


class DeadlinePassed(WorkerLost):
    """The worker was killed because it did not answer in time."""


class Worker:
    """A started worker; :meth:`close` it."""

    def __init__(self, spec: WorkerSpec, scratch: Path, host: Host | None = None) -> None:
        """Start a Python; with a ``host``, fork it off that, which waits for the import of TensorFlow.

        Raises:
            WorkerLost: the host ended.
            Unforkable: the host refuses.
        """
        self.spec = spec
        self._ready: Mapping[str, Any] | None = None
        self._stderr = tempfile.TemporaryFile(dir=scratch)  # noqa: SIM115 - closed with the worker
        self._pending = bytearray()
        self._process: Fork | subprocess.Popen[bytes]
        if host is None:
            self._process = _start(spec, scratch, self._stderr)
        else:
            with contextlib.ExitStack() as undo:
                undo.callback(self._stderr.close)
                self._process, self._ready = host.fork(spec, self._stderr.fileno())
                undo.pop_all()
        self._requests: queue.SimpleQueue[Mapping[str, Any] | None] = queue.SimpleQueue()
        self._feeder = threading.Thread(target=self._feed, daemon=True)
        self._feeder.start()
        if host is None:
            self.send([setup_of(spec)])

    @property
    def pid(self) -> int:
        """Process id, for tests and for the report of a hang."""
        return self._process.pid

    def send(self, requests: Iterable[Mapping[str, Any]]) -> None:
        """Write requests ahead of their answers; returns at once."""
        for request in requests:
            self._requests.put(request)

    def _feed(self) -> None:
        pipe = self._process.stdin
        assert pipe is not None
        try:
            while (request := self._requests.get()) is not None:
                pipe.write(json.dumps(request).encode("ascii") + b"\n")
                pipe.flush()
        except BrokenPipeError:
            # The worker died: the reader of its answers tells.
            return

    def ready(self) -> Mapping[str, Any]:
        """What the worker says first, once TensorFlow is imported: the facts about it.

        Raises:
            WorkerLost: it ended, or took longer than an import may take.
        """
        if self._ready is None:
            self._ready = self.receive(START_SECONDS)
        return self._ready

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
                raise WorkerLost(cause_of_death(self._process.wait()), self.stderr_tail())
            self._pending += chunk
        line, _, rest = self._pending.partition(b"\n")
        self._pending = rest
        answer: dict[str, Any] = json.loads(line)
        return answer

    def stderr_tail(self) -> str:
        """The last lines the worker wrote to stderr."""
        return tail(self._stderr)

    def kill(self) -> None:
        """End the worker now, from whatever thread; who reads its answers learns of it."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """End the worker and free its pipes; for the thread that reads its answers."""
        self.kill()
        self._requests.put(None)
        self._feeder.join()
        for pipe in (self._process.stdin, self._process.stdout, self._stderr):
            assert pipe is not None
            with contextlib.suppress(BrokenPipeError):
                pipe.close()


def _start(spec: WorkerSpec, scratch: Path, stderr: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [spec.python, MAIN],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        env=worker_environment(
            os.environ, scratch=scratch, device=spec.device, threads=spec.threads, legacy_keras=spec.legacy_keras
        ),
        cwd=scratch,
        # A Ctrl-C is for the harness, which ends its workers in its own way.
        start_new_session=True,
    )
