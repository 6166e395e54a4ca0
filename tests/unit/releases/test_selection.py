from __future__ import annotations

import pytest

from harness.errors import InvalidOption
from harness.releases.catalog import catalog
from harness.releases.selection import resolve


def names(*words: str, keras: tuple[str, ...] = ()) -> list[str]:
    return [spec.name for spec in resolve(words, keras)]


@pytest.mark.parametrize(
    ("word", "found"),
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


@pytest.mark.parametrize(
    ("word", "found"),
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


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("2.15.l", r"TensorFlow 2\.15\.l: not a version\n  hint: did you mean 2\.15\.1\?"),
        ("latest", r"TensorFlow latest: not a version\n  hint: expected a version"),
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
