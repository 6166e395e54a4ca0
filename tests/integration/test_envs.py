"""Environments for real: with the real uv, but never with the network."""

from __future__ import annotations

import base64
import hashlib
import platform
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from harness.errors import ReleaseUnavailable
from harness.releases.catalog import Spec, catalog
from harness.releases.environment import check, ensure, find, remove
from harness.releases.uv import uv_command

SERIES = "{}.{}".format(*sys.version_info)


def wheel(folder: Path, name: str, version: str) -> None:
    """A package that can be imported and tells its version."""
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}/__init__.py": f"__version__ = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},sha256={_digest(text)},{len(text)}\n" for path, text in files.items())
    files[f"{info}/RECORD"] = record + f"{info}/RECORD,,\n"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Spec:
    try:
        uv_command()
    except ReleaseUnavailable as error:
        pytest.skip(str(error))
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    wheel(wheels, "tensorflow", "1.0.1")
    wheel(wheels, "numpy", "1.14.5")
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    monkeypatch.setenv("UV_FIND_LINKS", str(wheels))
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    return Spec(
        tensorflow="1.0.1",
        keras=None,
        tf_keras=None,
        name="1.0.1",
        python=SERIES,
        requirements=("numpy==1.14.5", "tensorflow==1.0.1"),
        overrides=(),
        complete=True,
    )


def test_uv_makes_one_that_works_from_where_it_ends_up(spec: Spec, capsys: pytest.CaptureFixture[str]) -> None:
    made = ensure(spec, print)
    assert made.versions == {"python": platform.python_version(), "tensorflow": "1.0.1", "numpy": "1.14.5"}
    where = subprocess.run(
        [made.python, "-c", "import sys, tensorflow; print(sys.prefix, tensorflow.__file__)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert all(word.startswith(str(made.folder)) for word in where.split())
    assert list(made.folder.glob("lib/python*/site-packages/tensorflow/__pycache__/*.pyc"))
    assert find(spec) == made
    assert check(made, spec) == []
    remove(made, print)
    assert find(spec) is None
    assert "1.0.1: installing" in capsys.readouterr().out


def test_uv_says_why_one_cannot_be_made(spec: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UV_FIND_LINKS")
    with pytest.raises(
        ReleaseUnavailable, match=r"(?s)1\.0\.1: could not be installed; the last that uv said:.*numpy was not found"
    ):
        ensure(spec, print)
    assert find(spec) is None


@pytest.mark.parametrize("name", ["1.0.1", "2.1.4", "2.21.0+keras-3.0.5"])
def test_a_real_release_imports_as_what_it_says(name: str) -> None:
    (spec,) = (spec for spec in catalog().specs() if spec.name == name)
    environment = find(spec)
    if environment is None:
        pytest.skip(f"{name} is not made on this machine: harness envs create {name}")
    assert check(environment, spec) == []
