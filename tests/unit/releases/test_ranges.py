from __future__ import annotations

import pytest

from harness.releases.ranges import Range, ReleaseRange
from harness.releases.release import Release
from tests.unit.each import each


@each(
    "word, covered, outside",
    [
        ("1.0..1.15", ("1.0.0", "1.0.1", "1.15.5"), ("0.12.1", "2.0.0", "1.16.0")),
        ("1.13.2..1.15.0", ("1.13.2", "1.15.0"), ("1.13.1", "1.15.5")),
        ("..1.2", ("0.1", "1.2.1"), ("1.3.0",)),
        ("2.20..", ("2.20.0", "3.0"), ("2.19.1",)),
        ("2.15", ("2.15.0", "2.15.1"), ("2.14.1", "2.16.0", "2.1.5")),
        ("2.15.1", ("2.15.1",), ("2.15.0", "2.15.2")),
        ("2", ("2.0.4", "2.21.0"), ("1.15.5", "3.0.5")),
        (">=2.0", ("2.0.0", "2.21.0", "2.22.0.dev20260101"), ("1.15.5", "2.0.0rc1")),
        ("<2.0", ("1.0.1", "1.15.5"), ("2.0.0",)),
        ("~=2.5", ("2.5.3", "2.21.0"), ("3.0",)),
        ("all", ("0.1", "9.9"), ()),
    ],
)
def test_what_a_word_covers(word: str, covered: tuple[str, ...], outside: tuple[str, ...]) -> None:
    found = Range.parse(word)
    assert [version for version in covered if not found.covers(version)] == []
    assert [version for version in outside if found.covers(version)] == []
    assert found.text == word


@each(
    "word, said",
    [
        ("", "not a version"),
        ("new", "not a version"),
        ("1.x..2", "not a version"),
        (">=two", "not a version specifier"),
        ("2.21.0+keras-3.5.0", r"has a \+ in it"),
    ],
)
def test_a_word_that_means_nothing(word: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Range.parse(word)


@pytest.mark.parametrize(("word", "backwards"), [("1.9..1.8", True), ("1.8..1.9", False), ("1.15.5..1.15", False)])
def test_a_range_that_ends_before_it_begins(word: str, backwards: bool) -> None:
    assert Range.parse(word).backwards is backwards


def test_a_release_has_two_versions() -> None:
    late = ReleaseRange(tensorflow=Range.parse(">=2.20"), keras=Range.parse("3.0..3.8"))
    names = ("2.20.0+keras-3.8.1", "2.21.0+keras-3.9.0", "2.19.1+keras-3.8.0", "2.21.0+tf_keras-2.21.0", "2.21.0")
    assert [name for name in names if late.covers(Release.parse(name))] == ["2.20.0+keras-3.8.1"]
    assert str(late) == "TensorFlow >=2.20, Keras 3.0..3.8"


def test_without_keras_whatever_is_beside_the_tensorflow_counts() -> None:
    every = ReleaseRange(tensorflow=Range.parse("2.21"))
    assert every.covers(Release.parse("2.21.0+tf_keras-2.21.0"))
    assert ReleaseRange().covers(Release.parse("1.0.1"))
