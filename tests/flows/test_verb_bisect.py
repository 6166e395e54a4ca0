"""``harness bisect`` as a command, where nothing has to be measured. Runs no TensorFlow."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.releases import publications
from tests.flows.small import Run, command_line, small_project

TRAIN = "flags/small[training=true]"


@pytest.fixture
def harness(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command line in a folder with one scenario, recorded on neighbouring releases; asking the index fails."""
    texts = {"tf1": "1.3.0=A 1.4.0=B 1.4.1=A 1.8.0=A", "keras": "2.15.1=A 2.16.1+keras-3.15.1=B"}
    small_project(tmp_path, [texts, {"tf1": "1.3.0=! 1.4.0=A"}])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(publications, "ask", lambda: pytest.fail("there is nothing to measure"))
    return command_line("bisect", capsys)


VERDICT = """\
tf1: TensorFlow 1.3.0 -> 1.4.0
  exact: no release is published between 1.3.0 and 1.4.0
  flags/small[training=true] A -> B
    step 1, output[0]: 65.0 -> 66.0
    also: moving_mean
  last release with A: 1.3.0; first with B: 1.4.0

tf1: TensorFlow 1.4.0 -> 1.4.1
  exact: no release is published between 1.4.0 and 1.4.1
  flags/small[training=true] B -> A
    step 1, output[0]: 66.0 -> 65.0
    also: moving_mean
  last release with B: 1.4.0; first with A: 1.4.1

summary: 2 changes, all exact to the release; nothing had to be measured
"""


def test_every_boundary_of_a_case_on_a_runner(harness: Run) -> None:
    assert harness(TRAIN, "--runner", "tf1") == (0, VERDICT, "")


def test_only_between_two_releases(harness: Run) -> None:
    code, out, _ = harness(TRAIN, "--good", "1.8.0", "--bad", "1.4.0", "--runner", "tf1")
    assert code == 0
    assert "TensorFlow 1.4.0 -> 1.4.1" in out
    assert "TensorFlow 1.3.0 -> 1.4.0" not in out


def test_every_case_of_a_scenario_and_every_runner(harness: Run) -> None:
    code, out, err = harness("flags/small", "--all")
    assert (code, err) == (0, "")
    assert "keras: TensorFlow 2.15.1 -> 2.16.1 with Keras 3.15.1" in out
    assert "last release with A: 2.15.1; first with B: 2.16.1+keras-3.15.1" in out
    assert out.endswith("summary: 3 changes, all exact to the release; nothing had to be measured\n")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["flags/small"], 2, "must be one case, got 2\n  hint: name one, such as 'flags/small[training=true]', or add"),
        ([TRAIN, "--good", "1.3.0"], 2, "--good: --good needs --bad beside it"),
        ([TRAIN, "--bad", "1.3.0"], 2, "--bad: --bad needs --good beside it"),
        ([TRAIN, "--good", "1.3.0", "--bad", "1.3.0"], 2, "these are one release"),
        ([TRAIN, "--good", "1.3.0", "--bad", "x"], 2, "--bad: 'x' names no release"),
        ([TRAIN, "--device", "gpu"], 2, "golden files hold what the CPU does, got gpu"),
        ([TRAIN, "--runner", "tf2"], 2, "must be one of tf1, keras, keras:function"),
        (["flags/none"], 3, "no such scenario"),
        (
            [TRAIN, "--runner", "keras", "--good", "2.16.1+keras-3.5.0", "--bad", "2.21.0+keras-3.8.0"],
            2,
            "a single version changes",
        ),
    ],
)
def test_what_cannot_be_bisected_has_its_code_and_says_why(
    harness: Run, words: list[str], code: int, said: str
) -> None:
    found, out, err = harness(*words)
    assert (found, out) == (code, "")
    assert said in err
