from __future__ import annotations

from pathlib import Path

import pytest

from harness.cli import main

GOOD = "title: a\nwhy: b\ninput: [[1, 2]]\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    made = Path("scenarios/topic")
    made.mkdir(parents=True)
    return made


def test_what_is_valid_is_counted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "a.yaml").write_text(GOOD, encoding="utf-8")
    assert main(["validate"]) == 0
    assert capsys.readouterr() == ("1 scenario, 1 case: valid\n", "")
    (folder / "b.yaml").write_text(GOOD + "sweep: {training: [true, false, null]}\n", encoding="utf-8")
    assert main(["validate"]) == 0
    assert capsys.readouterr() == ("2 scenarios, 4 cases: valid\n", "")
    assert main(["validate", "topic/b", "-k", "not null"]) == 0
    assert capsys.readouterr() == ("1 scenario, 2 cases: valid\n", "")


def test_every_problem_of_every_file_goes_to_stderr(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "a.yaml").write_text(GOOD + "layr: {}\nsteps: 0\n", encoding="utf-8")
    (folder / "b.yaml").write_text(GOOD, encoding="utf-8")
    (folder / "c.yaml").write_text(GOOD + "layer:\n  momentum: 1.5\n", encoding="utf-8")
    assert main(["validate"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        "scenarios/topic/a.yaml:4:1: unknown key 'layr'\n"
        "  hint: did you mean 'layer'?\n"
        "scenarios/topic/a.yaml:5:8: steps must be between 1 and 10000, got 0\n"
        "  hint: Number of calls, or a list of steps; as many calls as inputs if left out, else 1.\n"
        "scenarios/topic/c.yaml:5:13: momentum must be between 0 and 1, got 1.5\n"
        "  hint: Share of a moving statistic that an update keeps.\n"
    )


def test_words_restrict_what_is_looked_at(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "a.yaml").write_text("- 1\n", encoding="utf-8")
    (folder / "b.yaml").write_text(GOOD, encoding="utf-8")
    assert main(["validate", "scenarios/topic/b.yaml"]) == 0
    assert capsys.readouterr().out == "1 scenario, 1 case: valid\n"
    assert main(["validate", "scenarios/topic/a.yaml"]) == 2


def test_nothing_selected(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "a.yaml").write_text(GOOD, encoding="utf-8")
    assert main(["validate", "-k", "nothing"]) == 3
    assert capsys.readouterr().err.startswith("-k 'nothing': matches none of 1 cases\n")


@pytest.mark.usefixtures("folder")
def test_another_folder(capsys: pytest.CaptureFixture[str]) -> None:
    mine = Path("mine")
    mine.mkdir()
    (mine / "a.yaml").write_text(GOOD, encoding="utf-8")
    assert main(["validate", "--scenarios", "mine"]) == 0
    assert main(["validate", "--scenarios", "none"]) == 2
    assert capsys.readouterr().err == (
        "--scenarios none: no such folder\n"
        "  hint: `harness new topic/name` makes it, with a scenario to start from; --scenarios DIR names another\n"
    )
