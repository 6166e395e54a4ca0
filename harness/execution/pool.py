"""Runs jobs on several workers side by side and yields what happens, as it happens."""

from __future__ import annotations

import queue
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, TypeAlias

from harness.case import Case
from harness.execution.process import DeadlinePassed, Worker, WorkerLost, WorkerSpec
from harness.observation import Crashed, Observation, Outcome, TimedOut, Unavailable

_START_SECONDS = 300.0
"""TensorFlow's first import on a slow disk takes a minute; a start is never a case's fault."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """One case to run by one runner."""

    runner: str
    case: Case


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What a worker said about itself.

    Attributes:
        versions: by package name; ``None`` where a package was not imported.
        platform: ``linux-x86_64``.
        cpu_features: what decides the last bits of TensorFlow's kernels.
        threads: size of its thread pools.
        devices: what TensorFlow sees; empty unless a GPU was asked for.
        unavailable: runner to the reason why it is not there; ``None`` where it is.
    """

    versions: Mapping[str, str | None]
    platform: str
    cpu_features: tuple[str, ...]
    threads: int
    devices: tuple[str, ...]
    unavailable: Mapping[str, str | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Started:
    """A worker imported its TensorFlow."""

    spec: WorkerSpec
    facts: Facts
    pid: int


@dataclass(frozen=True, kw_only=True, slots=True)
class StartFailed:
    """A worker died or hung before it could take a case."""

    spec: WorkerSpec
    cause: str
    stderr: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Finished:
    """A job has its outcome."""

    job: Job
    outcome: Outcome


Event: TypeAlias = Started | StartFailed | Finished


class Pool:
    """Workers that are started at once and given their jobs later, so that imports overlap with parsing."""

    def __init__(self, specs: Sequence[WorkerSpec], *, timeout: float) -> None:
        self._timeout = timeout
        self._scratch = tempfile.TemporaryDirectory(prefix="harness-")
        self._lock = threading.Lock()
        self._live: set[Worker] = set()
        self._threads: list[threading.Thread] = []
        self._stopping = False
        self._workers = [(spec, self._start(spec)) for spec in specs]

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        for thread in self._threads:
            thread.join()
        for worker in self._live:
            worker.close()
        self._scratch.cleanup()

    def stop(self) -> None:
        """Kill every worker, from whatever thread; :meth:`run` ends."""
        with self._lock:
            self._stopping = True
            for worker in self._live:
                worker.kill()

    def run(self, jobs: Sequence[Job]) -> Iterator[Event]:
        """Give every job to the worker that has its runner; yield until all have their outcome.

        A worker that does not start at all yields :class:`StartFailed`, and its jobs yield nothing.
        """
        events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        for spec, worker in self._workers:
            own = by_structure([job for job in jobs if job.runner in spec.runners])
            thread = threading.Thread(target=self._drive, args=(worker, own, events), daemon=True)
            self._threads.append(thread)
            thread.start()
        running = len(self._workers)
        while running:
            event = events.get()
            if event is None:
                running -= 1
            else:
                yield event

    def _start(self, spec: WorkerSpec) -> Worker:
        with self._lock:
            worker = Worker(spec, Path(tempfile.mkdtemp(dir=self._scratch.name)))
            self._live.add(worker)
            if self._stopping:
                worker.kill()
        return worker

    def _retire(self, worker: Worker) -> None:
        with self._lock:
            self._live.discard(worker)
        worker.close()

    def _drive(self, worker: Worker, jobs: list[Job], events: queue.SimpleQueue[Event | None]) -> None:
        """Serve jobs with a worker and, each time it is lost, with its successor."""
        try:
            started = _await_start(worker)
            events.put(started)
            jobs = _without_unavailable(jobs, started, events)
            while jobs and not self._stopping:
                jobs = jobs[self._serve(worker, jobs, events) :]
                if jobs:
                    self._retire(worker)
                    worker = self._start(worker.spec)
                    jobs = _give_up(jobs, _await_start(worker), events)
        finally:
            self._retire(worker)
            events.put(None)

    def _serve(self, worker: Worker, jobs: Sequence[Job], events: queue.SimpleQueue[Event | None]) -> int:
        """Ask until done or until the worker is lost; how many jobs have their outcome."""
        worker.send({"runner": job.runner, "case": job.case.to_wire()} for job in jobs)
        for done, job in enumerate(jobs, start=1):
            try:
                answer = worker.receive(self._timeout)
            except DeadlinePassed as lost:
                events.put(Finished(job=job, outcome=TimedOut(seconds=self._timeout, stderr=lost.stderr)))
                return done
            except WorkerLost as lost:
                events.put(Finished(job=job, outcome=Crashed(cause=lost.cause, stderr=lost.stderr)))
                return done
            events.put(Finished(job=job, outcome=_outcome(answer)))
        return len(jobs)


def by_structure(jobs: Sequence[Job]) -> list[Job]:
    """Jobs of equal structure next to each other, else in their order: a worker shares what it built last."""
    groups: dict[tuple[str, str], list[Job]] = {}
    for job in jobs:
        groups.setdefault((job.runner, job.case.structure), []).append(job)
    return [job for group in groups.values() for job in group]


def _await_start(worker: Worker) -> Started | StartFailed:
    try:
        ready = worker.receive(_START_SECONDS)
    except WorkerLost as lost:
        return StartFailed(spec=worker.spec, cause=lost.cause, stderr=lost.stderr)
    facts = Facts(
        versions=ready["versions"],
        platform=ready["platform"],
        cpu_features=tuple(ready["cpu_features"]),
        threads=ready["threads"],
        devices=tuple(ready.get("devices", ())),
        unavailable=ready["unavailable"],
    )
    return Started(spec=worker.spec, facts=facts, pid=worker.pid)


def _without_unavailable(
    jobs: list[Job], started: Started | StartFailed, events: queue.SimpleQueue[Event | None]
) -> list[Job]:
    """The jobs whose runner is there; the others are told why not."""
    if isinstance(started, StartFailed):
        return []
    left = []
    for job in jobs:
        reason = started.facts.unavailable[job.runner]
        if reason is None:
            left.append(job)
        else:
            events.put(Finished(job=job, outcome=Unavailable(reason=reason)))
    return left


def _give_up(jobs: list[Job], restarted: Started | StartFailed, events: queue.SimpleQueue[Event | None]) -> list[Job]:
    """The jobs that a restarted worker can still do: all, or none when it did not come up again."""
    if isinstance(restarted, Started):
        return jobs
    for job in jobs:
        outcome = Crashed(cause=f"no new worker ({restarted.cause})", stderr=restarted.stderr)
        events.put(Finished(job=job, outcome=outcome))
    return []


def _outcome(answer: Mapping[str, Any]) -> Outcome:
    if "failure" in answer:
        return Crashed(cause="an error of the worker itself", stderr=answer["failure"])
    return Observation.from_wire(answer["observation"])
