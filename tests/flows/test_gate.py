"""The migration gate over what the oracle predicts for layers of known answers: verdict, exit code, text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from harness.case import Case, Json
from harness.compare import compare_run, exit_code
from harness.comparison import Comparison, Gate, Relation
from harness.gate import gated
from harness.observation import Crashed, Observation, Outcome, Unavailable
from harness.reasons import explained
from harness.report.terminal import render
from harness.scenario import Selection
from harness.scenario.difference import ExpectedDifference
from harness.semantics.examiner import Examiners
from harness.semantics.oracle import predict
from tests.unit.comparing import REFUSES, spoiled
from tests.unit.measured import measurement, selection
from tests.unit.semantics.samples import article, keras, tf1
from tests.unit.semantics.samples import case as experiment

FROZEN = replace(article(trainable=False), id="topic/name[trainable=false]", variation={"trainable": False})
TRAINED = replace(article(), id="topic/name[trainable=true]", variation={"trainable": True})
RANK2 = experiment([[[1.0, 2.0], [3.0, 5.0]]], fused=True)
GONE = "is expected, but explains no difference"


def observed(case: Case, given: Mapping[str, str]) -> Observation:
    return predict(case, given).as_observation()


def both(case: Case, right: Mapping[str, str] | None = None, name: str = "keras") -> dict[tuple[str, str], Outcome]:
    """tf1 on the kernel with the sample variance, and a Keras 3."""
    return {(case.id, "tf1"): observed(case, tf1()), (case.id, name): observed(case, right or keras())}


TWO = {**both(FROZEN), **both(TRAINED)}
# What is inferred of these observations, once for all tests.
EXAMINERS = Examiners([selection((FROZEN, TRAINED)).scenario])


def expect(rule: str, where: Mapping[str, Json] | None = None, *runners: str) -> ExpectedDifference:
    place = "scenarios/topic/name.yaml:9:5"
    return ExpectedDifference(rule=rule, place=place, runners=runners or None, releases=None, where=where or {})


def compare(
    outcomes: Mapping[tuple[str, str], Outcome],
    *expected: ExpectedDifference,
    cases: tuple[Case, ...] = (FROZEN, TRAINED),
    chosen: tuple[Case, ...] | None = None,
) -> Comparison:
    plain = selection(cases)
    whole = Selection(scenario=replace(plain.scenario, differences=expected), cases=chosen or cases)
    examiners = EXAMINERS if cases == (FROZEN, TRAINED) else Examiners([whole.scenario])
    comparison = compare_run(
        measurement(outcomes, whole),
        goldens={"topic/name": None},
        golden_root=Path(),
        scenarios=(),
        baseline=None,
        device="cpu",
        arguments=("--scenarios", "mine"),
        examiners=examiners,
    )
    return gated(explained(comparison, [whole], {}, examiners), [whole])


def gate(comparison: Comparison) -> Gate:
    assert comparison.gate is not None
    return comparison.gate


def text(comparison: Comparison, verbose: int = 0, width: int = 100) -> str:
    return render(comparison, width=width, verbose=verbose, color=False)


def test_differences_by_expected_rules_pass() -> None:
    comparison = compare(
        TWO, expect("frozen-normalizes-with", {"trainable": False}), expect("variance-estimator", {"trainable": True})
    )
    assert gate(comparison) == Gate(compared=2, expected=2, unexplained=0, unexpected=(), vanished=())
    assert gate(comparison).passed
    # 4 is the missing golden: the gate adds a reason to fail, and takes none away.
    assert exit_code(comparison) == 4
    assert text(comparison).rstrip().endswith("; 2 differences expected")


def test_an_unexpected_rule_fails_with_case_rule_and_the_line_to_add() -> None:
    comparison = compare(TWO, expect("variance-estimator"))
    (one,) = gate(comparison).unexpected
    assert (one.case, one.rules, one.between.right) == (FROZEN, ("frozen-normalizes-with",), "keras")
    assert not gate(comparison).passed
    assert exit_code(comparison) == 1
    assert (
        "topic/name: keras differs from tf1 otherwise than expected in 1 of 2 cases\n"
        "  frozen-normalizes-with: batch -> moving\n"
        "    topic/name[trainable=false]\n"
        "  to expect it, add to what scenarios/topic/name.yaml says:\n"
        "    expect_difference:\n"
        "      - {rule: frozen-normalizes-with, where: {trainable: false}}\n"
        "  rerun: harness compare 'topic/name[trainable=false]' --fail-on difference --scenarios mine\n"
    ) in text(comparison)
    assert text(comparison, -1).rstrip().endswith("; 1 difference not expected, 1 difference expected")


def test_a_rule_of_every_case_needs_no_where() -> None:
    same = replace(TRAINED, id="topic/name[trainable=2]", variation={"trainable": 2})
    comparison = compare({**both(TRAINED), **both(same)}, cases=(TRAINED, same))
    assert "    expect_difference:\n      - variance-estimator\n" in text(comparison)


def test_many_cases_of_a_rule_are_counted_unless_asked_for() -> None:
    cases = tuple(replace(TRAINED, id=f"topic/name[n={n}]", variation={"n": n}) for n in range(5))
    comparison = compare({key: one for case in cases for key, one in both(case).items()}, cases=cases)
    assert "    topic/name[n=2]\n    and 2 more; -v tells each\n" in text(comparison)
    assert "    topic/name[n=4]\n" in text(comparison, 1)


def test_texts_of_a_sweep_are_quoted_in_the_line_to_add() -> None:
    named = replace(FROZEN, id="topic/name[training=tensor:true]", variation={"training": "tensor:true"})
    other = replace(TRAINED, id="topic/name[training=null]", variation={"training": None})
    line = '      - {rule: frozen-normalizes-with, where: {training: "tensor:true"}}\n'
    assert line in text(compare({**both(named), **both(other)}, cases=(named, other)))


def test_an_expectation_of_other_cases_or_runners_excuses_nothing() -> None:
    elsewhere = expect("frozen-normalizes-with", {"trainable": True})
    other = expect("frozen-normalizes-with", {}, "tf_keras")
    comparison = compare(TWO, elsewhere, other, expect("variance-estimator"))
    assert [one.case for one in gate(comparison).unexpected] == [FROZEN]


def test_what_is_expected_and_gone_fails_with_its_place() -> None:
    comparison = compare(
        {**both(FROZEN, tf1(fused_kernel="not-told")), **both(TRAINED)},
        expect("variance-estimator"),
        expect("frozen-normalizes-with", {"trainable": False}, "keras"),
    )
    (one,) = gate(comparison).vanished
    assert (one.expected.rule, one.compared, one.scenario) == ("frozen-normalizes-with", 1, "topic/name")
    assert gate(comparison).unexpected == ()
    assert exit_code(comparison) == 1
    assert (
        f"scenarios/topic/name.yaml:9:5: frozen-normalizes-with {GONE} of keras any more\n"
        "  1 comparison looked at\n"
        "  hint: delete the line; where it holds on some releases only, releases: says on which\n"
        "  rerun: harness compare topic/name --fail-on difference --scenarios mine\n"
    ) in text(comparison, width=120)
    assert text(comparison).rstrip().endswith("; 1 difference expected, 1 expected difference gone")


def test_a_part_of_a_scenario_cannot_tell_that_something_is_gone() -> None:
    part = compare(both(TRAINED), expect("variance-estimator"), expect("mask"), chosen=(TRAINED,))
    assert gate(part).passed
    whole = compare(TWO, expect("variance-estimator"), expect("mask"), expect("frozen-normalizes-with"))
    assert [one.expected.rule for one in gate(whole).vanished] == ["mask"]


def test_what_was_not_compared_or_is_lost_or_unexplained_is_not_called_gone() -> None:
    gone = expect("mask"), expect("variance-estimator"), expect("frozen-normalizes-with")
    died: Outcome = Crashed(cause="SIGSEGV", stderr="")
    lost = compare({**TWO, (FROZEN.id, "keras"): died}, *gone)
    assert gate(lost).vanished == ()
    assert exit_code(lost) == 6
    odd = spoiled(observed(FROZEN, keras()))
    assert gate(compare({**TWO, (FROZEN.id, "keras"): odd}, *gone)).vanished == ()
    assert gate(compare(TWO, *gone[1:], expect("mask", {}, "shim"))).passed


def test_a_difference_that_no_rule_explains_cannot_be_expected() -> None:
    odd = spoiled(observed(FROZEN, keras()))
    comparison = compare({**TWO, (FROZEN.id, "keras"): odd}, expect("variance-estimator"))
    assert gate(comparison) == Gate(compared=2, expected=1, unexplained=1, unexpected=(), vanished=())
    assert not gate(comparison).passed
    assert exit_code(comparison) == 1


def test_of_explanations_that_a_case_cannot_tell_apart_one_expected_is_enough() -> None:
    outcomes = both(RANK2, REFUSES)
    for rule in ("fused-impossible", "argument-fused"):
        assert gate(compare(outcomes, expect(rule), cases=(RANK2,))).passed
    every = compare(outcomes, expect("fused-impossible"), expect("argument-fused"), cases=(RANK2,))
    assert gate(every).passed
    (one,) = gate(compare(outcomes, cases=(RANK2,))).unexpected
    assert len(one.rules) == 1


def test_every_rule_of_an_explanation_has_to_be_expected() -> None:
    moved: dict[tuple[str, str], Outcome] = {
        (FROZEN.id, "tf1"): observed(FROZEN, tf1(frozen_updates="yes")),
        (FROZEN.id, "keras"): observed(FROZEN, keras()),
    }
    (found,) = gate(compare(moved, cases=(FROZEN,))).unexpected
    assert {"frozen-normalizes-with", "frozen-updates"} <= set(found.rules)
    for left_out in found.rules:
        rest = [expect(rule) for rule in found.rules if rule != left_out]
        (one,) = gate(compare(moved, *rest, cases=(FROZEN,))).unexpected
        assert one.rules == (left_out,)
    assert gate(compare(moved, *map(expect, found.rules), cases=(FROZEN,))).passed


def test_equal_runners_pass_and_say_so() -> None:
    inference = replace(article(training=False), variation={})
    comparison = compare(both(inference), cases=(inference,))
    assert next(iter(comparison.cases())).between[0].relation is Relation.SAME
    assert gate(comparison).passed
    assert text(comparison).rstrip().endswith("; no runner differs from its reference")


def test_a_gate_that_compared_nothing_is_not_passed() -> None:
    alone: dict[tuple[str, str], Outcome] = {(TRAINED.id, "tf1"): observed(TRAINED, tf1())}
    missing: Outcome = Unavailable(reason="there is no Keras")
    comparison = compare({**alone, (TRAINED.id, "keras"): missing}, cases=(TRAINED,))
    assert not gate(comparison).passed
    assert "no two runners were compared, so none can differ" in text(comparison)


def test_nothing_is_judged_unless_asked() -> None:
    comparison = replace(compare(TWO), gate=None)
    assert exit_code(comparison) == 4
    assert "expect" not in text(comparison)


def test_the_section_keeps_within_the_width() -> None:
    comparison = compare(TWO, expect("mask"))
    for width in (60, 80, 120):
        paragraphs = text(comparison, 1, width).partition("topic/name: keras differs")[2]
        told = [line for line in paragraphs.splitlines() if "- {rule" not in line]
        assert max(map(len, told)) <= width
