"""Markdown for a pull request or a job summary: the order of what is told, nothing by accident markup, bounded size."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from harness.comparison import Verdict
from harness.errors import Problem
from harness.report.markdown import COMMENT, SUMMARY, markdown
from harness.report.terminal import render
from harness.run import Run, TargetRun
from tests.report import samples
from tests.report.runs import everything, read_back, run, with_gate
from tests.report.samples import MOVED, case, compared, comparison, result, scenario, why

CASE = "flags/seed-article[training=true,trainable=true]"


def test_counts_come_first_then_the_rules_of_the_changes() -> None:
    lines = markdown(run(read_back())).splitlines()
    assert lines[0] == "## BatchNormalization: 16 match, 8 changed, 1 new, 1 crashed, 1 timed out, 1 unavailable"
    assert lines[2] == "**What changed, by rule:**"
    assert lines[4] == "- **variance-estimator** (sample -&gt; population): 1 change in flags/seed-article"
    assert lines[5].endswith("before: The moving variance follows the sample variance: squared deviations over n - 1.")
    assert lines[6].endswith("now: The moving variance follows the population variance: squared deviations over n.")
    assert lines[7] == "- **UNEXPLAINED**: 7 changes in momentum/sweep"
    assert "| 2.21.0 | 4 match, 8 changed, 1 new, 1 crashed | 12 match, 1 timed out | 1 unavailable |" in lines[11]


def test_what_failed_comes_before_what_is_new_and_before_the_table() -> None:
    text = markdown(run(read_back()))
    titles = re.findall(r"^### (.*)$", text, re.MULTILINE)
    assert titles == [
        "Changed or lost",
        "Not as runners or assertions should be",
        "New or stale",
        "Not measured",
        "Recorded, but without a scenario",
        "Every scenario",
    ]
    changed = text.partition("### Changed or lost")[2].partition("###")[0]
    heads = re.findall(r"<summary><code>(.*?)</code>: (\w+)", changed)
    assert [verdict for _, verdict in heads] == ["crashed", "timed", *["changed"] * 8]


def test_a_change_has_its_numbers_in_the_head_and_the_words_of_the_terminal_below() -> None:
    text = markdown(run(read_back()))
    head = (
        f"<details><summary><code>{CASE} [tf1]</code>: changed; step 1, moving_variance[2]: measured 1.0999999, "
        "golden 1.1333332; variance-estimator: sample -&gt; population</summary>"
    )
    assert head in text
    block = text.partition(head)[2].partition("```text\n")[2].partition("\n```")[0]
    assert block in render(read_back(), width=120, verbose=1, color=False)
    assert f"harness compare '{CASE}' --runner tf1" in block


def test_a_green_run_says_so_and_nothing_else_at_length() -> None:
    text = markdown(run(samples.all_green(), code=0))
    assert text.startswith("## BatchNormalization: 10 match\n\n| release | ")
    assert re.findall(r"^### (.*)$", text, re.MULTILINE) == ["Every scenario"]


def test_a_gate_names_what_is_not_expected_and_what_is_gone() -> None:
    text = markdown(run(with_gate(samples.all_green())))
    assert (
        "- --fail-on difference: 1 difference not expected, 1 difference expected, 1 expected difference gone" in text
    )
    assert "### Not as runners or assertions should be" in text
    assert "differs from tf1 by frozen-normalizes-with, which is not expected</summary>" in text
    assert "### Expected differences that are gone" in text
    assert "scenarios/flags/seed-article.yaml:9:5: epsilon-floor is expected, but explains no difference" in text


def test_several_releases_are_told_apart() -> None:
    text = markdown(everything())
    assert "**What changed on 2.21.0, by rule:**" in text
    assert "| 2.20.0, shard 1 of 2 | 5 match | 5 match | - | 1 of 5 cases | 1 |" in text
    assert "| 1.0.1 | not to be had | not to be had | not to be had | - | 5 |" in text
    assert "- **TensorFlow 1.0.1**: the environment cannot be made: no Python 3.6" in text
    assert f"<code>{CASE} [tf1]</code> on 2.21.0: changed" in text


def test_rules_that_cannot_be_told_apart_are_both_named() -> None:
    either = [{"fused-impossible": ("falls-back", "ValueError")}, {"argument-fused": ("computes", "ValueError")}]
    which = case("layer/fused")
    changed = result("tf1", Verdict.CHANGED, differences=[MOVED], explanation=why(which, *either, differences=[MOVED]))
    text = markdown(run(comparison(scenario(compared(which, [changed])))))
    assert (
        "**fused-impossible** (falls-back -&gt; ValueError) or **argument-fused** (computes -&gt; ValueError)" in text
    )


def test_a_rounding_is_told_as_one() -> None:
    which = case("layer/fused")
    changed = result("tf1", Verdict.CHANGED, differences=[MOVED], explanation=why(which, {}, differences=[MOVED]))
    text = markdown(run(comparison(scenario(compared(which, [changed])))))
    assert "- **rounding**: 1 change in layer/fused: the same answers predict both sides" in text


def test_nothing_in_a_message_is_markup() -> None:
    problem = Problem(place="a|b", message="*x* _y_ `z` <b> [l](u) ~~s~~ a_b", hint=None)
    text = markdown(Run(targets=(TargetRun(target="1.0.1", comparison=None, code=5, problems=(problem,)),), code=5))
    assert r"- **a\|b**: \*x\* \_y\_ \`z\` &lt;b&gt; \[l\](u) \~\~s\~\~ a_b" in text


def test_a_text_cannot_end_its_code_block() -> None:
    said = samples.crashed(said="```\n<script>\n````")
    text = markdown(run(comparison(scenario(compared(case("odd/worker"), [said])))))
    block = text.partition("`````text\n")[2].partition("\n`````\n")[0]
    assert block.splitlines()[-2] == "    | ````"


def many(count: int) -> Run:
    """A run in which so many cases changed, on two releases."""
    cases = []
    for number in range(count):
        which = case("flags/many", number=number)
        changed = result("tf1", Verdict.CHANGED, differences=[MOVED], explanation=why(which, {}, differences=[MOVED]))
        cases.append(compared(which, [changed]))
    found = comparison(scenario(*cases), runners=["tf1"])
    return run(found, replace(found, stale=samples.all_wrong().stale))


@pytest.mark.parametrize("limit", [16_384, COMMENT])
def test_what_is_too_much_is_left_out_and_said_to_be(limit: int) -> None:
    text = markdown(many(200), limit)
    assert limit // 2 < len(text.encode()) <= limit
    told = re.fullmatch(
        rf"\*Left out, since this page may have {limit} bytes: (\d+) of 400 failures(, \d of 2 tables)?\.\*",
        text.splitlines()[-1],
    )
    assert told
    assert text.count("</details>") == text.count("<details>")
    assert text.count("[tf1]</code> on ") == 400 - int(told[1])
    assert "golden/flags/gone.json" in text, "what fits is told although something before it does not"


def test_the_summary_of_a_step_has_room_for_more() -> None:
    text = markdown(many(200), SUMMARY)
    assert "Left out" not in text
    assert COMMENT < len(text.encode()) < SUMMARY


def test_the_head_is_bounded_too() -> None:
    problems = tuple(Problem(place=f"TensorFlow 1.{n}", message="said: " + "x " * 900) for n in range(90))
    targets = tuple(
        TargetRun(target=f"1.{n}", comparison=None, code=5, problems=(one,)) for n, one in enumerate(problems)
    )
    text = markdown(Run(targets=targets, code=5))
    assert len(text.encode()) <= COMMENT
    assert re.search(r"\*Left out, .*: \d+ of 90 remarks\.\*\n$", text)
