from __future__ import annotations

from harness.comparison import Verdict
from harness.report.plain import failure_text, of_runner, report_text
from harness.report.terminal import render
from tests.report.samples import all_green, all_wrong

CHANGED = "flags/seed-article[training=true,trainable=true]"


def test_the_report_is_the_terminal_s_without_colour() -> None:
    comparison = all_wrong()
    assert report_text(comparison, width=80) == render(comparison, width=80, verbose=0, color=False)
    assert report_text(comparison, width=80, verbose=1) == render(comparison, width=80, verbose=1, color=False)


def test_a_part_is_about_one_case_and_runner() -> None:
    part = of_runner(all_wrong(), CHANGED, "tf1")
    [scenario] = part.scenarios
    [case] = scenario.cases
    assert (case.case.id, [result.verdict for result in case.results]) == (CHANGED, [Verdict.CHANGED])
    assert case.between == ()
    assert {claim.runner for claim in case.claims} == {"tf1"}
    assert part.stale == ()


def test_what_differs_is_told_of_the_runner_that_is_held_against_another() -> None:
    [case] = of_runner(all_wrong(), "layer/fused", "keras").cases()
    assert [(between.left, between.right) for between in case.between] == [("tf1", "keras")]


def test_failures_are_in_the_terminal_s_words() -> None:
    whole = report_text(all_wrong(), width=100)
    for case, runner in ((CHANGED, "tf1"), ("layer/fused", "keras"), ("odd/new", "tf1"), ("odd/worker", "tf1")):
        text = failure_text(of_runner(all_wrong(), case, runner), width=100)
        assert case in text
        assert text in whole


def test_where_nothing_failed_nothing_is_said() -> None:
    assert failure_text(all_green(), width=100) == ""
