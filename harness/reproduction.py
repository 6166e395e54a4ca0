"""Whether golden comes out the same when a release is forgotten and recorded again; in a copy, nothing is touched."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path

from harness import golden
from harness.golden import GoldenFile
from harness.recording import Recorded, record_measurement
from harness.releases.release import Release
from harness.session import Measurement


@dataclass(frozen=True, kw_only=True, slots=True)
class Deviation:
    """A file that does not come out as it is recorded.

    Attributes:
        path: of the file in golden.
        line: the first that differs, from 1; 0 where the file is no text.
        recorded: that line as it is recorded; empty where the file ends before it.
        anew: likewise as recording it again writes it.
    """

    path: Path
    line: int
    recorded: str
    anew: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Reproduction:
    """What forgetting and recording again would do.

    Attributes:
        releases: those that were measured, in the order of their runners.
        files: how many files hold something of them.
        deviations: in path order; empty: the tree is the same to the byte.
        recorded: what recording again did.
    """

    releases: tuple[str, ...]
    files: int
    deviations: tuple[Deviation, ...]
    recorded: tuple[Recorded, ...]


def reproduce(measurement: Measurement, golden_root: Path) -> Reproduction:
    """Forget what was measured in a copy of golden, record the measurement into it, and compare the two.

    Raises:
        InvalidGolden: a golden file of a selected scenario is not in the format.
    """
    names = [selection.scenario.name for selection in measurement.selections]
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "golden"
        with golden.locked(golden_root):
            _copy(golden_root, copy, names)
        for selection in measurement.selections:
            file = golden.read(copy, selection.scenario.name)
            if file is not None:
                golden.write(copy, _without(file, {case.key for case in selection.cases}, measurement))
        recorded = record_measurement(measurement, copy, replace=(), prune=False)
        pairs = [(golden_root / path, copy / path) for path in _files(golden_root, copy, names)]
        return Reproduction(
            releases=_releases(measurement),
            files=len(pairs),
            deviations=tuple(found for kept, anew in pairs for found in _deviation(kept, anew)),
            recorded=recorded,
        )


def _releases(measurement: Measurement) -> tuple[str, ...]:
    releases = measurement.releases
    return tuple(dict.fromkeys(releases[runner] for runner in measurement.runners if runner in releases))


def _copy(root: Path, copy: Path, scenarios: Collection[str]) -> None:
    copy.mkdir()
    for path in _files(root, copy, scenarios):
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / path, copy / path)


def _files(root: Path, copy: Path, scenarios: Collection[str]) -> list[Path]:
    """The files of ``scenarios`` and the provenance, relative, that are in either folder."""
    of_scenarios = [make(Path(), name) for name in scenarios for make in (golden.golden_path, golden.sidecar_path)]
    paths = sorted([*of_scenarios, Path(golden.PROVENANCE)])
    return [path for path in paths if (root / path).is_file() or (copy / path).is_file()]


def _without(file: GoldenFile, keys: Collection[str], measurement: Measurement) -> GoldenFile:
    """``file`` without what was measured: of each runner its release, in the cases of ``keys``."""
    forgotten = file
    for runner, release in measurement.releases.items():
        forgotten = golden.forget_release(forgotten, Release.parse(release), runner)
    rest = {key: case for key, case in file.cases.items() if key not in keys}
    measured = {key: case for key, case in forgotten.cases.items() if key in keys}
    return replace(file, cases={**rest, **measured})


def _deviation(kept: Path, anew: Path) -> Iterator[Deviation]:
    left, right = (path.read_bytes() if path.is_file() else b"" for path in (kept, anew))
    if left == right:
        return
    if kept.suffix == ".npz":
        yield Deviation(path=kept, line=0, recorded=f"{len(left)} bytes", anew=f"{len(right)} other bytes")
        return
    lines = zip_longest(left.decode("ascii").splitlines(), right.decode("ascii").splitlines(), fillvalue="")
    number, (recorded, written) = next((n, pair) for n, pair in enumerate(lines, start=1) if pair[0] != pair[1])
    yield Deviation(path=kept, line=number, recorded=recorded.strip(), anew=written.strip())
