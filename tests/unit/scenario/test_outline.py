"""What is remembered of a scenario folder is what loading it shows, and only while nothing has changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import InvalidScenario
from harness.scenario import choose, load_all, outlined
from harness.scenario.files import find
from harness.scenario.outline import outline, remembered

TEXT = """\
title: A
why: B.
tags: [some]
input: [[1, 2], [3, 4]]
sweep: {training: [true, false]}
"""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache folder."""
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A scenario folder with two scenarios."""
    folder = tmp_path / "scenarios"
    folder.mkdir()
    for name in ("one", "two"):
        (folder / f"{name}.yaml").write_text(TEXT)
    return folder


@pytest.mark.usefixtures("cache")
def test_what_is_remembered_is_what_loading_shows(root: Path) -> None:
    assert remembered(root) is None
    assert outlined(root) == remembered(root) == tuple(outline(one) for one in load_all(find(root), root))


@pytest.mark.usefixtures("cache")
def test_a_run_over_everything_is_remembered_too(root: Path) -> None:
    chosen = choose(root, keyword="training=true")
    assert [len(one.cases) for one in chosen] == [1, 1]
    assert remembered(root) == tuple(outline(one) for one in load_all(find(root), root))


@pytest.mark.usefixtures("cache")
def test_selecting_from_what_is_remembered(root: Path) -> None:
    fresh = outlined(root, ["one"], "training=false", ["some"], ["tf1"])
    outlined(root)
    assert outlined(root, ["one"], "training=false", ["some"], ["tf1"]) == fresh
    assert [one.cases for one in fresh] == [("one[training=false]",)]


@pytest.mark.usefixtures("cache")
def test_a_part_is_not_remembered(root: Path) -> None:
    (root / "two.yaml").write_text("nonsense: 1")
    outlined(root, ["one"])
    choose(root, ["one"])
    assert remembered(root) is None


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize("path", ["one.yaml", "three.yaml", "data.npy"])
def test_a_changed_file_is_loaded_again(root: Path, path: str) -> None:
    outlined(root)
    (root / path).write_text(TEXT.replace("true, false", "true"))
    assert remembered(root) is None


@pytest.mark.usefixtures("cache")
def test_a_mistake_is_found_in_a_remembered_folder(root: Path) -> None:
    outlined(root)
    (root / "two.yaml").write_text(TEXT.replace("why", "wyh"))
    with pytest.raises(InvalidScenario, match=r"two\.yaml:2:1"):
        outlined(root)


@pytest.mark.parametrize("held", ["", "{}", "[]", '{"key": 1}', "\xff"])
def test_a_broken_memory_is_as_good_as_none(root: Path, cache: Path, held: str) -> None:
    known = outlined(root)
    (path,) = (cache / "outlines").iterdir()
    path.write_text(held, encoding="latin-1")
    assert remembered(root) is None
    assert outlined(root) == known


def test_a_cache_that_cannot_be_written_is_as_good_as_none(root: Path, cache: Path) -> None:
    cache.write_text("a file")
    assert len(outlined(root)) == 2
    assert remembered(root) is None


def test_old_memories_go(tmp_path: Path, cache: Path) -> None:
    for number in range(20):
        root = tmp_path / str(number)
        root.mkdir()
        (root / "one.yaml").write_text(TEXT)
        outlined(root)
    assert len(list((cache / "outlines").iterdir())) == 16
    assert remembered(tmp_path / "19") is not None
