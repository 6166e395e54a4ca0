"""What is remembered of a scenario folder is what loading it shows, and only while nothing has changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.errors import InvalidScenario
from harness.scenario import Scenario, choose, load, load_all, outlined
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


def known(root: Path) -> set[str]:
    """Names of the files that are remembered."""
    return {path.name for path in remembered(root, find(root))}


@pytest.mark.usefixtures("cache")
def test_what_is_remembered_is_what_loading_shows(root: Path) -> None:
    assert not known(root)
    shown = outlined(root)
    assert shown == tuple(outline(one) for one in load_all(find(root), root))
    assert remembered(root, find(root)) == {one.path: one for one in shown}


@pytest.mark.usefixtures("cache")
def test_what_is_remembered_is_not_loaded_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = outlined(root)
    (root / "two.yaml").write_text(TEXT.replace("A", "Another"))
    read: list[str] = []

    def noted(path: Path, root: Path) -> Scenario:
        read.append(path.name)
        return load(path, root)

    monkeypatch.setattr("harness.scenario.loading.load", noted)
    again = outlined(root)
    assert read == ["two.yaml"]
    assert [one.title for one in again] == ["A", "Another"]
    assert again[0] == shown[0]


@pytest.mark.usefixtures("cache")
def test_a_run_is_remembered_too(root: Path) -> None:
    chosen = choose(root, keyword="training=true")
    assert [len(one.cases) for one in chosen] == [1, 1]
    assert tuple(remembered(root, find(root)).values()) == tuple(outline(one) for one in load_all(find(root), root))


@pytest.mark.usefixtures("cache")
def test_selecting_from_what_is_remembered(root: Path) -> None:
    fresh = outlined(root, ["one"], "training=false", ["some"], ["tf1"])
    outlined(root)
    assert outlined(root, ["one"], "training=false", ["some"], ["tf1"]) == fresh
    assert [one.cases for one in fresh] == [("one[training=false]",)]


@pytest.mark.usefixtures("cache")
def test_what_is_valid_beside_a_mistake_is_remembered(root: Path) -> None:
    (root / "two.yaml").write_text("nonsense: 1")
    with pytest.raises(InvalidScenario, match=r"two\.yaml:1:1"):
        outlined(root)
    assert known(root) == {"one.yaml"}


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize(
    ("path", "left"),
    [("one.yaml", {"two.yaml"}), ("three.yaml", {"one.yaml", "two.yaml"}), ("data.npy", set())],
)
def test_a_changed_file_is_loaded_again(root: Path, path: str, left: set[str]) -> None:
    outlined(root)
    (root / path).write_text(TEXT.replace("true, false", "true"))
    assert known(root) == left


@pytest.mark.usefixtures("cache")
def test_a_file_that_is_gone_is_forgotten(root: Path, cache: Path) -> None:
    outlined(root)
    (root / "two.yaml").unlink()
    choose(root)
    (path,) = (cache / "outlines").iterdir()
    assert "two.yaml" not in path.read_text()


@pytest.mark.usefixtures("cache")
def test_a_mistake_is_found_in_a_remembered_folder(root: Path) -> None:
    outlined(root)
    (root / "two.yaml").write_text(TEXT.replace("why", "wyh"))
    with pytest.raises(InvalidScenario, match=r"two\.yaml:2:1"):
        outlined(root)


@pytest.mark.parametrize("held", ["", "{}", "[]", '{"key": 1}', "\xff"])
def test_a_broken_memory_is_as_good_as_none(root: Path, cache: Path, held: str) -> None:
    shown = outlined(root)
    (path,) = (cache / "outlines").iterdir()
    path.write_text(held, encoding="latin-1")
    assert not known(root)
    assert outlined(root) == shown


def test_a_memory_in_another_form_is_as_good_as_none(root: Path, cache: Path) -> None:
    shown = outlined(root)
    (path,) = (cache / "outlines").iterdir()
    forms: list[Any] = [[], {str(root / "one.yaml"): 1}, {str(root / "one.yaml"): {"name": "one"}}]
    for form in forms:
        path.write_text(json.dumps(json.loads(path.read_text()) | {"outlines": form}))
        assert not known(root)
        assert outlined(root) == shown


def test_a_cache_that_cannot_be_written_is_as_good_as_none(root: Path, cache: Path) -> None:
    cache.write_text("a file")
    assert len(outlined(root)) == 2
    assert not known(root)


def test_old_memories_go(tmp_path: Path, cache: Path) -> None:
    for number in range(20):
        root = tmp_path / str(number)
        root.mkdir()
        (root / "one.yaml").write_text(TEXT)
        outlined(root)
    assert len(list((cache / "outlines").iterdir())) == 16
    assert known(tmp_path / "19")
