"""pytest itself, run beside or inside: what it collects and imports. Nothing here runs a case."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

# What pytest imports while it runs inside a test is forgotten afterwards, and NumPy cannot be imported twice.
import harness.testing.plugin  # noqa: F401

pytest_plugins = ["pytester"]

SCENARIO = """\
title: A title
why: It is collected.
tags: [small, well-known]
input: {values: [[1, 2], [3, 4]]}
sweep: {trainable: [true, false]}
"""
IMPORTED = """\
import sys

def pytest_unconfigure(config):
    names = sorted(name for name in sys.modules if name.partition(".")[0] in ("harness", "pydantic", "tensorflow"))
    print("imported:", *names)
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> Path:
    folder = pytester.path / "scenarios" / "flags"
    folder.mkdir(parents=True)
    (folder / "mine.yaml").write_text(SCENARIO)
    (pytester.path / "settings.yaml").write_text("not: a scenario")
    (pytester.path / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers -p no:cacheprovider\n")
    (pytester.path / "test_own.py").write_text("def test_own(): pass\n")
    return pytester.path


def imported(project: Path, *words: str) -> tuple[str, set[str]]:
    """What a pytest of its own prints, and what it has imported of the harness. It finds the plugin by itself."""
    (project / "conftest.py").write_text(IMPORTED)
    command = [sys.executable, "-m", "pytest", "-q", ".", *words]
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_PLUGINS"}
    ran = subprocess.run(command, cwd=project, capture_output=True, text=True, check=True, env=environment)
    [line] = [line for line in ran.stdout.splitlines() if line.startswith("imported:")]
    return ran.stdout, set(line.split()[1:])


def test_without_the_option_nothing_of_it_is_imported_nor_collected(project: Path) -> None:
    said, names = imported(project)
    assert "1 passed" in said
    assert names == {"harness", "harness.pytest_plugin"}


def test_collecting_imports_no_tensorflow(project: Path) -> None:
    said, names = imported(project, "--harness", "--collect-only")
    assert said.splitlines()[:5] == [
        "scenarios/flags/mine.yaml::tf1[trainable=true]",
        "scenarios/flags/mine.yaml::tf1[trainable=false]",
        "scenarios/flags/mine.yaml::keras[trainable=true]",
        "scenarios/flags/mine.yaml::keras[trainable=false]",
        "test_own.py::test_own",
    ]
    assert "harness.testing.items" in names
    assert "tensorflow" not in names


@pytest.mark.parametrize(
    ("words", "left"),
    [
        (["-k", "trainable-false and tf1"], ["tf1[trainable=false]"]),
        (["-m", "well-known and small", "-k", "keras"], ["keras[trainable=true]", "keras[trainable=false]"]),
        (["--harness-runner", "shim", "-k", "true"], ["shim[trainable=true]"]),
    ],
)
@pytest.mark.usefixtures("project")
def test_what_is_selected(pytester: pytest.Pytester, words: list[str], left: list[str]) -> None:
    ran = pytester.runpytest_inprocess("--harness", "--collect-only", "-q", "scenarios", *words)
    assert [line.partition("::")[2] for line in ran.outlines if "::" in line] == left


def test_a_scenario_that_is_none_is_an_error_with_its_place(project: Path, pytester: pytest.Pytester) -> None:
    (project / "scenarios" / "flags" / "mine.yaml").write_text(SCENARIO + "momentum: 0.9\n")
    ran = pytester.runpytest_inprocess("--harness", "scenarios")
    assert ran.ret == pytest.ExitCode.INTERRUPTED
    assert "scenarios/flags/mine.yaml:6:1: unknown key 'momentum'" in ran.outlines
    assert "Traceback" not in str(ran.stdout)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--harness-runner", "keraz"], "--harness-runner: must be one of tf1, keras,"),
        (["--harness-timeout", "0"], "argument --harness-timeout: must be a positive number of seconds, got '0'"),
    ],
)
def test_wrong_options(pytester: pytest.Pytester, words: list[str], said: str) -> None:
    ran = pytester.runpytest_inprocess("--harness", *words)
    assert ran.ret == pytest.ExitCode.USAGE_ERROR
    assert said in str(ran.stderr)
