"""What --tf, --keras and --python name."""

from __future__ import annotations

from pathlib import Path

from harness.execution.plan import RUNNERS
from harness.targets import shown_before, targets


def names(*words: str, keras: tuple[str, ...] = ()) -> list[str]:
    return [target.name for target in targets(words, keras, ())]


def test_without_words_it_is_the_installed_tensorflow() -> None:
    assert names() == ["the installed TensorFlow"]


def test_targets_are_in_release_order() -> None:
    assert names("2.15.1", "1.4..1.6") == ["1.4.0", "1.4.1", "1.5.0", "1.5.1", "1.6.0", "2.15.1"]


def test_pythons_come_after_releases() -> None:
    found = targets(["2.15.1"], [], [Path("/some/python")])
    assert [target.name for target in found] == ["2.15.1", "/some/python"]


def test_a_release_beside_several_keras_is_shown_once() -> None:
    asked = targets(["2.21.0"], ["3.4..3.6"], [])
    of_keras_3 = {runner for runner in RUNNERS if runner.partition(":")[0] == "keras"}
    repeated = [shown_before(asked)[target.name] for target in asked]
    assert repeated == [frozenset(), RUNNERS.keys() - of_keras_3, RUNNERS.keys() - of_keras_3]


def test_releases_of_their_own_are_all_shown() -> None:
    assert set(shown_before(targets(["1.4..1.15"], [], [])).values()) == {frozenset()}
