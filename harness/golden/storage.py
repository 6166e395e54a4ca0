"""Golden files on disk: where they lie, one writer at a time, and never half a file.

A file is replaced in one step, so that what a kill leaves is the old or the new one, and beside it at most a
``.NAME.tmp`` that the next writer overwrites. A sidecar is written before the file that refers to it and
cleaned after it.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROVENANCE = "provenance.json"


def golden_path(root: Path, scenario: str) -> Path:
    """Where the golden file of ``scenario`` (``topic/name``) lies."""
    return root / f"{scenario}.json"


def sidecar_path(root: Path, scenario: str) -> Path:
    """Where its big tensors lie, if it has any."""
    return root / f"{scenario}.npz"


def scenario_names(root: Path, suffix: str = ".json") -> list[str]:
    """Scenarios that have a golden file (or, by ``suffix``, a sidecar) under ``root``, sorted."""
    paths = (path.relative_to(root) for path in root.rglob(f"*{suffix}") if not path.name.startswith("."))
    return sorted(path.with_suffix("").as_posix() for path in paths if path != Path(PROVENANCE))


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Hold the golden folder against every other process that records into it; waits for its turn.

    Hold it around reading, changing and writing a file, and no longer: then any number of recorders can work
    on one folder. The lock is on the folder itself, leaves nothing behind, and ends with the process.
    Not reentrant.
    """
    root.mkdir(parents=True, exist_ok=True)
    folder = os.open(root, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def replace_file(path: Path, data: bytes) -> bool:
    """Make ``data`` the content of ``path`` in one step that survives a kill and a power cut.

    Returns:
        Whether anything had to be written.
    """
    if path.is_file() and path.read_bytes() == data:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    with temporary.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)
    _sync_folder(path.parent)
    return True


def remove_file(path: Path) -> bool:
    """Remove ``path`` for good; returns whether it was there."""
    if not path.is_file():
        return False
    path.unlink()
    _sync_folder(path.parent)
    return True


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
