"""Runs jobs on several workers side by side and yields what happens, as it happens."""

from __future__ import annotations

import queue
import tempfile
import threading
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Any, TypeAlias

from harness.case import Case
from harness.execution.host import Host, Unforkable
from harness.execution.process import DeadlinePassed, Worker
from harness.execution.spec import WorkerLost, WorkerSpec
from harness.observation import Crashed, NotApplicable, Observation, Outcome, Result, TimedOut, Unavailable

_JOBS_OF_A_PIECE = 16
"""At most so many are handed to a worker at once: the last to finish should not have much left."""
_JOBS_AHEAD = 2
"""A worker has so many waiting, so that it never waits itself."""
_PIECES_WORTH_A_WORKER = 12
"""A structure takes some 20 ms to build, a forked worker five times that to get going."""


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


_DONE = object()


class Backlog:
    """The jobs of a kind of worker that none of them has yet; any of them takes the next."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self._pieces = deque(pieces(jobs))
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._pieces)

    def take(self) -> list[Job]:
        """The next jobs, of one structure; none when there are no more."""
        with self._lock:
            return self._pieces.popleft() if self._pieces else []

    def give_back(self, jobs: Sequence[Job]) -> None:
        """Jobs that were taken and not done are next again."""
        with self._lock:
            self._pieces.extendleft(reversed(list(pieces(jobs))))

    def remove(self, runners: Collection[str]) -> list[Job]:
        """Take all jobs of some runners that are left."""
        with self._lock:
            found = [piece for piece in self._pieces if piece[0].runner in runners]
            self._pieces = deque(piece for piece in self._pieces if piece[0].runner not in runners)
        return [job for piece in found for job in piece]


class Pool:
    """Workers that run the jobs of their runners side by side.

    They are forked off a host where there is one, each time one is needed; without, or where that refuses, each
    is a process that imports TensorFlow, and is started at once, so that imports overlap with parsing.
    """

    def __init__(
        self, specs: Sequence[WorkerSpec], *, timeout: float, host: Host | None = None, workers: int = 1
    ) -> None:
        """Take over ``host``, to close it.

        Args:
            specs: the kinds of workers; there is one of each at least.
            timeout: seconds for a case.
            host: to fork workers off.
            workers: how many to run at once, if that is more; only a host makes a second one of a kind worth it.
        """
        self._timeout = timeout
        self._host = host
        self._scratch = tempfile.TemporaryDirectory(prefix="harness-")
        self._lock = threading.Lock()
        self._live: set[Worker] = set()
        self._threads: list[threading.Thread] = []
        self._stopping = False
        self._backlogs: dict[WorkerSpec, Backlog] = {}
        self._specs = tuple(specs)
        self._more = max(0, workers - len(specs)) if host else 0
        self._started = {spec: self._start(spec, None) for spec in specs} if host is None else {}

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        for thread in self._threads:
            # One that an interrupt kept from starting finds the pool stopping, and does nothing.
            if thread.is_alive():
                thread.join()
        for worker in self._live:
            worker.close()
        if self._host is not None:
            self._host.close()
        self._scratch.cleanup()

    def stop(self) -> None:
        """Kill every worker, from whatever thread; :meth:`run` ends."""
        with self._lock:
            self._stopping = True
            for worker in self._live:
                worker.kill()
        if self._host is not None:
            self._host.stop()

    def run(self, jobs: Sequence[Job], meanwhile: Iterable[object] = ()) -> Iterator[Event]:
        """Give every job to a worker that has its runner; yield until all have their outcome.

        A kind of worker that does not start at all yields :class:`StartFailed`, and its jobs yield nothing.

        Args:
            jobs: in any order; those of equal structure that are neighbours share a graph or layer.
            meanwhile: work that is done piece by piece while there is no event, most of all while TensorFlow is
                imported; what is left of it when all jobs are done is not.
        """
        events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        if self._host is not None:
            self._specs = tuple(_needed(self._specs, {job.runner for job in jobs}))
        for spec in self._specs:
            self._backlogs[spec] = Backlog([job for job in jobs if job.runner in spec.runners])
        first: list[WorkerSpec] = [spec for spec in self._specs if self._backlogs[spec]]
        first += [more for _ in range(self._more) if (more := self._worth_joining())]
        self._threads = [threading.Thread(target=self._drive, args=(spec, events), daemon=True) for spec in first]
        for thread in self._threads:
            thread.start()
        running, ahead = len(self._threads), iter(meanwhile)
        while running:
            if events.empty() and next(ahead, _DONE) is not _DONE:
                continue
            event = events.get()
            if event is None:
                running -= 1
            else:
                yield event

    def _drive(self, first: WorkerSpec, events: queue.SimpleQueue[Event | None]) -> None:
        """Be one of the workers at a time: of one kind until there are no jobs for it, then of another."""
        spec: WorkerSpec | None = first
        try:
            while spec is not None and not self._stopping:
                self._work(spec, events)
                spec = self._worth_joining()
        finally:
            events.put(None)

    def _worth_joining(self) -> WorkerSpec | None:
        """The kind with the most to do, if a further worker of it is worth its start."""
        if self._host is None:
            return None
        spec = max(self._specs, key=lambda spec: len(self._backlogs[spec]))
        return spec if len(self._backlogs[spec]) >= _PIECES_WORTH_A_WORKER else None

    def _work(self, spec: WorkerSpec, events: queue.SimpleQueue[Event | None]) -> None:
        """Serve the jobs of a kind with a worker and, each time it is lost, with its successor."""
        backlog, restarted, left = self._backlogs[spec], False, True
        while left and not self._stopping:
            try:
                worker = self._started.pop(spec, None) or self._start(spec, self._host)
            except WorkerLost as lost:
                _give_up(backlog, StartFailed(spec=spec, cause=lost.cause, stderr=lost.stderr), events, restarted)
                return
            try:
                started = await_start(worker)
                if isinstance(started, StartFailed):
                    _give_up(backlog, started, events, restarted)
                    return
                events.put(started)
                _tell_unavailable(backlog, started.facts, events)
                self._serve(worker, backlog, events)
            finally:
                self._retire(worker)
            restarted, left = True, bool(backlog)

    def _start(self, spec: WorkerSpec, host: Host | None) -> Worker:
        """Start a worker; it is killed when the pool is stopped, whatever comes first.

        Raises:
            WorkerLost: the host ended while it imported TensorFlow.
        """
        scratch = Path(tempfile.mkdtemp(dir=self._scratch.name))
        try:
            worker = Worker(spec, scratch, host)
        except Unforkable:
            worker = Worker(spec, scratch)
        with self._lock:
            self._live.add(worker)
            if self._stopping:
                worker.kill()
        return worker

    def _retire(self, worker: Worker) -> None:
        with self._lock:
            self._live.discard(worker)
        worker.close()

    def _serve(self, worker: Worker, backlog: Backlog, events: queue.SimpleQueue[Event | None]) -> None:
        """Ask until there are no more jobs, or until the worker is lost: that costs the job it was on."""
        asked: deque[Job] = deque()
        while True:
            while len(asked) < _JOBS_AHEAD and (piece := backlog.take()):
                worker.send({"runner": job.runner, "case": job.case.to_wire()} for job in piece)
                asked.extend(piece)
            if not asked:
                return
            try:
                outcome, lost = outcome_of(worker.receive(self._timeout)), False
            except DeadlinePassed as passed:
                outcome, lost = TimedOut(seconds=self._timeout, stderr=passed.stderr), True
            except WorkerLost as died:
                outcome, lost = Crashed(cause=died.cause, stderr=died.stderr), True
            events.put(Finished(job=asked.popleft(), outcome=outcome))
            if lost:
                backlog.give_back(asked)
                return


def _needed(specs: Sequence[WorkerSpec], runners: Collection[str]) -> Iterator[WorkerSpec]:
    """Kinds of workers without the runners that have no jobs: asking whether one is there may take a second."""
    for spec in specs:
        used = tuple(runner for runner in spec.runners if runner in runners)
        if used:
            yield replace(spec, runners=used)


def pieces(jobs: Sequence[Job]) -> Iterator[list[Job]]:
    """Jobs of equal structure, not too many at once: what one worker takes."""
    for _, group in groupby(by_structure(jobs), key=lambda job: (job.runner, job.case.structure)):
        alike = list(group)
        yield from (alike[start : start + _JOBS_OF_A_PIECE] for start in range(0, len(alike), _JOBS_OF_A_PIECE))


def by_structure(jobs: Sequence[Job]) -> list[Job]:
    """Jobs of equal structure next to each other, else in their order: a worker shares what it built last."""
    groups: dict[tuple[str, str], list[Job]] = {}
    for job in jobs:
        groups.setdefault((job.runner, job.case.structure), []).append(job)
    return [job for group in groups.values() for job in group]


def await_start(worker: Worker) -> Started | StartFailed:
    """What a worker says about itself once it has imported TensorFlow; for as long as that may take."""
    try:
        ready = worker.ready()
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


def _tell_unavailable(backlog: Backlog, facts: Facts, events: queue.SimpleQueue[Event | None]) -> None:
    """The jobs whose runner is not there are told why not."""
    reasons = {runner: reason for runner, reason in facts.unavailable.items() if reason is not None}
    for job in backlog.remove(reasons):
        events.put(Finished(job=job, outcome=Unavailable(reason=reasons[job.runner])))


def _give_up(backlog: Backlog, failed: StartFailed, events: queue.SimpleQueue[Event | None], restarted: bool) -> None:
    """Nothing more can be run: said once when nothing ever ran, else for each job that is left."""
    left = backlog.remove(failed.spec.runners)
    if not restarted:
        events.put(failed)
        return
    for job in left:
        outcome = Crashed(cause=f"no new worker ({failed.cause})", stderr=failed.stderr)
        events.put(Finished(job=job, outcome=outcome))


def outcome_of(answer: Mapping[str, Any]) -> Outcome:
    """The outcome that a worker's answer tells."""
    if "failure" in answer:
        return Crashed(cause="an error of the worker itself", stderr=answer["failure"])
    if "not_applicable" in answer:
        return NotApplicable(reason=answer["not_applicable"])
    first = Observation.from_wire(answer["observation"])
    if "others" not in answer:
        return first
    each = (first, *(Observation.from_wire(wire) for wire in answer["others"]))
    results = (Result(observation=one, times=times) for one, times in zip(each, answer["times"], strict=True))
    return replace(first, results=tuple(results))
