"""Results that are not a function of the input: verdict, record, rule, claims and reports; never a flaky difference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from harness import golden
from harness.compare import compare_run, exit_code, read_goldens
from harness.comparison import Comparison, Relation, RunnerResult, Verdict
from harness.diff import Difference, DifferenceKind
from harness.golden import Behaviour, GoldenCase, GoldenFile, RecordAction
from harness.history import gather
from harness.observation import Observation, Outcome
from harness.reasons import explained
from harness.recording import exit_code as recorded_code
from harness.recording import record_measurement
from harness.report.json import run_json
from harness.report.json_reader import read_run
from harness.report.junit import junit_xml
from harness.report.show import render_show
from harness.report.terminal import render
from harness.scenario import Claim, Selection
from harness.scenario.assertion import Assertion
from harness.scenario.value import Effect, Normalizer, SameAs
from harness.semantics.claim_ledger import Verdict as ClaimVerdict
from harness.semantics.claim_ledger import entries
from harness.semantics.examiner import Examiners
from harness.semantics.ledger import ledger
from harness.session import Measurement
from harness.tensor import Tensor
from tests.report.runs import run
from tests.unit.comparing import against
from tests.unit.measured import RELEASES, measurement, selection
from tests.unit.racing import (
    AT_ONCE,
    OTHER_ORDER,
    RACING,
    SEQUENTIAL,
    eager,
    in_order,
    raced,
    recorded,
    result,
)

GOLDEN_RACE = recorded(raced())
OTHER_OUTPUT = {"output": Tensor.of([[0.0], [0.5]], "float32")}


def write(root: Path, **observations: Observation) -> None:
    runners = {
        runner: (Behaviour(releases=(RELEASES[runner],), observation=recorded(one)),)
        for runner, one in observations.items()
    }
    cases = {RACING.key: GoldenCase(sha256=RACING.sha256, runners=runners)}
    golden.write(root, GoldenFile(scenario=RACING.scenario, cases=cases))


def measured(outcomes: Mapping[str, Outcome], chosen: Selection) -> Measurement:
    return measurement({(RACING.id, runner): outcome for runner, outcome in outcomes.items()}, chosen)


def compare(root: Path, chosen: Selection | None = None, **outcomes: Outcome) -> Comparison:
    chosen = chosen or selection([RACING])
    goldens, examiners = read_goldens(root, [chosen]), Examiners([chosen.scenario])
    found = compare_run(
        measured(outcomes, chosen),
        goldens=goldens,
        golden_root=root,
        scenarios=(),
        baseline=None,
        device="cpu",
        arguments=(),
        examiners=examiners,
    )
    return explained(found, [chosen], goldens, examiners)


def of_runner(comparison: Comparison, runner: str = "tf1") -> RunnerResult:
    (case,) = comparison.cases()
    return next(one for one in case.results if one.runner == runner)


# Verdicts.


@pytest.mark.parametrize(
    "seen",
    [
        raced(),
        raced(result(SEQUENTIAL, 49), result(AT_ONCE)),
        in_order(),
        result(AT_ONCE).observation,
    ],
    ids=["as recorded", "other results", "one result", "another one"],
)
def test_what_is_recorded_as_nondeterministic_matches_whatever_this_run_showed(
    tmp_path: Path, seen: Observation
) -> None:
    write(tmp_path, tf1=GOLDEN_RACE)
    found = compare(tmp_path, tf1=seen)
    assert of_runner(found).verdict is Verdict.NONDETERMINISTIC
    assert exit_code(found) == 0
    assert "summary: 1 nondeterministic" in render(found, width=120, verbose=0, color=False)


@pytest.mark.parametrize("seen", [raced(), in_order()], ids=["race", "one result"])
def test_what_is_the_same_each_time_is_held_to(tmp_path: Path, seen: Observation) -> None:
    step = {**GOLDEN_RACE.steps[0], **OTHER_OUTPUT}
    write(tmp_path, tf1=replace(GOLDEN_RACE, steps=(step,)))
    found = of_runner(compare(tmp_path, tf1=seen))
    assert found.verdict is Verdict.CHANGED
    assert found.diff is not None
    assert found.diff.fields == ("output",)


def test_a_race_where_one_result_is_recorded_is_a_change_that_says_what_was_seen(tmp_path: Path) -> None:
    write(tmp_path, tf1=in_order())
    found = compare(tmp_path, tf1=raced())
    assert of_runner(found).verdict is Verdict.CHANGED
    assert exit_code(found) == 1
    diff = of_runner(found).diff
    assert diff is not None
    mean, variance = diff.differences
    assert mean == Difference(
        kind=DifferenceKind.RESULTS, step=1, field="moving_mean", left="10.5 or 5.5", right="10.25", index=(0,)
    )
    assert (variance.left, variance.right) == ("50.5 or 25.75", "50.5")
    text = render(found, width=120, verbose=0, color=False)
    assert "step 1, moving_mean[0]: measured 10.5 or 5.5, golden 10.25" in text
    assert "why: concurrent-updates: in-order -> race" in text


def test_of_many_results_the_commonest_are_told(tmp_path: Path) -> None:
    write(tmp_path, tf1=in_order())
    results = [result({**AT_ONCE, "moving_mean": [mean]}, times) for times, mean in enumerate((6, 7, 8, 9, 10.0), 1)]
    found = of_runner(compare(tmp_path, tf1=raced(*results))).diff
    assert found is not None
    assert found.differences[0].left == "10.0 or 9.0 or 8.0 or 7.0 or 1 more"


@pytest.mark.parametrize("seen", [raced(), in_order(), result(OTHER_ORDER).observation])
def test_against_a_runner_that_does_not_race_the_rule_is_the_reason(tmp_path: Path, seen: Observation) -> None:
    write(tmp_path, tf1=GOLDEN_RACE, keras=in_order(eager()))
    (case,) = compare(tmp_path, tf1=seen, keras=in_order(eager())).cases()
    (between,) = case.between
    assert between.relation is Relation.DIFFERS
    assert between.explanation is not None
    assert between.explanation.rules == ("concurrent-updates",)
    assert {one.kind for one in between.diff.differences} == {DifferenceKind.RESULTS}


def test_the_release_that_is_expected_decides_what_may_race(tmp_path: Path) -> None:
    """Nothing is recorded for the release that runs; the nearest below it races."""
    write(tmp_path, tf1=GOLDEN_RACE)
    chosen = selection([RACING])
    newer = replace(measured({"tf1": in_order()}, chosen), releases={"tf1": "2.22.0+tf_keras-2.22.0"})
    found = against(tmp_path, newer)
    assert of_runner(found).verdict is Verdict.NONDETERMINISTIC


# Recording.


def record(root: Path, outcome: Outcome, release: str = RELEASES["tf1"]) -> RecordAction | None:
    done = record_measurement(
        measurement({(RACING.id, "tf1"): outcome}, selection([RACING]), releases={"tf1": release}),
        root,
        replace=(),
        prune=False,
    )
    assert recorded_code(done) == (1 if done[0].action is RecordAction.VALUE_CHANGED else 0)
    return done[0].action


def test_a_race_is_recorded_once_and_other_results_change_no_byte(tmp_path: Path) -> None:
    assert record(tmp_path, raced()) is RecordAction.NEW
    text = (tmp_path / f"{RACING.scenario}.json").read_bytes()
    assert b'"nondeterministic": true' in text
    assert b'moving_mean": {' not in text
    for seen in (raced(result(SEQUENTIAL), result(AT_ONCE)), in_order(), result(OTHER_ORDER).observation):
        assert record(tmp_path, seen) is RecordAction.UNCHANGED
        assert (tmp_path / f"{RACING.scenario}.json").read_bytes() == text
    assert record(tmp_path, raced(result(SEQUENTIAL), result(OTHER_ORDER)), release="2.20.0") is RecordAction.JOINED
    assert golden.check(tmp_path) == []


def test_a_race_where_one_result_is_recorded_is_kept_until_replaced(tmp_path: Path) -> None:
    assert record(tmp_path, in_order()) is RecordAction.NEW
    assert record(tmp_path, raced()) is RecordAction.VALUE_CHANGED


# What else is made of golden.


def test_a_recorded_race_is_a_behaviour_of_its_own_with_the_answer_that_it_shows(tmp_path: Path) -> None:
    write(tmp_path, tf1=GOLDEN_RACE, keras=in_order(eager()))
    archive = gather([selection([RACING])], lambda name: golden.read(tmp_path, name))
    book = ledger(archive.histories)
    assert book.unexplained() == ()
    answers = {reading.runner: reading.inference.answers("concurrent-updates") for reading in book.readings}
    assert answers == {"tf1": {"race"}, "keras": {"in-order"}}
    assert "concurrent-updates" not in book.undistinguished()


def claim(says: str, **content: object) -> Claim:
    return Claim(says=says, source="Somebody", place="x.yaml:1:1", **content)  # type: ignore[arg-type]


CLAIMS = (
    claim("number", expect={"moving_mean": 10.5}),
    claim("effect", effects={"moving_statistics": Effect.UPDATED}),
    claim("normalizer", normalized_by=Normalizer.BATCH),
    claim("settled number", expect={"gamma": 1}),
    claim("race", nondeterministic=True),
    claim("no race", nondeterministic=False),
)


def test_claims_about_what_races_are_not_judged(tmp_path: Path) -> None:
    write(tmp_path, tf1=GOLDEN_RACE, keras=in_order(eager()))
    chosen = selection([RACING], claims=CLAIMS)
    archive = gather([chosen], lambda name: golden.read(tmp_path, name))
    book = {
        entry.claim.says: entry.verdict() for entry in entries(chosen.scenario, [RACING], archive.histories, ["tf1"])
    }
    assert book == {
        "number": ClaimVerdict.UNDECIDED,
        "effect": ClaimVerdict.UNDECIDED,
        "normalizer": ClaimVerdict.UNDECIDED,
        "settled number": ClaimVerdict.CONFIRMED,
        "race": ClaimVerdict.CONFIRMED,
        "no race": ClaimVerdict.REFUTED,
    }
    (case,) = compare(tmp_path, chosen, tf1=in_order(), keras=in_order(eager())).cases()
    holds = {(one.says, one.runner): (one.holds, one.detail) for one in case.claims}
    why = "moving_mean after step 1 is not the same each time, and golden keeps none of its values"
    assert holds["number", "tf1"] == holds["effect", "tf1"] == (None, why)
    assert holds["number", "keras"] == (False, "moving_mean[0] is 10.25, the claim says 10.5")
    assert holds["race", "keras"] == (False, "50 repetitions gave one result")


def test_a_claim_of_equality_with_what_races_is_not_judged(tmp_path: Path) -> None:
    other = replace(RACING, id="topic/name[a=2]", variation={"a": 2})
    one = replace(RACING, id="topic/name[a=1]", variation={"a": 1})
    same = claim("same", where={"a": 1}, same_as=SameAs(key="a=2", where={}, fields=("moving_mean",)))
    chosen = selection([one, other], claims=[same])
    found = against(tmp_path, measurement({(one.id, "tf1"): in_order(), (other.id, "tf1"): raced()}, chosen))
    (judged,) = (judged for case in found.cases() for judged in case.claims)
    assert (judged.holds, judged.detail.split(",")[0]) == (None, "moving_mean after step 1 is not the same each time")


def test_an_assertion_about_what_races_is_not_judged(tmp_path: Path) -> None:
    asserted = Assertion(
        kind="non_negative",
        expected=True,
        says="It is never negative.",
        place="x.yaml:2:1",
        runners=None,
        releases=None,
        where={},
        step=None,
        fields=("moving_variance",),
    )
    chosen = selection([RACING])
    chosen = replace(chosen, scenario=replace(chosen.scenario, assertions=(asserted,)))
    write(tmp_path, tf1=GOLDEN_RACE, keras=in_order(eager()))
    found = compare(tmp_path, chosen, tf1=raced(), keras=in_order(eager()))
    (case,) = found.cases()
    assert [(one.runner, one.holds) for one in case.assertions] == [("tf1", None), ("keras", True)]
    assert exit_code(found) == 0


# Reports.


def test_verbose_lists_the_results_of_this_run(tmp_path: Path) -> None:
    write(tmp_path, tf1=GOLDEN_RACE)
    seen = compare(tmp_path, tf1=raced(result(SEQUENTIAL, 1), result(AT_ONCE, 40), result(OTHER_ORDER, 9)))
    text = render(seen, width=120, verbose=1, color=False)
    assert f"{RACING.id}, tf1: not the same each time\n" in text
    assert "  step 1, moving_mean[0]: 10.5 in 40, 5.5 in 9, 10.25 in 1 of 50 repetitions\n" in text
    assert "  step 1, moving_variance[0]: 50.5 in 41, 25.75 in 9 of 50 repetitions\n" in text
    assert "not the same each time" not in render(seen, width=120, verbose=0, color=False)
    once = render(compare(tmp_path, tf1=in_order()), width=120, verbose=1, color=False)
    assert "  step 1, moving_mean[0]: 10.25 in all of 50 repetitions, this time\n" in once


def test_values_beyond_eight_are_counted(tmp_path: Path) -> None:
    results = [result({**AT_ONCE, "moving_mean": [1.0 + mean]}, 20 - mean) for mean in range(10)]
    text = render(compare(tmp_path, tf1=raced(*results)), width=200, verbose=1, color=False)
    assert "7.0 in 14, 8.0 in 13, 2 other values in 23 of 155 repetitions" in text


def test_show_tells_what_races_and_what_it_came_to(tmp_path: Path) -> None:
    write(tmp_path, tf1=GOLDEN_RACE)
    found = compare(tmp_path, tf1=raced(), keras=in_order(eager()))
    bounds = Examiners([selection([RACING]).scenario]).bounds
    text = render_show(found.scenarios[0], bounds=bounds, width=120, verbose=0, color=False, blocks=False)
    assert "moving_mean float32 [1]: tf1 is not the same each time" in text
    assert "tf1 is not the same each time:\n  step 1, moving_mean[0]: 10.5 in 30, 5.5 in 20 of 50 repetitions\n" in text
    assert "nondeterministic (2.21.0+tf_keras-2.21.0)" in text
    assert "measured none" not in text


def test_the_file_of_a_run_keeps_what_is_told_of_it(tmp_path: Path) -> None:
    write(tmp_path, tf1=GOLDEN_RACE)
    found = run(compare(tmp_path, tf1=raced(), keras=in_order(eager())), code=4)
    text = run_json(found)
    again = read_run(text.encode("ascii"), "run.json")
    assert run_json(again) == text
    told, before = (one.targets[0].comparison for one in (again, found))
    assert told is not None
    assert before is not None
    for verbose in (0, 1):
        assert render(told, width=100, verbose=verbose, color=False) == render(
            before, width=100, verbose=verbose, color=False
        )
    assert of_runner(told).verdict is Verdict.NONDETERMINISTIC


def test_a_report_of_tests_counts_it_as_passed(tmp_path: Path) -> None:
    write(tmp_path, tf1=GOLDEN_RACE)
    text = junit_xml(run(compare(tmp_path, tf1=raced()), code=0))
    assert 'tests="1" failures="0" errors="0"' in text
