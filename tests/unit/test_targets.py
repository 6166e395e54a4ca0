"""What --tf, --keras and --python name, and what any interpreter has."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness.errors import ReleaseUnavailable
from harness.execution.plan import RUNNERS
from harness.targets import probed_interpreter, shown_before, targets


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


@pytest.fixture
def venv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An interpreter that finds packages in a folder of the test."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path


def test_any_interpreter_says_what_it_has(venv: Path) -> None:
    (venv / "tf_nightly_cpu-2.99.0.dev20261101.dist-info").mkdir()
    (venv / "Keras-9.8.7.dist-info").mkdir()
    python = Path(sys.base_prefix) / "bin" / "python3"
    found = probed_interpreter(python)
    assert (found.python, found.tensorflow, found.keras) == (python, "2.99.0.dev20261101", "9.8.7")


@pytest.mark.usefixtures("venv")
def test_an_interpreter_without_tensorflow_is_unavailable() -> None:
    with pytest.raises(ReleaseUnavailable, match="there is no TensorFlow in this Python"):
        probed_interpreter(Path(sys.base_prefix) / "bin" / "python3")


def test_no_interpreter_at_all_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(ReleaseUnavailable, match=r"cannot be asked what it has: .*No such file"):
        probed_interpreter(tmp_path / "python")
