"""upgrade.yml and action.yml: least permissions, pinned actions, nothing of a user's in a shell script."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.house.workflows import ACTION, ROOT, WORKFLOW, read

BOTH = (WORKFLOW, ACTION)
# YAML 1.1 reads the key `on` as true.
ON = True

Step = Mapping[str, Any]


def jobs(path: Path) -> Mapping[str, list[Step]]:
    """The steps of every job; an action has one."""
    data = read(path)
    if "runs" in data:
        return {"": data["runs"]["steps"]}
    return {name: job["steps"] for name, job in data["jobs"].items()}


def steps(path: Path) -> Iterator[Step]:
    for of_job in jobs(path).values():
        yield from of_job


def expressions(value: Any) -> Iterator[str]:
    """What stands between ``${{`` and ``}}`` anywhere in ``value``."""
    if isinstance(value, Mapping):
        for part in value.values():
            yield from expressions(part)
    elif isinstance(value, list):
        for part in value:
            yield from expressions(part)
    elif isinstance(value, str):
        yield from re.findall(r"\$\{\{\s*(.*?)\s*\}\}", value)


def test_the_workflow_runs_on_schedule_and_on_demand() -> None:
    on = read(WORKFLOW)[ON]
    assert set(on) == {"schedule", "workflow_dispatch"}
    assert re.fullmatch(r"\d+ \d+ \* \* \d", on["schedule"][0]["cron"])
    assert set(on["workflow_dispatch"]["inputs"]) == {"tensorflow", "keras"}


def test_it_may_read_the_repository_and_nothing_else() -> None:
    workflow = read(WORKFLOW)
    assert workflow["permissions"] == {"contents": "read"}
    assert not any("permissions" in job for job in workflow["jobs"].values())
    for path in BOTH:
        assert "secrets" not in path.read_text(encoding="utf-8").lower()


def test_every_job_ends_in_time_and_every_step_has_a_name() -> None:
    for job in read(WORKFLOW)["jobs"].values():
        assert job["name"]
        assert 5 <= job["timeout-minutes"] <= 60
    for path in BOTH:
        assert all(step["name"] for step in steps(path))


def test_a_nightly_that_breaks_does_not_break_the_workflow() -> None:
    found = {name: job.get("continue-on-error", False) for name, job in read(WORKFLOW)["jobs"].items()}
    assert found == {"newest": False, "compare": False, "report": False, "nightly": True}
    assert "nightly" not in read(WORKFLOW)["jobs"]["report"]["needs"]


@pytest.mark.parametrize("path", BOTH, ids=lambda path: path.name)
def test_actions_are_pinned(path: Path) -> None:
    used = [step["uses"] for step in steps(path) if "uses" in step]
    assert used
    for name in used:
        assert re.fullmatch(r"actions/[a-z-]+@(v\d+|[0-9a-f]{40})", name), name


@pytest.mark.parametrize("path", BOTH, ids=lambda path: path.name)
def test_scripts_get_everything_through_the_environment(path: Path) -> None:
    scripts = [step["run"] for step in steps(path) if "run" in step]
    assert scripts
    for script in scripts:
        assert "${{" not in script
        # A variable outside of quotes is split and expanded: only names that are meant to be split are.
        bare = re.sub(r'"[^"]*"|\'[^\']*\'|#.*', "", script)
        assert set(re.findall(r"\$\{?(\w+)", bare)) <= {"SELECT", "RUNNERS", "code"}
        assert "eval" not in script


@pytest.mark.parametrize("path", BOTH, ids=lambda path: path.name)
def test_scripts_are_bash(path: Path) -> None:
    for step in steps(path):
        if "run" in step:
            subprocess.run(["bash", "-n"], input=step["run"], text=True, check=True)
    if path == ACTION:
        assert all(step["shell"] == "bash" for step in steps(path) if "run" in step)
    else:
        assert read(path)["defaults"]["run"]["shell"] == "bash"


def known(path: Path) -> Iterator[tuple[Step, set[str]]]:
    """Every step with the names that its expressions can be about."""
    data = read(path)
    inputs = data["inputs"] if path == ACTION else data[ON]["workflow_dispatch"]["inputs"]
    everywhere = {f"inputs.{name}" for name in inputs} | {f"env.{name}" for name in data.get("env", {})}
    everywhere |= {"github.action_path", "strategy.job-total", "matrix.shard"}
    for name, job in data.get("jobs", {}).items():
        everywhere |= {f"needs.{name}.outputs.{output}" for output in job.get("outputs", {})}
    for of_job in jobs(path).values():
        before: set[str] = set()
        for step in of_job:
            yield step, everywhere | before
            written = re.findall(r".*(?:GITHUB_OUTPUT|newest\.txt).*", step.get("run", ""))
            outputs = re.findall(r"(\w+)=", " ".join(written).replace(r"\n", " "))
            before |= {f"steps.{step.get('id')}.outputs.{output}" for output in outputs}


@pytest.mark.parametrize("path", BOTH, ids=lambda path: path.name)
def test_expressions_name_what_there_is(path: Path) -> None:
    for step, names in known(path):
        for expression in expressions(step):
            told = re.findall(r"\b[a-z]+(?:\.[\w-]+)+", re.sub(r"'[^']*'", "", expression))
            assert set(told) <= names, (step["name"], expression)


def test_what_a_job_needs_is_a_job_before_it() -> None:
    seen: set[str] = set()
    for name, job in read(WORKFLOW)["jobs"].items():
        needs = job.get("needs", [])
        assert set([needs] if isinstance(needs, str) else needs) <= seen
        seen.add(name)


def test_every_input_of_the_action_is_described_and_used() -> None:
    inputs = read(ACTION)["inputs"]
    used = " ".join(expressions(read(ACTION)))
    for name, one in inputs.items():
        assert one["description"].endswith("."), name
        assert "default" in one, name
        assert f"inputs.{name}" in used


def test_the_readme_shows_five_lines_with_inputs_that_there_are() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(r"((?:^    .*\n)*^    - uses: \S+/batchnorm-harness@v\d+\n(?:^    .*\n)*)", readme, re.MULTILINE)
    assert found
    assert len(found[1].splitlines()) == 5
    (step,) = yaml.safe_load(found[1])
    assert set(step["with"]) <= set(read(ACTION)["inputs"])
