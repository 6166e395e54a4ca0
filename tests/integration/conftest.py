"""A project of a user's own, recorded once on the installed TensorFlow."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.cli import main

PROJECT = Path(__file__).with_name("project")


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with golden files of every scenario, for all runners; not to be written to."""
    folder = tmp_path_factory.mktemp("recorded") / "project"
    shutil.copytree(PROJECT, folder)
    runners = [word for runner in ("tf1", "keras", "tf_keras") for word in ("--runner", runner)]
    roots = ["--scenarios", str(folder / "scenarios"), "--golden", str(folder / "golden")]
    assert main(["record", "-q", *runners, *roots]) == 0
    return folder


@pytest.fixture
def project(recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the recorded project as the working directory."""
    folder = tmp_path / "project"
    shutil.copytree(recorded, folder)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def harness(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run the command line: (exit code, stdout, stderr)."""

    def run(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(words)
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.fixture(autouse=True)
def _not_on_github(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that run in a workflow are not to annotate it."""
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
