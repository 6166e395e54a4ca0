"""``harness html`` as a command: what it writes, says and returns. Runs no TensorFlow."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.cli import main
from harness.report.json import run_json
from tests.report import runs, samples
from tests.report.html import sites

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def harness(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command line in a folder with two scenarios and their golden files."""
    sites.write(tmp_path)
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str, str]:
        code = main(["html", *words])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_the_site_of_everything(harness: Run, tmp_path: Path) -> None:
    code, out, err = harness()
    assert (code, out) == (0, "site/index.html\n")
    found = names(tmp_path / "site")
    assert {"index.html", "rules.html", "claims.html", "style.css", "site.js", "files.txt"} <= found
    assert {"scenario/flags/small.html", "scenario/statistics/steps.html", "rule/epsilon-floor.html"} <= found
    assert "run.html" not in found
    assert set((tmp_path / "site/files.txt").read_text().splitlines()[1:]) == found
    count = len(found) - 1
    assert re.search(rf"^\[6/6\] done, .*\n{count} files, [0-9,]+ bytes; of an array 64 elements at most\n$", err)


def test_a_selection_in_another_folder_without_talk(harness: Run, tmp_path: Path) -> None:
    assert harness("flags", "--out", "out/here", "-q") == (0, "out/here/index.html\n", "")
    assert "scenario/statistics/steps.html" not in names(tmp_path / "out/here")


def test_runners_are_selected_too(harness: Run, tmp_path: Path) -> None:
    assert harness("--runner", "keras", "-q")[0] == 0
    assert '<tr data-r="tf1"' not in (tmp_path / "site/index.html").read_text(encoding="utf-8")


def test_written_again_it_is_the_same(harness: Run, tmp_path: Path) -> None:
    harness("-q")
    before = {name: (tmp_path / "site" / name).read_bytes() for name in names(tmp_path / "site")}
    harness("-q")
    assert {name: (tmp_path / "site" / name).read_bytes() for name in names(tmp_path / "site")} == before


def test_a_foreign_folder_is_refused_before_anything_is_read(harness: Run, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").write_text("years")
    code, out, err = harness("--out", "mine")
    assert (code, out) == (2, "")
    assert err == (
        "--out mine: is not empty, and no site of ours: it holds thesis.txt\n"
        "  hint: name a new folder, or empty this one; only a site that `harness html` wrote is replaced\n"
    )
    assert names(tmp_path / "mine") == {"thesis.txt"}


def test_a_place_where_nothing_can_be_written(harness: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code, _, err = harness("--out", "file/site", "-q")
    assert code == 2
    assert err == "--out file/site: cannot be written: File exists\n"


def test_nothing_recorded_is_no_site(harness: Run, tmp_path: Path) -> None:
    code, out, err = harness("--golden", "elsewhere")
    assert (code, out) == (3, "")
    assert "--golden elsewhere: nothing is recorded of the selected cases" in err
    assert not (tmp_path / "site").exists()


def test_what_is_not_recorded_is_said(harness: Run, tmp_path: Path) -> None:
    (tmp_path / "golden/statistics/steps.json").unlink()
    assert "not shown: statistics/steps: not recorded\n" in harness()[2]


def test_a_run_is_shown_beside_golden(harness: Run, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(run_json(runs.run(samples.all_wrong())))
    assert harness("--run", "run.json", "-q")[0] == 0
    page = (tmp_path / "site/run.html").read_text(encoding="utf-8")
    assert "measured 1.0999999, golden 1.1333332" in page
    assert "moving_variance[2]" in page
    assert "run.html" in (tmp_path / "site/index.html").read_text(encoding="utf-8")


def test_a_run_of_what_is_not_recorded_is_shown_alone(harness: Run, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(run_json(runs.run(samples.all_wrong())))
    assert harness("--run", "run.json", "-q", "--golden", "elsewhere")[0] == 0
    assert {"run.html", "index.html"} <= names(tmp_path / "site")


@pytest.mark.parametrize(
    ("content", "message"), [(None, "--run run.json: cannot be read: No such file"), ("{}", "not the JSON of a run")]
)
def test_a_file_that_is_no_run(harness: Run, tmp_path: Path, content: str | None, message: str) -> None:
    if content is not None:
        (tmp_path / "run.json").write_text(content)
    code, _, err = harness("--run", "run.json")
    assert code == 2
    assert message in err
    assert not (tmp_path / "site").exists()
