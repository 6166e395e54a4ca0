from __future__ import annotations

from pathlib import Path

import pytest

from harness.cli import main
from harness.report.run_model import run_schema_text
from harness.scenario.schema import schema_text


def test_it_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert capsys.readouterr() == (schema_text(), "")


def test_that_of_a_run_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "--run"]) == 0
    assert capsys.readouterr() == (run_schema_text(), "")


def test_it_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "schema.json"
    assert main(["schema", "--output", str(file)]) == 0
    assert capsys.readouterr() == ("", "")
    assert file.read_bytes() == schema_text().encode("ascii")


def test_where_it_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["schema", "--output", "none/schema.json"]) == 2
    assert capsys.readouterr().err == "--output none/schema.json: cannot be written: No such file or directory\n"
