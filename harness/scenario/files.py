"""Where scenario files are, and what they are called; imports nothing that takes time."""

from __future__ import annotations

import os
from pathlib import Path

from harness.errors import InvalidOption, Problem


def find(root: Path) -> list[Path]:
    """Every scenario file below ``root``, sorted by name; hidden files and folders are passed over.

    Raises:
        InvalidOption: there is no such folder.
    """
    if not root.is_dir():
        hint = "`harness new topic/name` makes it, with a scenario to start from; --scenarios DIR names another"
        raise InvalidOption(Problem(place=f"--scenarios {root.as_posix()}", message="no such folder", hint=hint))
    found = [path for path in every_file(root) if is_scenario(path)]
    return sorted(found, key=lambda path: (path.relative_to(root).with_suffix("").parts, path.suffix))


def is_scenario(path: Path) -> bool:
    """Whether a file is taken for a scenario."""
    return path.suffix in (".yaml", ".yml")


def every_file(root: Path) -> list[Path]:
    """Every file below ``root`` that is not hidden, in no order."""
    found = []
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(folder) / name for name in files if not name.startswith(".")]
    return found


def name_in(path: Path, root: Path) -> str:
    """``topic/name`` of the scenario file ``path``."""
    return path.relative_to(root).with_suffix("").as_posix()
