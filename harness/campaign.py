"""Measures several targets side by side, as many at once as cores and memory allow, and hands them on in order.

A target that fails never stops the others. In order, because golden files are recorded from the lowest release
up: the first release with a behaviour gives it its numbers.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from harness.errors import HarnessError
from harness.execution.host import Host, host_for
from harness.execution.plan import Interpreter
from harness.scenario import Selection
from harness.session import Listener, Measurement, Session
from harness.targets import Target

_WORKER_BYTES = 1 << 30
_TARGET_BYTES = 2 << 30
"""Two workers of the newest TensorFlow with some hundred cases: 580 MB each, and room for a large one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """How to measure; see the options of the same names."""

    runners: tuple[str, ...]
    device: str
    threads: int
    timeout: float

    def session(
        self,
        interpreter: Interpreter,
        *,
        host: Host | None,
        workers: int,
        without: frozenset[str] = frozenset(),
    ) -> Session:
        """A session that measures so; see :class:`Session`."""
        return Session(
            interpreter,
            self.runners,
            device=self.device,
            threads=self.threads,
            timeout=self.timeout,
            without=without,
            host=host,
            workers=workers,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """A target with what was measured on it, or why nothing was."""

    target: Target
    measurement: Measurement | HarnessError


class Campaign:
    """Runs on leaving no worker behind, whatever ends it."""

    def __init__(self, settings: Settings, listener: Listener) -> None:
        self._settings = settings
        self._listener = listener
        self._lock = threading.Lock()
        self._sessions: set[Session] = set()
        self._stopping = False

    def run(
        self,
        targets: Sequence[Target],
        selections: Sequence[Selection],
        without: Mapping[str, frozenset[str]] = MappingProxyType({}),
    ) -> Iterator[Measured]:
        """Measure every selected case on every target, but for its runners in ``without``, by target name.

        Yields in the order of ``targets``.
        """
        side_by_side = at_once(len(targets))
        workers = workers_at_once() // side_by_side
        executor = ThreadPoolExecutor(max_workers=side_by_side)
        try:
            futures: list[tuple[Target, Future[Measurement | HarnessError]]] = [
                (
                    target,
                    executor.submit(self._measure, target, selections, without.get(target.name, frozenset()), workers),
                )
                for target in targets
            ]
            for target, future in futures:
                yield Measured(target=target, measurement=future.result())
        finally:
            self._stop()
            executor.shutdown(cancel_futures=True)

    def _measure(
        self, target: Target, selections: Sequence[Selection], without: frozenset[str], workers: int
    ) -> Measurement | HarnessError:
        listener = Named(name=target.name, listener=self._listener)
        settings = self._settings
        try:
            interpreter = target.provide(listener.message)
            host = host_for(interpreter.python, device=settings.device, threads=settings.threads)
            with settings.session(interpreter, host=host, workers=workers, without=without) as session:
                self._register(session)
                return session.measure(selections, listener)
        except HarnessError as error:
            return error

    def _register(self, session: Session) -> None:
        with self._lock:
            self._sessions.add(session)
            if self._stopping:
                session.stop()

    def _stop(self) -> None:
        with self._lock:
            self._stopping = True
            for session in self._sessions:
                session.stop()


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """Tells a listener which target it is that speaks."""

    name: str
    listener: Listener

    def message(self, text: str) -> None:
        """Something worth a line happened."""
        self.listener.message(text if text.startswith(f"{self.name}: ") else f"{self.name}: {text}")

    def advance(self, label: str) -> None:
        """One job is done."""
        self.listener.advance(f"{self.name} {label}")


def at_once(targets: int) -> int:
    """How many targets to measure side by side: at most one per core, and what free memory holds."""
    by_memory = _free_bytes() // _TARGET_BYTES
    return max(1, min(targets, os.cpu_count() or 1, by_memory))


def workers_at_once() -> int:
    """How many workers to run side by side: at most one per core, and what free memory holds."""
    return max(1, min(os.cpu_count() or 1, _free_bytes() // _WORKER_BYTES))


def _free_bytes() -> int:
    """Memory that can be had without swapping; everything there is where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    fields = dict(line.split(":", 1) for line in lines)
    return int(fields["MemAvailable"].split()[0]) * 1024
