"""A clone of this repository, and commands that are run in it."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from harness.releases.environment import find
from harness.releases.selection import resolve

ROOT = Path(__file__).parents[2]


def make_clone(folder: Path) -> Path:
    """What a clone holds of scenarios and golden files, with this environment's program as ``.venv``."""
    for name in ("scenarios", "golden"):
        shutil.copytree(ROOT / name, folder / name)
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / ".venv" / "bin" / "harness").symlink_to(Path(sys.executable).with_name("harness"))
    return folder


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(shlex.split(command), cwd=folder, capture_output=True, text=True, check=False, timeout=300)


def needs_an_environment(command: str) -> str | None:
    """The release a command needs that no environment is there for; tests make none."""
    words = shlex.split(command)
    named = [words[place + 1] for place, word in enumerate(words) if word == "--tf"]
    return next((spec.name for spec in resolve(named) if find(spec) is None), None) if named else None
