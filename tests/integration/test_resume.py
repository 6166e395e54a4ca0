"""An interrupted recording of several targets keeps what is done, and the same command goes on from there."""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness import golden
from harness.journal import FILE

COMMAND = ["record", "flags/frozen", "--runner", "keras", "--python", "first", "--python", "second"]


def script(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@pytest.mark.usefixtures("project")
def test_an_interrupted_recording_goes_on(project: Path) -> None:
    python = f'exec {shlex.quote(sys.executable)} "$@"'
    script(project / "first", python)
    # Answers what it has, and then never gets ready.
    script(project / "second", f'case "$1" in -c) {python};; *) exec sleep 600;; esac')
    (project / "golden/flags/frozen.json").unlink()

    running = subprocess.Popen(
        [sys.executable, "-m", "harness", *COMMAND], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert running.stdout is not None
    for line in running.stdout:
        if "4 new" in line and "behaviours" in line:
            break
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=30)
    assert running.returncode == 130, err
    assert golden.read(project / "golden", "flags/frozen") is not None
    assert (project / "golden" / FILE).exists()

    script(project / "second", python)
    again = subprocess.run([sys.executable, "-m", "harness", *COMMAND], capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    assert "going on from the interrupted run: 1 of 2 are recorded" in again.stderr
    assert "4 unchanged" in again.stdout
    assert not (project / "golden" / FILE).exists()
    assert golden.check(project / "golden") == []
