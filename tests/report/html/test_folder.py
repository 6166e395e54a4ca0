"""The site's folder: replaced as a whole, never somebody else's."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import ForeignFolder
from harness.report.html.folder import MANIFEST, check, write

PLACE = "--out site"
OLD = {"index.html": b"old", "scenario/flags/a.html": b"a"}
NEW = {"index.html": b"new", "rule/b.html": b"b"}


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def told(folder: Path) -> str:
    with pytest.raises(ForeignFolder) as caught:
        check(folder, PLACE)
    return str(caught.value)


@pytest.mark.parametrize("there", [False, True])
def test_a_new_or_empty_folder_is_filled(tmp_path: Path, there: bool) -> None:
    folder = tmp_path / "deep" / "site"
    if there:
        folder.mkdir(parents=True)
    write(folder, PLACE, NEW)
    assert {name: data for name, data in content(folder).items() if name != MANIFEST} == NEW
    assert [path.name for path in folder.parent.iterdir()] == ["site"]


def test_a_site_is_replaced_as_a_whole(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    write(folder, PLACE, OLD)
    write(folder, PLACE, NEW)
    assert set(content(folder)) == {*NEW, MANIFEST}
    assert not (folder / "scenario").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_a_folder_of_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_bytes(b"years of work")
    assert f"{PLACE}: is not empty, and no site of ours: it holds thesis.txt" in told(tmp_path)
    with pytest.raises(ForeignFolder):
        write(tmp_path, PLACE, NEW)
    assert content(tmp_path) == {"thesis.txt": b"years of work"}


def test_a_file_that_was_added_to_a_site_is_not_deleted_with_it(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    write(folder, PLACE, OLD)
    (folder / "rule").mkdir()
    (folder / "rule" / "notes.txt").write_bytes(b"mine")
    assert "holds rule/notes.txt, which is no part of the site" in told(folder)


def test_a_manifest_of_somebody_else_makes_no_site(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text("files.txt\nindex.html\n")
    assert "no site of ours" in told(tmp_path)


def test_a_file_and_a_link_are_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    assert "is no folder" in told(tmp_path / "file")
    assert "is no folder" in told(tmp_path / "link")


def test_a_site_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    write(folder, PLACE, OLD)
    with pytest.raises(OSError, match=r"index\.html"):
        write(folder, PLACE, {"index.html": b"new", "index.html/inside": b""})
    assert {name: data for name, data in content(folder).items() if name != MANIFEST} == OLD
    assert [path.name for path in tmp_path.iterdir()] == ["site"]
