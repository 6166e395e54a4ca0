"""Updates that race, on the installed TensorFlow: recorded once, and the same verdict however they race."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

SCENARIO = Path(__file__).parents[2] / "scenarios/reported/tensorflow-14353.yaml"
NAME = "reported/tensorflow-14353"
RUNNERS = ("--runner", "tf1", "--runner", "keras")

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def racing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of the one scenario as the working directory; nothing is recorded in it."""
    target = tmp_path / "scenarios/reported"
    target.mkdir(parents=True)
    shutil.copy(SCENARIO, target)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_race_is_recorded_and_has_the_same_verdict_each_time(harness: Run, racing: Path) -> None:
    code, out, _ = harness("record", NAME, *RUNNERS)
    assert code == 0, out
    path = racing / "golden" / f"{NAME}.json"
    text = path.read_text()
    held = json.loads(text)["cases"][""]
    tf1, keras = held["tf1"][0]["observation"], held["keras"][0]["observation"]
    assert tf1["nondeterministic"] is True
    assert sorted(tf1["steps"][0]) == ["beta", "gamma", "output", "output_1"]
    assert "nondeterministic" not in keras
    assert keras["steps"][0]["moving_mean"]["values"] == [10.25]

    code, out, _ = harness("record", NAME, *RUNNERS)
    assert code == 0
    assert "2 unchanged" in out
    assert path.read_text() == text

    for _ in range(4):
        code, out, _ = harness("compare", NAME, *RUNNERS, "-v")
        assert code == 0, out
        out = out.replace("\n(", " (")
        assert "1 match, 1 nondeterministic" in out
        assert "concurrent-updates: race -> in-order" in out
        assert "1 of 1 difference explained (concurrent-updates 1)" in out
        assert f"{NAME}, tf1: not the same each time" in out
        assert " of 120 repetitions" in out

    _, out, _ = harness("rules")
    assert re.search(r"concurrent-updates +race \S+ +in-order \S+\n", out), out
    assert "2 recorded behaviours, 0 unexplained" in out
    assert "CONTRADICTION" not in out
    code, out, _ = harness("claims", NAME, *RUNNERS)
    assert "CONFIRMED ONLY FOR tf1" in out
    assert code == 0
    code, out, _ = harness("lint")
    assert code == 0, out


def test_a_race_where_golden_holds_one_result_fails_and_says_what_was_seen(harness: Run, racing: Path) -> None:
    harness("record", NAME, *RUNNERS)
    path = racing / "golden" / f"{NAME}.json"
    document = json.loads(path.read_text())
    held = document["cases"][""]
    observation = held["tf1"][0]["observation"]
    del observation["nondeterministic"]
    observation["steps"][0] |= {
        name: held["keras"][0]["observation"]["steps"][0][name] for name in ("moving_mean", "moving_variance")
    }
    path.write_text(json.dumps(document))
    code, out, _ = harness("compare", NAME, *RUNNERS)
    assert code == 1
    assert f"{NAME}, tf1: changed" in out
    assert "step 1, moving_mean[0]: measured " in out
    assert ", golden 10.25" in out
    assert "why: concurrent-updates: in-order -> race" in out
    code, out, _ = harness("record", NAME, *RUNNERS)
    assert code == 1
    assert "value changed, kept" in out


def test_what_does_not_race_is_held_to_golden(harness: Run, racing: Path) -> None:
    harness("record", NAME, "--runner", "tf1")
    path = racing / "golden" / f"{NAME}.json"
    path.write_text(path.read_text().replace("-0.9995004", "-0.5"))
    code, out, _ = harness("compare", NAME, "--runner", "tf1")
    assert code == 1
    assert f"{NAME}, tf1: changed" in out
    assert "step 1, output[0,0]: measured -0.9995" in out


def test_show_tells_every_result(harness: Run, racing: Path) -> None:
    assert racing.is_dir()
    code, out, _ = harness("show", NAME, *RUNNERS)
    assert code == 0
    assert "moving_mean float32 [1]: tf1 is not the same each time" in out
    assert "tf1 is not the same each time:\n  step 1, moving_mean[0]: " in out
