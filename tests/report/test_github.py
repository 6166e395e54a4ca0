"""Annotations of GitHub Actions: on the scenario's line, at most as many as are shown, escaped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from harness.comparison import Comparison, Verdict
from harness.report.github import MOST, workflow_commands
from harness.report.terminal import render
from tests.report import samples
from tests.report.runs import everything, run, with_gate
from tests.report.samples import MOVED, case, compared, comparison, result, scenario

CASE = "flags/seed-article[training=true,trainable=true]"


def at_line(found: Comparison, line: int) -> Comparison:
    return replace(found, scenarios=tuple(replace(one, line=line) for one in found.scenarios))


def lines(text: str) -> list[str]:
    assert text == "" or text.endswith("\n")
    return text.splitlines()


def unescaped(text: str) -> str:
    for code, char in (("%0A", "\n"), ("%0D", "\r"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, char)
    return text


def test_nothing_is_said_of_a_green_run() -> None:
    assert workflow_commands(run(samples.all_green())) == ""


def test_a_failure_is_on_the_line_of_its_scenario_in_the_words_of_the_terminal() -> None:
    changed = at_line(samples.all_wrong(), 3)
    [found] = [line for line in lines(workflow_commands(run(changed))) if "seed-article" in line]
    head, _, message = found.partition("::")[2].partition("::")
    assert head == (
        "error file=scenarios/flags/seed-article.yaml,line=3,"
        "title=flags/seed-article[training=true%2Ctrainable=true] [tf1]"
    )
    assert "%0A" in message
    assert unescaped(message) in render(changed, width=120, verbose=1, color=False)
    assert "step 1, moving_variance[2]: measured 1.0999999, golden 1.1333332" in message


def test_paths_count_from_the_checkout() -> None:
    place = Path.cwd().parent
    text = workflow_commands(run(samples.all_wrong()), place)
    assert f"file={Path.cwd().name}/scenarios/odd/worker.yaml,line=1," in text


def test_no_more_than_github_shows_the_gravest_and_every_scenario_first() -> None:
    found = lines(workflow_commands(run(samples.all_wrong())))
    assert len(found) == MOST
    assert "title=odd/worker [tf1]::" in found[0]
    titles = [line.partition("title=")[2].partition("::")[0] for line in found]
    assert {title.partition(" ")[0].partition("[")[0] for title in titles[:4]} == {
        "odd/worker",
        "flags/seed-article",
        "momentum/sweep",
        "layer/fused",
    }
    assert found[-1] == "::error title=harness::4 more failures: the log and the job summary tell them"


def test_as_many_as_are_shown_need_no_rest() -> None:
    cases = [compared(case(number=n), [result("tf1", Verdict.CHANGED, differences=[MOVED])]) for n in range(MOST)]
    found = lines(workflow_commands(run(comparison(scenario(*cases)))))
    assert len(found) == MOST
    assert all("line=1" in line for line in found)


def test_an_expectation_that_is_gone_is_on_its_own_line() -> None:
    found = lines(workflow_commands(run(with_gate(samples.all_green()))))
    assert any(line.startswith("::error file=scenarios/flags/seed-article.yaml,line=9,") for line in found)
    assert any("title=flags/seed-article[training=true%2Ctrainable=false] [keras]::" in line for line in found)


def test_targets_are_named_where_there_are_several() -> None:
    text = workflow_commands(everything())
    assert "[tf1]%2C 2.21.0::" in text
    assert "::error title=harness%2C 1.0.1::TensorFlow 1.0.1: the environment cannot be made:%0A" in text


def test_percent_signs_survive() -> None:
    said = samples.crashed(said="100 % sure")
    text = workflow_commands(run(comparison(scenario(compared(case("odd/worker"), [said])))))
    assert "100 %25 sure" in text
