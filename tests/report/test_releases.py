"""Several targets in one table."""

from __future__ import annotations

from harness.report.releases import render_releases
from harness.run import TargetRun
from tests.report.samples import MOVED, between, case, compared, comparison, result, scenario, why, with_why


def test_a_row_per_target_and_how_many_match() -> None:
    matching = compared(case(), [result("tf1"), result("keras")], [between()])
    lines = [
        TargetRun(target="1.4.1", comparison=comparison(scenario(matching)), code=0),
        TargetRun(target="1.5.1", comparison=None, code=5),
    ]
    assert (
        render_releases(lines, width=100, color=False)
        == """\
release    tf1 = golden    keras = golden    runners differ    exit code
---------  --------------  ----------------  ----------------  -----------
1.4.1      1 match         1 match           0 of 1 case       0
1.5.1      not to be had   not to be had     -                 5

1 of 2 releases match
"""
    )


def test_a_row_says_how_many_differences_nothing_explains() -> None:
    which = case()
    apart = with_why(between(MOVED), why(which))
    found = compared(which, [result("tf1"), result("keras")], [apart])
    lines = [TargetRun(target="1.4.1", comparison=comparison(scenario(found)), code=1)]
    assert "1 of 1 case, 1 UNEXPLAINED  " in render_releases(lines, width=100, color=False)


def test_colour_marks_what_failed() -> None:
    lines = [TargetRun(target="1.5.1", comparison=None, code=5)]
    assert "\x1b[31m" in render_releases(lines, width=100, color=True)
