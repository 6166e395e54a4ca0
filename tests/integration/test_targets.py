"""What any interpreter has, asked of real ones."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness.errors import ReleaseUnavailable
from harness.targets import probed_interpreter


@pytest.fixture
def venv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An interpreter that finds packages in a folder of the test."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path


def test_any_interpreter_says_what_it_has(venv: Path) -> None:
    (venv / "tf_nightly_cpu-2.99.0.dev20261101.dist-info").mkdir()
    (venv / "Keras-9.8.7.dist-info").mkdir()
    python = Path(sys.base_prefix) / "bin" / "python3"
    found = probed_interpreter(python)
    assert (found.python, found.tensorflow, found.keras) == (python, "2.99.0.dev20261101", "9.8.7")


@pytest.mark.usefixtures("venv")
def test_an_interpreter_without_tensorflow_is_unavailable() -> None:
    with pytest.raises(ReleaseUnavailable, match="there is no TensorFlow in this Python"):
        probed_interpreter(Path(sys.base_prefix) / "bin" / "python3")


def test_no_interpreter_at_all_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(ReleaseUnavailable, match=r"cannot be asked what it has: .*No such file"):
        probed_interpreter(tmp_path / "python")
