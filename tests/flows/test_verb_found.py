"""``harness found`` as a command: what it reads, says, writes and returns. Runs no TensorFlow."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from harness import golden
from harness.cli import main
from harness.releases.release import Release
from harness.scenario import load
from tests.unit.found.made import record
from tests.unit.semantics.samples import keras, tf1

ISSUE = "https://github.com/keras-team/keras/issues"
FROZEN = f"""\
title: Frozen | and trained
why: A small experiment.
source: [{ISSUE}/1, A book]
input: {{values: [[0, 1], [2, 5]]}}
initializers: {{moving_mean: 0, moving_variance: 1}}
layer: {{momentum: 0.5}}
training: true
trainable: false
claims:
  - says: The averages go on moving.
    source: {ISSUE}/1
    moving_statistics: updated
    reported: WORD
"""
PLAIN = f"""\
title: Trained
why: A small experiment.
source: {ISSUE}/2
input: {{values: [[[[0, 1]]], [[[2, 5]]]]}}
layer: {{momentum: 0.5}}
training: true
claims:
  - {{says: The mean is halfway., source: A page, expect: {{moving_mean: [0.5, 1.5]}}}}
"""
OLD, NEW = tf1(frozen_updates="yes"), tf1()

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two scenarios, and golden files in which tf1 stops updating frozen layers in 1.6.0; not to be written to."""
    root = tmp_path_factory.mktemp("reports")
    for name, text in (("frozen", FROZEN.replace("WORD", "true")), ("plain", PLAIN)):
        path = root / f"scenarios/reported/{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        told = {
            "tf1": [("1.4.1 1.5.1", OLD), ("1.6.0 2.15.1 2.16.2", NEW)],
            "keras": [("2.15.1", tf1(updates_run_by="call", frozen_normalizes_with="moving")), ("2.16.2", keras())],
        }
        if name == "plain":
            told["tf1"] = [("1.4.1 1.5.1 1.6.0 2.15.1 2.16.2", NEW)]
        record(root / "golden", load(path, root / "scenarios"), told)
    return root


@pytest.fixture
def harness(reports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command line in a folder with two reports."""
    shutil.copytree(reports, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str, str]:
        code = main(["found", *words])
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.fixture(scope="module")
def page(reports: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What is told of both reports."""
    written = tmp_path_factory.mktemp("found") / "page.md"
    words = ["--scenarios", str(reports / "scenarios"), "--golden", str(reports / "golden")]
    assert main(["found", "-q", "--output", str(written), *words]) == 0
    return written.read_text()


def unwrapped(page: str) -> str:
    """Lines that are no table joined."""
    return " ".join(page.split())


def row(page: str, name: str) -> list[str]:
    """The cells of the one row about a scenario."""
    (found,) = (
        line for line in page.splitlines() if f"](../scenarios/reported/{name}.yaml)" in line and "<br>" in line
    )
    return [cell.strip() for cell in found.replace("\\|", "!").strip("|").split("|")]


def test_a_report_is_one_row_of_title_links_sentence_verdict_and_number(page: str) -> None:
    head, said, verdict, number = row(page, "frozen")
    assert head == f"[Frozen ! and trained](../scenarios/reported/frozen.yaml)<br>[keras#1]({ISSUE}/1) A book"
    assert said == "The averages go on moving."
    assert verdict == "`tf1`: changed in 1.6.0 (`frozen-updates`): so in 1.4.1..1.5.1; " + (
        "`keras`: not reproduced (`frozen-updates`: no)"
    )
    assert number == "`step 1, moving_mean[1]: 1.5 -> 0.0`, `tf1`"
    assert "**changed** (2): " in unwrapped(page)
    assert "**not reproduced** (1): " in unwrapped(page)
    assert max(len(line) for line in page.splitlines() if not line.startswith("|")) <= 120


@pytest.mark.parametrize(
    ("word", "verdict"),
    [
        ("{called: bug, by: URL}", "[bug](URL) in 1.4.1..1.5.1, fixed in 1.6.0 (`frozen-updates`)"),
        ("{called: bug, by: A mail}", "bug in 1.4.1..1.5.1, fixed in 1.6.0 (`frozen-updates`)"),
        ("{called: design, by: URL}", "changed in 1.6.0 (`frozen-updates`): so in 1.4.1..1.5.1"),
    ],
)
def test_what_maintainers_call_it_makes_the_verdict(harness: Run, word: str, verdict: str) -> None:
    Path("scenarios/reported/frozen.yaml").write_text(FROZEN.replace("WORD", word.replace("URL", f"{ISSUE}/3")))
    assert row(harness("-q")[1], "frozen")[2].startswith(f"`tf1`: {verdict}; ".replace("URL", f"{ISSUE}/3"))


@pytest.mark.parametrize(
    ("word", "verdict"),
    [
        (
            "true",
            "`tf1`: changed in 1.6.0 (`frozen-updates`): so in 1.6.0..2.16.2; `keras`: still so (`frozen-updates`: no)",
        ),
        (
            "{called: bug, by: A mail}",
            "`tf1`: bug, still so, since 1.6.0 (`frozen-updates`: no); `keras`: bug, still so (`frozen-updates`: no)",
        ),
        ("{called: design, by: A mail}", "`tf1`, `keras`: by design since 1.6.0, 2.15.1 (`frozen-updates`: no)"),
    ],
)
def test_what_is_so_on_the_newest_release(harness: Run, word: str, verdict: str) -> None:
    path = Path("scenarios/reported/frozen.yaml")
    path.write_text(FROZEN.replace("statistics: updated", "statistics: unchanged").replace("WORD", word))
    assert row(harness("-q")[1], "frozen")[2] == verdict


def test_a_report_without_a_marked_sentence_tells_what_changed(page: str) -> None:
    assert row(page, "plain")[1:] == [
        "-",
        "`keras`: changed after 2.15.1, by 2.16.2 (`variance-estimator`, `fused-kernel`)",
        "`step 1, moving_variance[1]: 4.5 -> 2.5`, `keras`",
    ]


def test_front_ends_are_told_apart_by_rule(page: str) -> None:
    assert "## TF1 against Keras, by rule Recorded for both `tf1` and `keras`: 2 cases." in unwrapped(page)
    (line,) = (line for line in page.splitlines() if line.startswith("| [frozen-normalizes-with](rules.md#frozen-"))
    cells = [cell.strip() for cell in line.replace("\\|", "!").strip("|").split("|")]
    assert cells[1:4] == ["batch 1.4.1..2.16.2", "moving 2.15.1..2.16.2", "1 + 1"]
    assert cells[4].endswith("` in reported/frozen, 2.16.2")
    assert "Keras 2 against Keras 3" not in page


def test_claims_that_no_report_is_about_have_a_table_of_their_own(page: str) -> None:
    table = page.partition("## Published claims\n\n")[2]
    assert unwrapped(table).startswith(
        "1 sentence that somebody published and that no verdict above is about, held against every recorded release: "
        "1 confirmed. "
    )
    said = "[The mean is halfway.](../scenarios/reported/plain.yaml)"
    assert f"| {said} | A page | CONFIRMED | tf1 1.4.1..2.16.2; keras 2.15.1..2.16.2 | - |" in table
    assert "The averages" not in table


def test_what_could_not_be_judged_says_why(harness: Run) -> None:
    path = Path("scenarios/reported/frozen.yaml")
    path.write_text(
        FROZEN.replace("layer: {momentum: 0.5}", "layer: {momentum: 0.5, fused: false}").replace("WORD", "true")
    )
    refused = {**OLD, "argument-fused": "TypeError"}
    record(Path("golden"), load(path, Path("scenarios")), {"tf1": [("1.1.0", refused), ("1.4.1", OLD)]})
    code, out, err = harness("reported/frozen", "-q")
    assert (code, err) == (0, "")
    assert row(out, "frozen")[2] == "`tf1`: still so (`frozen-updates`: yes)"
    assert "Not judged:\n\n- `tf1` 1.1.0: TypeError after 0 steps: frozen\n" in out


def test_a_report_that_is_not_recorded_is_a_row_that_says_so(harness: Run) -> None:
    Path("golden/reported/frozen.json").unlink()
    code, out, err = harness()
    assert code == 0
    assert "not told: reported/frozen: not recorded\n" in err
    assert row(out, "frozen")[1:] == ["-", "not judged: nothing is recorded", "-"]
    assert "**not judged** (1): nothing recorded decides it" in unwrapped(out)


ONE = ("reported/plain", "--runner", "tf1", "-q")


def test_the_page_is_written_once_and_then_checked(harness: Run) -> None:
    code, out, err = harness("--output", "page.md", "--check", *ONE)
    assert (code, out) == (1, "")
    assert err == "page.md: is not what golden says\n  hint: harness found --output page.md writes it anew\n"
    assert not Path("page.md").exists()
    assert harness("--output", "page.md", *ONE) == (0, "", "page.md: wrote what golden says\n")
    assert harness("--output", "page.md", "--check", *ONE) == (0, "", "page.md: is what golden says\n")
    assert Path("page.md").read_text() == harness(*ONE)[1]
    Path("page.md").write_text("old")
    assert harness("--output", "page.md", "--check", *ONE)[0] == 1
    assert Path("page.md").read_text() == "old"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--check"], 2, "--check: needs --output FILE to check"),
        (["--output", "."], 2, "--output .: cannot be read"),
        (["--output", "no/page.md", *ONE], 2, "--output no/page.md: cannot be written"),
        (["--golden", "nowhere"], 3, "nothing is recorded of the selected cases"),
        (["-k", "nothing"], 3, "matches none"),
        (["--runner", "kears"], 2, "did you mean keras?"),
    ],
)
def test_what_cannot_be_told_has_its_code_and_says_why(harness: Run, words: list[str], code: int, said: str) -> None:
    found, out, err = harness(*words)
    assert (found, out) == (code, "")
    assert said in err


def test_a_selection_and_a_runner(harness: Run) -> None:
    code, out, err = harness(*ONE)
    assert (code, err) == (0, "")
    assert "1 scenario with a source" in unwrapped(out)
    assert row(out, "plain")[2] == "no change"
    assert "## TF1 against Keras" not in out


def test_progress_is_talk(harness: Run) -> None:
    assert "[2/2] done" in harness(*ONE[:-1])[2]


def test_what_it_was_recorded_on_is_told(harness: Run) -> None:
    assert "Recorded: `tf1` 1.4.1..2.16.2." in unwrapped(harness(*ONE)[1])
    golden.update_provenance(
        Path("golden"), Release.parse("1.4.1"), "tf1", {"devices": ["CPU:0"], "date": "2026-01-01"}
    )
    assert "Recorded, on CPU:0: `tf1` 1.4.1..2.16.2." in unwrapped(harness(*ONE)[1])
