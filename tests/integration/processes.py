"""Which processes there are."""

from __future__ import annotations

import contextlib
from pathlib import Path


def those_in(folder: Path) -> list[str]:
    """Processes whose working folder is in ``folder``, as every host's and worker's is."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (process / "cwd").readlink().is_relative_to(folder):
                found.append(process.name)
    return found
