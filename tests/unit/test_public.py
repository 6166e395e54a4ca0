"""What ``import harness`` gives a test of one's own."""

from __future__ import annotations

import pytest

import harness
from harness.checking import check
from harness.compare import exit_code
from harness.report.plain import report_text


def test_the_public_functions() -> None:
    assert harness.check is check
    assert harness.exit_code is exit_code
    assert harness.report_text is report_text
    assert set(harness.__all__) == {"__version__", "check", "exit_code", "report_text"}


def test_there_is_nothing_else() -> None:
    with pytest.raises(AttributeError, match="module 'harness' has no attribute 'chekc'"):
        harness.chekc  # type: ignore[attr-defined]  # noqa: B018
