"""What is here as a table, what is missing as a list: for a terminal, or to be pasted into a bug report."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harness.diagnosis import Diagnosis, Missing, Python
from harness.report.layout import NARROWEST, Cell, Table, in_bytes, render_table, wrap
from harness.report.style import Style, Tone

_NAMES = {"tensorflow": "TensorFlow", "keras": "Keras", "tf-keras": "tf-keras", "numpy": "NumPy"}
_NONE = "-"


def render_diagnosis(found: Diagnosis, *, width: int, color: bool) -> str:
    """The table, what is missing and what follows, ending in a newline.

    Args:
        found: what is here.
        width: columns to fill at most; less than 40 counts as 40.
        color: whether to write ANSI colour sequences.
    """
    style = Style(color=color)
    width = max(width, NARROWEST)
    head = f"harness {found.harness}, Python {found.python}, {found.platform}"
    parts = [style.paint(wrap(head, width), Tone.STRONG)]
    parts.append(render_table(Table(headers=("what", "here", "note"), rows=tuple(_rows(found))), width, style))
    parts += [_missing(one, width, style) for one in found.missing]
    parts.append(_conclusion(found, width, style))
    return "\n\n".join(parts) + "\n"


def _rows(found: Diagnosis) -> Iterator[tuple[Cell, ...]]:
    for name, version in found.packages.items():
        yield _row(_NAMES[name], version, "")
    yield _row("GPU", ", ".join(found.gpus) or "none seen", "")
    yield _row("uv", found.uv, "makes the environments of releases")
    for python in found.pythons:
        yield _row(f"Python {python.series}", python.version, _use(python))
    cache = found.cache
    yield _row("environments", f"{cache.current} of {cache.catalogued}", _size(found))
    yield _row("cache folder", _at_home(cache.folder), f"{in_bytes(cache.free)} free")


def _row(what: str, here: str | None, note: str) -> tuple[Cell, ...]:
    return Cell(text=what), Cell(text=here or _NONE, tone=None if here else Tone.FAINT), Cell(text=note)


def _use(python: Python) -> str:
    return f"TensorFlow {python.releases[0]} to {python.releases[1]}" if python.releases else ""


def _size(found: Diagnosis) -> str:
    cache = found.cache
    others = cache.made - cache.current
    more = f", and {others} that are outdated or not catalogued" if others else ""
    shared = f"{in_bytes(cache.own)} of it shared with nothing else"
    return f"catalogued releases are made{more}; {in_bytes(cache.size)}, {shared}"


def _at_home(folder: Path) -> str:
    """The folder without the name of who asks."""
    home = Path.home()
    return f"~/{folder.relative_to(home).as_posix()}" if folder.is_relative_to(home) else folder.as_posix()


def _missing(one: Missing, width: int, style: Style) -> str:
    head = style.paint(wrap(f"missing: {one.what}: {one.means}", width, hanging="  "), Tone.WARNING)
    return f"{head}\n{wrap(one.how, width, '  ', '    ')}"


def _conclusion(found: Diagnosis, width: int, style: Style) -> str:
    if found.can_compare:
        return style.paint(wrap("summary: harness compare can run", width), Tone.GOOD)
    return style.paint(wrap("summary: harness compare cannot run: no TensorFlow is installed here", width), Tone.BAD)
