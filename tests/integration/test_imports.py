"""What a process of its own imports, and what it does not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from harness.scenario import outlined

ROOT = Path(__file__).resolve().parents[2]
SCENARIO = "title: A\nwhy: B.\ntags: [some]\ninput: [[1, 2], [3, 4]]\nsweep: {training: [true, false]}\n"


def test_importing_harness_imports_nothing_heavy() -> None:
    code = "import sys, harness; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    names = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "harness" in names
    assert {"numpy", "pydantic", "yaml", "tabulate", "tensorflow"}.isdisjoint(names)


def test_a_matrix_needs_no_tensorflow() -> None:
    code = "import sys, harness.cli as c; c.main(['matrix', '-k', 'nothing']); sys.exit('tensorflow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "matches none of" in done.stderr


def test_listing_what_is_remembered_imports_neither_numpy_nor_pydantic(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    root = tmp_path / "scenarios"
    root.mkdir()
    for name in ("one", "two"):
        (root / f"{name}.yaml").write_text(SCENARIO)
    outlined(root)
    program = (
        "import sys; from pathlib import Path; from harness.scenario import outlined\n"
        f"print(len(outlined(Path({str(root)!r}))), {{'numpy', 'pydantic', 'yaml'}} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "2 set()\n"
