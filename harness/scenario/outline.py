"""What scenarios are selected by, without their arrays: remembered, so that listing them need not load them.

A file is remembered while it, the files that are no scenarios and this program stay what they are, to the byte;
then it is known to be valid.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import __version__
from harness.releases.cache import cache_root
from harness.scenario.files import every_file, is_scenario

if TYPE_CHECKING:
    from harness.scenario.value import Scenario

_MOST_REMEMBERED = 16


@dataclass(frozen=True, kw_only=True, slots=True)
class Outline:
    """A scenario as it is listed and selected.

    Attributes:
        name: ``topic/name``.
        path: the file, as it was asked for.
        runners: the only runners it is for; ``None``: all.
        cases: their ids, in order.
    """

    name: str
    path: Path
    title: str
    tags: tuple[str, ...]
    runners: tuple[str, ...] | None
    cases: tuple[str, ...]


def outline(scenario: Scenario) -> Outline:
    """The outline of a scenario that is loaded."""
    return Outline(
        name=scenario.name,
        path=scenario.path,
        title=scenario.title,
        tags=scenario.tags,
        runners=scenario.runners,
        cases=tuple(case.id for case in scenario.cases),
    )


def remembered(root: Path, paths: Iterable[Path]) -> dict[Path, Outline]:
    """Those of the scenario files ``paths`` below ``root`` that have been loaded before and are what they were."""
    found: dict[Path, Outline] = {}
    # What cannot be read is loaded, which says why.
    with contextlib.suppress(OSError):
        known = _held(root, _key(root))
        for path in paths:
            entry = known.get(str(path))
            if entry is not None and entry.get("content") == _content(path):
                found[path] = _read(entry)
    return found


def remember(root: Path, outlines: Iterable[Outline]) -> None:
    """Keep what loading scenarios below ``root`` without a problem showed; where that cannot be, do nothing."""
    with contextlib.suppress(OSError):
        key = _key(root)
        known = _held(root, key)
        kept = {path: entry for path, entry in known.items() if Path(path).exists()}
        kept |= {str(one.path): _written(one) for one in outlines}
        if kept != known:
            _write(_place(root), {"key": key, "outlines": kept})


def _write(place: Path, held: Mapping[str, Any]) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=place.parent, delete=False, encoding="utf-8") as file:
        json.dump(held, file)
    Path(file.name).replace(place)
    for old in sorted(place.parent.iterdir(), key=lambda path: path.stat().st_mtime)[:-_MOST_REMEMBERED]:
        old.unlink()


def _held(root: Path, key: str) -> dict[str, dict[str, Any]]:
    """What is kept of ``root`` under ``key``, by path; nothing where it is not in the form of today."""
    try:
        held = json.loads(_place(root).read_text(encoding="utf-8"))
        outlines = held["outlines"] if held["key"] == key else {}
        for entry in outlines.values():
            _read(entry)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        # Whatever is wrong with what was remembered, loading does without it.
        return {}
    return dict(outlines)


def _written(one: Outline) -> dict[str, Any]:
    texts = {"path": str(one.path), "content": _content(one.path)}
    listed = {"tags": list(one.tags), "cases": list(one.cases), "runners": one.runners and list(one.runners)}
    return {"name": one.name, "title": one.title, **texts, **listed}


def _read(entry: dict[str, Any]) -> Outline:
    return Outline(
        name=entry["name"],
        path=Path(entry["path"]),
        title=entry["title"],
        tags=tuple(entry["tags"]),
        runners=None if entry["runners"] is None else tuple(entry["runners"]),
        cases=tuple(entry["cases"]),
    )


def _place(root: Path) -> Path:
    # Paths are remembered as they were asked for, which may be relative.
    asked = f"{Path.cwd()}\0{root}"
    return cache_root() / "outlines" / f"{hashlib.sha256(asked.encode()).hexdigest()[:32]}.json"


def _key(root: Path) -> str:
    """What all outlines depend on: this program, and the files that scenarios may read arrays from."""
    digest = hashlib.sha256(f"{__version__} {sys.version}".encode())
    package = Path(__file__).parents[1]
    for path in sorted(package.rglob("*.py")):
        facts = path.stat()
        digest.update(f"{path}\0{facts.st_size}\0{facts.st_mtime_ns}\0".encode())
    for path in sorted(path for path in every_file(root) if not is_scenario(path)):
        digest.update(f"{path.relative_to(root)}\0{_content(path)}\0".encode())
    return digest.hexdigest()


def _content(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
