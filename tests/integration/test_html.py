"""``harness compare --html``: a run beside golden, as a site."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.report.html.sites import plain

Run = Callable[..., tuple[int, str, str]]
CASE = "flags/frozen[training=true,trainable=true]"


def test_one_changed_number_is_named_with_its_case_field_index_and_both_values(harness: Run, project: Path) -> None:
    path = project / "golden/flags/frozen.json"
    text = path.read_text()
    assert '"values": [0.5, 1.5]' in text
    path.write_text(text.replace('"values": [0.5, 1.5]', '"values": [0.5, 1.6]', 1))
    code, out, err = harness("compare", "flags/frozen", "--html", "report/site")
    assert code == 1
    assert "1 changed" in out
    assert "bytes; of an array 64 elements at most" in err
    site = project / "report/site"
    words = plain((site / "run.html").read_text(encoding="utf-8"))
    assert f"{CASE} , " in words
    assert "step 1, moving_mean[1] : measured 1.5, golden 1.6" in words
    assert "harness compare" in words
    assert 'href="scenario/flags/frozen.html#case-training=true,trainable=true"' in (site / "run.html").read_text()
    assert "1 changed" in plain((site / "index.html").read_text(encoding="utf-8"))


def test_what_matches_is_shown_too(harness: Run, project: Path) -> None:
    assert harness("compare", "flags/frozen", "-q", "--html", "site")[0] == 0
    words = plain((project / "site/run.html").read_text(encoding="utf-8"))
    assert "8 match; exit code 0" in words
    assert "failure" not in words


def test_a_foreign_folder_is_refused_before_anything_runs(harness: Run, project: Path) -> None:
    code, out, err = harness("compare", "flags/frozen", "--html", str(project / "golden"))
    assert (code, out) == (2, "")
    assert "no site of ours" in err
    assert "ready" not in err
    assert (project / "golden/flags/frozen.json").is_file()
