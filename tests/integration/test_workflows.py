"""The shell commands of upgrade.yml and action.yml, run as they are written; see actions.py for what is replaced."""

from __future__ import annotations

import json
import shutil
import stat
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.version import Version

from harness.releases import manifest
from harness.releases.catalog import catalog
from tests.house.workflows import ACTION, WORKFLOW, read
from tests.integration.actions import Machine, Ran, machine
from tests.integration.cut import ROOT, cut

TENSORFLOW = version("tensorflow")
SCENARIOS = ("flags/seed-article", "flags/infer-before-training")
SHARDS = 2

pytestmark = pytest.mark.skipif(Version(TENSORFLOW) < Version("2.16"), reason="needs a Keras 3")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of environments that holds the installed TensorFlow under the name of its release."""
    root = tmp_path_factory.mktemp("cache")
    spec = catalog().spec(TENSORFLOW, version("keras"))
    folder = root / "envs" / manifest.folder_name(spec)
    (folder / "bin").mkdir(parents=True)
    python = folder / "bin" / "python"
    python.write_text(f"#!/bin/sh\nexec '{sys.executable}' \"$@\"\n")
    python.chmod(stat.S_IRWXU)
    manifest.write(folder, spec, {**spec.versions, "python": "3"}, seconds=1.0)
    return root


@pytest.fixture
def runner(tmp_path: Path, cache: Path) -> Machine:
    return machine(tmp_path / "machine", TENSORFLOW, version("keras"), cache)


def checkout(folder: Path) -> Path:
    """Two shipped scenarios with their golden files."""
    for name in SCENARIOS:
        for place in (f"scenarios/{name}.yaml", f"golden/{name}.json"):
            (folder / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / place, folder / place)
    return folder


def before_keras_3(folder: Path) -> Path:
    """The same, as if the keras runner had never seen anything newer than TensorFlow 2.15.1."""
    cut(folder, SCENARIOS)
    return folder


def told(steps: list[Ran]) -> str:
    return "\n".join(f"{one.name}: exit {one.code}\n{one.said}" for one in steps)


def job(runner: Machine, name: str, source: Path, context: dict[str, str]) -> list[Ran]:
    """One job of upgrade.yml in a checkout of its own."""
    workflow = read(WORKFLOW)
    env = {f"env.{key}": value for key, value in workflow["env"].items()}
    workspace = runner.folder / f"{name}-{context.get('matrix.shard', '0')}"
    shutil.copytree(source, workspace)
    return runner.run(workflow["jobs"][name]["steps"], workspace, {**env, **context}, workflow["env"])


def upgrade(runner: Machine, source: Path) -> list[Ran]:
    """The jobs of upgrade.yml in their order, as the schedule starts them, with two shards instead of four."""
    inputs = {"inputs.tensorflow": "", "inputs.keras": ""}
    workflow = read(WORKFLOW)
    context = {**inputs, **{f"env.{key}": value for key, value in workflow["env"].items()}}
    workspace = runner.folder / "newest"
    shutil.copytree(source, workspace)
    done = runner.run(workflow["jobs"]["newest"]["steps"], workspace, context, workflow["env"])
    assert [one.code for one in done] == [0, 0], told(done)
    outputs = workflow["jobs"]["newest"]["outputs"]
    found = {
        f"needs.newest.outputs.{name}": context[expression.removeprefix("${{ ").removesuffix(" }}")]
        for name, expression in outputs.items()
    }
    assert found == {"needs.newest.outputs.tensorflow": TENSORFLOW, "needs.newest.outputs.keras": version("keras")}
    for shard in range(1, SHARDS + 1):
        matrix = {"matrix.shard": str(shard), "strategy.job-total": str(SHARDS)}
        ran = job(runner, "compare", source, {**found, **matrix})
        assert all(one.code == 0 for one in ran), told(ran)
    assert runner.summary.read_text() == "", "a shard tells the summary nothing"
    return job(runner, "report", source, found)


def test_an_upgrade_that_changes_something_ends_red_and_says_what(runner: Machine, tmp_path: Path) -> None:
    done = upgrade(runner, before_keras_3(tmp_path / "source"))
    assert [(one.name, one.code) for one in done if one.code] == [("Give the verdict", 1)], told(done)
    summary = runner.summary.read_text()
    first = summary.partition("by rule:**")[2].lstrip().splitlines()[0]
    assert first.startswith("- **variance-estimator** (sample -")
    assert "The moving variance follows the population variance" in summary
    assert all(name in summary for name in SCENARIOS)
    annotations = [line for one in done for line in one.said.splitlines() if line.startswith("::error ")]
    assert any("file=scenarios/flags/seed-article.yaml,line=" in line for line in annotations)
    kept = runner.artifacts["upgrade"]
    run = json.loads((kept / "run.json").read_text())
    assert run["exit_code"] == 1
    assert (kept / "site" / "index.html").is_file()
    assert (kept / "junit.xml").is_file()
    assert (kept / "report.md").read_text().startswith("## BatchNormalization: ")


def test_an_upgrade_that_changes_nothing_is_green(runner: Machine, tmp_path: Path) -> None:
    done = upgrade(runner, checkout(tmp_path / "source"))
    assert all(one.code == 0 for one in done), told(done)
    assert "by rule:" not in runner.summary.read_text()


def test_a_shard_that_is_missing_is_no_success(runner: Machine, tmp_path: Path) -> None:
    source = checkout(tmp_path / "source")
    found = {"needs.newest.outputs.tensorflow": TENSORFLOW, "needs.newest.outputs.keras": version("keras")}
    job(runner, "compare", source, {**found, "matrix.shard": "1", "strategy.job-total": "2"})
    done = job(runner, "report", source, found)
    assert [(one.name, one.code) for one in done if one.code] == [("Give the verdict", 7)], told(done)
    assert "shard 2 of 2 is missing" in runner.summary.read_text()


def test_a_release_that_is_named_is_not_asked_for(runner: Machine, tmp_path: Path) -> None:
    context = {"inputs.tensorflow": "2.15.1", "inputs.keras": "", "env.PYTHON_VERSION": "3.11"}
    steps = read(WORKFLOW)["jobs"]["newest"]["steps"]
    done = runner.run(steps, checkout(tmp_path / "source"), context, {})
    assert all(one.code == 0 for one in done), told(done)
    assert context["steps.newest.outputs.tensorflow"] == "2.15.1"
    assert context["steps.newest.outputs.keras"] == ""


def test_the_nightly_is_compared_and_its_report_kept(runner: Machine, tmp_path: Path) -> None:
    done = job(runner, "nightly", checkout(tmp_path / "source"), {})
    assert all(one.code == 0 for one in done), told(done)
    kept = runner.artifacts["nightly"]
    assert json.loads((kept / "run.json").read_text())["exit_code"] == 0
    assert (kept / "site" / "index.html").is_file()
    assert runner.summary.read_text().startswith("## BatchNormalization: ")


def act(runner: Machine, workspace: Path, **inputs: str) -> tuple[list[Ran], dict[str, str]]:
    """action.yml in a checkout, with its defaults but for ``inputs``."""
    action = read(ACTION)
    given = {name: one["default"] for name, one in action["inputs"].items()}
    given |= {name.replace("_", "-"): value for name, value in inputs.items()}
    context = {f"inputs.{name}": value for name, value in given.items()}
    context["github.action_path"] = str(ROOT)
    return runner.run(action["runs"]["steps"], workspace, context, {}), context


def test_the_action_with_its_defaults_takes_the_installed_tensorflow(runner: Machine, tmp_path: Path) -> None:
    done, context = act(runner, checkout(tmp_path / "source"))
    assert all(one.code == 0 for one in done), told(done)
    assert f"TensorFlow {TENSORFLOW}" in told(done)
    assert context["steps.compare.outputs.code"] == "0"
    kept = runner.artifacts["batchnorm-harness"]
    assert sorted(path.name for path in kept.iterdir()) == ["junit.xml", "report.md", "run.json", "site"]


def test_the_action_is_a_migration_gate(runner: Machine, tmp_path: Path) -> None:
    source = checkout(tmp_path / "source")
    asked = {"tensorflow": TENSORFLOW, "keras": version("keras"), "runners": "tf1 keras", "fail_on": "difference"}
    done, _ = act(runner, source, **asked, select="flags/seed-article", artifact="")
    assert [(one.name, one.code) for one in done if one.code] == [("Give the verdict", 1)], told(done)
    assert "keras differs from tf1 otherwise than expected in 2 of 4 cases" in told(done)
    assert "--fail-on difference: 2 differences not expected" in runner.summary.read_text()
    assert runner.artifacts == {}


def test_what_a_user_gives_the_action_is_never_run(runner: Machine, tmp_path: Path) -> None:
    source = checkout(tmp_path / "source")
    evil = "$(touch owned) `touch owned`; touch owned #"
    # A folder of golden files that is not there holds nothing; names are looked for.
    codes = {"golden": 4, "select": 3}
    for name in ("scenarios", "golden", "select", "tensorflow", "keras", "runners", "baseline", "fail_on"):
        done, _ = act(runner, source, **{name: evil, "artifact": ""})
        assert done[-1].name == "Give the verdict"
        assert done[-1].code == codes.get(name, 2), (name, told(done))
    assert not list(tmp_path.rglob("owned"))
