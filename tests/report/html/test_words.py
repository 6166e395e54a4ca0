"""Releases and numbers drawn together, addresses, explanations that do not explain."""

from __future__ import annotations

import pytest

from harness.case import Case
from harness.history import lines
from harness.releases.release import Release
from harness.report.html.markup import href, source
from harness.report.html.places import anchors, root_of
from harness.report.html.words import joined, reasons, releases_of
from tests.report.samples import case, why


@pytest.mark.parametrize(
    ("numbers", "told"), [((1,), "1"), ((1, 2, 3, 5), "1..3, 5"), ((1, 3, 4), "1, 3..4"), ((), "")]
)
def test_numbers_are_drawn_together(numbers: tuple[int, ...], told: str) -> None:
    assert joined(numbers) == told


def test_releases_are_ranges_of_what_is_recorded() -> None:
    names = ["1.0.1", "1.4.1", "1.5.1", "2.21.0+keras-3.5.0", "2.21.0+keras-3.15.1"]
    recorded = [Release.parse(name) for name in names]
    found = lines("keras", recorded)
    assert releases_of(found, recorded[:2]) == "1.0.1..1.4.1"
    assert releases_of(found, [recorded[0], recorded[2]]) == "1.0.1, 1.5.1"
    # 3.15.1 stands on the TensorFlow line already.
    assert releases_of(found, recorded[2:]) == "1.5.1..2.21.0, keras 3.5.0"


def test_every_case_has_an_anchor_of_its_own_that_needs_no_quoting() -> None:
    cases = [case(), case(a="[1, 2]"), case(a="{1 2}"), case(training=True)]
    found = anchors(cases)
    assert found == {
        "flags/seed-article": "case-only",
        "flags/seed-article[a=[1, 2]]": "case-a=_1,_2",
        "flags/seed-article[a={1 2}]": "case-a=_1_2",
        "flags/seed-article[training=true]": "case-training=true",
    }
    assert len(set(anchors([case(a="1 2"), case(a="1_2")]).values())) == 2


def test_addresses_are_quoted_and_counted_from_the_root() -> None:
    assert href("a b/c.html#case-x=1,y", "../") == '"../a%20b/c.html#case-x=1,y"'
    assert [root_of(page) for page in ("index.html", "rule/x.html", "scenario/a/b.html")] == ["", "../", "../../"]


@pytest.mark.parametrize("said", ["A blog, https://x.example", "javascript:alert(1)", 'https://x.example/" onclick="'])
def test_only_an_address_is_a_link(said: str) -> None:
    assert "<a " not in source(said)


def test_what_nothing_explains_says_so() -> None:
    which: Case = case()
    assert "UNEXPLAINED</b>: no answers predict right: output[3]" in reasons(
        why(which, unpredicted=True), "", "left", "right"
    )
    told = reasons(
        why(which, {"epsilon-floor": ("none", "1-001e-5")}, {"fused-kernel": ("automatic", "not-told")}), "../", "", ""
    )
    assert '<a href="../rule/epsilon-floor.html">epsilon-floor</a>: none → 1-001e-5, or <a' in told
    assert "this case cannot tell which" in told
