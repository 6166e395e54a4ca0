from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.releases import environment
from harness.releases.catalog import Spec

FAKES = Path(__file__).parent / "fakes"


@dataclass(frozen=True, kw_only=True)
class World:
    """A machine with nothing but a fake uv and, on PATH, a fake CPython 3.6.15; ``python`` is the real one."""

    root: Path
    cache: Path
    log: Path
    python: str

    def calls(self, words: str = "") -> list[str]:
        """What uv was called with, where it starts with ``words``."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [line for line in lines if line.startswith(words)]

    def await_call(self, words: str) -> None:
        """Return as soon as uv was called with ``words``."""
        deadline = time.monotonic() + 10
        while not self.calls(words):
            assert time.monotonic() < deadline, f"uv was never called with {words!r}"
            time.sleep(0.01)

    def envs(self) -> list[str]:
        """What lies in the cache folder under a visible name, or is left of a half-made one."""
        folder = environment.cache_folder()
        return sorted(path.name for path in folder.iterdir() if path.name != ".locks") if folder.exists() else []


def put(fake: str, *places: Path) -> None:
    for place in places:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(FAKES / fake)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    real = sys.executable
    tools, path = tmp_path / "tools", tmp_path / "path"
    put("uv", tools / "uv")
    put("python", path / "python3.6")
    monkeypatch.setattr(sys, "executable", str(tools / "python"))
    monkeypatch.setenv("PATH", f"{path}:/usr/bin:/bin")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("FAKE_UV_LOG", str(tmp_path / "uv.log"))
    monkeypatch.setenv("FAKE_PYTHON", str(path / "python3.6"))
    for name in ("FAKE_UV_FAILS", "FAKE_UV_SECONDS", "FAKE_UV_PYTHON", "FAKE_VERSION", "FAKE_IMPORT_FAILS"):
        monkeypatch.delenv(name, raising=False)
    return World(root=tmp_path, cache=tmp_path / "cache", log=tmp_path / "uv.log", python=real)


@pytest.fixture
def spec() -> Spec:
    return Spec(
        tensorflow="1.0.1",
        keras=None,
        tf_keras=None,
        name="1.0.1",
        python="3.6",
        requirements=("numpy==1.14.5", "tensorflow==1.0.1"),
        overrides=(),
        complete=True,
    )
