"""A comparison as text for a log: what a terminal shows, without colour and of a fixed width."""

from __future__ import annotations

from dataclasses import replace

from harness.comparison import Comparison
from harness.report.assertions import assertions
from harness.report.differences import differences
from harness.report.failures import Page, failures
from harness.report.layout import NARROWEST
from harness.report.style import Style
from harness.report.terminal import render

WIDTH = 100


def report_text(comparison: Comparison, *, width: int = WIDTH, verbose: int = 0) -> str:
    """What ``harness compare`` prints about a comparison, ending in a newline.

    Args:
        comparison: what :func:`harness.checking.check` gave.
        width: columns to fill at most.
        verbose: as many as ``harness compare`` got ``-v``; -1 for its ``-q``.
    """
    return render(comparison, width=width, verbose=verbose, color=False)


def failure_text(comparison: Comparison, *, width: int) -> str:
    """What :func:`report_text` says of failures and of what is missing, without the table and the summary."""
    page = Page(
        width=max(width, NARROWEST),
        verbose=0,
        style=Style(color=False),
        program=comparison.program,
        arguments=comparison.arguments,
    )
    broken = comparison.contradicted()
    parts = [*failures(comparison, page), *differences(comparison, page)]
    return "\n\n".join([*parts, *(assertions(comparison, page) if broken else ())])


def of_runner(comparison: Comparison, case: str, runner: str) -> Comparison:
    """The part about one case and one runner: its result, its assertions, and what leads from others to it."""
    scenarios = []
    for scenario in comparison.scenarios:
        cases = tuple(
            replace(
                one,
                results=tuple(result for result in one.results if result.runner == runner),
                between=tuple(between for between in one.between if between.right == runner),
                claims=tuple(claim for claim in one.claims if claim.runner == runner),
                assertions=tuple(assertion for assertion in one.assertions if assertion.runner == runner),
            )
            for one in scenario.cases
            if one.case.id == case
        )
        scenarios += [replace(scenario, cases=cases)] if cases else []
    return replace(comparison, scenarios=tuple(scenarios), stale=())
