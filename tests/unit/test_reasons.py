"""Comparisons of what the oracle predicts for layers of known answers: the answers have to come out again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from harness import golden
from harness.case import Case
from harness.compare import exit_code
from harness.comparison import Between, Comparison, Relation, RunnerResult, Verdict
from harness.golden import Behaviour, GoldenCase, GoldenFile
from harness.observation import Observation, Outcome
from harness.scenario import Selection
from harness.semantics.account import Told
from harness.semantics.explain import Explanation
from harness.semantics.oracle import predict
from tests.unit.comparing import REFUSES, compare, spoiled
from tests.unit.measured import RELEASES, selection
from tests.unit.semantics.samples import article, keras, tf1
from tests.unit.semantics.samples import case as experiment

Given = Mapping[str, str]

FROZEN = article(trainable=False)
RANK2 = replace(experiment([[[1.0, 2.0], [3.0, 5.0]]], fused=True), id="topic/name[n=0]", variation={"n": 0})
IMAGE = replace(experiment([[[[[1.0, 2.0]]]]], fused=True), id="topic/name[n=1]", variation={"n": 1})


def observed(case: Case, given: Given) -> Observation:
    return predict(case, given).as_observation()


def record(root: Path, *cases: tuple[Case, Mapping[str, tuple[str, Observation]]]) -> None:
    """Golden of what each runner showed on one release."""
    held = {
        case.key: GoldenCase(
            sha256=case.sha256,
            runners={
                runner: (Behaviour(releases=(release,), observation=shown),)
                for runner, (release, shown) in sides.items()
            },
        )
        for case, sides in cases
    }
    golden.write(root, GoldenFile(scenario="topic/name", cases=held))


def between(comparison: Comparison, case: str = "topic/name") -> Between:
    (found,) = next(one for one in comparison.cases() if one.case.id == case).between
    return found


def result(comparison: Comparison) -> RunnerResult:
    return next(iter(comparison.cases())).results[0]


def sets(explanation: Told | None) -> set[tuple[str, ...]]:
    assert explanation is not None
    return {tuple(change.rule for change in changes) for changes in explanation.sets}


def runners(case: Case, left: Given, right: Given) -> dict[tuple[str, str], Outcome]:
    return {(case.id, "tf1"): observed(case, left), (case.id, "keras"): observed(case, right)}


def test_a_difference_between_runners_is_explained(tmp_path: Path) -> None:
    found = between(compare(tmp_path, runners(FROZEN, tf1(), keras()), selection([FROZEN])))
    assert found.relation is Relation.DIFFERS
    assert sets(found.explanation) == {("frozen-normalizes-with",)}


def test_runners_that_agree_are_not_explained(tmp_path: Path) -> None:
    inference = article(training=False)
    found = between(compare(tmp_path, runners(inference, tf1(), keras()), selection([inference])))
    assert (found.relation, found.explanation) == (Relation.SAME, None)


def test_what_no_answers_predict_is_unexplained_and_fails(tmp_path: Path) -> None:
    left, right = observed(FROZEN, tf1()), spoiled(observed(FROZEN, keras()))
    record(tmp_path, (FROZEN, {"tf1": (RELEASES["tf1"], left), "keras": (RELEASES["keras"], right)}))
    outcomes: dict[tuple[str, str], Outcome] = {(FROZEN.id, "tf1"): left, (FROZEN.id, "keras"): right}
    comparison = compare(tmp_path, outcomes, selection([FROZEN]))
    assert {one.verdict for case in comparison.cases() for one in case.results} == {Verdict.MATCH}
    found = between(comparison)
    assert found.relation is Relation.UNEXPLAINED
    assert found.explanation is not None
    assert found.explanation.unexplained is not None
    assert found.explanation.unexplained[0] == "right"
    assert comparison.unexplained()
    assert exit_code(comparison) == 1


def test_an_unexplained_difference_outranks_missing_golden_but_not_a_lost_worker(tmp_path: Path) -> None:
    outcomes: dict[tuple[str, str], Outcome] = {
        (FROZEN.id, "tf1"): observed(FROZEN, tf1()),
        (FROZEN.id, "keras"): spoiled(observed(FROZEN, keras())),
    }
    comparison = compare(tmp_path, outcomes, selection([FROZEN]))
    assert result(comparison).verdict is Verdict.NEW
    assert exit_code(comparison) == 1
    lost = replace(result(comparison), verdict=Verdict.CRASHED)
    (scenario,) = comparison.scenarios
    (case,) = scenario.cases
    crashed = replace(scenario, cases=(replace(case, results=(lost, *case.results[1:])),))
    assert exit_code(replace(comparison, scenarios=(crashed,))) == 6


def test_a_change_is_explained_from_golden_to_measured(tmp_path: Path) -> None:
    record(tmp_path, (FROZEN, {"tf1": ("2.15.1", observed(FROZEN, tf1(frozen_updates="yes")))}))
    outcomes: dict[tuple[str, str], Outcome] = {(FROZEN.id, "tf1"): observed(FROZEN, tf1())}
    changed = result(compare(tmp_path, outcomes, selection([FROZEN])))
    assert changed.verdict is Verdict.CHANGED
    assert changed.explanation is not None
    (change,) = (one for changes in changed.explanation.sets for one in changes if one.rule == "frozen-updates")
    assert ("yes" in change.left, change.right) == (True, ("no",))
    assert changed.diff is not None
    assert isinstance(changed.explanation, Explanation)
    ours, theirs = changed.explanation.diff.differences[0], changed.diff.differences[0]
    assert (ours.left, ours.right) == (theirs.right, theirs.left)


def test_a_change_that_nothing_predicts_says_which_side(tmp_path: Path) -> None:
    record(tmp_path, (FROZEN, {"tf1": ("2.15.1", spoiled(observed(FROZEN, tf1())))}))
    outcomes: dict[tuple[str, str], Outcome] = {(FROZEN.id, "tf1"): observed(FROZEN, tf1())}
    comparison = compare(tmp_path, outcomes, selection([FROZEN]))
    explanation = result(comparison).explanation
    assert explanation is not None
    assert explanation.unexplained is not None
    assert explanation.unexplained[0] == "left"
    assert exit_code(comparison) == 1


def ambiguous(*cases: Case) -> dict[tuple[str, str], Outcome]:
    """Of the rank 2 case alone nobody can tell whether Keras refuses the argument or the impossible kernel."""
    return {key: outcome for case in cases for key, outcome in runners(case, tf1(), REFUSES).items()}


def test_sets_that_no_case_tells_apart_are_all_kept(tmp_path: Path) -> None:
    found = between(compare(tmp_path, ambiguous(RANK2), selection([RANK2])), RANK2.id)
    assert sets(found.explanation) == {("fused-impossible",), ("argument-fused",)}
    assert found.relation is Relation.DIFFERS


def test_another_measured_case_of_the_scenario_decides(tmp_path: Path) -> None:
    found = between(compare(tmp_path, ambiguous(RANK2, IMAGE), selection([RANK2, IMAGE])), RANK2.id)
    assert sets(found.explanation) == {("argument-fused",)}


def recorded_image(root: Path, rank2: Given) -> Selection:
    """Both cases recorded on the release that runs, one of them selected."""
    record(
        root,
        (RANK2, {"keras": (RELEASES["keras"], observed(RANK2, rank2))}),
        (IMAGE, {"keras": (RELEASES["keras"], observed(IMAGE, REFUSES))}),
    )
    whole = selection([RANK2, IMAGE])
    return replace(whole, cases=(RANK2,))


def test_a_recorded_case_that_did_not_run_decides_too(tmp_path: Path) -> None:
    found = between(compare(tmp_path, ambiguous(RANK2), recorded_image(tmp_path, REFUSES)), RANK2.id)
    assert sets(found.explanation) == {("argument-fused",)}


def test_golden_decides_nothing_about_a_runner_that_does_not_match_it(tmp_path: Path) -> None:
    chosen = recorded_image(tmp_path, keras(argument_fused="TypeError"))
    comparison = compare(tmp_path, ambiguous(RANK2), chosen)
    assert len(sets(between(comparison, RANK2.id).explanation)) == 2
