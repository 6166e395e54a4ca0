"""The description that every finished environment carries, and the name that its content gives it."""

from __future__ import annotations

import hashlib
import json
import os
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.releases.catalog import Spec

FORMAT = 1
"""Part of every name: raise it when environments are made differently."""

_FILE = "harness-environment.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class Environment:
    """A finished environment.

    Attributes:
        name: of the spec that it was made for.
        folder: absolute.
        versions: by import name (``tensorflow``, ``numpy``, ...) and ``python``, as measured after installing.
        requirements: what was installed.
        size: bytes on disk of all its files, also of those that are links into the installer's cache.
        own: bytes of those that nothing else shares.
        seconds: that making it took.
    """

    name: str
    folder: Path
    versions: Mapping[str, str]
    requirements: tuple[str, ...]
    size: int
    own: int
    seconds: float

    @property
    def python(self) -> Path:
        """The interpreter to start."""
        return self.folder / "bin" / "python"


def folder_name(spec: Spec) -> str:
    """A readable name, and a digest of everything that decides what is in the environment."""
    decides = [FORMAT, "cpython", spec.python, sysconfig.get_platform(), spec.complete]
    text = json.dumps([*decides, list(spec.requirements), list(spec.overrides)])
    return f"{spec.name}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def read(folder: Path) -> Environment | None:
    """The environment at ``folder``; ``None`` where the harness has not finished one."""
    try:
        data = json.loads((folder / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        return None
    return Environment(
        name=data["name"],
        folder=folder.absolute(),
        versions=data["versions"],
        requirements=tuple(data["requirements"]),
        size=data["size"],
        own=data["own"],
        seconds=data["seconds"],
    )


def write(folder: Path, spec: Spec, versions: Mapping[str, str], *, seconds: float) -> None:
    """Describe the finished environment at ``folder``."""
    size, own = _sizes(folder)
    data = {
        "format": FORMAT,
        "name": spec.name,
        "versions": dict(versions),
        "requirements": list(spec.requirements),
        "overrides": list(spec.overrides),
        "size": size,
        "own": own,
        "seconds": round(seconds, 1),
    }
    (folder / _FILE).write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


def _sizes(folder: Path) -> tuple[int, int]:
    size = own = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            status = os.lstat(os.path.join(parent, name))  # noqa: PTH118 - a third of the time of Path, for 20,000 files
            blocks = status.st_blocks * 512
            size += blocks
            own += blocks if status.st_nlink == 1 else 0
    return size, own
