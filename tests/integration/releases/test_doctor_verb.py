"""``harness doctor`` on a machine that has next to nothing, and on this one."""

from __future__ import annotations

import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path

import pytest

from harness.cli import main
from harness.releases.interpreters import nearby_interpreter
from tests.integration.releases.conftest import World, put


def test_a_bare_machine_is_told_what_is_missing(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def none(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", none)
    (world.root / "tools" / "uv").unlink()
    (world.root / "path" / "python3.6").unlink()
    assert main(["doctor"]) == 5
    out, err = capsys.readouterr()
    assert err == ""
    assert "missing: TensorFlow: only releases named with --tf can run\n" in out
    assert "missing: uv: no environment of another release can be made\n" in out
    assert "missing: Python 3.6: TensorFlow 1.0.1 to 2.1.4 are unavailable" in out
    assert "environments  0 of 71" in out
    assert max(map(len, out.splitlines())) <= 80


def test_graphics_are_asked_of_the_driver(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    smi = world.root / "path" / "nvidia-smi"
    smi.write_text("#!/bin/sh\necho 'GPU 0: NVIDIA H100 80GB (UUID: GPU-1234)'\n")
    smi.chmod(0o755)
    main(["doctor"])
    out = capsys.readouterr().out
    assert "GPU 0: NVIDIA H100" in out
    assert "UUID" not in out
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    smi.unlink()
    main(["doctor"])
    assert "GPU 0" not in capsys.readouterr().out


def test_a_python_that_is_here_is_found_without_downloading(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    found = nearby_interpreter("3.6")
    assert found is not None
    assert found.version == "3.6.15"
    assert nearby_interpreter("3.8") is None
    assert world.calls("python install") == []
    put("python", world.root / "uv/python")
    monkeypatch.setenv("FAKE_UV_PYTHON", str(world.root / "uv/python"))
    (world.root / "path" / "python3.6").unlink()
    found = nearby_interpreter("3.6")
    assert found is not None
    assert found.path == world.root / "uv/python"
    assert world.calls("python install") == []


def test_this_machine_is_looked_at_quickly_and_without_tensorflow(tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("harness")
    took = []
    for _ in range(3):
        began = time.perf_counter()
        ran = subprocess.run([program, "doctor"], cwd=tmp_path, capture_output=True, text=True, check=False)
        took.append(time.perf_counter() - began)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"TensorFlow    {metadata.version('tensorflow')}" in ran.stdout
    assert ran.stdout.endswith("summary: harness compare can run\n")
    # The best of them: a busy machine is no fault of ours.
    assert min(took) < 2
    code = "import sys; from harness.diagnosis import diagnosis; diagnosis(); sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
