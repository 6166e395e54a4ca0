"""``harness upgrade``: what it refuses before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.cli import main

SCENARIO = "title: A title\nwhy: A reason\ninput: [[1, 2], [3, 4]]\n"


@pytest.fixture(autouse=True)
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "one.yaml").write_text(SCENARIO)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            [">=2.20"],
            ">=2.20: one release at a time, got 2: 2.20.0, 2.21.0\n"
            "  hint: `harness compare --tf '>=2.20'` runs several\n",
        ),
        (["2.21.0", "--keras", "3.1..3.2"], "2.21.0: one release at a time, got 2: 2.21.0+keras-3.1.1, 2.21.0+keras-"),
        (["9.9"], "TensorFlow 9.9: no such version: they go from 1.0 to 2.x\n  hint: "),
        (
            ["installed", "--keras", "3.5.0"],
            "--keras: the installed TensorFlow has a Keras beside it already\n"
            "  hint: name the TensorFlow: upgrade 2.21.0\n",
        ),
        (["2.15.1", "--keras", "3.5.0"], "TensorFlow 2.15.1: TensorFlow 2.15.1 has a Keras of its own\n"),
        (
            ["2.21.0", "--record", "--device", "gpu"],
            "--record: golden files hold what the CPU does, got --device gpu\n",
        ),
        (["2.21.0", "--runner", "keras:funktion"], "--runner: must be one of "),
    ],
)
def test_what_cannot_be_carried_out(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["upgrade", *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(said)


def test_a_release_has_to_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["upgrade"])
    assert caught.value.code == 2
    assert "the following arguments are required: RELEASE" in capsys.readouterr().err


def test_nothing_is_measured_where_nothing_is_selected(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["upgrade", "2.21.0", "ome"]) == 3
    assert capsys.readouterr().err == "ome: no such scenario, topic, file or case\n  hint: did you mean 'one'?\n"
