from __future__ import annotations

from pathlib import Path

import pytest

from harness.cli import main
from tests.unit.lint.folders import BODY, IMAGE, write


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path("scenarios")


def test_what_is_found_is_told_like_what_is_invalid(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, "topic/frozen", IMAGE, why="TODO")
    assert main(["lint"]) == 1
    file = "scenarios/topic/frozen.yaml"
    assert capsys.readouterr() == (
        f"{file}:1:1: name-mismatch: the name frozen says frozen, but no case has trainable: false\n"
        "  hint: rename it, or let a case have that\n"
        f"{file}:2:6: missing-why: why holds a place and no reason, got 'TODO'\n"
        "  hint: say the one thing it shows, and to whom that matters\n"
        "1 scenario, 8 rules: 2 findings\n",
        "",
    )


def test_a_rule_and_a_scenario_may_be_chosen(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, "topic/frozen", IMAGE, why="TODO")
    write(folder, "topic/other", BODY, why="TBD")
    assert main(["lint", "topic/frozen", "--rule", "missing-why", "--rule", "too-weak"]) == 1
    out = capsys.readouterr().out
    assert out.count("missing-why") == 1
    assert out.endswith("\n1 scenario, 2 rules: 1 finding\n")
    assert main(["lint", "topic/frozen", "--rule", "unused-input"]) == 0
    assert capsys.readouterr() == ("1 scenario, 1 rule: nothing found\n", "")


def test_recordings_are_looked_at_where_golden_says(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, "topic/name", IMAGE)
    (folder.parent / "recorded/topic").mkdir(parents=True)
    (folder.parent / "recorded/topic/gone.json").write_text("{}", encoding="utf-8")
    assert main(["lint"]) == 0
    assert main(["lint", "--golden", "recorded"]) == 1
    assert "recorded/topic/gone.json: golden-without-scenario: no such scenario\n" in capsys.readouterr().out


def test_rules_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "missing-why               a why that gives no reason"
    assert len(lines) == 8


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (
            ["--rule", "missing-whi"],
            2,
            "--rule missing-whi: there is no such rule\n  hint: did you mean missing-why?\n",
        ),
        (["--rule", "x"], 2, "--rule x: there is no such rule\n  hint: harness lint --list shows them\n"),
        (["topic/gone"], 3, "topic/gone: no such scenario, topic, file or case\n"),
        (["--scenarios", "gone"], 2, "--scenarios gone: no such folder\n"),
    ],
)
def test_what_cannot_be_looked_at_has_its_code_and_says_why(
    folder: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: int, said: str
) -> None:
    write(folder, "topic/name")
    assert main(["lint", *words]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(said)


def test_an_invalid_file_is_what_validate_says(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, "topic/name", "layr: {}\n")
    assert main(["lint"]) == 2
    assert "scenarios/topic/name.yaml:3:1: unknown key 'layr'" in capsys.readouterr().err
