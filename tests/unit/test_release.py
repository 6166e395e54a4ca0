import hypothesis.strategies as st
import pytest
from hypothesis import given

from harness.releases.release import Release
from tests.unit.each import each

ASCENDING = [
    "1.0.1",
    "1.4.1",
    "1.15.5",
    "1.15.5+nv22.3",
    "2.0.0.dev20190801",
    "2.0.0rc1",
    "2.0.0",
    "2.9.3",
    "2.15.1",
    "2.21.0+keras-3.2.0",
    "2.21.0+keras-3.12.1",
    "2.21.0+keras-3.15.0rc0",
    "2.21.0+keras-3.15.0",
    "2.21.0+tf_keras-2.21.0",
    "2.22.0.dev20260101+keras-3.15.1",
]


@each("text", ASCENDING)
def test_text_round_trips(text: str) -> None:
    assert str(Release.parse(text)) == text


@given(st.permutations(ASCENDING))
def test_releases_order_by_tensorflow_then_library(texts: list[str]) -> None:
    assert [str(release) for release in sorted(map(Release.parse, texts))] == ASCENDING


def test_the_parts_are_told_apart() -> None:
    release = Release.parse("1.15.5+nv22.3+keras-3.15.1")
    assert (release.tensorflow, release.library, release.library_version) == ("1.15.5+nv22.3", "keras", "3.15.1")
    assert Release.parse("2.15.1") == Release(tensorflow="2.15.1")


@pytest.mark.parametrize(("text", "normal"), [("2.0.0-rc1", "2.0.0rc1"), ("2.22.0-dev20260101", "2.22.0.dev20260101")])
def test_versions_are_normalized_as_tensorflow_does_not(text: str, normal: str) -> None:
    assert str(Release.parse(text)) == normal


def test_equal_versions_of_different_names_are_still_ordered() -> None:
    short, long = Release.parse("1.0"), Release.parse("1.0.0")
    assert short != long
    assert (short < long) != (long < short)


@each("text", ["", "latest", "2.21.0+keras-", "2.21.0+keras-new", "keras-3.15.1", "2.21.0 + keras-3"])
def test_what_names_no_release_says_what_does(text: str) -> None:
    with pytest.raises(ValueError, match=r"names no release: .*; expected a TensorFlow version such as 1\.15\.5"):
        Release.parse(text)


def test_a_library_is_known_and_has_a_version() -> None:
    with pytest.raises(ValueError, match="must be one of keras, tf_keras, got 'jax'"):
        Release(tensorflow="2.21.0", library="jax", library_version="1.0")
    with pytest.raises(ValueError, match="go together"):
        Release(tensorflow="2.21.0", library="keras")
