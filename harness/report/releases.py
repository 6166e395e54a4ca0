"""Several targets in one table: a row each."""

from __future__ import annotations

from collections.abc import Sequence

from harness.comparison import Relation
from harness.report.layout import Cell, Table, plural, render_table, wrap
from harness.report.overview import counts, tone
from harness.report.style import Style, Tone
from harness.run import TargetRun


def render_releases(lines: Sequence[TargetRun], *, width: int, color: bool) -> str:
    """The table and a summary line, ending in a newline."""
    table = render_table(releases_table(lines), width, Style(color=color))
    good = sum(line.code == 0 for line in lines)
    summary = f"{good} of {plural(len(lines), 'release')} match"
    return f"{table}\n\n{wrap(summary, width)}\n"


def releases_table(lines: Sequence[TargetRun]) -> Table:
    """A row per target: its verdicts by runner, how often runners differ, its exit code."""
    runners = list(dict.fromkeys(runner for line in lines if line.comparison for runner in line.comparison.runners))
    headers = ("release", *(f"{runner} = golden" for runner in runners), "runners differ", "exit code")
    rows = tuple(
        (
            Cell(text=line.label),
            *(_verdicts(line, runner) for runner in runners),
            Cell(text=_differing(line)),
            Cell(text=str(line.code), tone=Tone.BAD if line.code else Tone.GOOD),
        )
        for line in lines
    )
    return Table(headers=headers, rows=rows)


def _verdicts(line: TargetRun, runner: str) -> Cell:
    if line.comparison is None:
        return Cell(text="not to be had", tone=Tone.BAD)
    results = [result for case in line.comparison.cases() for result in case.results if result.runner == runner]
    verdicts = [result.verdict for result in results]
    return Cell(text=counts(verdicts) or "-", tone=tone(verdicts))


def _differing(line: TargetRun) -> str:
    if line.comparison is None:
        return "-"
    cases = list(line.comparison.cases())
    differing = sum(any(between.relation is not Relation.SAME for between in case.between) for case in cases)
    unexplained = sum(any(between.relation is Relation.UNEXPLAINED for between in case.between) for case in cases)
    return f"{differing} of {plural(len(cases), 'case')}" + (f", {unexplained} UNEXPLAINED" if unexplained else "")
