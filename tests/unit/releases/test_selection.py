from __future__ import annotations

import pytest

from harness.errors import InvalidOption, ReleaseUnavailable
from harness.releases import newest
from harness.releases.catalog import catalog
from harness.releases.selection import resolve
from tests.unit.each import each


def names(*words: str, keras: tuple[str, ...] = ()) -> list[str]:
    return [spec.name for spec in resolve(words, keras)]


@each(
    "word, found",
    [
        ("2.15.1", ["2.15.1"]),
        ("2.15", ["2.15.1"]),
        ("2.15.0", ["2.15.0"]),
        ("1.13.1", ["1.13.1"]),
        ("v2.0.0-rc1", ["2.0.0rc1"]),
        ("1.13..1.15", ["1.13.1", "1.13.2", "1.14.0", "1.15.0", "1.15.5"]),
        ("1.13.2..1.15.0", ["1.13.2", "1.14.0", "1.15.0"]),
        ("..1.2", ["1.0.1", "1.1.0", "1.2.0", "1.2.1"]),
        ("2.20..", ["2.20.0", "2.21.0"]),
        (">=2.20", ["2.20.0", "2.21.0"]),
        (">1.14,<2.1", ["1.15.0", "1.15.5", "2.0.0", "2.0.4"]),
        ("2.21.0+keras-3.5.0", ["2.21.0+keras-3.5.0"]),
        ("2.21.0+keras-3.15.1", ["2.21.0"]),
        ("2.21.0+tf_keras-2.21.0", ["2.21.0"]),
    ],
)
def test_a_word_of_tf(word: str, found: list[str]) -> None:
    assert names(word) == found


@each(
    "word, found",
    [
        ("3.5.0", ["2.21.0+keras-3.5.0"]),
        ("3.9", ["2.21.0+keras-3.9.2"]),
        ("3.9.0", ["2.21.0+keras-3.9.0"]),
        ("3.1..3.2", ["2.21.0+keras-3.1.1", "2.21.0+keras-3.2.1"]),
        (">=3.14", ["2.21.0+keras-3.14.0", "2.21.0+keras-3.14.1", "2.21.0"]),
    ],
)
def test_a_word_of_keras_alone_runs_on_the_newest_tensorflow(word: str, found: list[str]) -> None:
    assert names(keras=(word,)) == found


def test_all_is_the_whole_catalogue_oldest_first() -> None:
    every = names("all")
    assert len(every) == len(catalog().entries)
    assert (every[0], every[-1]) == ("1.0.1", "2.21.0")
    assert len(names(keras=("all",))) == 17


def test_minors_are_the_last_patches_of_the_catalogue() -> None:
    minors = names("minors")
    assert len(minors) == 38 + 15
    assert (minors[0], minors[-1]) == ("1.0.1", "2.21.0")
    assert set(minors) < set(names("all"))
    assert not {"1.4.0", "2.16.1", "2.21.0+keras-3.14.0"} & set(minors)
    assert names(keras=("minors",)) == [name for name in minors if name.startswith("2.21.0")]
    assert names("minors", "2.15.0")[-2:] == ["2.21.0", "2.15.0"]


def test_every_keras_on_every_tensorflow() -> None:
    found = names("2.20.0", "2.21.0", keras=("3.5.0", "3.15.1"))
    assert found == ["2.20.0+keras-3.5.0", "2.20.0", "2.21.0+keras-3.5.0", "2.21.0"]


def test_what_is_asked_twice_comes_once_in_the_order_asked() -> None:
    assert names("2.15.1", "1.0.1", "2.15..2.16") == ["2.15.1", "1.0.1", "2.16.1", "2.16.2"]


@each(
    "word, said",
    [
        ("2.15.l", r"TensorFlow 2\.15\.l: not a version\n  hint: did you mean 2\.15\.1\?"),
        ("newest", r"TensorFlow newest: not a version\n  hint: expected a version"),
        ("0.12.1", r"no such version: they go from 1\.0 to 2\.x"),
        ("21.5.1", r"no such version"),
        ("2", r"which one\?"),
        ("1.9..1.8", r"no catalogued version is in that range: they go from 1\.0\.1 to 2\.21\.0"),
        (">=2.99", r"no catalogued version satisfies it"),
        (">=two", r"not a version specifier"),
        ("2.21.0+torch-2.0", r"names no Keras after the \+"),
        ("2.21.0+keras-", r"names no release"),
        ("2.21.0+tf_keras-2.20.1", r"that environment shows 2\.21\.0\+keras-3\.15\.1, 2\.21\.0\+tf_keras-2\.21\.0"),
    ],
)
def test_a_word_that_means_nothing(word: str, said: str) -> None:
    with pytest.raises(InvalidOption, match=said):
        resolve([word])


def test_a_keras_beside_a_tensorflow_that_has_its_own() -> None:
    with pytest.raises(InvalidOption, match=r"TensorFlow 2\.15\.1 has a Keras of its own"):
        resolve(["2.15.1"], ["3.5.0"])
    with pytest.raises(InvalidOption, match=r"--keras 2\.15\.0: no such version"):
        resolve([], ["2.15.0"])
    with pytest.raises(InvalidOption, match="leave --keras away"):
        resolve(["2.21.0+keras-3.5.0"], ["3.5.0"])


def test_all_wrong_words_are_said_at_once() -> None:
    with pytest.raises(InvalidOption) as caught:
        resolve(["x", "2.15.1", "y"], ["z"])
    assert [problem.place for problem in caught.value.problems] == ["--keras z", "TensorFlow x", "TensorFlow y"]


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[str, ...]]:
    """What the package index has; asked for the Python of the newest TensorFlow only."""
    known = {"tensorflow": ("2.20.0", "2.21.0", "2.22.0"), "keras": ("3.15.1", "3.16.0")}

    def published(package: str, python: str) -> tuple[str, ...]:
        assert python == catalog().eras[-1].python
        return known[package]

    monkeypatch.setattr(newest, "published", published)
    return known


def test_latest_is_the_newest_of_the_package_index(index: dict[str, tuple[str, ...]]) -> None:
    assert names("latest") == ["2.22.0"]
    assert names("latest", keras=("latest",)) == ["2.22.0+keras-3.16.0"]
    assert names(keras=("latest",)) == ["2.21.0+keras-3.16.0"]
    assert names("2.20", "latest") == ["2.20.0", "2.22.0"]
    index["keras"] = ("3.15.1",)
    assert names("latest", keras=("latest",)) == ["2.22.0"]


def test_without_a_release_in_the_index_there_is_no_latest(index: dict[str, tuple[str, ...]]) -> None:
    index["tensorflow"] = ()
    with pytest.raises(ReleaseUnavailable) as caught:
        resolve(["latest"])
    (problem,) = caught.value.problems
    assert caught.value.exit_code == 5
    assert str(problem).startswith("tensorflow: the package index has no final release for CPython 3.")
    assert problem.hint == "name a version instead of 'latest'"


def test_the_newest_are_printed_for_a_script(
    index: dict[str, tuple[str, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert newest.main() == 0
    assert capsys.readouterr().out == "tensorflow=2.22.0\nkeras=3.16.0\n"
    index["keras"] = ()
    assert newest.main() == 5
    assert "keras: the package index has no final release" in capsys.readouterr().err
