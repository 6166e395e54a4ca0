"""Narrows boundaries to neighbouring published releases: which release to probe next, and what was found.

The search keeps no state of its own. What is recorded decides what to probe, and what was probed is recorded:
an interrupted bisection goes on from where it was, and a third behaviour between two is two boundaries to narrow.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from harness.errors import InvalidOption, Problem, ReleaseUnavailable
from harness.history import Archive, Axis, Boundary, Change, History, Line, changes, confounded, lines_of
from harness.releases.catalog import Spec, catalog
from harness.releases.publications import Published
from harness.releases.release import Release

Say: TypeAlias = Callable[[str], None]


class Prober(Protocol):
    """Measures releases and remembers what they did."""

    def archive(self) -> Archive:
        """What is recorded of the cases in question."""

    def probe(self, specs: Sequence[Spec]) -> Mapping[tuple[str, str], str]:
        """Measure and record; returns why, by name and runner, for what is not to be had."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Probe:
    case: str
    runner: str
    release: Release


@dataclass(frozen=True, kw_only=True, slots=True)
class Skipped:
    """A release that the search passed over, and why: withdrawn, not to be installed, without the runner."""

    runner: str
    release: Release
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Findings:
    """What a bisection found.

    Attributes:
        changes: by runner and line, lowest first; their ``between`` holds what could not be measured.
        probed: names of the environments that were measured, in the order of that.
        skipped: all that the search passed over, lowest first.
    """

    changes: tuple[Change, ...]
    probed: tuple[str, ...]
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Ends:
    """The two releases between which to look, as the user wrote them."""

    good: Release
    bad: Release


@dataclass(kw_only=True)
class Bisection:
    """One search.

    Attributes:
        prober: measures.
        published: which releases there are.
        cases: ids of the cases in question.
        runners: whose boundaries to narrow.
        ends: look only between these; ``None``: everywhere.
        say: told of every step.
    """

    prober: Prober
    published: Published
    cases: Sequence[str]
    runners: Sequence[str]
    ends: Ends | None
    say: Say
    _lost: dict[_Probe, str] = field(default_factory=dict)
    _skipped: dict[tuple[Release, str], str] = field(default_factory=dict)
    _probed: list[str] = field(default_factory=list)

    def run(self) -> Findings:
        """Probe until every boundary lies between neighbours, or nothing between its sides is to be had.

        Raises:
            InvalidOption: the ends stand on no common line.
            ReleaseUnavailable: an end cannot be measured.
        """
        if self.ends is not None:
            self._measure_ends(self.ends)
        while True:
            archive = self.prober.archive()
            found = self._changes(archive)
            self._pass_over_withdrawn(found)
            wanted = [(change, spec) for change in found for spec in self._wanted(change)]
            if not wanted:
                return Findings(changes=found, probed=tuple(self._probed), skipped=self._all_skipped())
            self._probe({spec.name: spec for _, spec in wanted}.values())
            for change, spec in wanted:
                self._pass_over_lost(change, spec)

    def _pass_over_withdrawn(self, found: Sequence[Change]) -> None:
        """Say which releases between the sides of a change are not tried, since nobody can install them by range."""
        for change in found:
            line = change.line
            sides = line.version(change.before), line.version(change.after)
            gone = {} if change.between is None else self.published.withdrawn_between(line.package(), *sides)
            for version, why in gone.items():
                spec = environment(line, version)
                if spec is not None:
                    self._skip(_shown(spec, line.runner), line.runner, f"withdrawn from the package index: {why}")

    def _pass_over_lost(self, change: Change, spec: Spec) -> None:
        """Say why what was tried for a change is still not known."""
        runner = change.line.runner
        release = _shown(spec, runner)
        probes = (_Probe(case=one.history.case.id, runner=runner, release=release) for one in change.boundaries)
        for why in [self._lost[probe] for probe in probes if probe in self._lost][:1]:
            self._skip(release, runner, why)

    def _skip(self, release: Release, runner: str, why: str) -> None:
        if (release, runner) not in self._skipped:
            self._skipped[release, runner] = why
            self.say(f"skipping {release}, {runner}: {why}")

    def _all_skipped(self) -> tuple[Skipped, ...]:
        return tuple(
            Skipped(runner=runner, release=release, why=why) for (release, runner), why in sorted(self._skipped.items())
        )

    def _changes(self, archive: Archive) -> tuple[Change, ...]:
        return tuple(
            change
            for runner in self.runners
            for line in self._lines(runner, archive)
            for change in changes(archive.of(runner), line, self.published)
        )

    def _lines(self, runner: str, archive: Archive) -> tuple[Line, ...]:
        histories = archive.of(runner)
        if self.ends is None:
            return lines_of(histories)
        ends = resolve(self.ends, runner, lines_of(histories))
        return (line_between(runner, ends, histories),) if ends else ()

    def _wanted(self, change: Change) -> Iterator[Spec]:
        """The environments to probe next for the boundaries of a change; each halves what is left."""
        wanted: dict[str, list[Spec]] = {}
        for boundary in change.boundaries:
            left = self._candidates(boundary)
            if left:
                middle = left[len(left) // 2]
                wanted.setdefault(middle.name, []).append(middle)
        for name, specs in wanted.items():
            cases = change.boundaries[0].history.case.id if len(specs) == 1 else f"{len(specs)} cases"
            self.say(f"{cases}, {change.line.runner}: between {change.before} and {change.after}: trying {name}")
            yield specs[0]

    def _candidates(self, boundary: Boundary) -> list[Spec]:
        """The environments between the two sides of a boundary that are not known to be out of reach."""
        history = boundary.history
        specs = (environment(boundary.line, version) for version in boundary.between or ())
        return [
            spec
            for spec in specs
            if spec is not None
            and _Probe(case=history.case.id, runner=history.runner, release=_shown(spec, history.runner))
            not in self._lost
        ]

    def _probe(self, specs: Collection[Spec]) -> None:
        """Measure, and note what is still not known of each case, so that it is not asked for again."""
        before = _recorded(self.prober.archive())
        refused = self.prober.probe(list(specs))
        known = _recorded(self.prober.archive())
        measured = {probe.release for probe in known - before}
        self._probed += [spec.name for spec in specs if measured & set(spec.releases.values())]
        for spec in specs:
            for runner in self.runners:
                why = refused.get((spec.name, runner), "it calls itself another release")
                if (release := spec.shows(runner)) is not None:
                    probes = {_Probe(case=case, runner=runner, release=release) for case in self.cases}
                    self._lost.update(dict.fromkeys(probes - known, why))

    def pending(self) -> bool:
        """Whether there is anything to measure, as far as ``published`` knows."""
        archive = self.prober.archive()
        if self.ends is not None and self._missing(self.ends, archive):
            return True
        return any(change.between != () for change in self._changes(archive))

    def _asked(self, ends: Ends, archive: Archive) -> list[_Probe]:
        """Both ends of every case and runner that has them."""
        asked = [
            _Probe(case=case, runner=runner, release=release)
            for runner in self.runners
            for release in resolve(ends, runner, lines_of(archive.of(runner))) or ()
            for case in self.cases
        ]
        if not asked:
            raise InvalidOption(_no_common_line(ends))
        return asked

    def _missing(self, ends: Ends, archive: Archive) -> list[_Probe]:
        known = _recorded(archive)
        return [probe for probe in self._asked(ends, archive) if probe not in known]

    def _measure_ends(self, ends: Ends) -> None:
        """Have both ends recorded for every runner that has them; the others are left out and told."""
        archive = self.prober.archive()
        asked, missing = self._asked(ends, archive), self._missing(ends, archive)
        self.runners = list(dict.fromkeys(probe.runner for probe in asked))
        if not missing:
            return
        specs = {spec.name: spec for spec in (environment_of(probe.release) for probe in missing)}
        self.say(f"measuring {', '.join(specs)}, not recorded yet")
        self._probe(specs.values())
        reasons = {(probe.runner, probe.release): self._lost[probe] for probe in missing if probe in self._lost}
        lost = {runner for runner, _ in reasons}
        if lost == set(self.runners):
            problems = [
                Problem(place=str(release), message=f"{runner} cannot be measured: {why}")
                for (runner, release), why in reasons.items()
            ]
            raise ReleaseUnavailable(*problems)
        for (runner, release), why in reasons.items():
            self.say(f"{runner} is left out: {release} cannot be measured: {why}")
        self.runners = [runner for runner in self.runners if runner not in lost]


def _recorded(archive: Archive) -> set[_Probe]:
    return {
        _Probe(case=history.case.id, runner=history.runner, release=release)
        for history in archive.histories
        for release in history.by_release
    }


def environment(line: Line, version: str) -> Spec | None:
    """The environment that shows the release of ``version`` on ``line``; ``None`` where there is no such one."""
    if line.axis is Axis.LIBRARY and line.package() != "keras":
        # The catalogue installs one tf-keras per TensorFlow; several are recorded with --python only.
        return None
    if line.axis is Axis.LIBRARY:
        spec = catalog().spec(line.fixed or "", version)
    else:
        spec = catalog().spec(version, line.fixed if line.releases[-1].library == "keras" else None)
    return spec if spec.shows(line.runner) else None


def _shown(spec: Spec, runner: str) -> Release:
    """The release of a runner that has one there."""
    release = spec.shows(runner)
    assert release is not None
    return release


def environment_of(release: Release) -> Spec:
    """The environment that shows ``release``."""
    return catalog().spec(release.tensorflow, release.library_version if release.library == "keras" else None)


def resolve(ends: Ends, runner: str, lines: Sequence[Line]) -> tuple[Release, Release] | None:
    """The two ends as releases of ``runner``, the lower first; ``None`` where one of them is none of its releases.

    A bare TensorFlow version beside which Keras floats means the Keras of the TensorFlow line.

    Raises:
        InvalidOption: TensorFlow and the Keras beside it both differ, so that a change would have two causes.
    """
    fixed = lines[0].fixed if lines and lines[0].releases[-1].library == "keras" else None
    found: list[Release | None] = []
    for end in (ends.good, ends.bad):
        if end.library is None:
            found.append(catalog().spec(end.tensorflow, fixed).shows(runner))
        else:
            found.append(end if end.library == _library(runner) else None)
    releases = sorted(release for release in found if release is not None)
    if len(releases) < len(found):
        return None
    if confounded(*releases):
        raise InvalidOption(_no_common_line(ends))
    return releases[0], releases[1]


def _library(runner: str) -> str:
    return "keras" if runner.partition(":")[0] == "keras" else "tf_keras"


def line_between(runner: str, ends: tuple[Release, Release], histories: Sequence[History]) -> Line:
    """The line from one end to the other, with what is recorded between them on it."""
    low, high = ends
    recorded = {release for history in histories for release in history.by_release if low < release < high}
    if low.tensorflow == high.tensorflow:
        on_line = {release for release in recorded if release.tensorflow == low.tensorflow and release.library}
        releases = tuple(sorted({low, high, *on_line}))
        return Line(runner=runner, axis=Axis.LIBRARY, releases=releases, fixed=low.tensorflow)
    of_keras = high.library == "keras"
    on_line = {
        release
        for release in recorded
        if not of_keras or release.library is None or release.library_version == high.library_version
    }
    fixed = high.library_version if of_keras else None
    return Line(runner=runner, axis=Axis.TENSORFLOW, releases=tuple(sorted({low, high, *on_line})), fixed=fixed)


def _no_common_line(ends: Ends) -> Problem:
    return Problem(
        place=f"--good {ends.good} --bad {ends.bad}",
        message="these are not two releases of one runner between which a single version changes",
        hint="name two TensorFlow versions (1.4.1 and 1.8.0), or one with two Keras (2.21.0+keras-3.5.0)",
    )
