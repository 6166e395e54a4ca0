"""``harness list``: what there is: scenarios, cases, runners."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness.verbs import options as shared

if TYPE_CHECKING:
    from harness.scenario.outline import Outline

SUMMARY = "show scenarios, their cases, or the runners"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    shared.add_selection(parser)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--cases", action="store_true", help="the id of every case, one per line")
    what.add_argument("--runners", dest="show_runners", action="store_true", help="what a runner can be")


def run(options: argparse.Namespace) -> int:
    """Print what was asked for."""
    if options.show_runners:
        sys.stdout.write(_runners())
        return 0
    from harness.scenario import outlined

    found = outlined(options.scenario_root, options.scenarios, options.keyword, options.tags, options.runners)
    if options.cases:
        sys.stdout.write("".join(f"{case}\n" for scenario in found for case in scenario.cases))
    else:
        sys.stdout.write(_scenarios(found))
    return 0


def _runners() -> str:
    from harness.execution.plan import RUNNERS

    width = max(map(len, RUNNERS))
    return "".join(f"{name:{width}}  {what}\n" for name, what in RUNNERS.items())


def _scenarios(scenarios: Sequence[Outline]) -> str:
    from harness.report.layout import Cell, Table, plural, render_table
    from harness.report.style import Style

    rows = []
    for scenario in scenarios:
        texts = (
            scenario.name,
            str(len(scenario.cases)),
            ", ".join(scenario.runners) if scenario.runners else "any",
            ", ".join(scenario.tags),
            scenario.title,
        )
        rows.append(tuple(Cell(text=text) for text in texts))
    headers = ("scenario", "cases", "runners", "tags", "title")
    # A name is there to be copied.
    longest = max((len(scenario.name) for scenario in scenarios), default=0)
    table = Table(headers=headers, rows=tuple(rows), numeric=frozenset({1}), keep=longest)
    cases = sum(len(scenario.cases) for scenario in scenarios)
    summary = f"{plural(len(scenarios), 'scenario')}, {plural(cases, 'case')}"
    text = render_table(table, shared.report_width(), Style(color=shared.use_color(sys.stdout)))
    return f"{text.rstrip()}\n\n{summary}\n"
