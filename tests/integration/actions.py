"""Runs the steps of a workflow or an action here: their own scripts in bash, and what GitHub does around them by hand.

Replaced are what needs the network (installing packages, asking the package index) and what is GitHub's (checking
out, setting up Python, artifacts, which are copied). Everything else is done as it is written.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# Stands for `python`: installs nothing, makes environments that are this one, and knows what the index has.
_PYTHON = """\
#!/usr/bin/env bash
case "$*" in
  "-m pip install"*) echo "not installed in a test: $*" >&2; exit 0;;
  "-m venv "*) mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; ln -s '{harness}' "$3/bin/harness"; exit 0;;
  "-m harness.releases.newest") printf 'tensorflow=%s\\nkeras=%s\\n' '{tensorflow}' '{keras}'; exit 0;;
esac
exec '{python}' "$@"
"""


@dataclass(frozen=True, kw_only=True)
class Ran:
    """A step that was run: its exit code, and what it said."""

    name: str
    code: int
    said: str


@dataclass(kw_only=True)
class Machine:
    """Where the jobs of one workflow run, one after the other.

    Attributes:
        folder: for everything.
        environment: of every step.
        artifacts: what was uploaded, by name.
        summary: the job summaries, one behind the other.
    """

    folder: Path
    environment: Mapping[str, str]
    artifacts: dict[str, Path] = field(default_factory=dict)

    @property
    def summary(self) -> Path:
        return self.folder / "summary.md"

    def run(
        self, steps: Sequence[Mapping[str, Any]], workspace: Path, context: dict[str, str], job: Mapping[str, str]
    ) -> list[Ran]:
        """The steps of a job; after one that fails only those that run whatever happens.

        Args:
            steps: as the file has them.
            workspace: the checkout.
            context: what expressions are about: ``inputs.keras`` and so on; outputs of steps are added.
            job: environment of the job, as the file has it.
        """
        done: list[Ran] = []
        for step in steps:
            failed = any(one.code for one in done)
            condition = str(step.get("if", "")).removeprefix("${{").removesuffix("}}").strip()
            if (failed and "!cancelled()" not in condition) or not _holds(condition, context):
                continue
            if "uses" in step:
                self._use(step, workspace, context)
                continue
            told = {**self.environment, **_resolved({**job, **step.get("env", {})}, context)}
            done.append(self._script(step, workspace, told, context))
        return done

    def _script(
        self, step: Mapping[str, Any], workspace: Path, environment: Mapping[str, str], context: dict[str, str]
    ) -> Ran:
        output = self.folder / "output"
        output.write_text("")
        ran = subprocess.run(
            ["bash", "--noprofile", "--norc", "-euo", "pipefail", "-c", step["run"]],
            cwd=workspace,
            env={**environment, "GITHUB_OUTPUT": str(output), "GITHUB_WORKSPACE": str(workspace)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=600,
        )
        for line in output.read_text().splitlines():
            name, _, value = line.partition("=")
            context[f"steps.{step['id']}.outputs.{name}"] = value
        return Ran(name=step["name"], code=ran.returncode, said=ran.stdout)

    def _use(self, step: Mapping[str, Any], workspace: Path, context: Mapping[str, str]) -> None:
        given = _resolved(step.get("with", {}), context)
        match step["uses"].partition("@")[0]:
            case "actions/upload-artifact":
                kept = self.folder / "artifacts" / given["name"]
                shutil.copytree(workspace / given["path"], kept)
                self.artifacts[given["name"]] = kept
            case "actions/download-artifact":
                for name, kept in self.artifacts.items():
                    if name.startswith(given["pattern"].removesuffix("*")):
                        shutil.copytree(kept, workspace / given["path"], dirs_exist_ok=True)
            case other:
                assert other in ("actions/checkout", "actions/setup-python"), f"nobody stands in for {other}"


def _resolved(given: Mapping[str, Any], context: Mapping[str, str]) -> dict[str, str]:
    """Every value with its expressions replaced; one about something unknown is a ``KeyError``."""
    return {
        name: re.sub(r"\$\{\{\s*(\S+?)\s*\}\}", lambda found: context[found[1]], str(value))
        for name, value in given.items()
    }


def _holds(condition: str, context: Mapping[str, str]) -> bool:
    """Whether every clause holds: ``!cancelled()``, ``a.b == 'x'``, ``a.b != ''``."""
    for clause in filter(None, re.split(r"\s*&&\s*", condition)):
        if clause != "!cancelled()":
            compared = re.fullmatch(r"(\S+) (==|!=) '(.*)'", clause)
            assert compared, clause
            if (context[compared[1]] == compared[3]) is not (compared[2] == "=="):
                return False
    return True


def machine(folder: Path, tensorflow: str, keras: str, cache: Path) -> Machine:
    """A machine whose ``python`` and ``harness`` are those of this test, and whose index has these releases."""
    programs = folder / "bin"
    programs.mkdir(parents=True)
    harness = Path(sys.executable).with_name("harness")
    text = _PYTHON.format(harness=harness, python=sys.executable, tensorflow=tensorflow, keras=keras)
    (programs / "python").write_text(text)
    (programs / "python").chmod(stat.S_IRWXU)
    (programs / "harness").symlink_to(harness)
    (folder / "temp").mkdir()
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "HARNESS_"))}
    made = Machine(
        folder=folder,
        environment={
            **plain,
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "HARNESS_CACHE": str(cache),
            "RUNNER_TEMP": str(folder / "temp"),
            "GITHUB_ACTIONS": "true",
            "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
        },
    )
    made.summary.touch()
    return made
