"""The matrix: cases or scenarios down, releases across, behaviours as letters. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.golden import Absence
from harness.history import Archive, Change, History, Line, changes, letter, lines_of
from harness.releases.publications import Published
from harness.releases.release import Release
from harness.report.changes import ChangePage, counted, paragraph, title
from harness.report.layout import NARROWEST, plural, wrap
from harness.report.style import Style, Tone

_GAP = "  "
_NOTHING = "-"
_PARTLY = "?"


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One row of the matrix; a heading has no cells.

    Attributes:
        cells: the letter of every release of the line that has one.
    """

    label: str
    cells: Mapping[Release, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Column:
    """Consecutive releases of a line on which no row changes."""

    first: str
    last: str
    cells: tuple[str, ...]

    @property
    def width(self) -> int:
        return max(map(len, (self.first, self.last, *self.cells)))


def render_matrix(
    archive: Archive,
    published: Published,
    absences: Sequence[Absence],
    *,
    by_case: bool,
    width: int,
    verbose: int,
    color: bool,
) -> str:
    """A table and its legend for every runner and line, ending in a newline.

    Args:
        archive: what is recorded.
        published: which releases there are, to say which changes are exact.
        absences: releases that a runner cannot be recorded on.
        by_case: a row per case; else per scenario, whose letter changes wherever any of its cases does.
        width: columns to fill at most; less than 40 counts as 40.
        verbose: -1 tables without legend, 0 one example of each kind of change, 1 all of them.
        color: whether to write ANSI colour sequences.
    """
    style = Style(color=color)
    page = ChangePage(width=max(width, NARROWEST), verbose=verbose, letters=by_case, style=style)
    parts: list[str] = []
    found: list[Change] = []
    partly = False
    for runner in archive.runners():
        histories = archive.of(runner)
        rows = case_rows(histories) if by_case else scenario_rows(histories, lines_of(histories))
        for line in lines_of(histories):
            parts.append(_grid(line, rows, page))
            partly = partly or any(_PARTLY in row.cells.get(release, "") for row in rows for release in line.releases)
            of_line = changes(histories, line, published)
            found += of_line
            parts += [paragraph(change, page) for change in of_line] if verbose >= 0 else []
        if verbose >= 0 and (absent := [absence for absence in absences if absence.runner == runner]):
            parts.append("\n".join(wrap(absence_text(each), page.width, hanging="  ") for each in absent))
    if partly:
        parts.append(wrap(f"{_PARTLY} some of the scenario's cases are not recorded there", page.width))
    return "\n\n".join([*parts, wrap(_summary(archive, found), page.width)]) + "\n"


def absence_text(absence: Absence) -> str:
    """On which releases a runner cannot be recorded, and why."""
    first, last = absence.releases[0], absence.releases[-1]
    count = len(absence.releases)
    where = str(first) if count == 1 else f"{count} releases from {first} to {last}"
    return f"{absence.runner} cannot be recorded on {where}: {absence.reason}"


def _summary(archive: Archive, found: Sequence[Change]) -> str:
    scenarios = {history.case.scenario for history in archive.histories}
    cases = {history.case.id for history in archive.histories}
    releases = {release for history in archive.histories for release in history.by_release}
    sizes = f"{plural(len(cases), 'case')} of {plural(len(scenarios), 'scenario')}"
    return f"summary: {sizes} on {plural(len(releases), 'recorded release')}; {counted(found)}"


def case_rows(histories: Sequence[History]) -> tuple[Row, ...]:
    """A row per case, those of a swept scenario below its name."""
    rows: list[Row] = []
    above = ""
    for history in histories:
        case = history.case
        if case.key and case.scenario != above:
            rows.append(Row(label=case.scenario, cells={}))
        above = case.scenario
        rows.append(Row(label=f"  [{case.key}]" if case.key else case.scenario, cells=history.letters))
    return tuple(rows)


def scenario_rows(histories: Sequence[History], lines: Sequence[Line]) -> tuple[Row, ...]:
    """A row per scenario: two releases have the same letter if every case behaves the same on both."""
    groups: dict[str, list[History]] = {}
    for history in histories:
        groups.setdefault(history.case.scenario, []).append(history)
    return tuple(Row(label=name, cells=_combined(members, lines)) for name, members in groups.items())


def _combined(histories: Sequence[History], lines: Sequence[Line]) -> dict[Release, str]:
    """A letter per combination of behaviours; a case that is not recorded counts as it last was on the line."""
    combinations: dict[tuple[int | None, ...], str] = {}
    cells: dict[Release, str] = {}
    for line in lines:
        known: list[int | None] = [_first(history, line) for history in histories]
        for release in line.releases:
            here = [history.by_release.get(release) for history in histories]
            if all(index is None for index in here):
                continue
            known = [last if index is None else index for index, last in zip(here, known, strict=True)]
            name = combinations.setdefault(tuple(known), letter(len(combinations)))
            cells.setdefault(release, name + (_PARTLY if None in here else ""))
    return cells


def _first(history: History, line: Line) -> int | None:
    return next((history.by_release[release] for release in line.releases if release in history.by_release), None)


def _grid(line: Line, rows: Sequence[Row], page: ChangePage) -> str:
    head = page.style.paint(wrap(title(line), page.width, hanging="  "), Tone.STRONG)
    columns = _columns(line, rows)
    labels = [row.label for row in rows]
    room = min(max(len("from"), *map(len, labels)), page.width // 2)
    blocks = ["\n".join(_block(labels, block, room, page)) for block in _blocks(columns, page.width - room)]
    return "\n\n".join([head, *blocks])


def _columns(line: Line, rows: Sequence[Row]) -> list[_Column]:
    columns: list[_Column] = []
    for release in line.releases:
        version = line.version(release)
        cells = tuple(row.cells.get(release, _NOTHING) if row.cells else "" for row in rows)
        first = version
        if columns and columns[-1].cells == cells:
            first = columns.pop().first
        columns.append(_Column(first=first, last=version, cells=cells))
    return columns


def _blocks(columns: Sequence[_Column], room: int) -> Iterator[list[_Column]]:
    """Columns that stand beside each other within ``room``."""
    block: list[_Column] = []
    used = 0
    for column in columns:
        size = len(_GAP) + column.width
        if block and used + size > room:
            yield block
            block, used = [], 0
        block.append(column)
        used += size
    yield block


def _block(labels: Sequence[str], columns: Sequence[_Column], room: int, page: ChangePage) -> Iterator[str]:
    yield _line("from", room, [(column.first, column.width, None) for column in columns], page)
    yield _line("to", room, [(column.last, column.width, None) for column in columns], page)
    yield _line("-" * room, room, [("-" * column.width, column.width, None) for column in columns], page)
    for number, label in enumerate(labels):
        pieces = wrap(label.strip(), room, _indent(label), _indent(label)).splitlines()
        cells = [(column.cells[number], column.width, _tone(column.cells[number])) for column in columns]
        yield from pieces[:-1]
        yield _line(pieces[-1], room, cells, page)


def _indent(label: str) -> str:
    return label[: len(label) - len(label.lstrip())]


def _tone(cell: str) -> Tone | None:
    return Tone.FAINT if cell == _NOTHING else None


def _line(label: str, room: int, cells: Sequence[tuple[str, int, Tone | None]], page: ChangePage) -> str:
    painted = [page.style.paint(text, tone) + " " * (width - len(text)) for text, width, tone in cells]
    return _GAP.join([label.ljust(room), *painted]).rstrip()
