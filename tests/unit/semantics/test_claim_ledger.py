"""Claims against golden: how each stands on every release, and the verdict within and outside the range it is for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from harness.case import Case
from harness.golden import Behaviour
from harness.releases.ranges import Range, ReleaseRange
from harness.releases.release import Release
from harness.scenario import Claim
from harness.scenario.value import Effect, SameAs
from harness.semantics.claim_ledger import Entry, Verdict, entries
from harness.semantics.judgement import Standing
from tests.report.samples import case, f32, observed
from tests.unit.each import each
from tests.unit.measured import selection
from tests.unit.recorded import behaviours

HOLDS, FAILS, UNDECIDED = Standing.HOLDS, Standing.FAILS, Standing.UNDECIDED
NOT_APPLICABLE, NOT_RECORDED = Standing.NOT_APPLICABLE, Standing.NOT_RECORDED
TRAIN, INFER = case("flags/x", training=True), case("flags/x", training=False)
A, B = 65, 66
"""What the behaviours of these letters have as their first output."""


@dataclass(frozen=True)
class Recorded:
    case: Case
    runner: str
    behaviours: tuple[Behaviour, ...]


def claim(**content: Any) -> Claim:
    given: dict[str, Any] = {"expect": {"output[0]": A}, **content}
    return Claim(says="It is A.", source="Somebody", place="x.yaml:1:1", **given)


def book(
    made: Claim, recorded: Mapping[tuple[str, str], str], selected: Sequence[Case] = (TRAIN, INFER), **how: Any
) -> tuple[Entry, ...]:
    """``recorded`` by case key and runner, as ``1.0.1=A 1.4.1=B``."""
    cases = {one.key: one for one in (TRAIN, INFER)}
    found = [Recorded(cases[key], runner, behaviours(text)) for (key, runner), text in recorded.items()]
    scenario = selection([TRAIN, INFER], [made]).scenario
    return tuple(entries(scenario, selected, found, **how))


def of(made: Claim, train: str, infer: str = "", **how: Any) -> Entry:
    """Both cases of ``tf1``."""
    recorded = {("training=true", "tf1"): train, ("training=false", "tf1"): infer}
    (entry,) = book(made, {key: text for key, text in recorded.items() if text}, **how)
    return entry


def standings(entry: Entry, runner: str = "tf1") -> dict[str, Standing]:
    return {str(release): entry.standings[runner, release] for release in entry.releases(runner)}


def test_every_release_of_a_behaviour_stands_as_its_measurement_does() -> None:
    entry = of(claim(), "1.3.0=A 1.4.1=B 1.5.1=B 2.15.1=A")
    assert standings(entry) == {"1.3.0": HOLDS, "1.4.1": FAILS, "1.5.1": FAILS, "2.15.1": HOLDS}
    assert entry.verdict() is Verdict.PARTLY
    assert entry.verdict(meant=False) is None


@each(
    "train, infer, standing",
    [
        ("1.3.0=A", "1.3.0=A", HOLDS),
        ("1.3.0=A", "1.3.0=B", FAILS),
        ("1.3.0=A", "1.3.0=!", HOLDS),
        ("1.3.0=B", "1.3.0=!", FAILS),
        ("1.3.0=!", "1.3.0=!", NOT_APPLICABLE),
        ("1.3.0=A", "", HOLDS),
    ],
)
def test_a_release_fails_with_any_case_and_else_holds_with_any(train: str, infer: str, standing: Standing) -> None:
    assert standings(of(claim(), train, infer)) == {"1.3.0": standing}


@each(
    "made, train, verdict",
    [
        (claim(), "1.3.0=A 1.4.1=A", Verdict.CONFIRMED),
        (claim(), "1.3.0=B 1.4.1=B", Verdict.REFUTED),
        (claim(), "1.3.0=A 1.4.1=B", Verdict.PARTLY),
        (claim(), "1.3.0=! 1.4.1=A", Verdict.CONFIRMED),
        (claim(), "1.3.0=! 1.4.1=B", Verdict.REFUTED),
        (claim(), "1.3.0=!", Verdict.NOT_APPLICABLE),
        (claim(expect={}, raises="TypeError"), "1.3.0=! 1.4.1=B", Verdict.PARTLY),
        (claim(runners=("keras",)), "1.3.0=A", Verdict.NOT_RECORDED),
    ],
)
def test_the_verdict_over_all_releases(made: Claim, train: str, verdict: Verdict) -> None:
    assert of(made, train).verdict() is verdict


@pytest.mark.parametrize(
    ("releases", "inside", "outside"),
    [
        ("1.0..1.5", Verdict.CONFIRMED, Verdict.REFUTED),
        (">=2.0", Verdict.REFUTED, Verdict.CONFIRMED),
        ("1.0..2.15", Verdict.PARTLY, None),
        ("2.16..", Verdict.NOT_RECORDED, Verdict.PARTLY),
    ],
)
def test_a_claim_is_judged_apart_where_it_is_meant_and_elsewhere(
    releases: str, inside: Verdict, outside: Verdict | None
) -> None:
    entry = of(claim(releases=ReleaseRange(tensorflow=Range.parse(releases))), "1.3.0=A 1.5.1=A 2.0.4=B 2.15.1=B")
    assert (entry.verdict(), entry.verdict(meant=False)) == (inside, outside)


@pytest.mark.parametrize(
    ("effect", "still", "verdict"),
    [
        (Effect.UPDATED, ("1.3.0", "1.4.1"), Verdict.UNDECIDED),
        (Effect.UNCHANGED, ("1.3.0", "1.4.1"), Verdict.UNDECIDED),
        (Effect.UPDATED, ("1.3.0",), Verdict.PARTLY),
        (Effect.UNCHANGED, ("1.3.0",), Verdict.REFUTED),
    ],
)
def test_what_is_undecided_is_never_confirmed(effect: Effect, still: tuple[str, ...], verdict: Verdict) -> None:
    """With momentum 1 an update of the moving statistics would not show."""
    which = case("flags/x", layer={"momentum": 1}, training=True)
    start = observed({"moving_mean": f32([0] * 4), "moving_variance": f32([1] * 4)})
    moved = observed({"moving_mean": f32([1] * 4), "moving_variance": f32([1] * 4)})
    shown = [(still, start), (tuple(name for name in ("1.4.1",) if name not in still), moved)]
    behaved = tuple(Behaviour(releases=names, observation=one) for names, one in shown if names)
    made = claim(expect={}, effects={"moving_statistics": effect})
    (entry,) = entries(selection([which], [made]).scenario, [which], [Recorded(which, "tf1", behaved)])
    assert {standings(entry)[name] for name in still} == {UNDECIDED}
    assert entry.verdict() is verdict


SAME = claim(
    expect={}, where={"training": True}, same_as=SameAs(key=None, where={"training": False}, fields=("output",))
)


def test_two_cases_are_held_against_each_other_release_by_release() -> None:
    entry = of(SAME, "1.3.0=A 1.4.1=A 1.5.1=B 2.0.4=B 2.15.1=!", "1.3.0=A 1.4.1=B 1.5.1=B 2.15.1=A")
    assert standings(entry) == {
        "1.3.0": HOLDS, "1.4.1": FAILS, "1.5.1": HOLDS, "2.0.4": NOT_RECORDED, "2.15.1": NOT_APPLICABLE
    }  # fmt: skip
    assert {one.case.key for one in entry.held} == {"training=true"}


def test_the_other_case_need_not_be_selected() -> None:
    entry = of(SAME, "1.3.0=A", "1.3.0=A", selected=[TRAIN])
    assert standings(entry) == {"1.3.0": HOLDS}
    assert book(SAME, {("training=false", "tf1"): "1.3.0=A"}, selected=[INFER]) == ()


RUNNERS = {("training=true", "tf1"): "1.3.0=A", ("training=true", "keras"): "2.15.1=B"}


@pytest.mark.parametrize(
    ("told", "asked", "runners"),
    [
        (None, (), ("tf1", "keras")),
        (("keras", "tf_keras"), (), ("keras", "tf_keras")),
        (None, ("keras",), ("keras",)),
        (("keras", "tf_keras"), ("tf_keras",), ("tf_keras",)),
    ],
)
def test_it_is_about_the_runners_it_names_as_far_as_they_are_asked_for(
    told: tuple[str, ...] | None, asked: tuple[str, ...], runners: tuple[str, ...]
) -> None:
    (entry,) = book(claim(runners=told), RUNNERS, runners=asked)
    assert entry.runners == runners
    assert {one.runner for one in entry.held} == set(runners) & {"tf1", "keras"}


def test_a_claim_about_none_of_the_runners_or_cases_is_left_out() -> None:
    assert book(claim(runners=("tf1",)), RUNNERS, runners=("keras",)) == ()
    assert book(claim(where={"training": False}), RUNNERS, selected=[TRAIN]) == ()


def test_one_runner_holds_and_the_other_fails() -> None:
    (entry,) = book(claim(), RUNNERS)
    assert entry.verdict() is Verdict.PARTLY


def test_the_smallest_evidence_is_that_of_the_lowest_release() -> None:
    entry = of(claim(), "1.4.1=B 1.3.0=B 1.5.1=A", "1.3.0=B")
    smallest = entry.smallest("tf1", FAILS)
    assert smallest is not None
    assert (smallest.case.key, smallest.release) == ("training=false", Release.parse("1.3.0"))
    assert smallest.judgement.detail == "output[0] is 66.0, the claim says 65"
    assert entry.smallest("tf1", UNDECIDED) is None
