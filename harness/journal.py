"""Remembers which targets an interrupted recording has done, so that the same command goes on from there."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from harness.golden import replace_file

FILE = ".recording.json"
"""In the golden folder; hidden, so that it is never taken for a golden file."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Journal:
    """What one recording command has done so far.

    Attributes:
        path: of the file.
        request: all that decides what the command records; another request starts anew.
    """

    path: Path
    request: str

    def done(self) -> frozenset[str]:
        """The targets that an interrupted run of this very command recorded; a broken file knows none."""
        try:
            data = json.loads(self.path.read_bytes())
        except (OSError, ValueError):
            return frozenset()
        if not isinstance(data, dict) or data.get("request") != self.request:
            return frozenset()
        return frozenset(data["done"])

    def write(self, done: Collection[str]) -> None:
        """Remember ``done``."""
        data = {"request": self.request, "done": sorted(done)}
        replace_file(self.path, (json.dumps(data, indent=1) + "\n").encode())

    def finish(self) -> None:
        """The command ran to its end: nothing is left to go on from."""
        self.path.unlink(missing_ok=True)
