"""Writers of golden files that are killed, as real processes; tests/unit/golden/ stops them operation by operation."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def test_killing_writers_at_random_leaves_a_valid_file(tmp_path: Path) -> None:
    repository = Path(__file__).parents[2]
    command = [sys.executable, "-m", "tests.integration.kill_writers", str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(repository), "OPENBLAS_NUM_THREADS": "1"}
    ran = subprocess.run(command, cwd=repository, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    killed, _ = map(int, ran.stdout.split())
    assert killed == 20
