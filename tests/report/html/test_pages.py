"""The pages of a small golden: what they say, where they link, how they are escaped."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from importlib import resources
from pathlib import PurePosixPath
from urllib.parse import unquote, urljoin

import pytest

from harness.report.html import site as building
from harness.report.html.material import Material
from harness.report.html.site import site
from tests.report.html import sites
from tests.report.html.sites import plain

SMALL = "scenario/flags/small.html"
STEPS = "scenario/statistics/steps.html"


class Links(HTMLParser):
    """The links and anchors of a page, and the scripts in it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.hrefs: list[str] = []
        self.ids: set[str] = set()
        self.scripts = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.ids.add(told.get("id") or "")
        self.hrefs += [told["href"] or ""] if "href" in told else []
        self.scripts += tag == "script"


def test_every_link_leads_to_a_page_and_an_anchor_that_is_there(small: Material, pages: dict[str, str]) -> None:
    files = {*site(small).files}
    read = {name: Links(page) for name, page in pages.items()}
    checked = 0
    for name, page in read.items():
        for href in page.hrefs:
            if href.startswith(("https://", "data:")):
                continue
            path, _, anchor = unquote(urljoin(name, href)).partition("#")
            assert path in files, f"{name} links to {href}"
            if anchor and path != "index.html":
                assert anchor in read[path].ids, f"{name} links to {href}"
            checked += 1
    assert checked > 100


def test_nothing_is_loaded_from_elsewhere(small: Material, pages: dict[str, str]) -> None:
    for page in pages.values():
        assert not re.search(r"(src|<link[^>]*href)=\"?(https?:)?//", page)
    for name in ("style.css", "site.js"):
        assert "http" not in site(small).files[name].decode()


def test_what_a_scenario_says_is_text(pages: dict[str, str]) -> None:
    # The theme's, the site's own, and nothing that a title brought.
    assert {Links(page).scripts for page in pages.values()} == {2}
    assert "&lt;script&gt;alert(" in pages[SMALL]
    assert "by half&lt;/b&gt;" in pages[SMALL]
    assert '<a href="https://example.org/?a=1&amp;b=&lt;2&gt;" rel=noreferrer>' in pages[SMALL]
    assert "<small>A page that nobody can click</small>" in pages[SMALL]


def test_the_same_golden_makes_the_same_bytes(small: Material) -> None:
    assert site(small).files == site(small).files


def test_the_home_page_has_a_row_per_scenario_and_runner(pages: dict[str, str]) -> None:
    home = pages["index.html"]
    assert re.findall(r"<tr data-r=\"([^\"]*)\"", home) == ["tf1", "keras"] * 2
    assert '<a href="scenario/flags/small.html"' in home
    row = home[home.index('<tr data-r="tf1"') :].split("<tr")[1]
    assert '<td class="b0 g">A' in row
    # 1.4.0 is the next release after 1.3.0, so the change came with it.
    assert re.search(r"<td colspan=2 class=\"b1 x\" data-w=\"[0-9 ]+\">B", row)
    keras = home[home.index('<tr data-r="keras"') :].split("<tr")[1]
    # 2.16.1 is published between 2.15.1 and 2.16.2, and not recorded.
    assert "y" in (re.search(r"class=\"b1 (\w)\"", keras) or [""])[1]


def test_filters_offer_what_there_is(pages: dict[str, str]) -> None:
    home = pages["index.html"]
    choices = re.search(r"<select id=rule>(.*?)</select>", home)
    assert choices
    assert {"variance-estimator", "fused-kernel"} <= set(re.findall(r"<option>([^<]*)", choices[1]))
    assert "epsilon-floor" not in choices[1]
    assert "<option value=0>1.3.0<option value=1>1.4.0" in home


def test_a_case_tells_experiment_numbers_and_reasons(pages: dict[str, str]) -> None:
    words = plain(pages[STEPS])
    assert "momentum=0.9, epsilon=0.001, trainable=true" in words
    assert "step 3: call with training=true" in words
    assert "tf1 A → B at TensorFlow 1.3.0 → 1.4.0 (exact)" in words
    assert "variance-estimator : sample → population" in words
    assert "after 2.15.1, at or before 2.16.2: 2.16.1 lies between, not recorded" in words
    assert "harness compare statistics/steps" in words
    # Three steps of momentum 0.9 over a mean of 2.5, rounded once.
    assert "0.6775" in words
    assert "as given: gamma, beta" in words
    assert "title: Three steps" in words


def test_measurements_that_agree_share_a_row_and_what_differs_is_bold(pages: dict[str, str]) -> None:
    last = pages[STEPS].split("step 3:")[1]
    means = re.findall(r"moving_mean<td>([^<]*)<td>", last)
    assert means == ["all"]
    rows = re.search(r"<th rowspan=2>moving_variance<td>[^<]*<td>([^<]*)<td>.*?<td>[^<]*<td>(.*?)<td>", last)
    assert rows
    assert rows[2].startswith("<b>")


def test_errors_against_the_oracle_have_bars_and_their_bound(pages: dict[str, str]) -> None:
    assert re.search(r"<td><i>[▁▂▃▄▅▆▇█]+</i> \S+ of \S+", pages[STEPS])


def test_claims_are_told_where_their_cases_are(pages: dict[str, str]) -> None:
    assert "One published claim is about this case" in pages[SMALL]
    assert re.search(r"<td class=good>CONFIRMED", pages[SMALL])
    assert "flags/small</a>, 1 case" in pages["claims.html"]


def test_a_rule_page_tells_its_story(pages: dict[str, str]) -> None:
    page = pages["rule/variance-estimator.html"]
    assert re.search(r"<td class=b1>sample<td class=\"b0 y\">population", page)
    words = plain(page)
    assert "keras, TensorFlow 2.15.1 → 2.16.2 with Keras 3.15.1" in words
    assert '<a href="../scenario/statistics/steps.html#case-only">statistics/steps</a>' in page
    assert '<a href="../index.html#rule=variance-estimator">' in page
    assert "No recorded behaviour says anything about it." in plain(pages["rule/epsilon-floor.html"])


def test_a_site_too_large_shows_fewer_elements_and_says_so(small: Material, monkeypatch: pytest.MonkeyPatch) -> None:
    assert site(small).elements == 64
    monkeypatch.setattr(building, "MOST_BYTES", 1)
    made = site(small)
    assert made.elements == 2
    assert "first 2 of 6" in sites.texts(made)[STEPS]


def test_the_parts_that_are_no_python_are_short_too() -> None:
    for name in ("style.css", "site.js"):
        text = resources.files("harness.report.html").joinpath(name).read_text(encoding="utf-8")
        assert len(text.splitlines()) < 400, name


def test_pages_stand_where_their_links_count_from(pages: dict[str, str]) -> None:
    for name, page in pages.items():
        root = "../" * (len(PurePosixPath(name).parts) - 1)
        assert f'<link rel=stylesheet href="{root}style.css">' in page
