"""Measures releases for a bisection, in environments of their own, and records what they did."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.campaign import Campaign, Settings
from harness.compare import worst
from harness.golden import GoldenFile, read, releases_of
from harness.history import Archive, gather
from harness.recording import exit_code, record_measurement
from harness.releases.catalog import Spec
from harness.report.progress import Progress
from harness.scenario import Selection
from harness.session import runners_of
from harness.targets import targets
from harness.verbs import options as shared


@dataclass(kw_only=True)
class Laboratory:
    """The :class:`~harness.bisection.Prober` that runs TensorFlow.

    Measures the whole scenarios of the selected cases: their other cases get the release for the price of one,
    and golden no holes.

    Attributes:
        selections: the cases in question.
        runners: those asked for, else those recorded, else the usual ones of the scenarios.
        code: the exit code of what was recorded so far.
    """

    options: argparse.Namespace
    selections: Sequence[Selection]
    runners: tuple[str, ...]
    code: int = 0

    @classmethod
    def of(cls, options: argparse.Namespace, selections: Sequence[Selection]) -> Laboratory:
        """The laboratory for what the command line asks.

        Raises:
            InvalidGolden: a golden file is not in the format.
        """
        archive = gather(selections, lambda name: read(options.golden_root, name), options.runners)
        usual = dict.fromkeys(runner for selection in selections for runner in runners_of(selection, options.runners))
        return cls(options=options, selections=selections, runners=archive.runners() or tuple(usual))

    def archive(self) -> Archive:
        """What is recorded of the cases in question."""
        return gather(self.selections, self._read, self.runners)

    def probe(self, specs: Sequence[Spec]) -> Mapping[tuple[str, str], str]:
        """Measure and record; returns why, by name and runner, for what is not to be had."""
        groups: dict[tuple[str, ...], list[Spec]] = {}
        for spec in specs:
            groups.setdefault(self._unrecorded(spec), []).append(spec)
        refused: dict[tuple[str, str], str] = {}
        for runners, group in groups.items():
            refused |= self._measure(runners, group)
        return refused

    def _read(self, scenario: str) -> GoldenFile | None:
        return read(self.options.golden_root, scenario)

    def _unrecorded(self, spec: Spec) -> tuple[str, ...]:
        """The runners of which any scenario lacks the release that ``spec`` shows."""
        found = []
        for runner in self.runners:
            release = spec.shows(runner)
            files = [self._read(selection.scenario.name) for selection in self.selections]
            known = [releases_of(file).get(runner, ()) if file else () for file in files]
            if release is not None and any(release not in releases for releases in known):
                found.append(runner)
        return tuple(found) or self.runners

    def _measure(self, runners: tuple[str, ...], specs: Sequence[Spec]) -> dict[tuple[str, str], str]:
        options = self.options
        settings = Settings(runners=runners, device="cpu", threads=options.threads, timeout=options.timeout)
        whole = [
            Selection(scenario=selection.scenario, cases=selection.scenario.cases) for selection in self.selections
        ]
        asked = [target for spec in specs for target in targets([spec.name], [], [])]
        refused: dict[tuple[str, str], str] = {}
        progress = Progress(sys.stderr, enabled=not options.quiet)
        progress.total = len(asked) * sum(len(runners_of(each, runners)) * len(each.cases) for each in whole)
        try:
            for measured in Campaign(settings, progress).run(asked, whole):
                measurement = measured.measurement
                if isinstance(measurement, Exception):
                    shared.tell(measurement)
                    why = brief(measurement.problems[0].message)
                    refused |= {(measured.target.name, runner): why for runner in self.runners}
                    continue
                recorded = record_measurement(measurement, options.golden_root, replace=(), prune=False)
                # That a release has no such runner is a finding here, and no failure.
                refused |= {(measured.target.name, done.runner): done.reason for done in recorded if done.reason}
                self.code = worst([self.code, exit_code(recorded)])
        finally:
            progress.finish()
        return refused


def brief(message: str) -> str:
    """The first line of ``message`` and its last, which is where installers and tracebacks say the cause."""
    first, *rest = message.splitlines()
    return f"{first.rstrip(':')}: {rest[-1].strip().removeprefix('cause: ')}" if rest else first
