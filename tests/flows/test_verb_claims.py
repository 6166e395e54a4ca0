"""``harness claims`` as a command: what it reads, says and returns. Runs no TensorFlow."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.flows.small import Run, command_line, small_project

SCENARIO = """\
title: Two modes
why: A small sweep.
tags: [small]
input: {values: [[0, 1], [2, 5]]}
sweep: {training: [true, false]}
claims:
  - {says: The mean is this., source: The book, where: {training: true}, expect: {moving_mean: [0.5, 1.015625]}}
  - {says: It refuses., source: The book, runner: tf1, where: {training: false}, raises: TypeError}
  - {says: Both are alike., source: A page, runner: tf1, where: {training: true}, same_as: training=false}
"""


@pytest.fixture
def harness(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command line in a folder with one scenario, recorded on a few releases."""
    small_project(tmp_path, [{"tf1": "1.3.0=B 1.4.0=A"}, {"tf1": "1.3.0=! 1.4.0=A"}], SCENARIO)
    monkeypatch.chdir(tmp_path)
    return command_line("claims", capsys)


LEDGER = """\
The book

verdict                  claim              holds in    fails in
-----------------------  -----------------  ----------  ----------
CONFIRMED ONLY IN 1.4.0  The mean is this.  tf1 1.4.0   tf1 1.3.0
CONFIRMED ONLY IN 1.3.0  It refuses.        tf1 1.3.0   tf1 1.4.0

A page

verdict    claim            holds in    fails in    not judged
---------  ---------------  ----------  ----------  -------------------------
CONFIRMED  Both are alike.  tf1 1.4.0   -           tf1 1.3.0: not applicable

summary: 3 claims: 1 confirmed, 2 confirmed only in part
"""


def test_the_ledger_source_by_source(harness: Run) -> None:
    code, out, err = harness()
    assert (code, err) == (0, "")
    assert out == LEDGER


def test_a_refuted_claim_is_no_failure(harness: Run) -> None:
    path = Path("scenarios/flags/small.yaml")
    path.write_text(SCENARIO.replace("1.015625", "9"))
    code, out, _ = harness("-q")
    assert (code, out) == (0, "summary: 3 claims: 1 confirmed, 1 confirmed only in part, 1 refuted\n")


def test_verbosely_the_numbers_that_decide_are_told(harness: Run) -> None:
    code, out, _ = harness("-v", "flags/small")
    assert code == 0
    case = "flags/small[training=true]"
    assert f"tf1 fails in 1.3.0: {case} on 1.3.0: moving_mean[1] is 1.03125, the claim says 1.015625\n" in out
    assert (
        "CONFIRMED ONLY IN 1.4.0: The mean is this.\n  scenarios/flags/small.yaml:7:5: the last step of 1 case" in out
    )


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("-k", "training=true"), ["The mean is this.", "Both are alike."]),
        (("flags/small[training=false]",), ["It refuses."]),
        (("--tag", "small", "--runner", "tf1"), ["The mean is this.", "It refuses.", "Both are alike."]),
    ],
)
def test_only_claims_about_what_is_selected_are_told(harness: Run, words: tuple[str, ...], says: list[str]) -> None:
    code, out, err = harness(*words)
    assert (code, err) == (0, "")
    assert [one for one in ("The mean is this.", "It refuses.", "Both are alike.") if one in out] == says


def test_other_folders(harness: Run) -> None:
    Path("scenarios").rename("mine")
    Path("golden").rename("recorded")
    code, out, _ = harness("--scenarios", "mine", "--golden", "recorded", "-q")
    assert (code, out) == (0, "summary: 3 claims: 1 confirmed, 2 confirmed only in part\n")


def test_claims_that_nothing_is_recorded_for_are_told_and_fail(harness: Run) -> None:
    code, out, err = harness("--golden", "nowhere")
    assert code == 4
    assert out.splitlines()[-1] == "summary: 3 claims: 3 not recorded"
    assert "tf1: not recorded" in out
    assert err == "not judged: flags/small[training=true] and 1 more: not recorded\n"


def test_a_claim_about_a_runner_that_is_not_recorded_fails_alone(harness: Run) -> None:
    code, out, err = harness("--runner", "keras")
    assert (code, err) == (4, "")
    assert "NOT RECORDED" in out
    assert "keras: not recorded" in out
    assert out.splitlines()[-1] == "summary: 1 claim: 1 not recorded"


def test_what_is_recorded_as_another_experiment_says_nothing(harness: Run) -> None:
    Path("scenarios/flags/small.yaml").write_text(SCENARIO.replace("[2, 5]", "[2, 6]"))
    code, out, err = harness("-k", "training=false")
    assert (code, out.splitlines()[-1]) == (4, "summary: 1 claim: 1 not recorded")
    assert err == "not judged: flags/small[training=false]: stale, recorded as another experiment\n"
    assert harness("-q", "-k", "training=false")[2] == ""


def test_a_selection_without_claims_is_nothing_selected(harness: Run) -> None:
    path = Path("scenarios/flags/small.yaml")
    path.write_text(SCENARIO.partition("claims:")[0])
    code, out, err = harness()
    assert (code, out) == (3, "")
    assert err.startswith("selection: no claim is about the selected cases\n  hint: ")


def test_a_runner_that_is_none_is_refused(harness: Run) -> None:
    code, out, err = harness("--runner", "kears")
    assert (code, out) == (2, "")
    assert "did you mean keras?" in err


def test_a_golden_file_that_is_none_is_refused(harness: Run) -> None:
    Path("golden/flags/small.json").write_text("{}")
    assert harness()[0] == 2
