"""Colour as decoration: whatever it says, the words beside it say too."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Tone(Enum):
    """What a piece of text means to the reader; the value is its SGR parameter."""

    GOOD = "32"
    BAD = "31"
    WARNING = "33"
    NOTE = "36"
    FAINT = "2"
    STRONG = "1"


@dataclass(frozen=True, kw_only=True, slots=True)
class Style:
    """Paints text, or leaves it alone where colour is not wanted."""

    color: bool

    def paint(self, text: str, tone: Tone | None) -> str:
        """``text`` in ``tone``, each of its lines on its own: a table may cut between them."""
        if not self.color or tone is None:
            return text
        lines = text.split("\n")
        return "\n".join(f"\x1b[{tone.value}m{line}\x1b[0m" if line else line for line in lines)
