"""``harness migrate`` as a command: what it refuses, reads, says and returns. Runs no TensorFlow but a fake one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from harness import golden
from harness.cli import main
from harness.execution import dialogue
from harness.execution.plan import Interpreter
from harness.execution.pool import Facts
from harness.golden import Behaviour, GoldenCase, GoldenFile
from harness.migration import sources
from harness.migration.search import Source
from harness.observation import Crashed, Outcome
from harness.scenario import Selection, load
from harness.semantics.oracle import predict
from harness.targets import Target
from tests.unit.measured import facts
from tests.unit.migration import fake_keras
from tests.unit.semantics.samples import tf1

SCENARIO = """\
title: The flags
why: A small sweep.
input: {values: [[[[0, 1], [2, 5]]], [[[4, 4], [8, 6]]]]}
layer: {momentum: 0.5, epsilon: 0.001}
training: true
sweep: {trainable: [true, false]}
"""
MINE = SCENARIO.replace("sweep: {trainable: [true, false]}\n", "")
TRAINS = MINE + "steps: [call, build]\n"

Run = Callable[..., tuple[int, str, str]]


class FakeDialogue:
    """Runs programs in this process, on the fake Keras."""

    crashes = False

    def __init__(self, interpreter: Interpreter, runner: str, *, threads: int, timeout: float) -> None:
        self.asked = (interpreter.tensorflow, runner, threads, timeout)

    def __enter__(self) -> FakeDialogue:
        return self

    def __exit__(self, *exception: object) -> None:
        pass

    def facts(self) -> Facts:
        return facts()

    def ask(self, program: Mapping[str, Any]) -> Outcome:
        return Crashed(cause="SIGSEGV", stderr="") if self.crashes else fake_keras.ask(program)


@pytest.fixture
def harness(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command line in a project with a recorded scenario, one that nobody recorded, and one that does more."""
    root = tmp_path / "scenarios"
    for name, text in (("small", SCENARIO), ("mine", MINE), ("trains", TRAINS)):
        path = root / f"flags/{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    cases = load(root / "flags/small.yaml", root).cases
    answers = {"1.4.1": tf1(frozen_updates="yes"), "1.15.5": tf1(), "2.99.0": tf1(variance_estimator="population")}
    recorded = {}
    for case in cases:
        behaviours = tuple(
            Behaviour(releases=(release,), observation=predict(case, given).as_observation())
            for release, given in answers.items()
        )
        recorded[case.key] = GoldenCase(sha256=case.sha256, runners={"tf1": behaviours})
    golden.write(tmp_path / "golden", GoldenFile(scenario="flags/small", cases=recorded))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(dialogue, "Dialogue", FakeDialogue)
    interpreter = Interpreter(python=Path("python"), tensorflow="2.21.0", keras="3.15.1")
    found = Target(name="here", provide=lambda _: interpreter)
    monkeypatch.setattr("harness.targets.targets", lambda *_: (found,))
    fake_keras.install(monkeypatch)

    def run(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["migrate", *words])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def test_golden_of_the_nearest_release_below_is_reproduced(harness: Run) -> None:
    code, out, err = harness("flags/small")
    assert code == 0
    assert out.startswith("flags/small[trainable=true]: from tf1@1.15.5 (recorded) to keras@2.21.0+keras-3.15.1\n")
    assert "\n\nflags/small[trainable=false]: from tf1@1.15.5 (recorded) to keras@" in out
    assert "\n    - momentum=1.0: a call in training leaves the moving statistics as they are\n" in out
    assert err.startswith("[2/2] done, ")


def test_another_source_may_be_named(harness: Run) -> None:
    code, out, _ = harness("flags/small[trainable=false]", "--from", "tf1@1.4.1")
    assert code == 0
    assert "from tf1@1.4.1 (recorded)" in out
    assert "\n    frozen-updates: yes or fused-only -> no\n" in out
    assert "sample variance assigned after each call in training" in out


def test_quiet_prints_code_alone(harness: Run) -> None:
    code, out, err = harness("flags/small", "-q")
    assert (code, err) == (0, "")
    assert [line for line in out.splitlines() if line.startswith("# flags")] == [
        "# flags/small[trainable=true]",
        "# flags/small[trainable=false]",
    ]
    exec(compile(out, "advice", "exec"), {})


def test_verbose_tells_what_was_tried(harness: Run) -> None:
    code, out, _ = harness("flags/small[trainable=false]", "-v")
    assert code == 0
    assert "\n  tried, in this order:\n    1. the same call: output[" in out


def test_what_is_not_recorded_is_said(harness: Run) -> None:
    code, out, err = harness("flags/small[trainable=true]", "--from", "tf1@1.9.0")
    assert (code, out) == (3, "")
    assert err == (
        "--from: flags/small[trainable=true] is not recorded for tf1@1.9.0\n  hint: `harness matrix` shows what is "
        "recorded; `harness record --tf 1.9.0 'flags/small[trainable=true]'` records it\n"
    )


def test_what_nobody_recorded_is_measured(harness: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Selection, ...]] = []

    def measured(selections: list[Selection], **_: object) -> dict[str, Source]:
        asked.append(tuple(selections))
        cases = [case for selection in selections for case in selection.cases]
        return {
            case.id: Source(
                runner="tf1", release="2.21.0", observation=predict(case, tf1()).as_observation(), recorded=False
            )
            for case in cases
        }

    monkeypatch.setattr(sources, "measured", measured)
    code, out, _ = harness("flags/mine", "flags/small")
    assert code == 0
    assert [[case.id for case in one.cases] for one in asked[0]] == [["flags/mine"]]
    assert out.startswith("flags/mine: from tf1@2.21.0 (measured now: golden has nothing of this case) to keras@")


def test_more_than_calls_is_refused(harness: Run) -> None:
    code, out, err = harness("flags/trains")
    assert (code, out) == (2, "")
    assert err.startswith("flags/trains: migrate does not translate this: step build\n  hint: ")


def test_what_is_refused_does_not_stop_the_others(harness: Run) -> None:
    code, out, err = harness("flags/trains", "flags/small")
    assert code == 2
    assert out.count("  verified: ") == 2
    assert "flags/trains: migrate does not translate this: step build\n" in err


def test_without_a_worker_nothing_is_certain(harness: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeDialogue, "crashes", True)
    code, out, _ = harness("flags/small[trainable=true]")
    assert code == 6
    assert "ended the worker, so what they do is not known\n" in out
    assert harness("flags/small[trainable=true]", "-q")[:2] == (6, "")


def test_what_cannot_be_reproduced_fails(harness: Run, tmp_path: Path) -> None:
    path = tmp_path / "scenarios/flags/small.yaml"
    path.write_text(SCENARIO.replace("momentum: 0.5", "momentum: 0.5, virtual_batch_size: 1"))
    (case,) = (one for one in load(path, tmp_path / "scenarios").cases if one.trainable)
    recorded = Behaviour(releases=("1.15.5",), observation=predict(case, tf1()).as_observation())
    kept = GoldenCase(sha256=case.sha256, runners={"tf1": (recorded,)})
    golden.write(tmp_path / "golden", GoldenFile(scenario="flags/small", cases={case.key: kept}))
    code, out, _ = harness(case.id)
    assert code == 1
    assert "\n  no call reproduces it: " in out
    assert "\n    argument-virtual-batch: computes -> ValueError\n" in out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--runner", "tf1"), "--runner: must be one of keras, tf_keras: what to migrate to, got tf1\n"),
        (("--runner", "keras", "--runner", "tf_keras"), "--runner: must be one of keras, tf_keras"),
        (("--device", "gpu"), "--device: golden files hold what the CPU does, got gpu\n"),
        (("--tf", "2.15.1", "--tf", "2.14.1"), "must name one release, got 2.14.1, 2.15.1\n"),
        (("--tf", "0.12"), "TensorFlow 0.12: no such version"),
        (("--from", "tf1"), "--from: must be runner@release, got 'tf1'\n"),
        (("--from", "tf2@2.0.4"), "--from: must be one of tf1, keras"),
        (("--from", "tf1@new"), "--from: 'new' names no release"),
    ],
)
def test_a_command_line_that_makes_no_sense_is_refused(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], says: str
) -> None:
    assert main(["migrate", "flags/seed-article", *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert says in err


def test_help_tells_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["migrate", "--help"])
    assert ended.value.code == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "print the Keras call that reproduces what tf1 did, verified by running it" in out
    assert "--from R@V what to reproduce, from golden: tf1@1.15.5" in out
