"""Why runners differ, case by case: what is unexplained always, the rest with ``-v``."""

from __future__ import annotations

from collections.abc import Iterator

from harness.comparison import Between, CaseComparison, Comparison, Relation, ScenarioComparison
from harness.report.explain import render_explanation
from harness.report.failures import MOST_FAILURES, Page, rerun_of_pair, shell
from harness.report.layout import plural, wrap
from harness.report.style import Tone


def differences(comparison: Comparison, page: Page) -> Iterator[str]:
    """A paragraph per difference that is told, in the order of the table."""
    for scenario in comparison.scenarios:
        yield from _of_scenario(scenario, page)


def _of_scenario(scenario: ScenarioComparison, page: Page) -> Iterator[str]:
    wanted = (Relation.UNEXPLAINED, Relation.DIFFERS) if page.verbose > 0 else (Relation.UNEXPLAINED,)
    found = [
        (case, between)
        for case in scenario.cases
        for between in case.between
        if between.explanation and between.relation in wanted
    ]
    most = len(found) if page.verbose > 0 else MOST_FAILURES
    for case, between in found[:most]:
        yield _difference(case, between, page)
    if rest := found[most:]:
        text = f"{scenario.name}: {plural(len(rest), 'more difference')} UNEXPLAINED; -v tells each"
        yield page.style.paint(wrap(text, page.width, hanging="  "), Tone.BAD)


def _difference(case: CaseComparison, between: Between, page: Page) -> str:
    assert between.explanation is not None
    text = render_explanation(
        case.case,
        between.explanation,
        left=between.left,
        right=between.right,
        width=page.width,
        color=page.style.color,
    ).rstrip("\n")
    if between.relation is not Relation.UNEXPLAINED:
        return text
    return "\n".join([text, shell("rerun", rerun_of_pair(case, between), page)])
