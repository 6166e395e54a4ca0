"""``harness compare`` on the installed TensorFlow: every verdict, its text and its exit code."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.edits import edit

Run = Callable[..., tuple[int, str, str]]
FROZEN = "flags/frozen"
CASE = "flags/frozen[training=true,trainable=true]"


@pytest.mark.usefixtures("project")
def test_what_was_recorded_matches_bit_for_bit(harness: Run) -> None:
    code, out, err = harness("compare", "-k", "not many")
    assert code == 0, out
    assert re.search(r"flags/frozen +4 += 4 match += 4 match +differs 1/4: output", out), out
    assert re.search(r"flags/refused +1 += 1 match += 1 match +differs: raised", out), out
    assert "10 match" in out
    assert "TensorFlow" in out.splitlines()[0]
    assert "ready, process" in err
    assert "ready" not in out


@pytest.mark.usefixtures("project")
def test_verbose_shows_every_case_and_claim(harness: Run) -> None:
    _, out, _ = harness("compare", FROZEN, "-v")
    assert "[training=true,trainable=false]" in out
    assert "holds: Inference with mean 0 and variance 1 scales and shifts." in out


@pytest.mark.usefixtures("project")
def test_runners_that_differ_are_explained(harness: Run) -> None:
    _, out, _ = harness("compare", FROZEN)
    assert re.search(r"differs 1/4: output +frozen-normalizes-with\n", out), out
    assert "1 of 1 difference explained (frozen-normalizes-with 1)" in out
    assert "normalizes with the batch's own statistics" not in out
    _, out, _ = harness("compare", FROZEN, "-v")
    assert "  frozen-normalizes-with: batch -> moving\n" in out
    assert "    tf1: A frozen layer called with training=True normalizes with the batch's own statistics.\n" in out


@pytest.mark.usefixtures("project")
def test_quiet_says_the_summary_and_nothing_else(harness: Run) -> None:
    code, out, err = harness("compare", FROZEN, "-q")
    assert code == 0
    assert out.startswith(("claims:", "summary:"))
    assert err == ""


def test_a_changed_digit_names_everything(harness: Run, project: Path) -> None:
    edit(project / "golden/flags/frozen.json", '"values": [0.5, 1.5]', '"values": [0.5, 1.6]')
    code, out, _ = harness("compare", FROZEN)
    assert code == 1
    assert f"{CASE}, " in out
    assert "step 1, moving_mean[1]: measured 1.5, golden 1.6" in out
    assert re.search(r"error 0\.1 \(.* ULPs\), bound \d", out)
    words = " ".join(out.split())
    assert re.search(r"UNEXPLAINED: no answers predict golden \S+: moving_mean\[1\], step 1 is 1\.6", words)
    assert re.search(rf"rerun: harness compare '{re.escape(CASE)}' --runner \w+", out)


def test_a_deleted_golden_file_is_missing(harness: Run, project: Path) -> None:
    (project / "golden/flags/frozen.json").unlink()
    code, out, _ = harness("compare", FROZEN)
    assert code == 4
    assert "record: harness record flags/frozen" in out


def test_an_edited_scenario_is_stale(harness: Run, project: Path) -> None:
    edit(project / "scenarios/flags/frozen.yaml", "[2, 5]", "[2, 6]")
    code, out, _ = harness("compare", FROZEN)
    assert code == 4
    assert "stale" in out


def test_a_golden_file_without_its_scenario_is_stale(harness: Run, project: Path) -> None:
    (project / "scenarios/flags/refused.yaml").unlink()
    (project / "scenarios/load/many.yaml").unlink()
    code, out, _ = harness("compare")
    assert code == 4
    assert "golden/flags/refused.json" in out
    assert "no such scenario" in out


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["-k", "nothing"], 3, "nothing"),
        (["flags/frosen"], 3, "flags/frozen"),
        (["--tag", "no-such-tag"], 3, "no-such-tag"),
        (["--runner", "kers"], 2, "did you mean keras?"),
        (["--baseline", "newest"], 2, "newest"),
        (["--scenarios", "elsewhere"], 2, "elsewhere"),
    ],
)
def test_a_bad_selection_is_one_clear_error(harness: Run, words: list[str], code: int, said: str) -> None:
    found, out, err = harness("compare", *words)
    assert (found, out) == (code, "")
    assert said in err
    assert "Traceback" not in err


def test_an_unknown_key_is_told_with_its_place(harness: Run, project: Path) -> None:
    edit(project / "scenarios/flags/frozen.yaml", "layer:", "layr:")
    code, _, err = harness("compare", FROZEN)
    assert code == 2
    assert "scenarios/flags/frozen.yaml:7:1: " in err
    assert "layer" in err.splitlines()[1]


def test_a_broken_golden_file_is_told_with_its_place(harness: Run, project: Path) -> None:
    edit(project / "golden/flags/frozen.json", '"format": 1', '"format": 7')
    code, _, err = harness("compare", FROZEN)
    assert code == 2
    assert "golden/flags/frozen.json" in err


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("word", ["scenarios/flags/frozen.yaml", "scenarios/flags", "flags", FROZEN, CASE])
def test_a_selection_may_be_a_file_folder_topic_name_or_case(harness: Run, word: str) -> None:
    code, out, _ = harness("compare", word, "--runner", "keras", "-k", "frozen", "-v")
    assert code == 0
    assert "training=true,trainable=true" in out


@pytest.mark.usefixtures("project")
def test_a_tag_selects_scenarios(harness: Run) -> None:
    code, out, _ = harness("compare", "--tag", "error")
    assert code == 0
    assert "flags/refused" in out
    assert FROZEN not in out


@pytest.mark.usefixtures("project")
def test_the_legacy_keras_is_a_runner_of_its_own(harness: Run) -> None:
    code, out, _ = harness("compare", FROZEN, "--runner", "tf_keras", "--runner", "keras")
    assert code == 0
    assert "keras | tf_keras" in out


@pytest.mark.usefixtures("project")
def test_a_gpu_that_is_not_there_is_never_replaced(harness: Run) -> None:
    code, out, err = harness("compare", FROZEN, "--device", "gpu")
    assert (code, out) == (5, "")
    assert re.search(r"--device gpu: TensorFlow \S+ sees .*CPU", err)


@pytest.mark.usefixtures("project")
def test_a_pipe_gets_no_colour_and_no_talk() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "harness", "compare", FROZEN, "--runner", "keras"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "TERM": "xterm-256color"},
    )
    assert "\x1b" not in ran.stdout + ran.stderr
    assert "process" not in ran.stdout


def _compare_while(act: signal.Signals, *words: str) -> tuple[int, str]:
    """Run ``compare`` over the load and send its keras worker a signal as soon as it is ready."""
    command = [sys.executable, "-m", "harness", "compare", "load", "--runner", "keras", *words]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert running.stderr is not None
    ready = next(line for line in running.stderr if "ready, process" in line)
    os.kill(int(ready.rsplit(" ", 1)[1]), act)
    out, _ = running.communicate(timeout=120)
    return running.returncode, out


@pytest.mark.usefixtures("project")
def test_a_killed_worker_costs_one_case() -> None:
    code, out = _compare_while(signal.SIGKILL)
    assert code == 6
    assert "1 crashed" in out
    assert "127 match" in out
    assert "SIGKILL" in out
    assert re.search(r"rerun:\s+python -m harness compare 'load/many\[", out)


@pytest.mark.usefixtures("project")
def test_a_worker_past_its_deadline_costs_one_case() -> None:
    code, out = _compare_while(signal.SIGSTOP, "--timeout", "3")
    assert code == 6
    assert "1 timed out" in out
    assert "127 match" in out
    assert "no answer within 3 s" in out


@pytest.mark.usefixtures("project")
def test_an_interruption_ends_at_once_with_130() -> None:
    command = [sys.executable, "-m", "harness", "compare", "load"]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert running.stderr is not None
    running.stderr.readline()
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=20)
    assert running.returncode == 130
    assert err.splitlines()[-1] == "interrupted"
    assert "Traceback" not in err


def test_leaking_settings_of_the_user_change_nothing(
    harness: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keras_home = project / "keras"
    keras_home.mkdir()
    (keras_home / "keras.json").write_text(
        '{"floatx": "float64", "epsilon": 0.5, "image_data_format": "channels_first"}'
    )
    monkeypatch.setenv("KERAS_HOME", str(keras_home))
    monkeypatch.setenv("KERAS_BACKEND", "numpy")
    monkeypatch.setenv("TF_USE_LEGACY_KERAS", "1")
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "1")
    code, out, _ = harness("compare", FROZEN)
    assert code == 0
    assert "8 match" in out
