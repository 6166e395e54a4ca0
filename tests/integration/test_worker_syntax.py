"""The worker compiles on the oldest Pythons that it runs in, where there is one; tests/house/ checks its syntax."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

WORKER = Path(__file__).resolve().parents[2] / "harness" / "worker"
FILES = sorted(WORKER.rglob("*.py"))
OLD = ("3.6", "3.7")
COMPILE = "import sys; [compile(open(f, encoding='utf-8').read(), f, 'exec') for f in sys.argv[1:]]"


def is_python(path: str, series: str) -> bool:
    """Whether ``path`` starts, and is of that series: a pyenv shim may do neither."""
    asked = [path, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    try:
        done = subprocess.run(
            asked, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=20, check=False
        )
    except OSError:
        return False
    return done.returncode == 0 and done.stdout.strip() == series


@cache
def find_python(series: str) -> str | None:
    """A real interpreter of ``series``, from PYENV_ROOT or PATH."""
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [str(path / "bin" / "python") for path in sorted(versions.glob(f"{series}.*"))]
    on_path = shutil.which(f"python{series}")
    return next((path for path in [*candidates, *([on_path] if on_path else [])] if is_python(path, series)), None)


@pytest.mark.parametrize("series", OLD)
def test_compiles_on_the_real_interpreter(series: str) -> None:
    python = find_python(series)
    if python is None:
        pytest.skip(f"no Python {series} in PYENV_ROOT/versions or on PATH")
    done = subprocess.run(
        [python, "-c", COMPILE, *map(str, FILES)], stderr=subprocess.PIPE, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
