"""``harness compare`` for machines: JSON, JUnit, Markdown, annotations; shards, and ``harness merge`` of them."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from harness import golden
from harness.releases.release import Release

Run = Callable[..., tuple[int, str, str]]
CASE = "flags/frozen[training=true,trainable=true]"
ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "docs" / "run.schema.json"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def loaded(path: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(Path(path).read_text())
    jsonschema.validate(data, json.loads(SCHEMA.read_text()))
    return data


def without_seconds(path: str) -> str:
    return re.sub(r'"seconds": [0-9.e-]+', "", Path(path).read_text())


def test_one_changed_number_is_named_by_every_report(
    harness: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(project / "golden/flags/frozen.json", '"values": [0.5, 1.5]', '"values": [0.5, 1.6]')
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(project.parent))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    words = ["--json", "a.json", "--junit", "a.xml", "--markdown", "a.md"]
    code, out, _ = harness("compare", "flags/frozen", *words)
    assert code == 1
    told = "step 1, moving_mean[1]: measured 1.5, golden 1.6"

    [target] = loaded("a.json")["targets"]
    cases = [case for scenario in target["comparison"]["scenarios"] for case in scenario["cases"]]
    changed = [
        (case["id"], result["runner"], result["diff"]["differences"])
        for case in cases
        for result in case["results"]
        if result["verdict"] == "changed"
    ]
    assert changed
    for case, runner, [difference] in changed:
        assert case == CASE
        assert [difference[name] for name in ("step", "field", "index")] == [1, "moving_mean", [1]]
        assert (float(difference["left"]), float(difference["right"])) == (1.5, 1.6)
        failure = ElementTree.parse("a.xml").find(f".//testcase[@name='{CASE} [{runner}]']/failure")
        assert failure is not None
        assert failure.get("message", "").startswith(f"changed; {told}")
        assert told in str(failure.text)
        for name in ("a.md", "summary.md"):
            assert f"<summary><code>{CASE} [{runner}]</code>: changed; {told}" in Path(name).read_text()
        line = (project / "scenarios/flags/frozen.yaml").read_text().splitlines().index("title: " + title(project)) + 1
        place = f"file={project.name}/scenarios/flags/frozen.yaml,line={line}"
        name = f"{CASE} [{runner}]".replace(",", "%2C")
        assert re.search(
            rf"^::error {re.escape(place)},title={re.escape(name)}::.*{re.escape(told)}", out, re.MULTILINE
        )


def title(project: Path) -> str:
    text = (project / "scenarios/flags/frozen.yaml").read_text()
    return re.search(r"^title: (.*)$", text, re.MULTILINE)[1]  # type: ignore[index]


def test_an_upgrade_names_the_rule_of_the_population_variance_first(
    harness: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("scenarios/flags/seed-article.yaml", "golden/flags/seed-article.json"):
        Path(name).parent.mkdir(parents=True)
        shutil.copyfile(ROOT / name, name)
    cut("flags/seed-article", "keras", Release.parse("2.15.1"))
    code, _, _ = harness("compare", "--runner", "keras", "--markdown", "a.md")
    assert code == 1
    first, second, *_ = re.findall(r"^ *- (.*)$", Path("a.md").read_text(), re.MULTILINE)
    assert first.startswith("**variance-estimator** (sample -&gt; population): 1 change in flags/seed-article")
    assert second == "before: The moving variance follows the sample variance: squared deviations over n - 1."


def cut(scenario: str, runner: str, last: Release) -> None:
    """Forget what is recorded of a runner above a release."""
    file = golden.read(Path("golden"), scenario)
    assert file is not None
    for release in sorted(golden.releases_of(file)[runner]):
        if release > last:
            file = golden.forget_release(file, release, runner)
    golden.write(Path("golden"), file)


@pytest.mark.usefixtures("project")
def test_json_on_stdout_is_alone_there(harness: Run) -> None:
    code, out, err = harness("compare", "flags/frozen", "--json", "-")
    assert code == 0
    data = json.loads(out)
    assert data["exit_code"] == 0
    assert data["targets"][0]["comparison"]["environment"]["machines"][0]["threads"] == 1
    assert "summary: 8 match" in err


@pytest.mark.usefixtures("project")
def test_several_targets_are_in_one_file(harness: Run) -> None:
    words = ["--python", sys.executable, "--python", "no-such-python"]
    reports = ["--json", "a.json", "--junit", "a.xml", "--markdown", "a.md"]
    code, out, err = harness("compare", "flags/refused", *words, *reports)
    assert code == 5
    assert "--python no-such-python: cannot be asked what it has" in err
    first, last = loaded("a.json")["targets"]
    assert (first["target"], first["exit_code"]) == (sys.executable, 0)
    assert (last["target"], last["exit_code"], last["comparison"]) == ("no-such-python", 5, None)
    assert last["problems"][0]["place"] == "--python no-such-python"
    assert out.splitlines()[-1] == "1 of 2 releases match"
    assert len(ElementTree.parse("a.xml").findall("testsuite")) == 2
    assert "| no-such-python | not to be had | not to be had |" in Path("a.md").read_text()


@pytest.fixture
def wide(project: Path) -> Path:
    """The project with more scenarios: some match, some are new, one is changed, and something is stale."""
    scenarios = project / "scenarios" / "flags"
    shutil.copyfile(scenarios / "frozen.yaml", scenarios / "again.yaml")
    shutil.copyfile(scenarios / "refused.yaml", scenarios / "other.yaml")
    shutil.copyfile(scenarios / "refused.yaml", scenarios / "more.yaml")
    shutil.copyfile(project / "golden/flags/refused.json", project / "golden/flags/gone.json")
    edit(project / "golden/flags/gone.json", "flags/refused", "flags/gone")
    (scenarios.parent / "load" / "many.yaml").unlink()
    edit(project / "golden/flags/frozen.json", '"values": [0.5, 1.5]', '"values": [0.5, 1.6]')
    return project


@pytest.mark.usefixtures("wide")
def test_a_merge_of_four_shards_is_the_run_that_was_not_split(harness: Run) -> None:
    code, whole, _ = harness("compare", "--json", "whole.json", "--fail-on", "difference")
    assert code == 1
    codes = []
    for index in (1, 2, 3, 4):
        one, _, _ = harness("compare", "--shard", f"{index}/4", "--json", f"{index}.json", "--fail-on", "difference")
        codes.append(one)
    assert all(codes)
    files = [f"{index}.json" for index in (3, 1, 4, 2)]
    sizes = [len([1 for scenario in scenarios(name) for _ in scenario["cases"]]) for name in files]
    assert sum(sizes) == 11
    assert all(sizes)
    merged, text, err = harness("merge", *files, "--json", "merged.json", "--junit", "merged.xml")
    assert (merged, err) == (code, "")
    assert without_seconds("merged.json") == without_seconds("whole.json")
    assert re.sub(r"[0-9.]+ s\n", "", text) == re.sub(r"[0-9.]+ s\n", "", whole)
    # Judged over the whole folder in each shard, told once.
    assert [one["what"] for one in loaded("1.json")["targets"][0]["comparison"]["stale"]] == [
        "golden/flags/gone.json",
        "golden/load/many.json",
    ]


def scenarios(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = loaded(name)["targets"][0]["comparison"]["scenarios"]
    return found


@pytest.mark.usefixtures("wide")
def test_a_merge_without_a_shard_says_what_is_missing(harness: Run) -> None:
    _, _, err = harness("compare", "--shard", "1/2", "--json", "1.json")
    there = {case["id"] for scenario in scenarios("1.json") for case in scenario["cases"]}
    assert f"shard 1/2: {len(there)} of 11 cases\n" in err
    code, _, err = harness("merge", "1.json", "--json", "merged.json")
    changed = any("changed" in json.dumps(scenario["cases"]) for scenario in scenarios("1.json"))
    assert code == (1 if changed else 7)
    assert f"shard 2 of 2 is missing; {11 - len(there)} of 11 cases in no file: " in err
    part = loaded("merged.json")["targets"][0]["shard"]
    assert (part["count"], part["indices"], len(part["cases"])) == (2, [1], 11)


@pytest.mark.usefixtures("project")
def test_a_shard_with_nothing_for_this_release_is_complete_all_the_same(harness: Run, project: Path) -> None:
    edit(project / "scenarios/flags/refused.yaml", "title:", "releases: 1.0..1.3\ntitle:")
    codes = {}
    for index in (1, 2):
        codes[index], _, err = harness("compare", "flags", "--shard", f"{index}/2", "--json", f"{index}.json")
        if codes[index]:
            assert "no selected scenario is for this release" in err
    assert sorted(codes.values()) == [0, 3]
    code, out, err = harness("merge", "1.json", "2.json", "--json", "merged.json")
    assert (code, err) == (0, "")
    assert "summary: 8 match" in out
    whole, _, _ = harness("compare", "flags", "--json", "whole.json")
    assert whole == 0
    assert without_seconds("merged.json") == without_seconds("whole.json")


@pytest.mark.usefixtures("project")
def test_more_shards_than_scenarios_are_one_clear_error(harness: Run) -> None:
    code, out, err = harness("compare", "flags", "--shard", "3/8", "--json", "a.json")
    assert (code, out) == (2, "")
    assert "--shard 3/8: there are more shards than scenarios to split: 2" in err
    assert not Path("a.json").exists()


@pytest.mark.usefixtures("project")
def test_a_run_that_nothing_was_selected_for_writes_nothing(harness: Run) -> None:
    code, out, _ = harness("compare", "-k", "nothing", "--json", "a.json")
    assert (code, out) == (3, "")
    assert not Path("a.json").exists()
