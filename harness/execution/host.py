"""One import of TensorFlow for all workers of a run: a process that imports it, and then forks them when asked.

The other side, and why that is sound, is harness/worker/host.py. Where nothing can be forked nothing is lost:
the caller is told, and starts a worker by itself.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from harness.execution.isolation import worker_environment
from harness.execution.spec import MAIN, START_SECONDS, WorkerLost, WorkerSpec, cause_of_death, setup_of, tail

_MOST_BYTES = 1 << 16


class Unforkable(Exception):
    """The host does not fork this worker: start it by itself."""


class Control:
    """The socket over which a host is asked."""

    def __init__(self, near: socket.socket) -> None:
        near.settimeout(START_SECONDS)
        self._socket = near
        self._lock = threading.Lock()

    def ask(self, message: Mapping[str, Any], descriptors: Sequence[int] = ()) -> dict[str, Any]:
        """Send a message and file descriptors; the answer.

        Raises:
            ConnectionError: the host ended.
            TimeoutError: it does not answer.
            Unforkable: it refuses.
        """
        with self._lock:
            socket.send_fds(self._socket, [json.dumps(message).encode("ascii") + b"\n"], descriptors)
            return self.receive()

    def receive(self) -> dict[str, Any]:
        """The next line; raises what :meth:`ask` raises."""
        line = b""
        while not line.endswith(b"\n"):
            data = self._socket.recv(_MOST_BYTES)
            if not data:
                raise ConnectionError("the host ended")
            line += data
        answer: dict[str, Any] = json.loads(line)
        if "refused" in answer:
            raise Unforkable(answer["refused"])
        return answer

    def close(self) -> None:
        """Let the host end."""
        self._socket.close()


class Fork:
    """A child of a host; to a worker what a Popen is."""

    def __init__(self, pid: int, parent: Control, stdin: IO[bytes] | None = None, stdout: IO[bytes] | None = None):
        self.pid = pid
        self.stdin = stdin
        self.stdout = stdout
        self._parent = parent
        self._lock = threading.Lock()
        self._code: int | None = None

    def wait(self) -> int:
        """Wait for its end: its exit code, or minus its signal; a host that ended took its forks along."""
        with self._lock:
            if self._code is None:
                try:
                    self._code = os.waitstatus_to_exitcode(self._parent.ask({"wait": self.pid})["status"])
                except (ConnectionError, TimeoutError):
                    self._code = -signal.SIGKILL
            return self._code

    def kill(self) -> None:
        """Send SIGKILL, unless it has been waited for: its number may be another process's by then."""
        if self._code is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)


@dataclass(frozen=True, kw_only=True, slots=True)
class Prepared:
    """A fork that is a host itself: it has chosen the Keras and the execution mode of its workers.

    Attributes:
        ready: what each of its workers would say first.
    """

    process: Fork
    control: Control
    ready: Mapping[str, Any]


class Host:
    """A process that imports TensorFlow from now on; :meth:`close` it."""

    def __init__(self, python: Path, *, device: str, threads: int) -> None:
        self._scratch = tempfile.TemporaryDirectory(prefix="harness-", ignore_cleanup_errors=True)
        scratch = Path(self._scratch.name)
        self._stderr = tempfile.TemporaryFile(dir=scratch)  # noqa: SIM115 - closed with the host
        near, far = socket.socketpair()
        with far:
            self._process = subprocess.Popen(
                [str(python), str(MAIN), "host"],
                stdin=far.fileno(),
                stdout=self._stderr,
                stderr=self._stderr,
                env=worker_environment(os.environ, scratch=scratch, device=device, threads=threads, legacy_keras=False),
                cwd=scratch,
                # A Ctrl-C is for the harness, which ends its workers in its own way.
                start_new_session=True,
            )
        self._control = Control(near)
        self._prepared: dict[WorkerSpec, Prepared] = {}
        self._preparing: defaultdict[WorkerSpec, threading.Lock] = defaultdict(threading.Lock)

    def __enter__(self) -> Host:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def fork(self, spec: WorkerSpec, stderr: int) -> tuple[Fork, Mapping[str, Any]]:
        """A worker that writes to the file ``stderr``, and what it would say first; waits for TensorFlow's import.

        Raises:
            Unforkable: the worker has to be started by itself.
            WorkerLost: TensorFlow cannot be imported.
        """
        with self._preparing[spec]:
            if spec not in self._prepared:
                self._prepared[spec] = self._prepare(spec)
        prepared = self._prepared[spec]
        try:
            return _fork_worker(prepared.control, stderr), prepared.ready
        except (ConnectionError, TimeoutError) as error:
            raise Unforkable("the host was lost") from error

    def _prepare(self, spec: WorkerSpec) -> Prepared:
        near, far = socket.socketpair()
        control = Control(near)
        with far, contextlib.ExitStack() as undo:
            undo.callback(control.close)
            try:
                asked = {"prepare": {**setup_of(spec), "legacy_keras": spec.legacy_keras}}
                process = Fork(self._control.ask(asked, [far.fileno()])["pid"], self._control)
            except (ConnectionError, TimeoutError) as error:
                raise self._lost(self._process, error) from error
            undo.callback(process.wait)
            undo.callback(process.kill)
            far.close()
            try:
                ready = control.receive()
            except (ConnectionError, TimeoutError) as error:
                raise self._lost(process, error) from error
            undo.pop_all()
        return Prepared(process=process, control=control, ready=ready)

    def _lost(self, process: Fork | subprocess.Popen[bytes], error: OSError) -> WorkerLost:
        if isinstance(error, TimeoutError):
            process.kill()
        return WorkerLost(cause_of_death(process.wait()), tail(self._stderr))

    def stop(self) -> None:
        """Kill it and what it prepared, from whatever thread; its workers have been killed before."""
        for prepared in tuple(self._prepared.values()):
            prepared.process.kill()
            prepared.process.wait()
        self._process.kill()

    def close(self) -> None:
        """End it and free what it holds; a second time does nothing."""
        self.stop()
        self._process.wait()
        for control in (self._control, *(prepared.control for prepared in self._prepared.values())):
            control.close()
        self._stderr.close()
        self._scratch.cleanup()


def host_for(python: Path, *, device: str, threads: int) -> Host | None:
    """A host where forking after an import is known to be sound: Linux, and no GPU to be shared by accident."""
    if device != "cpu" or not sys.platform.startswith("linux"):
        return None
    return Host(python, device=device, threads=threads)


def _fork_worker(control: Control, stderr: int) -> Fork:
    """A worker off a prepared host, and its pipes."""
    requests, stdin = os.pipe()
    stdout, answers = os.pipe()
    with contextlib.ExitStack() as undo:
        ends = undo.enter_context(os.fdopen(stdin, "wb")), undo.enter_context(os.fdopen(stdout, "rb"))
        try:
            pid = control.ask({"work": True}, [requests, answers, stderr])["pid"]
        finally:
            os.close(requests)
            os.close(answers)
        undo.pop_all()
    return Fork(pid, control, *ends)
