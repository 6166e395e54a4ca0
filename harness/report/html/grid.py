"""Tables with releases across: columns that every row shares, and a cell for each stretch of releases alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TypeAlias

from packaging.version import Version

from harness.history import Axis, Boundary, Line
from harness.releases.release import Release
from harness.report.html.markup import attribute, text

HUES = 8
_NAMES = {"tensorflow": "TensorFlow", "keras": "Keras", "tf_keras": "tf-keras"}
_ROOM_FOR_VERSION = 4

Key: TypeAlias = tuple[str, str | None, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """Releases that stand together: one, or where no row changes between them from ``first`` to ``last``."""

    group: str
    first: str
    last: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """What a row shows on a release; equal cells beside each other are drawn as one.

    Attributes:
        hue: which of the colours; the text says the same without it.
        raised: nothing was computed: an exception ended the experiment.
    """

    text: str
    hue: int
    raised: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """What is known of a change: whether its release is exact, and the rules behind it, in the order of rules."""

    exact: bool
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """Cells by column, ``None`` where nothing is recorded; marks by the column with which something changes."""

    cells: tuple[Cell | None, ...]
    marks: Mapping[int, Mark] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Axes:
    """The columns of a table, and where each release of each line stands."""

    columns: tuple[Column, ...]
    places: Mapping[Key, int]

    @classmethod
    def of(cls, lines: Iterable[Line]) -> Axes:
        """All releases of ``lines``: TensorFlow versions first, then every library beside one TensorFlow."""
        versions: dict[tuple[str, str | None], set[str]] = {}
        for line in lines:
            versions.setdefault(_track(line), set()).update(map(line.version, line.releases))
        tracks = sorted(versions, key=lambda track: (track[0] != "tensorflow", track))
        columns: list[Column] = []
        places: dict[Key, int] = {}
        for package, fixed in tracks:
            for version in sorted(versions[package, fixed], key=Version):
                places[package, fixed, version] = len(columns)
                columns.append(Column(group=_title(package, fixed), first=version, last=version))
        return cls(columns=tuple(columns), places=places)

    def place(self, line: Line, release: Release) -> int:
        """The column of a release of a line."""
        package, fixed = _track(line)
        return self.places[package, fixed, line.version(release)]

    def row(self, lines: Iterable[Line], cells: Mapping[Release, Cell], marks: Mapping[int, Mark]) -> Row:
        """What one runner shows on the releases of its lines."""
        placed: list[Cell | None] = [None] * len(self.columns)
        for line in lines:
            for release in line.releases:
                placed[self.place(line, release)] = cells.get(release)
        return Row(cells=tuple(placed), marks=marks)

    def marks(self, told: Iterable[tuple[Boundary, Sequence[str]]]) -> dict[int, Mark]:
        """The marks of a row out of the changes that it shows, each with the rules behind it."""
        found: dict[int, Mark] = {}
        for boundary, rules in told:
            place = self.place(boundary.line, boundary.after)
            before = found.get(place)
            exact = boundary.between == () and (before is None or before.exact)
            known = before.rules if before else ()
            found[place] = Mark(exact=exact, rules=tuple(dict.fromkeys((*known, *rules))))
        return found


def _track(line: Line) -> tuple[str, str | None]:
    return (line.package(), line.fixed) if line.axis is Axis.LIBRARY else ("tensorflow", None)


def _title(package: str, fixed: str | None) -> str:
    return _NAMES[package] if fixed is None else f"{_NAMES[package]} on TensorFlow {fixed}"


def hue(letter: str) -> int:
    """The colour of a behaviour's letter."""
    return (ord(letter[-1]) - ord("A")) % HUES if letter[-1].isalpha() else 0


def merged(columns: Sequence[Column], rows: Sequence[Row]) -> tuple[tuple[Column, ...], tuple[Row, ...]]:
    """The same table with one column where no row changes; columns on which no row shows anything are left out."""
    places = [place for place in range(len(columns)) if any(row.cells[place] for row in rows)]

    def alike(place: int) -> tuple[str, tuple[Cell | None, ...]]:
        return columns[place].group, tuple(row.cells[place] for row in rows)

    groups = [list(group) for _, group in groupby(places, key=alike)]
    kept = tuple(
        Column(group=columns[group[0]].group, first=columns[group[0]].first, last=columns[group[-1]].last)
        for group in groups
    )
    short = tuple(
        Row(
            cells=tuple(row.cells[group[0]] for group in groups),
            marks={
                number: row.marks[place] for number, group in enumerate(groups) for place in group if place in row.marks
            },
        )
        for row in rows
    )
    return kept, short


def head(columns: Sequence[Column], before: str) -> str:
    """The header rows: groups of releases, then the releases; ``before`` are the cells in front of them.

    Where columns are single releases, there are too many to stand upright.
    """
    upright = any(column.first != column.last for column in columns)
    groups = [(name, len(list(group))) for name, group in groupby(columns, key=lambda column: column.group)]
    first = "".join(f"<th colspan={count} class=g scope=colgroup>{text(name)}" for name, count in groups)
    starts = {0, *_starts(columns)}
    kinds = ("'v g'" if place in starts else "v" for place in range(len(columns)))
    second = "".join(
        f"<th class={kind} scope=col>{_label(column) if upright else f'<span>{text(column.first)}</span>'}"
        for kind, column in zip(kinds, columns, strict=True)
    )
    return f"<thead><tr>{before}{first}<tr>{second}</thead>"


def _label(column: Column) -> str:
    """``1.5.0``, and below it ``..1.12.3``."""
    return text(column.first) if column.first == column.last else f"{text(column.first)}<br>..{text(column.last)}"


def _starts(columns: Sequence[Column]) -> Iterator[int]:
    for place in range(1, len(columns)):
        if columns[place].group != columns[place - 1].group:
            yield place


def cells(columns: Sequence[Column], row: Row, rules: Sequence[str] | None = None) -> str:
    """The cells of a row: one for every stretch of releases that are alike.

    Args:
        columns: of the table.
        row: what to show.
        rules: where given, a change tells its release where there is room, since columns are narrow, and the positions
            in ``rules`` of those behind it, for the page's filter.
    """
    starts = set(_starts(columns))
    pieces: list[str] = []
    last: Cell | None = None
    place = 0
    while place < len(columns):
        end = place + 1
        while end < len(columns) and end not in starts and row.cells[end] == row.cells[place]:
            end += 1
        last = None if place in starts else last
        cell = row.cells[place]
        changed = cell is not None and last is not None and cell != last
        mark = row.marks.get(place, Mark(exact=False)) if changed else None
        pieces.append(_cell(cell, columns[place], end - place, mark, rules, first=place in starts or place == 0))
        last = cell or last
        place = end
    return "".join(pieces)


def _cell(
    cell: Cell | None, column: Column, count: int, mark: Mark | None, rules: Sequence[str] | None, *, first: bool
) -> str:
    names = [] if cell is None else [f"b{cell.hue}"]
    names += ["r"] if cell is not None and cell.raised else []
    names += [("x" if mark.exact else "y")] if mark else []
    names += ["g"] if first else []
    told = f" colspan={count}" if count > 1 else ""
    told += f" class={' '.join(names) if len(names) == 1 else attribute(' '.join(names))}" if names else ""
    numbers = [str(rules.index(rule)) for rule in mark.rules if rule in rules] if mark and rules else []
    told += f' data-w="{" ".join(numbers)}"' if numbers else ""
    content = text(cell.text) if cell else ""
    if mark and rules is not None and count >= _ROOM_FOR_VERSION:
        content += f"<i>{'' if mark.exact else '≤'}{text(column.first)}</i>"
    return f"<td{told}>{content}"
