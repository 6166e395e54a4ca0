"""One measurement: selected cases, run by their runners on one interpreter, with everything that was learnt."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from harness.errors import DeviceUnavailable, NothingSelected, Problem, ReleaseUnavailable
from harness.execution.host import Host
from harness.execution.plan import RUNNERS, Interpreter, release_label, worker_specs
from harness.execution.pool import Facts, Finished, Job, Pool, Started, StartFailed
from harness.observation import Observation, Outcome
from harness.scenario import Selection
from harness.semantics.examiner import Examiner
from harness.tolerance import Tolerance

DEFAULT_RUNNERS = ("tf1", "keras")


class Listener(Protocol):
    """Who is told how far a measurement is."""

    def message(self, text: str) -> None:
        """Something worth a line happened."""

    def advance(self, label: str) -> None:
        """One job is done."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Measurement:
    """What came out.

    Attributes:
        selections: the scenarios with the cases that ran.
        runners: every runner that was wanted, in report order.
        outcomes: by (case id, runner).
        facts: by runner, what its worker said about itself.
        releases: by runner, what it ran on.
        seconds: wall time.
    """

    selections: tuple[Selection, ...]
    runners: tuple[str, ...]
    outcomes: Mapping[tuple[str, str], Outcome]
    facts: Mapping[str, Facts]
    releases: Mapping[str, str]
    seconds: float


def runners_of(selection: Selection, wanted: Sequence[str]) -> tuple[str, ...]:
    """The runners of a scenario: those asked for, or the usual two, as far as it lists them; else all it lists."""
    allowed = selection.scenario.runners or tuple(RUNNERS)
    chosen = [runner for runner in RUNNERS if runner in allowed and runner in (wanted or DEFAULT_RUNNERS)]
    return tuple(chosen if chosen or wanted else (runner for runner in RUNNERS if runner in allowed))


class Session:
    """Workers that are started on entry, before anything else is read, and measure once.

    Raises (from :meth:`measure` and :meth:`measure_each`):
        NothingSelected: no case has a runner that was asked for, or all their runners are unavailable.
        ReleaseUnavailable: a worker could not start.
        DeviceUnavailable: TensorFlow does not see the device.
    """

    def __init__(
        self,
        interpreter: Interpreter,
        wanted: Sequence[str],
        *,
        device: str,
        threads: int,
        timeout: float,
        without: frozenset[str] = frozenset(),
        host: Host | None = None,
        workers: int = 1,
    ) -> None:
        self._wanted = tuple(wanted)
        self._without = without
        self.tensorflow = interpreter.tensorflow
        self._device = device
        self._began = time.monotonic()
        self._facts: dict[str, Facts] = {}
        self._outcomes: dict[tuple[str, str], Outcome] = {}
        runners = [runner for runner in self._wanted or RUNNERS if runner not in without]
        specs = worker_specs(interpreter, runners, device=device, threads=threads)
        self._pool = Pool(specs, timeout=timeout, host=host, workers=workers)

    def __enter__(self) -> Session:
        self._pool.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self._pool.__exit__(None, None, None)

    def stop(self) -> None:
        """Kill the workers, from whatever thread; :meth:`measure` then ends with what it has."""
        self._pool.stop()

    def jobs(self, selection: Selection) -> list[Job]:
        """What there is to run of one scenario: nothing where it is not for this release."""
        return [Job(runner=runner, case=case) for runner in self.runners(selection) for case in selection.cases]

    def runners(self, selection: Selection) -> list[str]:
        """The runners that the cases of one scenario run on: none where it is not for this release."""
        if not _is_for(selection, self.tensorflow):
            return []
        return [runner for runner in runners_of(selection, self._wanted) if runner not in self._without]

    def measure(
        self, selections: Sequence[Selection], listener: Listener, meanwhile: Iterable[object] = ()
    ) -> Measurement:
        """Run every selected case on every runner it has; see :meth:`Pool.run` for ``meanwhile``."""
        for _ in self._finished(self._all_jobs(selections), selections, listener, meanwhile):
            pass
        return self._measurement(selections)

    def measure_each(self, selections: Sequence[Selection], listener: Listener) -> Iterator[Measurement]:
        """The same, each scenario as soon as all of it is measured: who has seen enough need not wait for the rest."""
        jobs = self._all_jobs(selections)
        chosen = {selection.scenario.name: selection for selection in selections}
        left = Counter(job.case.scenario for job in jobs)
        for name in chosen:
            if not left[name]:
                yield self._measurement([chosen[name]])
        for job in self._finished(jobs, selections, listener):
            left[job.case.scenario] -= 1
            if not left[job.case.scenario]:
                yield self._measurement([chosen[job.case.scenario]])

    def _all_jobs(self, selections: Sequence[Selection]) -> list[Job]:
        jobs = [job for selection in selections for job in self.jobs(selection)]
        if not jobs:
            raise NothingSelected(self._nothing(selections))
        return jobs

    def _finished(
        self, jobs: Sequence[Job], selections: Sequence[Selection], listener: Listener, meanwhile: Iterable[object] = ()
    ) -> Iterator[Job]:
        """Run the jobs; each is handed on once it is noted what came of it."""
        tolerances = {selection.scenario.name: selection.scenario.tolerance for selection in selections}
        for event in self._pool.run(jobs, meanwhile):
            match event:
                case Started(spec=spec):
                    self._check_device(event.facts)
                    self._facts.update((runner, event.facts) for runner in spec.runners)
                    listener.message(_started(event))
                case StartFailed():
                    raise ReleaseUnavailable(_start_failed(event))
                case Finished(job=job):
                    self._check_placement(event)
                    self._outcomes[job.case.id, job.runner] = _settled(job, event.outcome, tolerances)
                    listener.advance(f"{job.runner} {job.case.id}")
                    yield job

    def _measurement(self, selections: Sequence[Selection]) -> Measurement:
        """What is noted of some scenarios; workers may have told of runners that these do not have."""
        keys = [(job.case.id, job.runner) for selection in selections for job in self.jobs(selection)]
        wanted = {runner for _, runner in keys}
        facts = {runner: fact for runner, fact in self._facts.items() if runner in wanted}
        return Measurement(
            selections=tuple(selections),
            runners=tuple(runner for runner in RUNNERS if runner in wanted),
            outcomes={key: self._outcomes[key] for key in keys if key in self._outcomes},
            facts=facts,
            releases={runner: release_label(fact.versions) for runner, fact in facts.items()},
            seconds=time.monotonic() - self._began,
        )

    def _nothing(self, selections: Sequence[Selection]) -> Problem:
        if any(_is_for(selection, self.tensorflow) for selection in selections):
            return Problem(place="--runner", message=_no_runner(selections, self._wanted))
        words = sorted({one.scenario.releases.text for one in selections if one.scenario.releases})
        message = f"no selected scenario is for this release: their releases are {', '.join(words)}"
        return Problem(place=f"TensorFlow {self.tensorflow}", message=message, hint="--tf names another release")

    def _check_device(self, facts: Facts) -> None:
        if self._device == "cpu" or any("GPU" in device.upper() for device in facts.devices):
            return
        raise DeviceUnavailable(
            Problem(
                place=f"--device {self._device}",
                message=f"TensorFlow {facts.versions['tensorflow']} sees {', '.join(facts.devices) or 'no device'}",
                hint="a GPU needs its driver and the CUDA libraries: pip install 'tensorflow[and-cuda]'",
            )
        )

    def _check_placement(self, finished: Finished) -> None:
        """Believe the device that the result names, not the one that was asked for."""
        identity = finished.outcome.identity if isinstance(finished.outcome, Observation) else None
        if self._device == "cpu" or identity is None or "GPU" in identity.device:
            return
        raise DeviceUnavailable(
            Problem(
                place=f"--device {self._device}",
                message=f"{finished.job.runner} ran {finished.job.case.id} on {identity.device}",
            )
        )


def _settled(job: Job, outcome: Outcome, tolerances: Mapping[str, Tolerance]) -> Outcome:
    """The outcome, or where repetitions showed several results what is the same each time."""
    if not isinstance(outcome, Observation) or not outcome.results:
        return outcome
    return Examiner(job.case, tolerances[job.case.scenario]).settled(outcome)


def _is_for(selection: Selection, tensorflow: str) -> bool:
    releases = selection.scenario.releases
    return releases is None or releases.covers(tensorflow)


def _started(event: Started) -> str:
    versions = event.facts.versions
    names = ("tensorflow", "tf_keras" if event.spec.legacy_keras else "keras", "python")
    told = ", ".join(f"{name} {versions[name]}" for name in names if versions[name])
    return f"{' and '.join(event.spec.runners)}: {told} ready, process {event.pid}"


def _start_failed(event: StartFailed) -> Problem:
    said = "\n".join(f"    {line}" for line in event.stderr.splitlines())
    return Problem(
        place=str(event.spec.python),
        message=f"the worker for {', '.join(event.spec.runners)} could not start ({event.cause}); it said:\n{said}",
        hint="does `import tensorflow` work in that Python?",
    )


def _no_runner(selections: Sequence[Selection], wanted: Sequence[str]) -> str:
    allowed = sorted({runner for selection in selections for runner in selection.scenario.runners or ()})
    return f"no selected case runs on {', '.join(wanted)}; the selected scenarios allow {', '.join(allowed)}"
