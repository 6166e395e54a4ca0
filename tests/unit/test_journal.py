"""An interrupted recording goes on with the same command, and only with that."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.journal import FILE, Journal


def journal(root: Path, request: str = "all of it") -> Journal:
    return Journal(path=root / FILE, request=request)


def test_nothing_is_done_at_first(tmp_path: Path) -> None:
    assert journal(tmp_path).done() == frozenset()


def test_the_same_command_goes_on(tmp_path: Path) -> None:
    journal(tmp_path).write({"1.0.1", "1.1.0"})
    assert journal(tmp_path).done() == {"1.0.1", "1.1.0"}


def test_another_command_starts_anew(tmp_path: Path) -> None:
    journal(tmp_path).write({"1.0.1"})
    assert journal(tmp_path, "something else").done() == frozenset()


@pytest.mark.parametrize("broken", [b"", b"{", b"[]", b'"x"'])
def test_a_broken_journal_knows_nothing(tmp_path: Path, broken: bytes) -> None:
    (tmp_path / FILE).write_bytes(broken)
    assert journal(tmp_path).done() == frozenset()


def test_a_finished_command_leaves_nothing(tmp_path: Path) -> None:
    journal(tmp_path).write({"1.0.1"})
    journal(tmp_path).finish()
    assert list(tmp_path.iterdir()) == []
    journal(tmp_path).finish()
