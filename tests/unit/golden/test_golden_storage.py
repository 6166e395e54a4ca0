import os
import threading
from pathlib import Path

import pytest

from harness.golden import GoldenFile, golden_path, locked, read, scenario_names, sidecar_path, write
from tests.unit.golden.samples import golden_of

SMALL, BIG, OTHER = golden_of(1.0), golden_of(1.0, 2.0, size=600), golden_of(2.0, 3.0, size=600)
EMPTY = GoldenFile(scenario="flags/x", cases={})


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize(("old", "new"), [(SMALL, BIG), (BIG, OTHER), (BIG, SMALL), (None, BIG), (OTHER, EMPTY)])
def test_a_kill_at_any_moment_leaves_the_old_or_the_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: GoldenFile | None, new: GoldenFile
) -> None:
    """Every state of the disk between two operations: ends at the first fsync, then at the second, ..."""
    sync, kills = os.fsync, 0
    for moment in range(20):
        root = tmp_path / str(moment)
        if old is not None:
            write(root, old)
        left = moment

        def kill(descriptor: int) -> None:
            nonlocal left
            if left == 0:
                raise Killed
            left -= 1
            sync(descriptor)

        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", kill)
            try:
                write(root, new)
                done = True
            except Killed:
                done = False
        found = read(root, "flags/x")
        assert found in (old, None if new is EMPTY else new)
        if done:
            break
        kills += 1
        write(root, new)
        assert read(root, "flags/x") == (None if new is EMPTY else new)
    else:
        pytest.fail("never came to an end")
    assert kills >= 2


def test_an_unchanged_file_is_not_touched(tmp_path: Path) -> None:
    assert write(tmp_path, BIG)
    paths = [golden_path(tmp_path, "flags/x"), sidecar_path(tmp_path, "flags/x")]
    before = [path.stat() for path in paths]
    assert not write(tmp_path, BIG)
    assert [(a.st_ino, a.st_mtime_ns) for a in before] == [
        (path.stat().st_ino, path.stat().st_mtime_ns) for path in paths
    ]


def test_a_golden_without_cases_has_no_files(tmp_path: Path) -> None:
    write(tmp_path, BIG)
    assert write(tmp_path, EMPTY)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert not write(tmp_path, EMPTY)


def test_scenario_names_see_through_what_a_kill_leaves(tmp_path: Path) -> None:
    write(tmp_path, golden_of(1.0, scenario="shapes/rank"))
    write(tmp_path, BIG)
    (tmp_path / "provenance.json").write_text("{}")
    golden_path(tmp_path, "flags/x").with_name(".y.json.tmp").write_text("{")
    assert scenario_names(tmp_path) == ["flags/x", "shapes/rank"]
    assert scenario_names(tmp_path / "nowhere") == []


def test_one_recorder_at_a_time(tmp_path: Path) -> None:
    root, order = tmp_path / "golden", []
    started = threading.Event()

    def second() -> None:
        started.set()
        with locked(root):
            order.append("second")

    thread = threading.Thread(target=second)
    with locked(root):
        thread.start()
        started.wait()
        thread.join(timeout=0.05)
        assert thread.is_alive()
        order.append("first")
    thread.join(timeout=10)
    assert order == ["first", "second"]
    assert list(root.iterdir()) == []
