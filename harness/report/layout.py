"""Words into lines, cells into tables, commands into shell lines: nothing wider than asked."""

from __future__ import annotations

import re
import shlex
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tabulate import tabulate

from harness.report.style import Style, Tone

NARROWEST = 40
"""Below this many columns nothing is readable: reports are made for at least this width."""

GLUE = "\N{NO-BREAK SPACE}"
"""A space that :func:`wrap` does not break at, and writes as a plain one."""

_GAP = 2
# tabulate makes a column at least this much wider than its header.
_HEADER_PADDING = 2
# No column is made narrower than a letter of its header.
_CRUSHED = _HEADER_PADDING + 1
# A case's variation is one long word to textwrap: it may break behind its commas, a path behind its slashes,
# a dotted name behind its dots.
_BREAKS = re.compile(r"(?<=[,/\]])(?=[^\s,\]])|(?<=[A-Za-z_]\.)(?=[A-Za-z_])")


def in_bytes(count: int) -> str:
    """As ``12 MB`` or ``3.4 GB``."""
    return f"{count / 1e6:.0f} MB" if count < 1e9 else f"{count / 1e9:.1f} GB"


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """One cell of a table; wrapped first, painted after."""

    text: str
    tone: Tone | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """A table that fits itself into a width.

    Attributes:
        headers: one line of text per column.
        rows: as many cells per row as there are headers.
        numeric: indices of the columns aligned to the right.
        fixed: how many leading columns are repeated when the table has to be split.
        keep: the width that the first column should keep while others can give way.
    """

    headers: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numeric: frozenset[int] = field(default=frozenset())
    fixed: int = 1
    keep: int = 0


def wrap(text: str, width: int, indent: str = "", hanging: str | None = None) -> str:
    """``text`` in lines of at most ``width``, each behind ``indent``, the later ones behind ``hanging``.

    Lines that ``text`` already has are kept apart.
    """
    later = indent if hanging is None else hanging
    lines: list[str] = []
    for line in text.splitlines() or [""]:
        first = indent if not lines else later
        lines += _wrapped(line, width, first, later)
    return "\n".join(lines).replace(GLUE, " ")


def _wrapped(line: str, width: int, first: str, later: str) -> list[str]:
    room = max(width - max(len(first), len(later)), 1)
    # Most lines fit, and textwrap takes its time to find that out.
    if len(line) <= room and "\t" not in line:
        return [(first + line).rstrip()]
    pieces = textwrap.wrap(line, room, break_on_hyphens=False, break_long_words=False) or [""]
    short = [part for piece in pieces for part in _broken(piece, room)]
    return [((first if number == 0 else later) + piece).rstrip() for number, piece in enumerate(short)]


def _broken(piece: str, room: int) -> list[str]:
    """A piece that is one word too long, broken at commas and slashes, else anywhere."""
    lines: list[str] = []
    line = ""
    for part in _BREAKS.split(piece) if len(piece) > room else [piece]:
        if line and len(line + part) > room:
            lines.append(line)
            line = ""
        line += part
        while len(line) > room:
            lines.append(line[:room])
            line = line[room:]
    return [*lines, line] if line or not lines else lines


def verbatim(text: str, width: int, indent: str) -> str:
    """Somebody else's lines, indented and hard-wrapped, with control characters made visible."""
    room = max(width - len(indent), 1)
    lines: list[str] = []
    for line in text.rstrip().splitlines():
        shown = "".join(char if char.isprintable() else _escaped(char) for char in line.expandtabs(4))
        lines += [shown[start : start + room] for start in range(0, max(len(shown), 1), room)]
    return "\n".join((indent + line).rstrip() for line in lines)


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def command(words: Sequence[str], width: int, indent: str) -> str:
    """A shell command to copy: words quoted, continued with a backslash where it is wider than ``width``.

    An option stays with its value. What is wider than a line on its own sticks out: broken, it could not be pasted.
    """
    lines: list[str] = []
    line = ""
    for phrase in _phrases(words):
        longer = f"{line} {phrase}" if line else phrase
        margin = len(indent) + (2 if lines else 0)
        if line and margin + len(longer) + len(" \\") > width:
            lines.append(f"{line} \\")
            line = phrase
        else:
            line = longer
    lines.append(line)
    return "\n".join(indent + ("  " if number else "") + line for number, line in enumerate(lines))


def _phrases(words: Sequence[str]) -> list[str]:
    """Quoted words, ``--option value`` as one."""
    phrases: list[str] = []
    awaits_value = False
    for word in words:
        is_option = word.startswith("--")
        if awaits_value and not is_option:
            phrases[-1] += f" {shlex.quote(word)}"
        else:
            phrases.append(shlex.quote(word))
        awaits_value = is_option
    return phrases


def plural(count: int, noun: str, many: str | None = None) -> str:
    """``1 case``, ``2 cases``."""
    return f"{count} {noun if count == 1 else many or noun + 's'}"


def abridged(items: Sequence[str], most: int) -> str:
    """``a, b, c``; or the first ``most`` of them and how many follow: ``a, b, +3``."""
    if len(items) <= most:
        return ", ".join(items)
    return ", ".join([*items[:most], f"+{len(items) - most}"])


def render_table(table: Table, width: int, style: Style) -> str:
    """``table`` in at most ``width`` columns: cells wrapped, then columns moved into tables below."""
    blocks = [_render_block(table, columns, width, style) for columns in _blocks(table, width)]
    return "\n\n".join(blocks)


def _blocks(table: Table, width: int) -> list[list[int]]:
    """Indices of the columns that stand beside each other, so that no column is crushed.

    The first column keeps what the table asks for it where that takes no further table.
    """
    least = [_least(table, column) for column in range(len(table.headers))]
    kept = [max(least[0], min(table.keep, _natural(table, 0))), *least[1:]]
    crowded, roomy = _divided(table, least, width), _divided(table, kept, width)
    return roomy if len(roomy) <= len(crowded) else crowded


def _divided(table: Table, widths: Sequence[int], width: int) -> list[list[int]]:
    """The columns in as few tables as these widths allow, each with the fixed ones."""
    fixed = list(range(table.fixed))
    blocks: list[list[int]] = [[]]
    for column in range(table.fixed, len(table.headers)):
        if blocks[-1] and _total(widths[index] for index in [*fixed, *blocks[-1], column]) > width:
            blocks.append([])
        blocks[-1].append(column)
    return [[*fixed, *block] for block in blocks]


def _total(widths: Iterable[int]) -> int:
    sizes = list(widths)
    return sum(sizes) + _GAP * (len(sizes) - 1)


def _cells(table: Table, column: int) -> list[str]:
    return [row[column].text for row in table.rows]


def _natural(table: Table, column: int) -> int:
    lines = [line for text in _cells(table, column) for line in text.splitlines()]
    return max([len(table.headers[column]) + _HEADER_PADDING, *map(len, lines)])


def _least(table: Table, column: int) -> int:
    """The width at which no word of the column has to be broken where a reader would not break it."""
    words = [
        part for text in _cells(table, column) for word in re.split(r"[ \n]+", text) for part in _BREAKS.split(word)
    ]
    header = max((len(word) for word in table.headers[column].split()), default=0)
    return max([header + _HEADER_PADDING, *map(len, words)])


def _fitted(table: Table, columns: Sequence[int], width: int) -> list[int]:
    """Column widths: natural where there is room, else the widest give way first.

    The first column keeps what the table asks for it, then every column its longest word, as long as that fits.
    """
    widths = [_natural(table, column) for column in columns]
    least = [_least(table, column) for column in columns]
    kept = [max(least[0], min(table.keep, widths[0])), *least[1:]]
    for floors in (kept, least, [_CRUSHED] * len(columns)):
        while _total(widths) > width:
            spare = [index for index, size in enumerate(widths) if size > floors[index]]
            if not spare:
                break
            widths[max(spare, key=widths.__getitem__)] -= 1
    return widths


def _render_block(table: Table, columns: Sequence[int], width: int, style: Style) -> str:
    widths = _fitted(table, columns, width)
    sizes = list(zip(columns, widths, strict=True))
    own = [column for column in columns if column >= table.fixed]
    # A table below the first leaves out the rows that have nothing in its columns.
    first = not own or table.fixed in own
    rows = [row for row in table.rows if first or any(row[column].text for column in own)]
    body = [[style.paint(wrap(row[column].text, size), row[column].tone) for column, size in sizes] for row in rows]
    headers = [wrap(table.headers[column], max(size - _HEADER_PADDING, 1)) for column, size in sizes]
    align = ["right" if column in table.numeric else "left" for column in columns]
    text = tabulate(body, headers=headers, tablefmt="simple", disable_numparse=True, colalign=align)
    return "\n".join(line.rstrip() for line in text.splitlines())
