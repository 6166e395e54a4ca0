from pathlib import Path

import pytest

from harness.lint.tolerance_without_reason import RULE
from tests.unit.lint.folders import BODY, found, write


def with_reason(reason: str) -> str:
    return f"{BODY}tolerance:\n  output: {{atol: 1e-3}}\n  reason: {reason}\n"


def test_no_tolerance_needs_no_reason(tmp_path: Path) -> None:
    write(tmp_path, "topic/name")
    assert found(tmp_path, RULE) == []


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        ("oneDNN sums bfloat16 products in blocks of 64", None),
        ("TODO", "reason holds a place and gives no reason, got 'TODO'"),
        ("because", "reason holds a place and gives no reason, got 'because'"),
        ("flaky in CI", "reason must have at least 5 words, got 3"),
    ],
)
def test_a_reason_says_something(tmp_path: Path, reason: str, message: str | None) -> None:
    write(tmp_path, "topic/name", with_reason(reason))
    assert found(tmp_path, RULE) == ([f"topic/name.yaml:8:11: {message}"] if message else [])
