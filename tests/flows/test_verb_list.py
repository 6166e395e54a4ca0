from __future__ import annotations

from pathlib import Path

import pytest

from harness.cli import main
from harness.execution.plan import RUNNERS


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    made = Path("scenarios/topic")
    made.mkdir(parents=True)
    one = "title: 007 of 1.50\nwhy: b\ninput: [[1, 2]]\ntags: [x, y]\nsweep: {training: [true, false]}\n"
    (made / "one.yaml").write_text(one, encoding="utf-8")
    two = "title: The second\nwhy: b\ninput: [[1, 2]]\nrunners: [keras, tf_keras]\n"
    (made / "two.yaml").write_text(two, encoding="utf-8")
    return tmp_path


def printed(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert main(["list", *arguments]) == code
    return capsys.readouterr().out


def test_scenarios(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys).splitlines()
    assert lines[0].split() == ["scenario", "cases", "runners", "tags", "title"]
    assert lines[2].split() == ["topic/one", "2", "any", "x,", "y", "007", "of", "1.50"]
    assert lines[3].split() == ["topic/two", "1", "keras,", "tf_keras", "The", "second"]
    assert lines[4:] == ["", "2 scenarios, 3 cases"]


def test_only_what_is_selected_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "-k", "training=true")
    assert "topic/one" in text
    assert "topic/two" not in text
    assert text.endswith("\n1 scenario, 1 case\n")
    assert printed(capsys, "--runner", "tf1").endswith("\n1 scenario, 2 cases\n")
    assert printed(capsys, "--tag", "y").endswith("\n1 scenario, 2 cases\n")


def test_cases_one_per_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, "--cases") == "topic/one[training=true]\ntopic/one[training=false]\ntopic/two\n"
    assert printed(capsys, "--cases", "topic/two") == "topic/two\n"


def test_a_listed_case_can_be_selected(capsys: pytest.CaptureFixture[str]) -> None:
    for case in printed(capsys, "--cases").splitlines():
        assert printed(capsys, "--cases", case) == f"{case}\n"


def test_runners_need_no_scenarios(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    lines = printed(capsys, "--runners").splitlines()
    assert [line.split(maxsplit=1) for line in lines] == [[name, what] for name, what in RUNNERS.items()]


def test_cases_and_runners_exclude_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["list", "--cases", "--runners"])
    assert caught.value.code == 2
    assert "not allowed with" in capsys.readouterr().err


def test_an_invalid_file_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    Path("scenarios/topic/two.yaml").write_text("- 1\n", encoding="utf-8")
    assert main(["list"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("scenarios/topic/two.yaml:1:1: a scenario is a mapping")


def test_nothing_selected(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "topic/tow"]) == 3
    assert capsys.readouterr().err == (
        "topic/tow: no such scenario, topic, file or case\n  hint: did you mean 'topic/two'?\n"
    )
