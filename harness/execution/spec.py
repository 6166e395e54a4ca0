"""What a worker is started for, and how its end is told."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from harness.execution.isolation import gpu_index

MAIN = Path(__file__).resolve().parent.parent / "worker" / "main.py"
"""What a worker's Python is started with."""
START_SECONDS = 300.0
"""TensorFlow's first import on a slow disk takes a minute; a start is never a case's fault."""
_STDERR_TAIL_BYTES = 8192
_STDERR_TAIL_LINES = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerSpec:
    """Which Python to start and what for.

    Attributes:
        python: the interpreter that has TensorFlow.
        runners: what this worker executes.
        legacy_keras: start with TF_USE_LEGACY_KERAS=1.
        eager: switch a TensorFlow 1.x to eager execution.
        device: ``cpu``, ``gpu`` or ``gpu:N``.
        threads: for TensorFlow's pools.
    """

    python: Path
    runners: tuple[str, ...]
    legacy_keras: bool
    eager: bool
    device: str
    threads: int


class WorkerLost(Exception):
    """The worker ended although it was asked something.

    Attributes:
        cause: ``SIGKILL``, ``exit code 1``, or ``deadline``.
        stderr: the end of what it said.
    """

    def __init__(self, cause: str, stderr: str) -> None:
        super().__init__(f"worker lost: {cause}")
        self.cause = cause
        self.stderr = stderr


def setup_of(spec: WorkerSpec) -> dict[str, Any]:
    """The setup that a worker is given, see harness/worker/serve.py."""
    # CUDA_VISIBLE_DEVICES shows the worker one GPU only, which is then its number 0.
    device = "cpu:0" if gpu_index(spec.device) is None else "gpu:0"
    return {"runners": spec.runners, "device": device, "threads": spec.threads, "eager": spec.eager}


def cause_of_death(code: int) -> str:
    """What a process died of: ``SIGKILL``, ``exit code 1``."""
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def tail(file: IO[bytes]) -> str:
    """The last lines of a file that a process writes to."""
    end = file.seek(0, os.SEEK_END)
    file.seek(max(0, end - _STDERR_TAIL_BYTES))
    text = file.read().decode("utf-8", errors="replace")
    return "\n".join(text.splitlines()[-_STDERR_TAIL_LINES:])
