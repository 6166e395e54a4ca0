"""The folder of a site: replaced as a whole, and only if all in it is a site of ours."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from harness.errors import ForeignFolder, Problem

MANIFEST = "files.txt"
"""Names every file of the site: what it does not name is somebody else's."""

_TITLE = "# Written by harness html, with the files below; the folder is replaced as a whole.\n"


def check(folder: Path, place: str) -> None:
    """See that ``folder`` may be replaced: it is not there, it is empty, or it holds a site of ours and nothing else.

    Args:
        folder: where the site is to stand.
        place: what to call it in an error.

    Raises:
        ForeignFolder: it may not.
    """
    if not os.path.lexists(folder):
        return
    if folder.is_symlink() or not folder.is_dir():
        raise ForeignFolder(_foreign(place, "is no folder"))
    found = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if not _is_plain_folder(path))
    if not found:
        return
    ours = _named(folder / MANIFEST)
    if ours is None:
        raise ForeignFolder(_foreign(place, f"is not empty, and no site of ours: it holds {found[0]}"))
    others = [name for name in found if name not in ours]
    if others:
        raise ForeignFolder(_foreign(place, f"holds {others[0]}, which is no part of the site"))


def write(folder: Path, place: str, files: Mapping[str, bytes]) -> None:
    """Make ``files`` the content of ``folder`` in one step: whoever looks sees the old site or the new one.

    Raises:
        ForeignFolder: see :func:`check`.
    """
    check(folder, place)
    folder.parent.mkdir(parents=True, exist_ok=True)
    # In the same folder, so that renaming is one step.
    scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        made = scratch / "new"
        made.mkdir()
        names = sorted([*files, MANIFEST])
        for name, data in {**files, MANIFEST: (_TITLE + "\n".join(names) + "\n").encode()}.items():
            (made / name).parent.mkdir(parents=True, exist_ok=True)
            (made / name).write_bytes(data)
        if folder.exists():
            folder.rename(scratch / "old")
        made.rename(folder)
    except OSError:
        if (scratch / "old").exists() and not folder.exists():
            (scratch / "old").rename(folder)
        raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _is_plain_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _named(manifest: Path) -> set[str] | None:
    """The files that a manifest names; ``None`` if it is none of ours."""
    try:
        text = manifest.read_text(encoding="utf-8")
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    return set(text.removeprefix(_TITLE).splitlines()) if text.startswith(_TITLE) else None


def _foreign(place: str, message: str) -> Problem:
    hint = "name a new folder, or empty this one; only a site that `harness html` wrote is replaced"
    return Problem(place=place, message=message, hint=hint)
