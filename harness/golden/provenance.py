"""``golden/provenance.json``: on what every release was recorded, by runner."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.case import Json
from harness.errors import InvalidGolden, Problem
from harness.golden.encoding import FORMAT
from harness.golden.files import RESTORE
from harness.golden.storage import PROVENANCE, replace_file
from harness.releases.release import Release

DATE = "date"
"""The fact that changes with every recording, and so alone is no news."""

UNAVAILABLE = "unavailable"
"""Of a release that does not have the runner: why; then nothing of it is recorded."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Absence:
    """Releases that a runner cannot be recorded on, all for the same reason; lowest first."""

    runner: str
    releases: tuple[Release, ...]
    reason: str


def absences(provenance: Mapping[str, Mapping[str, Mapping[str, Json]]]) -> tuple[Absence, ...]:
    """What could not be recorded, by runner and then from the lowest release."""
    found: dict[tuple[str, str], list[Release]] = {}
    for name in sorted(provenance, key=Release.parse):
        for runner, facts in sorted(provenance[name].items()):
            if UNAVAILABLE in facts:
                found.setdefault((runner, str(facts[UNAVAILABLE])), []).append(Release.parse(name))
    return tuple(
        Absence(runner=runner, releases=tuple(releases), reason=reason)
        for (runner, reason), releases in sorted(found.items(), key=lambda item: (item[0][0], item[1]))
    )


def read_provenance(root: Path) -> dict[str, dict[str, dict[str, Json]]]:
    """Facts by release and runner; empty where nothing is recorded.

    Raises:
        InvalidGolden: not in the format.
    """
    path = root / PROVENANCE
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except json.JSONDecodeError as error:
        place = f"{path}:{error.lineno}:{error.colno}"
        raise InvalidGolden(Problem(place=place, message=f"invalid JSON: {error.msg}", hint=RESTORE)) from error
    except ValueError as error:
        raise InvalidGolden(Problem(place=str(path), message=f"invalid JSON: {error}", hint=RESTORE)) from error
    wrong = _wrong(document)
    if wrong:
        raise InvalidGolden(Problem(place=str(path), message=wrong, hint=RESTORE))
    return dict(document["releases"])


def update_provenance(root: Path, release: Release, runner: str, facts: Mapping[str, Json]) -> bool:
    """Record on what ``runner`` measured ``release``; other entries stay.

    Facts that equal the recorded ones but for their date keep the old date, so that recording again leaves
    the file byte for byte as it was. Hold :func:`~harness.golden.storage.locked`.

    Returns:
        Whether the file changed.

    Raises:
        InvalidGolden: the file is not in the format.
    """
    releases = read_provenance(root)
    runners = releases.setdefault(str(release), {})
    if runner in runners and _undated(runners[runner]) == _undated(facts):
        return False
    runners[runner] = dict(facts)
    return replace_file(root / PROVENANCE, encode_provenance(releases))


def encode_provenance(releases: Mapping[str, Mapping[str, Mapping[str, Json]]]) -> bytes:
    """The canonical bytes: releases lowest first, runners and facts by name."""
    ordered = {
        release: {runner: dict(sorted(facts.items())) for runner, facts in sorted(releases[release].items())}
        for release in sorted(releases, key=Release.parse)
    }
    document = {"format": FORMAT, "releases": ordered}
    return (json.dumps(document, indent=2, ensure_ascii=True, allow_nan=False) + "\n").encode("ascii")


def _undated(facts: Mapping[str, Json]) -> Json:
    # By way of JSON, as the recorded side came: tuples are lists there.
    return json.loads(json.dumps({name: fact for name, fact in facts.items() if name != DATE}))  # type: ignore[no-any-return]


def _wrong(document: object) -> str | None:
    if not isinstance(document, dict) or document.keys() != {"format", "releases"}:
        return "expected an object of format and releases"
    if document["format"] != FORMAT:
        return f"expected format {FORMAT}, got {document['format']!r}"
    releases = document["releases"]
    if not isinstance(releases, dict):
        return "expected releases to be an object"
    for name, runners in releases.items():
        try:
            Release.parse(name)
        except ValueError as error:
            return str(error)
        if not isinstance(runners, dict) or not all(isinstance(facts, dict) for facts in runners.values()):
            return f"expected {name} to hold an object of facts for each runner"
    return None
