"""``harness merge`` and the options it shares with ``harness compare``: text, exit code and files."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from harness.cli import main
from harness.report.json import run_json
from harness.report.junit import junit_xml
from harness.report.markdown import markdown
from harness.report.terminal import render
from harness.run import Part, Run, TargetRun
from tests.report import samples
from tests.report.runs import everything, read_back, run

GREEN = run(samples.all_green(), code=0)
WRONG = run(read_back(), code=6)


@pytest.fixture(autouse=True)
def _anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE"):
        monkeypatch.delenv(name, raising=False)


def written(found: Run, name: str = "run.json") -> str:
    Path(name).write_text(run_json(found), encoding="ascii")
    return name


def shard() -> Run:
    green = samples.all_green()
    cases = tuple(case.case.id for case in green.cases())
    first = TargetRun(
        target="2.21.0",
        comparison=samples.comparison(green.scenarios[0]),
        code=0,
        part=Part(count=2, indices=(1,), cases=cases),
    )
    return Run(targets=(first,), code=0)


def test_it_prints_the_report_of_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["merge", written(GREEN)]) == 0
    assert capsys.readouterr() == (render(samples.all_green(), width=120, verbose=0, color=False), "")


@pytest.mark.parametrize(("flag", "verbose"), [("-q", -1), ("-v", 1), ("-vv", 2)])
def test_it_says_as_much_as_asked(flag: str, verbose: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["merge", written(WRONG), flag]) == 6
    assert capsys.readouterr().out == render(read_back(), width=120, verbose=verbose, color=False)


def test_several_releases_end_in_a_table_and_their_problems_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    only = [Run(targets=(one,), code=one.code) for one in everything().targets if one.part is None]
    assert main(["merge", "-q", *(written(one, f"{place}.json") for place, one in enumerate(only))]) == 6
    out, err = capsys.readouterr()
    assert out.splitlines()[-1] == "0 of 2 releases match"
    assert re.search(r"\n1\.0\.1 +not to be had ", out)
    assert err == "TensorFlow 1.0.1: the environment cannot be made:\n  no Python 3.6\n  hint: get one\n"


def test_a_missing_shard_is_told_with_exit_code_7(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["merge", written(shard()), "--json", "all.json"]) == 7
    out, err = capsys.readouterr()
    assert "summary: 8 match" in out
    assert err.startswith(
        "2.21.0: shard 2 of 2 is missing; 1 of 5 cases in no file: rank/two\n  hint: `harness compare"
    )
    assert json.loads(Path("all.json").read_text())["exit_code"] == 7


def test_it_writes_every_kind(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--json", "a.json", "--junit", "a.xml", "--markdown", "a.md"]
    assert main(["merge", "-q", written(WRONG), *words]) == 6
    assert capsys.readouterr().err == ""
    for name, writer in (("a.json", run_json), ("a.xml", junit_xml), ("a.md", markdown)):
        assert Path(name).read_text(encoding="utf-8").replace('"seconds": 7.26', "") == writer(WRONG).replace(
            '"seconds": 7.26', ""
        )


def test_json_on_stdout_leaves_the_text_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["merge", written(GREEN), "--json", "-"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["targets"][0]["target"] == "2.21.0"
    assert err == render(samples.all_green(), width=120, verbose=0, color=False)


def test_files_that_are_no_runs_are_all_told(capsys: pytest.CaptureFixture[str]) -> None:
    Path("golden.json").write_text("{}")
    assert main(["merge", "none.json", "golden.json", written(GREEN)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[:2] == [
        "none.json: cannot be read: No such file or directory",
        "golden.json: not the JSON of a run: format: Field required",
    ]


def test_an_existing_file_is_replaced(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.md").write_text("old")
    assert main(["merge", "-q", written(GREEN), "--markdown", "a.md"]) == 0
    assert Path("a.md").read_text() == markdown(GREEN)
    assert sorted(path.name for path in Path().iterdir()) == ["a.md", "run.json"]
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--json", "none/a.json"], "--json none/a.json: cannot be written: No such file or directory"),
        (["--junit", "."], "--junit .: is a folder"),
        (["--markdown", "/dev/null"], "--markdown /dev/null: is no file"),
        (["--junit", "-"], "--junit -: only JSON can go to stdout"),
        (["--markdown", "-"], "--markdown -: only JSON can go to stdout"),
        (["--json", "a", "--json", "b"], "--json: can be given once, got a, b"),
        (["--json", "a", "--markdown", "./a"], "--markdown ./a: is the file of --json too"),
    ],
)
@pytest.mark.parametrize("verb", [["compare"], ["merge", "no-such-run.json"]])
def test_what_cannot_be_written_is_told_before_anything_is_read(
    verb: list[str], words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    # There is no scenario folder and no such run here: either would be told first by who looked.
    assert main([*verb, *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[0] == said
    assert list(Path().iterdir()) == []


def test_problems_of_several_files_are_told_together(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "--json", "none/a", "--junit", "none/b"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 2


@pytest.mark.parametrize("text", ["0/4", "5/4", "2", "a/b", "1/0", "-1/2", "1/2/3", "1/10000"])
def test_a_shard_is_one_of_several(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["compare", f"--shard={text}"])
    assert stopped.value.code == 2
    assert f"must be I/N with I from 1 to N, such as 2/4, got '{text}'" in capsys.readouterr().err


class TestOnGitHub:
    @pytest.fixture(autouse=True)
    def _there(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GITHUB_ACTIONS", "true")
        monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
        monkeypatch.setenv("GITHUB_WORKSPACE", str(Path.cwd().parent))

    def test_failures_are_annotated_and_the_summary_grows(self, capsys: pytest.CaptureFixture[str]) -> None:
        Path("summary.md").write_text("before\n")
        assert main(["merge", "-q", written(WRONG)]) == 6
        text = capsys.readouterr().out
        file = f"{Path.cwd().name}/scenarios/flags/seed-article.yaml"
        assert f"\n::error file={file},line=1,title=flags/seed-article[training=true%2Ctrainable=true] [tf1]::" in text
        assert Path("summary.md").read_text() == "before\n" + markdown(WRONG)

    def test_a_green_run_is_summarized_without_annotations(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["merge", "-q", written(GREEN)]) == 0
        assert "::" not in capsys.readouterr().out
        assert Path("summary.md").read_text() == markdown(GREEN)

    def test_annotations_do_not_get_into_the_json(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["merge", "-q", written(WRONG), "--json", "-"]) == 6
        out, err = capsys.readouterr()
        assert json.loads(out)["exit_code"] == 6
        assert "::error " in err

    def test_a_summary_that_is_full_or_not_there_is_no_failure(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        Path("summary.md").write_bytes(b"x" * (1_048_576 - 5000))
        assert main(["merge", "-q", written(GREEN)]) == 0
        assert capsys.readouterr().err == "summary.md: the summary of this step is full, nothing was added\n"
        monkeypatch.setenv("GITHUB_STEP_SUMMARY", "none/summary.md")
        assert main(["merge", "-q", "run.json"]) == 0
        assert "none/summary.md: the summary of this step cannot be written: No such" in capsys.readouterr().err

    def test_elsewhere_nothing_is_added(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("GITHUB_ACTIONS", "false")
        assert main(["merge", "-q", written(WRONG)]) == 6
        assert "::error" not in capsys.readouterr().out
        assert not Path("summary.md").exists()
