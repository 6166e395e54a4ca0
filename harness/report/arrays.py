"""Arrays of one shape beside each other: a line per row of the last axis, what differs marked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.report.layout import wrap
from harness.report.style import Style, Tone
from harness.tensor import Tensor, storage_dtype

MARK = "*"
_DIGITS = 4
_ALL_DIGITS = 17
_GAP = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One array of a grid.

    Attributes:
        header: whose it is.
        tensor: of the same shape as the others of the grid.
        marked: flat, true where the element differs from the first array's.
    """

    header: str
    tensor: Tensor
    marked: NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, slots=True)
class Frame:
    """How a grid is written: about ``rows`` lines of numbers, in ``width`` columns, behind ``indent``."""

    width: int
    rows: int
    full: bool
    indent: str
    style: Style


@dataclass(frozen=True, kw_only=True, slots=True)
class _Window:
    """Which rows and columns of the flattened array are shown, and the texts of each array there."""

    shape: tuple[int, ...]
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    texts: tuple[tuple[tuple[str, ...], ...], ...]

    @property
    def last(self) -> int:
        return self.shape[-1] if self.shape else 1


def grid(columns: Sequence[Column], frame: Frame) -> list[str]:
    """The lines of one or several arrays of one shape; none wider than the frame.

    Numbers are rounded to four digits, or to as many as it takes to tell marked elements from what they
    differ from; ``full`` prints the shortest decimals that read back. Rows and columns that hold marked elements
    are shown before others; what is left out is counted.
    """
    if not columns[0].tensor.size:
        return [f"{frame.indent}no elements"]
    window = _beside(columns, frame)
    if window:
        return [*_beside_lines(columns, window, frame), *_left_out(columns, window, frame)]
    window = _stacked(columns, frame)
    return [*_stacked_lines(columns, window, frame), *_left_out(columns, window, frame)]


def differing(left: Tensor, right: Tensor) -> NDArray[np.bool_]:
    """Flat, true where the values are not the same; NaN is the same as NaN, -0.0 as 0.0."""
    one, two = left.float64().reshape(-1), right.float64().reshape(-1)
    return np.asarray((one != two) & ~(np.isnan(one) & np.isnan(two)), dtype=np.bool_)


def _shape(columns: Sequence[Column]) -> tuple[int, int]:
    shape = columns[0].tensor.shape
    last = shape[-1] if shape else 1
    return math.prod(shape[:-1]), last


def _any_marked(columns: Sequence[Column], axis: int) -> NDArray[np.bool_]:
    marked = np.logical_or.reduce([column.marked.reshape(_shape(columns)) for column in columns])
    return np.asarray(marked.any(axis=axis), dtype=np.bool_)


def _chosen(count: int, most: int, marked: NDArray[np.bool_]) -> tuple[int, ...]:
    """At most ``most`` of ``count`` indices: the first, then marked ones, then those that come first."""
    if count <= most:
        return tuple(range(count))
    order = dict.fromkeys([0, *np.flatnonzero(marked).tolist()[:most], *range(most)])
    return tuple(sorted(list(order)[:most]))


def _beside(columns: Sequence[Column], frame: Frame) -> _Window | None:
    """Every column of every array side by side, or nothing when that is too wide."""
    rows, last = _shape(columns)
    if last * 2 * len(columns) > frame.width:
        return None
    shown = _chosen(rows, frame.rows, _any_marked(columns, 1))
    window = _window(columns, shown, tuple(range(last)), frame)
    return window if _beside_width(columns, window, frame) <= frame.width else None


def _stacked(columns: Sequence[Column], frame: Frame) -> _Window:
    """As many columns as fit, the arrays' rows below each other."""
    rows, last = _shape(columns)
    shown = _chosen(rows, max(frame.rows // len(columns), 1), _any_marked(columns, 1))
    marked = _any_marked(columns, 0)
    most = min(last, frame.width // 2)
    while True:
        window = _window(columns, shown, _chosen(last, most, marked), frame)
        room = frame.width - _stacked_margin(columns, window, frame)
        fits = max(room // (_element_width(columns, window) + 1), 1)
        if most <= fits:
            return window
        most = fits


def _window(columns: Sequence[Column], rows: tuple[int, ...], shown: tuple[int, ...], frame: Frame) -> _Window:
    last = _shape(columns)[1]
    indices = (np.array(rows)[:, None] * last + np.array(shown)[None, :]).reshape(-1)
    flat = _texts(columns, indices, frame.full)
    size = len(shown)
    texts = tuple(tuple(tuple(one[start : start + size]) for start in range(0, len(one), size)) for one in flat)
    return _Window(shape=columns[0].tensor.shape, rows=rows, columns=shown, texts=texts)


def _texts(columns: Sequence[Column], indices: NDArray[np.int_], full: bool) -> list[list[str]]:
    """Each array's elements at ``indices``, with as few digits as tell the marked ones apart."""
    values = [_taken(column.tensor, indices).decimals() for column in columns]
    apart = [
        (index, number)
        for number, column in enumerate(columns[1:], start=1)
        for index in np.flatnonzero(column.marked[indices]).tolist()
    ]
    digits = _ALL_DIGITS if full else _DIGITS
    while True:
        texts = [[number_text(value, digits) for value in one] for one in values]
        if digits >= _ALL_DIGITS or all(texts[number][index] != texts[0][index] for index, number in apart):
            return texts
        digits += 1


def _taken(tensor: Tensor, indices: NDArray[np.int_]) -> Tensor:
    bits = np.ascontiguousarray(tensor.bits().reshape(-1)[indices])
    return Tensor(tensor.dtype, bits.shape, bits.astype(storage_dtype(tensor.dtype), copy=False).tobytes())


def number_text(value: float | int | bool | str, digits: int) -> str:
    """A decimal with at most ``digits`` significant ones; integers, booleans and ``nan`` as they are."""
    if not isinstance(value, float):
        return str(value)
    if digits >= _ALL_DIGITS:
        return repr(value).removesuffix(".0")
    text = f"{value:.{digits}g}"
    # 12345 is easier to read than 1.234e+04.
    return f"{value:.0f}" if "e" in text and 1 <= abs(value) < 1e7 else text


def _element_width(columns: Sequence[Column], window: _Window) -> int:
    """The width of every element where the arrays stand below each other, column numbers included."""
    numbers = window.columns if len(window.columns) < window.last else ()
    return max(
        *_sizes(columns, window),
        _mark_room(columns) + 1,
        *(len(f"[{number}]") + _mark_room(columns) for number in numbers),
    )


def _mark_room(columns: Sequence[Column]) -> int:
    return len(MARK) if any(column.marked.any() for column in columns) else 0


def _labels(window: _Window) -> list[str]:
    """``[0,1,1]``: the position of each shown row; empty for a vector or a scalar."""
    outer = window.shape[:-1]
    if not outer:
        return [""] * len(window.rows)
    positions = [np.unravel_index(row, outer) for row in window.rows]
    labels = ["[" + ",".join(str(int(index)) for index in position) + "]  " for position in positions]
    size = max(map(len, labels))
    return [label.ljust(size) for label in labels]


def _painted(
    column: Column, texts: Sequence[str], row: int, window: _Window, size: int, room: int, style: Style
) -> str:
    """One row of one array: elements right-aligned in ``size``, the last ``room`` columns of it for the mark."""
    words = []
    for text, index in zip(texts, window.columns, strict=True):
        marked = bool(column.marked[row * window.last + index])
        shown = (text + (MARK if marked else " " * room)).rjust(size)
        words.append(style.paint(shown, Tone.BAD) if marked else shown)
    return " ".join(words)


def _sizes(columns: Sequence[Column], window: _Window) -> list[int]:
    """The element width of each array of its own: an unmarked one needs no room for marks."""
    return [
        max(len(text) for row in texts for text in row) + (len(MARK) if column.marked.any() else 0)
        for column, texts in zip(columns, window.texts, strict=True)
    ]


def _block_widths(columns: Sequence[Column], window: _Window) -> list[int]:
    count = len(window.columns)
    return [
        max(len(column.header), count * size + count - 1)
        for column, size in zip(columns, _sizes(columns, window), strict=True)
    ]


def _beside_width(columns: Sequence[Column], window: _Window, frame: Frame) -> int:
    widths = _block_widths(columns, window)
    return len(frame.indent) + len(_labels(window)[0]) + sum(widths) + _GAP * (len(widths) - 1)


def _beside_lines(columns: Sequence[Column], window: _Window, frame: Frame) -> list[str]:
    labels, sizes, widths = _labels(window), _sizes(columns, window), _block_widths(columns, window)
    margin = frame.indent + " " * len(labels[0])
    lines = []
    if any(column.header for column in columns):
        heads = [column.header.ljust(width) for column, width in zip(columns, widths, strict=True)]
        lines.append((margin + (" " * _GAP).join(heads)).rstrip())
    for number, row in enumerate(window.rows):
        parts = []
        for column, texts, size, width in zip(columns, window.texts, sizes, widths, strict=True):
            bare = len(texts[number]) * size + len(texts[number]) - 1
            room = _mark_room([column])
            painted = _painted(column, texts[number], row, window, size, room, frame.style)
            parts.append(painted + " " * (width - bare))
        lines.append((frame.indent + labels[number] + (" " * _GAP).join(parts)).rstrip())
    return lines


def _stacked_margin(columns: Sequence[Column], window: _Window, frame: Frame) -> int:
    return len(frame.indent) + len(_labels(window)[0]) + _header_width(columns, frame)


def _header_width(columns: Sequence[Column], frame: Frame) -> int:
    """Columns that the headers take before the elements; 0 where they are too long for that."""
    size = max(len(column.header) for column in columns)
    return size + 2 if 0 < size <= frame.width // 3 else 0


def _stacked_lines(columns: Sequence[Column], window: _Window, frame: Frame) -> list[str]:
    labels, size, head = _labels(window), _element_width(columns, window), _header_width(columns, frame)
    room = _mark_room(columns)
    lines = []
    if len(window.columns) < window.last:
        numbers = " ".join((f"[{index}]" + " " * room).rjust(size) for index in window.columns)
        lines.append(frame.indent + " " * (len(labels[0]) + head) + numbers)
    for number, row in enumerate(window.rows):
        for position, (column, texts) in enumerate(zip(columns, window.texts, strict=True)):
            label = labels[number] if position == 0 else " " * len(labels[number])
            if column.header and not head:
                lines.append(wrap(column.header, frame.width, frame.indent + label))
                label = " " * len(label)
            words = _painted(column, texts[number], row, window, size, room, frame.style)
            lines.append(frame.indent + label + column.header.ljust(head)[:head] + words)
    return [line.rstrip() for line in lines]


def _left_out(columns: Sequence[Column], window: _Window, frame: Frame) -> list[str]:
    """How much is not shown, and how much of that is marked."""
    rows, last = _shape(columns)
    parts = []
    if len(window.rows) < rows:
        parts.append(f"{len(window.rows)} of {rows} rows")
    if len(window.columns) < last:
        parts.append(f"{len(window.columns)} of {last} columns")
    if not parts:
        return []
    marked = np.logical_or.reduce([column.marked.reshape(rows, last) for column in columns])
    seen = marked[np.ix_(window.rows, window.columns)]
    if marked.any():
        parts.append(f"{int(seen.sum())} of {int(marked.sum())} differing elements")
    return wrap(f"({', '.join(parts)} shown)", frame.width, frame.indent).splitlines()
