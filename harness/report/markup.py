"""Pieces of Markdown for the pages of docs/."""

from __future__ import annotations

from collections.abc import Sequence

WIDTH = 120
"""Columns that text between tables is wrapped at."""


def code(text: str) -> str:
    """Text as it is typed; a backtick in it does not end it."""
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def cell(text: str) -> str:
    """Text in a cell of a table."""
    return text.replace("|", "\\|").replace("\n", " ")


def table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; cells as :func:`cell` makes them."""
    lines = [headers, ["---"] * len(headers), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
