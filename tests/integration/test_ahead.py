"""TensorFlow is started before anything is known; whatever then ends the run, ends it too, and at once."""

from __future__ import annotations

import argparse
import contextlib
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.verbs.ahead import started_ahead
from tests.integration.processes import those_in

PROJECT = Path(__file__).with_name("project")
NEVER_IMPORTED = "import pathlib, time\npathlib.Path('began').touch()\ntime.sleep(600)\n"


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    """Where the started process keeps its files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder


@pytest.fixture
def started(temporary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A command line of the program whose TensorFlow takes ten minutes to import."""
    package = tmp_path / "packages" / "tensorflow"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(NEVER_IMPORTED)
    monkeypatch.setenv("PYTHONPATH", str(package.parent))
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.chdir(PROJECT)
    return [sys.executable, "-m", "harness"]


@pytest.mark.parametrize("verb", ["compare", "record", "show"])
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["-k", "nothing"], 3, "nothing"),
        (["no/such"], 3, "no/such"),
        (["--runner", "tf2"], 2, "--runner: must be one of"),
    ],
)
def test_a_wrong_selection_ends_what_was_started(
    started: list[str], temporary: Path, verb: str, words: list[str], code: int, said: str
) -> None:
    ran = subprocess.run([*started, verb, *words], capture_output=True, text=True, timeout=120)
    assert (ran.returncode, ran.stdout) == (code, "")
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr
    assert not those_in(temporary)
    assert not list(temporary.iterdir())


def test_an_interrupt_ends_what_was_started(started: list[str], temporary: Path) -> None:
    process = subprocess.Popen([*started, "compare"], stderr=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        deadline = time.monotonic() + 60
        while not list(temporary.glob("*/began")) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert those_in(temporary)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert stderr.decode().endswith("interrupted\n")
    assert not those_in(temporary)
    assert not list(temporary.iterdir())


@pytest.mark.parametrize("target", ["tensorflow", "keras", "pythons", "device"])
def test_nothing_is_started_that_may_not_be_what_runs(target: str) -> None:
    asked = {"tensorflow": [], "keras": [], "pythons": [], "device": "cpu", "threads": 1}
    asked[target] = "gpu" if target == "device" else ["2.15.1"]
    with started_ahead(argparse.Namespace(**asked)) as host:
        assert host is None


def test_what_is_started_ends_with_the_block(
    monkeypatch: pytest.MonkeyPatch, started: list[str], temporary: Path
) -> None:
    assert started
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    options = argparse.Namespace(tensorflow=[], keras=[], pythons=[], device="cpu", threads=1)
    with contextlib.suppress(KeyError), started_ahead(options) as host:
        assert host is not None
        assert those_in(temporary)
        raise KeyError
    assert not those_in(temporary)
