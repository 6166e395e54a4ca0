"""The site of the shipped golden, in a real Chromium: filters, links, keyboard, narrow screens, contrast."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from harness import golden
from harness.cli import main
from harness.history import gather, lines_of
from harness.releases.release import Release
from harness.report.json import run_json
from harness.report.matrix import scenario_rows
from harness.scenario import choose
from tests.report import runs, samples
from tests.report.html import sites

ROOT = Path(__file__).resolve().parents[2]
CONTRAST = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
# Without these, every start looks for Google's hosts.
QUIET = ["--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update"]
PAGES = (
    "index.html",
    "rules.html",
    "claims.html",
    "run.html",
    "rule/frozen-normalizes-with.html",
    "scenario/flags/seed-article.html",
    "scenario/lifecycle/train-by-rank.html",
)

playwright = pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed: pip install 'batchnorm-harness[browser]'"
)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium: apt-get install chromium")

Open = Callable[..., Any]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of all that is shipped, with a run that has one of everything."""
    folder: Path = tmp_path_factory.mktemp("browser")
    (folder / "run.json").write_text(run_json(runs.run(samples.all_wrong())))
    roots = ["--scenarios", str(ROOT / "scenarios"), "--golden", str(ROOT / "golden")]
    assert main(["html", *roots, "--run", str(folder / "run.json"), "--out", str(folder / "site"), "-q"]) == 0
    return folder / "site"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        # Chromium's sandbox cannot be had as root.
        arguments = [*QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        found = started.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield found
        found.close()


@pytest.fixture
def open_page(site: Path, browser: Any) -> Iterator[Open]:
    """Opens a page of the site; whatever goes wrong in it fails the test."""
    wrong: list[str] = []
    contexts = []

    def open_(path: str, *, width: int = 1280, scheme: str = "light", root: Path = site) -> Any:
        context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("requestfailed", lambda request: wrong.append(request.url))
        page.on("request", lambda request: wrong.append(request.url) if request.url.startswith("http") else None)
        page.on("dialog", lambda dialog: wrong.append(dialog.message))
        page.goto(f"file://{root}/{path}")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert wrong == []


def rows(page: Any) -> list[tuple[str, str]]:
    """Scenario and runner of every row that is shown."""
    script = """() => [...document.querySelectorAll('tr[data-r]')].filter((tr) => tr.offsetParent !== null).map(
        (tr) => [tr.querySelector('a').getAttribute('href').replace(/^scenario\\/|\\.html$/g, ''), tr.dataset.r])"""
    return [(name, runner) for name, runner in page.evaluate(script)]


def unpacked(page: Any) -> None:
    """Wait until the lower part of a scenario's page is there."""
    page.wait_for_selector("details.case", state="attached")


def test_the_text_filter(open_page: Open) -> None:
    page = open_page("index.html")
    every = rows(page)
    page.fill("#q", "Four Combinations article")
    assert rows(page) == [("flags/seed-article", "tf1"), ("flags/seed-article", "keras")]
    assert page.inner_text("#count") == f"1 scenario, 2 of {page.locator('tr[data-r]').count()} rows"
    page.fill("#q", "no such thing anywhere")
    assert rows(page) == []
    page.click("button[type=reset]")
    page.wait_for_function("location.hash === ''")
    assert rows(page) == every


def test_the_runner_filter(open_page: Open) -> None:
    page = open_page("index.html")
    usual = rows(page)
    assert {runner for _, runner in usual} >= {"tf1", "keras"}
    page.select_option("#runner", "shim")
    assert {runner for _, runner in rows(page)} == {"shim"}
    page.select_option("#runner", "all")
    assert len(rows(page)) == page.locator("tr[data-r]").count() > len(usual)


def test_the_rule_filter_is_in_the_address(open_page: Open) -> None:
    page = open_page("index.html")
    page.select_option("#rule", "variance-estimator")
    found = rows(page)
    assert 0 < len(found) < page.locator("tr[data-r]").count()
    assert "rule=variance-estimator" in page.url
    page.reload()
    # The address names no runner, so that whoever follows it sees every row of the rule.
    assert page.input_value("#runner") == "all"
    assert set(found) < set(rows(page))
    named = """() => {
        const number = String(document.getElementById('filter').dataset.w.split(' ').indexOf('variance-estimator'));
        const has = (td) => td.dataset.w.split(' ').includes(number);
        const told = (tr) => [...tr.querySelectorAll('td[data-w]')].some(has);
        return [...document.querySelectorAll('tr[data-r]')].map((tr) => [told(tr), tr.offsetParent !== null]);
    }"""
    assert all(told == shown for told, shown in page.evaluate(named))


@pytest.mark.parametrize(("a", "b"), [("1.15.5", "2.0.0"), ("2.15.1", "2.16.2"), ("1.3.0", "2.21.0")])
def test_changed_between_is_what_golden_says(open_page: Open, a: str, b: str) -> None:
    page = open_page("index.html")
    page.select_option("#runner", "all")
    for name, version in (("a", a), ("b", b)):
        page.select_option(f"#{name}", label=version)
    assert sorted(rows(page)) == sorted(changed(a, b))
    assert f"a={a}" in page.url
    # The order of the two does not matter.
    found = rows(page)
    for name, version in (("a", b), ("b", a)):
        page.select_option(f"#{name}", label=version)
    assert rows(page) == found


def changed(a: str, b: str) -> Iterator[tuple[str, str]]:
    """Scenario and runner of all whose letter is another on two TensorFlow releases, from golden itself."""
    archive = gather(choose(ROOT / "scenarios"), lambda name: golden.read(ROOT / "golden", name))
    for runner in archive.runners():
        histories = archive.of(runner)
        lines = lines_of(histories)
        for row in scenario_rows(histories, lines):
            shown = [(release, row.cells[release]) for release in lines[0].releases if release in row.cells]
            letters = [_at(shown, version) for version in (a, b)]
            if None not in letters and letters[0] != letters[1]:
                yield row.label, runner


def _at(shown: list[tuple[Release, str]], version: str) -> str | None:
    wanted = Release.parse(version)
    below = [letter for release, letter in shown if Release.parse(release.tensorflow) <= wanted]
    return below[-1].removesuffix("?") if below else None


def test_links_lead_from_the_table_to_a_case_to_a_rule_and_back(open_page: Open) -> None:
    page = open_page("index.html")
    page.fill("#q", "seed-article")
    page.click("tr[data-r=keras]:not([hidden]) th a")
    unpacked(page)
    assert page.url.endswith("/scenario/flags/seed-article.html")
    page.click("table.grid a[href='#case-training=true,trainable=false']")
    case = page.locator("[id='case-training=true,trainable=false']")
    assert case.evaluate("one => one.open")
    assert -1 <= case.evaluate("one => one.getBoundingClientRect().top") < 400
    case.locator(".moves a").first.click()
    assert "/rule/" in page.url
    rule = page.inner_text("h1")
    page.click("a[href*='index.html#rule=']")
    assert page.input_value("#rule") == rule
    assert rows(page)


def test_a_case_can_be_addressed_from_elsewhere(open_page: Open) -> None:
    page = open_page("scenario/flags/seed-article.html#case-training=false,trainable=true")
    unpacked(page)
    case = page.locator("[id='case-training=false,trainable=true']")
    page.wait_for_function("one => one.open", arg=case.element_handle())
    assert case.locator("figure svg path").count() > 0
    assert page.locator("details.case[open]").count() == 1


def test_the_keyboard(open_page: Open) -> None:
    page = open_page("index.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type("seed")
    assert {name for name, _ in rows(page)} == {"flags/seed-article"}
    page.keyboard.press("Escape")
    assert page.input_value("#q") == ""
    links = page.locator("tr[data-r]:not([hidden]) th a")
    links.first.focus()
    page.keyboard.press("ArrowDown")
    assert links.nth(1).evaluate("one => one === document.activeElement")
    page.keyboard.press("Enter")
    page.wait_for_url("**/scenario/**")
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate(outline) == "solid"


def test_the_theme_is_chosen_and_kept(open_page: Open) -> None:
    page = open_page("index.html", scheme="light")
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    button = page.locator("#theme")
    button.click()
    assert (button.inner_text(), page.evaluate(background)) == ("theme: light", light)
    button.click()
    assert button.inner_text() == "theme: dark"
    dark = page.evaluate(background)
    assert dark != light
    page.goto(page.url.replace("index.html", "rules.html"))
    assert page.evaluate(background) == dark


@pytest.mark.parametrize("path", PAGES)
def test_a_narrow_screen_does_not_scroll_sideways(open_page: Open, path: str) -> None:
    page = open_page(path, width=375)
    if path.startswith("scenario"):
        unpacked(page)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= 375


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_text_can_be_read(open_page: Open, path: str, scheme: str) -> None:
    page = open_page(path, scheme=scheme)
    if path.startswith("scenario"):
        unpacked(page)
    if path.startswith(("rule/", "claims")):
        # The lower part comes compressed here too.
        page.wait_for_selector("table", state="attached")
    found = page.evaluate(CONTRAST)
    assert found["found"] == []
    assert found["checked"] > 20


def test_the_first_paint_of_everything_takes_less_than_a_second(open_page: Open) -> None:
    page = open_page("index.html")
    script = "performance.getEntriesByName('first-contentful-paint').map((one) => one.startTime)"
    with suppress(playwright.TimeoutError):
        page.wait_for_function(f"{script}.length", timeout=5000)
    (painted,) = page.evaluate(script)
    assert painted < 1000


def test_a_title_with_a_script_is_harmless(open_page: Open, tmp_path: Path) -> None:
    sites.write(tmp_path)
    roots = ["--scenarios", str(tmp_path / "scenarios"), "--golden", str(tmp_path / "golden")]
    assert main(["html", *roots, "--out", str(tmp_path / "site"), "-q"]) == 0
    page = open_page("scenario/flags/small.html", root=tmp_path / "site")
    unpacked(page)
    assert page.inner_text(".lead") == '<script>alert("title")</script> & more'
    page.goto(f"file://{tmp_path}/site/index.html")
    assert page.locator("script").count() == 2


def test_the_whole_site_is_small(site: Path) -> None:
    files = [path for path in site.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 2_000_000
    assert len(list((site / "scenario").rglob("*.html"))) == len(golden.scenario_names(ROOT / "golden"))
    assert re.search(r"first (64|32|16|12|8) elements are shown", sites.unpacked((site / PAGES[-1]).read_text()))
