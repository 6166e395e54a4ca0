"""Claims in a comparison: held against what ran, where they are meant for it, and never a verdict of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.compare import exit_code
from harness.observation import Observation, Unavailable
from harness.releases.ranges import Range, ReleaseRange
from harness.report.terminal import render
from harness.scenario import Claim
from harness.scenario.value import Effect, SameAs
from harness.semantics.claims import ClaimResult
from tests.report.samples import case, f32, observed
from tests.unit.comparing import against
from tests.unit.measured import measurement, selection

TRAIN, INFER = case(training=True), case(training=False)
START = {"moving_mean": f32([0] * 4), "moving_variance": f32([1] * 4)}
MOVED = observed({"output": f32([1]), **START, "moving_mean": f32([0.5] * 4)})
STILL = observed({"output": f32([1]), **START})


def claim(**content: Any) -> Claim:
    return Claim(says="It does.", source="Somebody", place="x.yaml:1:1", **content)


def held(
    made: Claim, outcomes: dict[tuple[str, str], Any], selected: tuple[Any, ...] = (TRAIN, INFER)
) -> list[ClaimResult]:
    chosen = selection([TRAIN, INFER], [made])
    kept = {key: outcome for key, outcome in outcomes.items() if key[0] in {one.id for one in selected}}
    comparison = against(Path("nowhere"), measurement(kept, chosen))
    assert exit_code(comparison) in (3, 4), "claims decide nothing: there is no golden"
    text = render(comparison, width=200, verbose=1, color=False)
    results = [one for each in comparison.cases() for one in each.claims]
    assert [one.detail in text for one in results] == [True] * len(results)
    return results


def outcomes(train: Observation, infer: Observation) -> dict[tuple[str, str], Any]:
    return {(one.id, runner): shown for runner in ("tf1", "keras") for one, shown in ((TRAIN, train), (INFER, infer))}


def test_a_predicate_is_judged_for_every_runner_and_case() -> None:
    found = held(claim(effects={"moving_statistics": Effect.UNCHANGED}), outcomes(MOVED, STILL))
    told = "moving_mean[0] is 0.5, it was 0.0 before step 1"
    assert [(one.runner, one.holds, one.detail) for one in found] == [
        ("tf1", False, told), ("keras", False, told), ("tf1", True, ""), ("keras", True, "")
    ]  # fmt: skip


def test_only_runners_that_a_claim_names_are_judged() -> None:
    made = claim(
        runners=("keras", "tf_keras"), effects={"moving_statistics": Effect.UNCHANGED}, where={"training": True}
    )
    assert [(one.runner, one.holds) for one in held(made, outcomes(MOVED, STILL))] == [("keras", False)]


def test_a_claim_that_is_meant_for_other_releases_is_left_out() -> None:
    older = claim(releases=ReleaseRange(tensorflow=Range.parse("<2.0")), trainable_variables=9)
    assert held(older, outcomes(MOVED, STILL)) == []
    newer = claim(releases=ReleaseRange(tensorflow=Range.parse(">=2.0")), trainable_variables=2)
    assert {one.holds for one in held(newer, outcomes(MOVED, STILL))} == {True}


def test_a_case_is_held_against_another_case_of_the_same_runner() -> None:
    made = claim(where={"training": True}, same_as=SameAs(key=None, where={"training": False}, fields=("moving_mean",)))
    found = held(made, outcomes(MOVED, STILL))
    assert [one.holds for one in found] == [False, False]
    assert found[0].detail == "moving_mean[3] is 0.5, in the other case 0.0"
    assert {one.holds for one in held(made, outcomes(STILL, STILL))} == {True}


def test_a_case_that_did_not_run_leaves_it_open() -> None:
    made = claim(where={"training": True}, same_as=SameAs(key="training=false", where={}, fields=("output",)))
    found = held(made, outcomes(STILL, STILL), selected=(TRAIN,))
    assert [(one.holds, one.detail) for one in found] == [
        (None, "the case that it is the same as was not measured")
    ] * 2


def test_nothing_is_judged_where_nothing_was_measured() -> None:
    gone = {(TRAIN.id, "tf1"): Unavailable(reason="gone")}
    (one,) = held(claim(trainable_variables=2), gone, selected=(TRAIN,))
    assert (one.holds, one.detail) == (None, "nothing was measured")
