"""The page of a run: what is wrong with its numbers, reasons and commands; all of it escaped."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from harness.comparison import CaseComparison, Comparison
from harness.errors import Problem
from harness.report.html.material import Material
from harness.report.html.run import run_page
from harness.run import Run, TargetRun
from tests.report import runs, samples
from tests.report.html import sites
from tests.report.html.sites import plain


@pytest.fixture(scope="module")
def page(small: Material) -> str:
    return run_page(runs.everything(), small).body


def test_a_change_is_named_with_case_field_index_and_both_values(page: str) -> None:
    words = plain(page)
    assert "measured 1.0999999, golden 1.1333332" in words
    assert "step 1, moving_variance[2]" in words
    assert "error 0.0333 (279620 ULPs), bound 3.3e-06 from the oracle; 1 of 4 elements differ" in words
    assert re.search(r"compare '?flags/seed-article\[", words)


def test_every_target_is_told_and_why_one_has_nothing(page: str) -> None:
    words = plain(page)
    assert "2.21.0 exit code 6" in words
    assert "2.20.0, shard 1 of 2 exit code 1" in words
    assert "TensorFlow 1.0.1 : the environment cannot be made" in words
    assert "get one" in words


def test_rules_behind_changes_come_before_the_changes(page: str) -> None:
    assert page.index("What changed, by rule") < page.index("failure")
    assert '<a href="rule/frozen-normalizes-with.html">' in page


def test_what_no_verdict_tells_is_there_in_the_words_of_the_terminal(page: str) -> None:
    words = plain(page)
    assert "as the terminal tells it" in words
    assert (
        "flags/seed-article.yaml:9:5: epsilon-floor is expected, but explains no difference of keras any more" in words
    )
    assert re.search(r"<summary>\d+ not recorded, or stale</summary>", page)


def test_what_somebody_wrote_is_text(small: Material) -> None:
    bad = Problem(place="<img src=x>", message="<script>", hint="<b>")
    run = Run(targets=(TargetRun(target="<i>", comparison=None, code=5, problems=(bad,)),), code=5)
    body = run_page(run, small).body
    assert not re.search(r"<(img|script|i)\b", body)
    assert "&lt;img src=x&gt;" in body


def test_a_case_is_a_link_where_the_site_has_it(small: Material) -> None:
    known = small.stories[0].cases[0].case
    (target,) = runs.run(samples.all_green()).targets
    assert target.comparison is not None
    mine = run_page(runs.run(_of(target.comparison, replace_with=known.id)), small).body
    assert f'<a href="{small.place(known)}">{known.id}</a>' in mine.replace("%5B", "[").replace("%5D", "]")
    other = run_page(runs.run(target.comparison), small).body
    assert "<code>flags/seed-article" in other


def _of(comparison: Comparison, replace_with: str) -> Comparison:
    """``comparison`` with its first case under another name."""
    first, *rest = comparison.scenarios

    def named(case: CaseComparison) -> CaseComparison:
        assert hasattr(case.case, "__dataclass_fields__")
        return replace(case, case=replace(case.case, id=replace_with))  # type: ignore[type-var]

    cases = (named(first.cases[0]), *first.cases[1:])
    return replace(comparison, scenarios=(replace(first, cases=cases), *rest))


def test_the_home_page_says_that_there_is_a_run(small: Material) -> None:
    made = sites.pages(small, run_page(runs.run(samples.all_green(), code=0), small))
    assert "A run is held against this table: <a href=" in made["index.html"]
    assert all(re.search(r'run\.html"( aria-current=page)?>Run</a>', page) for page in made.values())
    assert "Every case and runner" in made["run.html"]
    assert "failure" not in plain(made["run.html"])
