"""The shipped scenarios are what the linter wants scenarios to be; no TensorFlow, but a thousand predictions."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.cli import main

ROOT = Path(__file__).resolve().parents[2]


def test_nothing_is_found_in_what_is_shipped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    code = main(["lint"])
    out = capsys.readouterr().out
    assert out.endswith(" rules: nothing found\n"), out
    assert code == 0
