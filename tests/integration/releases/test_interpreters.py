from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import ReleaseUnavailable
from harness.releases.interpreters import find_interpreter, probe
from tests.integration.releases.conftest import World, put


def test_one_on_path_is_taken_before_pyenv_and_uv(world: World) -> None:
    put("python", world.root / "pyenv/versions/3.6.14/bin/python")
    found = find_interpreter("3.6")
    assert (found.path, found.version) == (world.root / "path/python3.6", "3.6.15")
    assert world.calls() == []


def test_a_shim_that_runs_nothing_is_passed_over(world: World) -> None:
    shim = world.root / "path/python3.6"
    shim.unlink()
    shim.write_text("#!/bin/sh\necho 'pyenv: python3.6: command not found' >&2\nexit 127\n")
    shim.chmod(0o755)
    put("python", world.root / "pyenv/versions/3.6.15/bin/python")
    assert find_interpreter("3.6").path == world.root / "pyenv/versions/3.6.15/bin/python"


def test_the_newest_of_pyenv_is_tried_first(world: World) -> None:
    (world.root / "path/python3.6").unlink()
    for version in ("3.6.9", "3.6.15", "3.6-dev"):
        put("python", world.root / f"pyenv/versions/{version}/bin/python")
    assert find_interpreter("3.6").path == world.root / "pyenv/versions/3.6.15/bin/python"


@pytest.mark.parametrize(("variable", "value"), [("FAKE_VERSION", "3.7.1"), ("FAKE_IMPLEMENTATION", "PyPy")])
def test_a_name_is_not_believed(world: World, monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ReleaseUnavailable):
        find_interpreter("3.6")
    assert world.calls("python install")


def test_one_that_uv_knows(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    (world.root / "path/python3.6").unlink()
    put("python", world.root / "uv/python")
    monkeypatch.setenv("FAKE_UV_PYTHON", str(world.root / "uv/python"))
    assert find_interpreter("3.6").path == world.root / "uv/python"
    assert world.calls("python install") == []


def test_one_that_uv_downloads(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    (world.root / "path/python3.6").unlink()
    put("python", world.root / "uv/python")
    monkeypatch.setenv("FAKE_UV_PYTHON", str(world.root / "uv/python"))
    monkeypatch.setenv("FAKE_UV_FAILS", "--no-python-downloads --no-project 3.6")
    with pytest.raises(ReleaseUnavailable, match="it said nothing"):
        find_interpreter("3.6")
    assert world.calls() == [
        "python find --no-python-downloads --no-project 3.6",
        "python find --managed-python --no-python-downloads --no-project 3.6",
        "python install 3.6",
        "python find --managed-python --no-python-downloads --no-project 3.6",
    ]


def test_none_at_all_says_what_uv_said_and_how_to_get_one(world: World) -> None:
    (world.root / "path/python3.6").unlink()
    with pytest.raises(ReleaseUnavailable) as caught:
        find_interpreter("3.6", place="1.0.1")
    assert str(caught.value).startswith("1.0.1: needs CPython 3.6")
    assert "No download found" in str(caught.value)
    assert "pyenv install 3.6" in str(caught.value)


def test_of_a_virtual_environment_the_interpreter_under_it(tmp_path: Path) -> None:
    import subprocess
    import sys

    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv")], check=True)
    found = probe(tmp_path / "venv/bin/python")
    assert found is not None
    assert not found.path.is_relative_to(tmp_path)
    assert found.version == ".".join(map(str, sys.version_info[:3]))
