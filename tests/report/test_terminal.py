from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from harness.comparison import Comparison, Verdict
from harness.report.terminal import render
from tests.report import samples
from tests.report.samples import between, case, claim, compared, comparison, crashed, result, scenario

EXPECTED = Path(__file__).parent / "expected"
ANSI = re.compile(r"\x1b\[\d+m")


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("build", [samples.all_green, samples.all_wrong])
def test_whole_report(build: Callable[[], Comparison], width: int) -> None:
    text = render(build(), width=width, verbose=0, color=False)
    assert text == (EXPECTED / f"{build.__name__}-{width}.txt").read_text(encoding="utf-8")


def test_whole_report_of_every_case() -> None:
    text = render(samples.all_wrong(), width=100, verbose=2, color=False)
    assert text == (EXPECTED / "all_wrong-100-vv.txt").read_text(encoding="utf-8")


def test_no_line_is_wider_than_asked_but_for_a_word_to_copy() -> None:
    wrong = samples.told(samples.all_wrong())
    too_wide = [
        (width, verbose, line)
        for width, verbose in product((*range(40, 140, 3), 200), (-1, 0, 1, 2))
        for line in render(wrong, width=width, verbose=verbose, color=False).splitlines()
        if len(line) > width and not ("'" in line and len(line.split("'")[1]) + len("    ''") >= width - len("  \\"))
    ]
    assert too_wide == []


@pytest.mark.parametrize("width", [10, 40])
def test_the_narrowest_report_is_40_columns(width: int) -> None:
    assert render(samples.all_green(), width=width, verbose=0, color=False) == render(
        samples.all_green(), width=40, verbose=0, color=False
    )


@pytest.mark.parametrize("verbose", [-1, 0, 2])
@pytest.mark.parametrize("build", [samples.all_green, samples.all_wrong])
def test_colour_changes_no_character(build: Callable[[], Comparison], verbose: int) -> None:
    plain = render(build(), width=80, verbose=verbose, color=False)
    painted = render(build(), width=80, verbose=verbose, color=True)
    assert "\x1b" not in plain
    assert plain.isascii()
    assert "\x1b[3" in painted
    unpainted = "\n".join(line.rstrip() for line in ANSI.sub("", painted).split("\n"))
    assert unpainted == plain


def test_verdicts_have_their_colours() -> None:
    painted = render(samples.all_wrong(), width=200, verbose=0, color=True)
    assert "\x1b[32m~ 4 match\x1b[0m" in painted
    assert "\x1b[31m7 changed\x1b[0m" in painted
    assert "\x1b[33m1 new\x1b[0m" in painted
    assert "\x1b[31mdiffers: update_ops\x1b[0m" in painted
    assert "\x1b[36mdiffers 1/4: output, moving_variance\x1b[0m" in painted
    assert "\x1b[31mUNEXPLAINED\x1b[0m" in painted


def test_every_changed_result_says_all_there_is_to_say() -> None:
    text = render(samples.all_wrong(), width=300, verbose=1, color=False)
    changed = [
        (case.case.id, found)
        for case in samples.all_wrong().cases()
        for found in case.results
        if found.verdict is Verdict.CHANGED
    ]
    assert len(changed) == 8
    for identifier, found in changed:
        block = next(part for part in text.split("\n\n") if part.startswith(f"{identifier}, {found.runner}: changed"))
        assert found.diff
        assert f"rerun: harness compare '{identifier}' --runner {found.runner} --golden 'my golden'" in block
        for difference in found.diff.differences:
            index = "" if difference.index is None else "[" + ",".join(map(str, difference.index)) + "]"
            step = "" if difference.step is None else f"step {difference.step}, "
            where = f"{step}{difference.field}{index}"
            assert f"  {where}: measured {difference.left}, golden {difference.right}\n" in block
        assert "bound 3.3e-06" in block


def test_a_scenario_tells_five_failures_and_counts_the_others() -> None:
    text = render(samples.all_wrong(), width=120, verbose=0, color=False)
    assert text.count("momentum/sweep[momentum=") == 2 * 5
    assert "momentum/sweep: 2 more failures; -v tells each" in text
    assert "... 2 more failed" in text
    verbose = render(samples.all_wrong(), width=120, verbose=1, color=False)
    assert verbose.count("momentum/sweep[momentum=") == (2 + 1) * 7
    assert "more fail" not in verbose


def test_a_crash_does_not_hide_behind_changes() -> None:
    cases = [
        compared(case("x/y", n=n), [result("tf1", Verdict.CHANGED, differences=[samples.MOVED])]) for n in range(9)
    ]
    cases.append(compared(case("x/y", n=9), [crashed()]))
    text = render(comparison(scenario(*cases)), width=80, verbose=0, color=False)
    assert "x/y[n=9], tf1: crashed\n  the worker died on this case: SIGABRT\n" in text


def test_only_the_end_of_a_long_stderr() -> None:
    loud = crashed(said="\n".join(f"line {number}\x1b[2J" for number in range(40)))
    text = render(comparison(scenario(compared(case("x/y"), [loud]))), width=80, verbose=0, color=False)
    assert "    | line 28\\x1b[2J\n" in text
    assert "    | line 39\\x1b[2J\n" in text
    assert "line 27" not in text
    assert "\x1b" not in text


def test_a_rerun_names_the_program_as_the_shell_finds_it() -> None:
    cases = scenario(compared(case("x/y"), [crashed()]))
    text = render(comparison(cases, program=(".venv/bin/harness",)), width=80, verbose=0, color=False)
    assert "  rerun: .venv/bin/harness compare x/y --runner tf1\n" in text


def test_quiet_says_failures_and_the_summary() -> None:
    green = render(samples.all_green(), width=80, verbose=-1, color=False)
    assert green == (
        "summary: 10 match; tf1 and keras differ in 1 of 5 cases; 1 of 1 difference\n"
        "explained (frozen-normalizes-with 1, variance-estimator 1)\n"
    )
    wrong = render(samples.all_wrong(), width=80, verbose=-1, color=False)
    assert "= golden" not in wrong
    assert wrong.startswith("flags/seed-article[training=true,trainable=true], tf1: changed\n")


def test_a_run_that_compared_nothing_says_so() -> None:
    text = render(comparison(), width=80, verbose=0, color=True)
    assert text.endswith("\x1b[33msummary: nothing was compared\x1b[0m\n")


def test_what_does_not_apply_is_said_once_and_counted() -> None:
    cases = [compared(case("x/y", n=n), [result(), samples.not_applicable("keras")]) for n in range(3)]
    text = render(comparison(scenario(*cases)), width=80, verbose=1, color=False)
    assert "keras: not applicable for 3 cases\n  an eager call has no placeholder\n" in text
    assert text.endswith("summary: 3 match, 3 not applicable\n")


def test_an_unavailable_runner_is_said_once() -> None:
    cases = [compared(case("x/y", n=n), [result(), samples.unavailable("keras")]) for n in range(3)]
    text = render(comparison(scenario(*cases)), width=80, verbose=1, color=False)
    assert text.count("tf-keras is not installed") == 1
    assert "keras: unavailable for 3 cases\n  tf-keras is not installed\n" in text
    assert text.endswith("summary: 3 match, 3 unavailable\n")


def test_new_cases_are_told_together_with_the_command_that_records_them() -> None:
    new = [
        result(runner, Verdict.NEW, against=None, baseline=None, reason="nothing is recorded")
        for runner in ("tf1", "keras")
    ]
    cases = [compared(case("x/y", n=n), new) for n in range(3)]
    text = render(comparison(scenario(*cases)), width=100, verbose=0, color=False)
    assert "x/y, tf1 and keras: new (3 of 3 cases)\n  nothing is recorded\n" in text
    assert "  record: harness record x/y --runner tf1 --runner keras\n" in text


def test_many_scenarios_without_golden_are_listed_once() -> None:
    new = result("tf1", Verdict.NEW, against=None, baseline=None, reason="nothing is recorded")
    scenarios = [scenario(compared(case(f"x/y{n}"), [new])) for n in range(6)]
    text = render(comparison(*scenarios), width=100, verbose=0, color=False)
    assert text.count("nothing is recorded") == 3
    assert "3 more scenarios: new, for the same reason; -v tells each\n  x/y3, x/y4, x/y5\n" in text
    assert render(comparison(*scenarios), width=100, verbose=1, color=False).count("nothing is recorded") == 6


def test_fields_and_versions_come_in_the_order_people_think_of_them() -> None:
    differences = [samples.MOVED, samples.UPDATES, samples.OUTPUT]
    cases = scenario(compared(case("x/y"), [result()], [between(*differences)]))
    shuffled = replace(comparison(cases), versions={"python": "3", "other": "1", "tensorflow": "2"})
    text = render(shuffled, width=120, verbose=0, color=False)
    assert text.startswith("TensorFlow 2, Python 3, other 1\n")
    assert "differs: output, moving_variance, update_ops\n" in text


def test_a_stale_case_is_named() -> None:
    stale = result("tf1", Verdict.STALE, against=None, baseline=None, reason="recorded for another version")
    cases = [compared(case("x/y", n=1), [stale]), compared(case("x/y", n=2), [result()])]
    text = render(comparison(scenario(*cases)), width=80, verbose=0, color=False)
    assert "x/y[n=1], tf1: stale\n  recorded for another version\n  rerun: harness compare 'x/y[n=1]'" in text


def test_a_recorded_crash_is_a_match_that_names_its_signal() -> None:
    outcome = crashed().outcome
    cases = [compared(case("x/y", n=n), [result(outcome=outcome)]) for n in range(2)]
    text = render(comparison(scenario(*cases)), width=80, verbose=1, color=False)
    assert "= match, dies of SIGABRT" in text
    assert "\nx/y[n=0], tf1" not in text


def test_cases_that_were_not_compared_are_counted() -> None:
    cases = [
        compared(case("x/y", n=1), [result(), crashed("keras")]),
        compared(case("x/y", n=2), [result(), result("keras")], [between(identical=False)]),
    ]
    text = render(comparison(scenario(*cases)), width=120, verbose=0, color=False)
    assert "~ same, 1 not compared" in text


def test_a_claim_that_nothing_was_measured_for_is_not_held() -> None:
    cases = scenario(compared(case("x/y"), [samples.unavailable()], claims=[claim(None), claim(True)]))
    text = render(comparison(cases), width=80, verbose=0, color=False)
    assert "claims: 1 holds, 1 not judged" in text
    assert "not judged: After one step" in render(comparison(cases), width=80, verbose=1, color=False)


def test_many_runner_pairs_move_into_a_table_below() -> None:
    runners = ("tf1", "tf_keras", "keras", "keras_v1")
    pairs = [(left, right) for n, left in enumerate(runners) for right in runners[n + 1 :]]
    which = compared(
        case("flags/seed-article"),
        [result(runner) for runner in runners],
        [between(samples.MOVED, left=left, right=right) for left, right in pairs],
    )
    text = render(comparison(scenario(which), runners=runners), width=80, verbose=0, color=False)
    assert max(map(len, text.splitlines())) <= 80
    assert text.count("scenario  ") >= 2
    assert text.count("moving_variance") == len(pairs)
