from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.cli import main
from harness.scenario import load
from harness.scenario.schema import schema_text


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "schema"),
    [("flags/mine", "../schema.json"), ("plain", "schema.json"), ("a/b/c", "../../schema.json")],
)
def test_it_writes_a_scenario_that_is_valid(name: str, schema: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", name]) == 0
    assert capsys.readouterr() == (f"scenarios/{name}.yaml\n", "")
    path = Path("scenarios") / f"{name}.yaml"
    assert path.read_text(encoding="utf-8").startswith(f"# yaml-language-server: $schema={schema}\n")
    assert (path.parent / schema).resolve() == Path("scenarios/schema.json").resolve()
    scenario = load(path, Path("scenarios"))
    assert scenario.name == name
    assert len(scenario.cases) == 4
    assert main(["validate"]) == 0


def test_every_line_that_is_commented_out_is_valid_as_well() -> None:
    assert main(["new", "flags/mine"]) == 0
    path = Path("scenarios/flags/mine.yaml")
    head, *sections = re.split(
        "\n(?=# (?:assert|runners|releases|expect_difference|claims):)", path.read_text(encoding="utf-8")
    )
    uncommented = [line.removeprefix("# ") for section in sections for line in section.splitlines()]
    # Between the sections stands what explains the next one.
    yaml = [line for line in uncommented if not line[:1].isupper()]
    path.write_text("\n".join([head, *yaml]) + "\n", encoding="utf-8")
    scenario = load(path, Path("scenarios"))
    assert scenario.runners == ("tf1", "keras")
    assert scenario.releases is not None
    assert scenario.releases.text == ">=2.0"
    assert [one.kind for one in scenario.assertions] == ["differs_from", "finite"]
    assert [one.rule for one in scenario.differences] == ["variance-estimator", "frozen-normalizes-with"]
    assert [list(claim.expect) for claim in scenario.claims] == [["moving_mean", "output[0]"]]


@pytest.mark.parametrize(
    ("line", "steps"), [(0, ["call", "set", "call", "train"]), (1, ["call"] * 3 + ["assign", "config"])]
)
def test_the_steps_it_mentions_are_valid(line: int, steps: list[str]) -> None:
    assert main(["new", "flags/mine"]) == 0
    path = Path("scenarios/flags/mine.yaml")
    text = path.read_text(encoding="utf-8")
    written = [one.removeprefix("#   ") for one in text.splitlines() if one.startswith("#   steps: ")][line]
    path.write_text(text.replace("\nsteps: 2\n", f"\n{written}\n"), encoding="utf-8")
    for case in load(path, Path("scenarios")).cases:
        assert [step.word for step in case.steps] == steps


@pytest.mark.parametrize("line", ["{random: normal", "{arange", "{full"])
def test_the_inputs_it_mentions_are_valid(line: str) -> None:
    assert main(["new", "flags/mine"]) == 0
    path = Path("scenarios/flags/mine.yaml")
    text = path.read_text(encoding="utf-8")
    (given,) = [one for one in text.splitlines() if f"input: {line}" in one]
    head, _, rest = text.partition("input:\n")
    path.write_text(head + given.removeprefix("#   ") + "\n" + rest.partition("\n")[2], encoding="utf-8")
    assert {case.inputs[0].shape[1] for case in load(path, Path("scenarios")).cases} == {3}


def test_the_schema_is_written_where_there_is_none() -> None:
    assert main(["new", "flags/mine"]) == 0
    schema = Path("scenarios/schema.json")
    assert schema.read_text(encoding="utf-8") == schema_text()
    schema.write_text("mine", encoding="utf-8")
    assert main(["new", "flags/other"]) == 0
    assert schema.read_text(encoding="utf-8") == "mine"


def test_another_folder_and_a_suffix() -> None:
    assert main(["new", "flags/mine.yaml", "--scenarios", "here"]) == 0
    assert Path("here/flags/mine.yaml").is_file()
    assert not Path("scenarios").exists()


def test_nothing_is_overwritten(capsys: pytest.CaptureFixture[str]) -> None:
    path = Path("scenarios/flags/mine.yaml")
    path.parent.mkdir(parents=True)
    path.write_text("precious", encoding="utf-8")
    assert main(["new", "flags/mine"]) == 2
    assert capsys.readouterr().err == (
        "scenarios/flags/mine.yaml: exists already\n  hint: choose another name, or delete it first\n"
    )
    assert path.read_text(encoding="utf-8") == "precious"


def test_a_file_in_the_way_of_a_folder(capsys: pytest.CaptureFixture[str]) -> None:
    Path("scenarios").write_text("x", encoding="utf-8")
    assert main(["new", "flags/mine"]) == 2
    assert "scenarios" in capsys.readouterr().err
    assert Path("scenarios").read_text(encoding="utf-8") == "x"


@pytest.mark.parametrize("name", ["a b", "../x", "/abs", "flags/", "", "a//b", "x[1]", "flags/.hidden", "a.b"])
def test_names_that_are_none(name: str, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    assert main(["new", name]) == 2
    assert capsys.readouterr().err == (
        f"NAME: must be a scenario's name, got '{name}'\n  hint: topic/name of letters, digits, - and _, "
        "such as flags/mine; --scenarios DIR says in which folder\n"
    )
    assert list(folder.iterdir()) == []
