"""The worker has to run in every Python that a TensorFlow since 1.0 runs in: its syntax is that of 3.6."""

from __future__ import annotations

import ast
from pathlib import Path

WORKER = Path(__file__).resolve().parents[2] / "harness" / "worker"
FILES = sorted(WORKER.rglob("*.py"))


def problem(path: Path) -> str | None:
    """What Python 3.6 would not take of a file; to the parser, postponed annotations are an import like any other."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"), str(path), feature_version=(3, 6))
    except SyntaxError as error:
        return str(error)
    futures = [
        alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module == "__future__"
        for alias in node.names
    ]
    return "3.7 brought postponed annotations" if "annotations" in futures else None


def test_every_file_is_python_3_6() -> None:
    problems = {path.name: problem(path) for path in FILES}
    assert problems
    assert {name: what for name, what in problems.items() if what} == {}


def test_newer_syntax_is_found(tmp_path: Path) -> None:
    path = tmp_path / "new.py"
    for text in (
        "if (n := 1): pass",
        "def f(a, /): pass",
        "from __future__ import annotations",
        "match 1:\n    case 1: pass",
    ):
        path.write_text(text)
        assert problem(path), text
