"""What is recorded, in the order of releases: behaviours by letter, and the boundaries between them.

Pure: golden files in, timelines out. Which releases stand in one line is decided in
docs/decisions/0006-honest-ranges.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from itertools import pairwise

from packaging.version import Version

from harness.case import Case
from harness.diff import Diff, diff
from harness.execution.plan import RUNNERS
from harness.golden import Behaviour, GoldenFile
from harness.releases.publications import Published
from harness.releases.release import LIBRARIES, Release
from harness.scale import Scales
from harness.scenario import Selection
from harness.semantics.examiner import Examiner


class Axis(Enum):
    """Which version grows along a line."""

    TENSORFLOW = "tensorflow"
    LIBRARY = "library"


@dataclass(frozen=True, kw_only=True)
class History:
    """All that is recorded of one case and runner.

    Attributes:
        examiner: of the case; shared by all its runners.
        behaviours: in the order of their lowest releases, as golden keeps them.
    """

    examiner: Examiner
    runner: str
    behaviours: tuple[Behaviour, ...]

    @property
    def case(self) -> Case:
        """What was run."""
        return self.examiner.case

    @cached_property
    def by_release(self) -> Mapping[Release, int]:
        """Which behaviour each recorded release shows, by its index."""
        return {
            Release.parse(name): index for index, behaviour in enumerate(self.behaviours) for name in behaviour.releases
        }

    @cached_property
    def letters(self) -> Mapping[Release, str]:
        """Likewise by letter; the same letter is the same behaviour on every line."""
        return {release: letter(index) for release, index in self.by_release.items()}


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """Releases of one runner between which only one version is meant to change.

    Attributes:
        axis: the version that grows.
        releases: lowest first.
        fixed: along ``LIBRARY`` the TensorFlow version; along ``TENSORFLOW`` the version of the floating library,
            where it is the same beside every TensorFlow that has one, else ``None``.
    """

    runner: str
    axis: Axis
    releases: tuple[Release, ...]
    fixed: str | None

    def version(self, release: Release) -> str:
        """The version of ``release`` that grows along this line."""
        return release.tensorflow if self.axis is Axis.TENSORFLOW else release.library_version or ""

    def package(self) -> str:
        """Whose version grows: ``tensorflow``, ``keras`` or ``tf_keras``."""
        return "tensorflow" if self.axis is Axis.TENSORFLOW else self.releases[-1].library or ""


@dataclass(frozen=True, kw_only=True)
class Boundary:
    """A change of behaviour of one case: after ``before``, at or before ``after``.

    Attributes:
        before: the last recorded release with one behaviour.
        after: the next recorded release on the line; it shows another.
        between: published versions between the two, none of them recorded for this case; empty: the change came with
            ``after``; ``None``: it is not known what is published there, or the two differ in more than one version.
    """

    history: History
    line: Line
    before: Release
    after: Release
    between: tuple[str, ...] | None

    @property
    def letters(self) -> tuple[str, str]:
        """The behaviours on the two sides."""
        return self.history.letters[self.before], self.history.letters[self.after]

    @cached_property
    def diff(self) -> Diff:
        """The behaviour before (left) against the one after (right).

        By the scale of the data, which costs nothing and is enough to name what changed; the oracle, whose bounds
        golden is recorded by, is asked only where that shows nothing.
        """
        history = self.history
        left, right = (
            history.behaviours[history.by_release[release]].observation for release in (self.before, self.after)
        )
        found = diff(left, right, Scales(case=history.case, tolerance=history.examiner.tolerance))
        return found if found.differences else history.examiner.diff(left, right)


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """All boundaries between the same two releases of a line."""

    line: Line
    before: Release
    after: Release
    between: tuple[str, ...] | None
    boundaries: tuple[Boundary, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Archive:
    """What golden holds of the selected cases.

    Attributes:
        histories: by runner in report order, then in the order of the selection; none is empty.
        stale: ids of cases recorded as another experiment.
        missing: ids of cases of which nothing is recorded for any runner asked for.
    """

    histories: tuple[History, ...]
    stale: tuple[str, ...]
    missing: tuple[str, ...]

    def runners(self) -> tuple[str, ...]:
        """The runners of which something is recorded."""
        return tuple(dict.fromkeys(history.runner for history in self.histories))

    def of(self, runner: str) -> tuple[History, ...]:
        """The histories of one runner."""
        return tuple(history for history in self.histories if history.runner == runner)


def gather(
    selections: Sequence[Selection], read: Callable[[str], GoldenFile | None], runners: Sequence[str] = ()
) -> Archive:
    """The histories of the selected cases.

    Args:
        selections: which cases.
        read: the golden file of a scenario by name.
        runners: only these; empty: all that are recorded.
    """
    histories: list[History] = []
    stale: list[str] = []
    missing: list[str] = []
    for selection in selections:
        golden = read(selection.scenario.name)
        for case in selection.cases:
            recorded = golden.cases.get(case.key) if golden else None
            if recorded is not None and recorded.sha256 != case.sha256:
                stale.append(case.id)
                continue
            wanted = [name for name in recorded.runners if not runners or name in runners] if recorded else []
            examiner = Examiner(case, selection.scenario.tolerance)
            found = [
                History(examiner=examiner, runner=name, behaviours=recorded.runners[name])
                for name in wanted
                if recorded and recorded.runners[name]
            ]
            histories += found
            missing += [] if found else [case.id]
    histories.sort(key=lambda history: _rank(history.runner))
    return Archive(histories=tuple(histories), stale=tuple(stale), missing=tuple(missing))


def _rank(runner: str) -> int:
    return list(RUNNERS).index(runner) if runner in RUNNERS else len(RUNNERS)


def lines(runner: str, releases: Iterable[Release]) -> tuple[Line, ...]:
    """The lines on which ``releases`` stand; every one is on at least one of them.

    The TensorFlow line has one release per TensorFlow version: with TensorFlow's own Keras, else with the library
    version that is recorded beside most TensorFlow versions (of equals the highest), else with the highest. A
    library of which more is recorded beside one TensorFlow gives a line of its own, all its versions on it.
    """
    by_tensorflow: dict[str, list[Release]] = {}
    for release in sorted(set(releases)):
        by_tensorflow.setdefault(release.tensorflow, []).append(release)
    if not by_tensorflow:
        return ()
    usual = _usual([release for found in by_tensorflow.values() for release in found])
    spine = tuple(_on_spine(found, usual) for found in by_tensorflow.values())
    beside = {release.library_version for release in spine if release.library}
    fixed = beside.pop() if len(beside) == 1 else None
    across = [
        Line(runner=runner, axis=Axis.LIBRARY, releases=tuple(floating), fixed=tensorflow)
        for tensorflow, found in by_tensorflow.items()
        for library in LIBRARIES
        if (floating := [release for release in found if release.library == library])
        and not set(floating) <= set(spine)
    ]
    return (Line(runner=runner, axis=Axis.TENSORFLOW, releases=spine, fixed=fixed), *across)


def _on_spine(found: Sequence[Release], usual: str | None) -> Release:
    """Of the releases of one TensorFlow, the one for the TensorFlow line."""
    plain = (release for release in found if release.library is None)
    as_usual = (release for release in found if release.library_version == usual)
    return next(plain, None) or next(as_usual, None) or found[-1]


def _usual(releases: Sequence[Release]) -> str | None:
    """The library version recorded beside most TensorFlow versions; of equals the highest."""
    tally = Counter(release.library_version for release in releases if release.library_version)
    return max(tally, key=lambda version: (tally[version], Version(version)), default=None)


def lines_of(histories: Sequence[History]) -> tuple[Line, ...]:
    """The lines of one runner's histories together: cases recorded on different releases share them."""
    if not histories:
        return ()
    return lines(histories[0].runner, (release for history in histories for release in history.by_release))


def boundaries(history: History, line: Line, published: Published) -> tuple[Boundary, ...]:
    """Where the behaviour changes along ``line``, lowest first: between releases recorded for this very case."""
    recorded = [release for release in line.releases if release in history.by_release]
    return tuple(
        Boundary(
            history=history,
            line=line,
            before=before,
            after=after,
            between=_between(line, before, after, published),
        )
        for before, after in pairwise(recorded)
        if history.by_release[before] != history.by_release[after]
    )


def _between(line: Line, before: Release, after: Release, published: Published) -> tuple[str, ...] | None:
    if confounded(before, after):
        return None
    return published.between(line.package(), line.version(before), line.version(after))


def confounded(before: Release, after: Release) -> bool:
    """Whether TensorFlow and the Keras 3 beside it both differ; a tf-keras belongs to its TensorFlow."""
    floating = before.library == after.library == "keras" and before.library_version != after.library_version
    return floating and before.tensorflow != after.tensorflow


def changes(histories: Sequence[History], line: Line, published: Published) -> tuple[Change, ...]:
    """The boundaries of several histories of one runner, those between the same releases together, lowest first."""
    groups: dict[tuple[Release, Release], list[Boundary]] = {}
    for history in histories:
        for boundary in boundaries(history, line, published):
            groups.setdefault((boundary.after, boundary.before), []).append(boundary)
    return tuple(
        Change(line=line, before=before, after=after, between=groups[after, before][0].between, boundaries=tuple(found))
        for (after, before), found in sorted(groups.items())
    )


def newest_first(found: Iterable[Change]) -> tuple[Change, ...]:
    """Changes of several lines and runners as a change log; a library above the TensorFlow it stands on."""
    return tuple(sorted(found, key=lambda change: (change.after, change.before), reverse=True))


def letter(index: int) -> str:
    """``A`` to ``Z``, then ``AA``, ``AB``, ..."""
    name = ""
    index += 1
    while index:
        index, digit = divmod(index - 1, 26)
        name = chr(ord("A") + digit) + name
    return name
