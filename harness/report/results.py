"""What repeating an experiment showed, where its results are not a function of its input."""

from __future__ import annotations

from collections.abc import Iterator

from harness.comparison import Comparison
from harness.observation import Observation, Reported, Spread
from harness.report.failures import Page
from harness.report.layout import wrap
from harness.report.style import Tone
from harness.settled import spreads

_MOST_VALUES = 8


def results(comparison: Comparison, page: Page) -> Iterator[str]:
    """With ``-v`` a paragraph per outcome that is not the same each time: every result seen in this run."""
    if page.verbose < 1:
        return
    for case in comparison.cases():
        for result in case.results:
            lines = list(seen(result.outcome, page.width)) if isinstance(result.outcome, Observation | Reported) else []
            if lines:
                head = wrap(f"{case.case.id}, {result.runner}: not the same each time", page.width, hanging="  ")
                yield "\n".join([page.style.paint(head, Tone.NOTE), *lines])


def seen(outcome: Observation | Reported, width: int) -> Iterator[str]:
    """A line per field: its values at the element that is farthest apart, with how many repetitions showed each."""
    for spread in spreads(outcome):
        yield wrap(f"{_place(spread)}: {_values(spread)}", width, "  ", "      ")


def _place(spread: Spread) -> str:
    index = "[" + ",".join(map(str, spread.index)) + "]" if spread.index else ""
    return f"{'' if spread.step is None else f'step {spread.step}, '}{spread.field}{index}"


def _values(spread: Spread) -> str:
    total = sum(times for _, times in spread.values)
    if len(spread.values) == 1:
        return f"{spread.values[0][0]} in all of {total} repetitions, this time"
    told = [f"{value} in {times}" for value, times in spread.values[:_MOST_VALUES]]
    rest = spread.values[_MOST_VALUES:]
    more = [f"{len(rest)} other values in {sum(times for _, times in rest)}"] if rest else []
    return f"{', '.join([*told, *more])} of {total} repetitions"
