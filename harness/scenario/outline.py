"""What scenarios are selected by, without their arrays: remembered, so that listing them need not load them.

A folder is remembered as a whole, and only while every file in it and this program stay what they are, to the
byte; then all of it is known to be valid.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import __version__
from harness.releases.cache import cache_root
from harness.scenario.files import every_file

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


def remembered(root: Path) -> tuple[Outline, ...] | None:
    """Every scenario below ``root``, if they have been loaded before and nothing has changed since."""
    try:
        held = json.loads(_place(root).read_text(encoding="utf-8"))
        if held["key"] != _key(root):
            return None
        return tuple(_read(entry) for entry in held["outlines"])
    except (OSError, ValueError, KeyError, TypeError):
        # Whatever is wrong with what was remembered, loading does without it.
        return None


def remember(root: Path, outlines: Sequence[Outline]) -> None:
    """Keep what loading *all* scenarios below ``root`` without a problem showed; where that cannot be, do nothing."""
    place = _place(root)
    held = {"key": _key(root), "outlines": [asdict(one) | {"path": str(one.path)} for one in outlines]}
    with contextlib.suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=place.parent, delete=False, encoding="utf-8") as file:
            json.dump(held, file)
        Path(file.name).replace(place)
        for old in sorted(place.parent.iterdir(), key=lambda path: path.stat().st_mtime)[:-_MOST_REMEMBERED]:
            old.unlink()


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
    digest = hashlib.sha256(f"{__version__} {sys.version}".encode())
    package = Path(__file__).parents[1]
    for path in sorted(package.rglob("*.py")):
        facts = path.stat()
        digest.update(f"{path}\0{facts.st_size}\0{facts.st_mtime_ns}\0".encode())
    for path in sorted(every_file(root)):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()
