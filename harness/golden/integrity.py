"""Whether a golden folder is in order, and every part of it stands for a scenario."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.case import Json
from harness.errors import InvalidGolden, Problem
from harness.golden import sidecar
from harness.golden.behaviours import releases_of
from harness.golden.encoding import encode
from harness.golden.files import RESTORE, read, read_hashes
from harness.golden.model import Behaviour, GoldenFile
from harness.golden.provenance import UNAVAILABLE, encode_provenance, read_provenance
from harness.golden.storage import PROVENANCE, golden_path, scenario_names, sidecar_path
from harness.releases.release import Release

_RECORD = "record the scenario again, which writes the canonical form"
_KEEP_ONE = "a release shows one behaviour: keep the one it was measured with"


@dataclass(frozen=True, kw_only=True, slots=True)
class Orphan:
    """Something recorded that no scenario stands for.

    Attributes:
        what: ``golden/flags/x.json``, or ``golden/flags/x.json[training=true]``.
        reason: ``no such scenario``, ``no such case`` or ``the case changed since it was recorded``.
    """

    what: str
    reason: str


def check(root: Path) -> list[Problem]:
    """Everything wrong under ``root``: format, canonical bytes, order, provenance, sidecars; in path order."""
    problems: list[Problem] = []
    try:
        provenance = read_provenance(root)
        problems += _check_provenance(root, provenance)
    except InvalidGolden as error:
        problems += error.problems
        provenance = None
    for scenario in scenario_names(root):
        try:
            golden = read(root, scenario)
        except InvalidGolden as error:
            problems += error.problems
        else:
            if golden is not None:
                problems += _check_file(root, golden, provenance)
    for scenario in sorted({*scenario_names(root, ".npz")} - {*scenario_names(root)}):
        place = str(sidecar_path(root, scenario))
        problems.append(Problem(place=place, message="a sidecar without its golden file", hint="remove it"))
    return problems


def orphans(root: Path, scenarios: Iterable[tuple[str, Mapping[str, str | None]]]) -> list[Orphan]:
    """What is recorded under ``root`` and none of ``scenarios`` stands for.

    Args:
        root: the golden folder.
        scenarios: *all* scenarios, never a selection: name, and the ``sha256`` of its cases by key, or ``None``
            where another hash is told elsewhere.

    Raises:
        InvalidGolden: every file that is no golden file.
    """
    hashes = dict(scenarios)
    found: list[Orphan] = []
    problems: list[Problem] = []
    for scenario in scenario_names(root):
        path = golden_path(root, scenario)
        if scenario not in hashes:
            found.append(Orphan(what=str(path), reason="no such scenario"))
            continue
        try:
            found += _orphan_cases(path, read_hashes(root, scenario), hashes[scenario])
        except InvalidGolden as error:
            problems += error.problems
    if problems:
        raise InvalidGolden(*problems)
    return found


def _orphan_cases(path: Path, recorded: Mapping[str, str], current: Mapping[str, str | None]) -> Iterator[Orphan]:
    for key, sha256 in recorded.items():
        if key not in current:
            yield Orphan(what=f"{path}[{key}]", reason="no such case")
        elif current[key] not in (sha256, None):
            yield Orphan(what=f"{path}[{key}]", reason="the case changed since it was recorded")


def _check_provenance(root: Path, provenance: Mapping[str, Mapping[str, Mapping[str, Json]]]) -> list[Problem]:
    path = root / PROVENANCE
    if not path.is_file() or path.read_bytes() == encode_provenance(provenance):
        return []
    return [Problem(place=str(path), message="the bytes are not canonical", hint=RESTORE)]


def _check_file(
    root: Path, golden: GoldenFile, provenance: Mapping[str, Mapping[str, Mapping[str, Json]]] | None
) -> Iterator[Problem]:
    path = golden_path(root, golden.scenario)
    data, big = encode(golden)
    if path.read_bytes() != data:
        yield Problem(place=_first_difference(path, data), message="the bytes are not canonical", hint=_RECORD)
    for key, case in golden.cases.items():
        for runner, behaviours in case.runners.items():
            yield from _check_behaviours(f"{path}[{key}] {runner}", behaviours)
    yield from _check_sidecar(sidecar_path(root, golden.scenario), {key: big[key].data for key in big})
    if provenance is None:
        return
    for runner, releases in releases_of(golden).items():
        for release in releases:
            facts = provenance.get(str(release), {}).get(runner)
            if facts is None or UNAVAILABLE in facts:
                message = f"no provenance for {runner} on {release}, which {path} holds"
                yield Problem(place=str(root / PROVENANCE), message=message, hint=f"record {release} again")


def _first_difference(path: Path, data: bytes) -> str:
    """``path:line`` of the first line that is not as canonical."""
    actual, canonical = path.read_bytes().splitlines(True), data.splitlines(True)
    same = zip(actual, canonical, strict=False)
    line = next((number for number, (a, b) in enumerate(same, start=1) if a != b), None)
    return f"{path}:{line or min(len(actual), len(canonical)) + 1}"


def _check_behaviours(place: str, behaviours: tuple[Behaviour, ...]) -> Iterator[Problem]:
    seen: set[str] = set()
    for behaviour in behaviours:
        releases = [Release.parse(name) for name in behaviour.releases]
        if releases != sorted(releases):
            names = ", ".join(behaviour.releases)
            yield Problem(place=place, message=f"releases are not in order: {names}", hint=_RECORD)
        for name, release in zip(behaviour.releases, releases, strict=True):
            if name != str(release):
                yield Problem(place=place, message=f"release {name!r} is written {release}", hint=RESTORE)
            if str(release) in seen:
                yield Problem(place=place, message=f"{release} is recorded twice", hint=_KEEP_ONE)
            seen.add(str(release))
    lowest = [min(map(Release.parse, behaviour.releases)) for behaviour in behaviours]
    if lowest != sorted(lowest):
        yield Problem(place=place, message="behaviours are not in the order of their lowest releases", hint=_RECORD)


def _check_sidecar(path: Path, referred: Mapping[str, bytes]) -> Iterator[Problem]:
    if not path.is_file():
        return  # reading the golden file has shown that it refers to no entry
    try:
        stored = sidecar.read(path)
    except sidecar.UnreadableSidecar as error:
        yield Problem(place=str(path), message=f"unreadable: {error}", hint=RESTORE)
        return
    garbage = sorted(stored.keys() - referred.keys())
    if garbage or not referred:
        message = f"entries nothing refers to: {', '.join(garbage) or 'the whole file'}"
        yield Problem(place=str(path), message=message, hint=_RECORD)
    elif path.read_bytes() != sidecar.encode(stored):
        yield Problem(place=str(path), message="the bytes are not canonical", hint=_RECORD)
