"""The built wheel works in a repository of somebody else's, with their scenarios, golden files and TensorFlow."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


def test_it_holds_everything_that_runs(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    here = {path.relative_to(ROOT).as_posix() for path in (ROOT / "harness").rglob("*") if path.is_file()}
    assert {name for name in here if "__pycache__" not in name} <= names
    assert not any(name.startswith(("tests/", "golden/", "scenarios/")) for name in names)


def test_it_never_moves_the_tensorflow_beside_it(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    metadata = archive.read(next(name for name in archive.namelist() if name.endswith("/METADATA"))).decode()
    needed = [line for line in metadata.splitlines() if line.startswith("Requires-Dist: ") and "extra ==" not in line]
    assert not any("tensorflow" in line or "keras" in line for line in needed)
    assert "License-Expression: Apache-2.0" in metadata


def test_it_runs_in_another_repository(wheel: Path, project: Path, tmp_path: Path) -> None:
    installed = tmp_path / "installed"
    zipfile.ZipFile(wheel).extractall(installed)
    # Found before the editable install: the harness under test is the wheel's, not this checkout's.
    program = "import harness, sys; from harness.cli import main; print(harness.__file__); sys.exit(main(sys.argv[1:]))"
    ran = subprocess.run(
        [sys.executable, "-c", program, "compare", "flags/frozen", "-q"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith(str(installed))
    assert "8 match" in ran.stdout
