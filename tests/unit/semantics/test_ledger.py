from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from harness import golden
from harness.case import Case
from harness.golden import Behaviour
from harness.scenario import load
from harness.semantics.examiner import Examiner
from harness.semantics.explain import explain
from harness.semantics.ledger import Ledger, Span, ledger, spans
from harness.semantics.oracle import predict
from tests.unit.semantics.samples import article, case, keras, tf1

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Recorded:
    case: Case
    runner: str
    behaviours: tuple[Behaviour, ...]


def behaviour(given: dict[str, str], *releases: str, trainable: bool = True) -> Behaviour:
    return Behaviour(releases=releases, observation=predict(article(trainable=trainable), given).as_observation())


@pytest.fixture(scope="module")
def book() -> Ledger:
    """A runner that took the population variance, then the sample variance; the frozen row is recorded on one."""
    plain = tf1(variance_estimator="population")
    trained = (behaviour(plain, "1.0.1", "1.1.0"), behaviour(tf1(), "1.4.1"))
    frozen = (behaviour(tf1(), "1.4.1", trainable=False),)
    other = replace(article(trainable=False), id="topic/frozen")
    return ledger([Recorded(article(), "tf1", trained), Recorded(other, "tf1", frozen)])


def test_spans_are_releases_that_answer_alike(book: Ledger) -> None:
    assert spans(book, "variance-estimator", "tf1", ["1.0.1", "1.1.0", "1.3.0", "1.4.1"]) == (
        Span(answers=("population",), first="1.0.1", last="1.1.0"),
        Span(answers=(), first="1.3.0", last="1.3.0"),
        Span(answers=("sample",), first="1.4.1", last="1.4.1"),
    )


def test_a_rule_is_told_apart_by_releases_that_answer_differently(book: Ledger) -> None:
    idle = book.undistinguished()
    assert "variance-estimator" not in idle
    assert {"frozen-normalizes-with", "fused-kernel"} <= set(idle)
    # What no case asks, the recorded ones could not tell apart.
    assert "infinite-mean" not in idle


def test_only_behaviours_that_say_something_show_a_rule(book: Ledger) -> None:
    assert [reading.case.id for reading in book.showing("variance-estimator")] == ["topic/name"] * 2
    assert [reading.case.id for reading in book.showing("frozen-normalizes-with")] == ["topic/frozen"]


def small_epsilon(name: str, scale: float, epsilon: float) -> Case:
    """The nearer its epsilon is to the floor, the less the floor shows."""
    image = scale * np.asarray([0.0, 1.0, 2.0, 5.0]).reshape(1, 2, 2, 1)
    return replace(case([image], epsilon=epsilon), id=f"topic/{name}")


def test_numbers_of_another_release_do_not_contradict_what_they_were_joined_to_within_tolerance() -> None:
    floored, given = (tf1(epsilon_floor=answer) for answer in ("1-001e-5", "none"))
    far, near = small_epsilon("far", 0.01, 9.9e-6), small_epsilon("near", 0.03, 9.99e-6)
    shown = {one.id: [predict(one, told).as_observation() for told in (floored, given)] for one in (far, near)}
    apart = tuple(
        Behaviour(releases=(release,), observation=observation)
        for release, observation in zip(("1.0.1", "1.1.0"), shown[far.id], strict=True)
    )
    joined = Behaviour(releases=("1.0.1", "1.1.0"), observation=shown[near.id][0])
    one, other = Examiner(near).inference(joined.observation), Examiner(near).joined(joined.observation)
    assert one.answers("epsilon-floor") == {"1-001e-5"}
    assert other.answers("epsilon-floor") == {"1-001e-5", "none"}
    book = ledger([Recorded(far, "tf1", apart), Recorded(near, "tf1", (joined,))])
    assert book.contradicted() == ()
    answers = {release: found.answer("epsilon-floor") for (_, release), found in book.profiles.items()}
    assert answers == {"1.0.1": "1-001e-5", "1.1.0": "none"}
    measured = (replace(joined, releases=("1.1.0",)),)
    assert ledger([Recorded(far, "tf1", apart), Recorded(near, "tf1", measured)]).contradicted() == (
        ("tf1", "1.1.0", "epsilon-floor"),
    )


def test_what_is_wrong_is_listed() -> None:
    broken = behaviour(tf1(), "1.4.1")
    moved = {**broken.observation.steps[0], "output": broken.observation.steps[1]["moving_mean"]}
    lost = replace(broken, observation=replace(broken.observation, steps=(moved, broken.observation.steps[1])))
    two = replace(article(), id="topic/other")
    found = ledger(
        [
            Recorded(article(), "tf1", (lost,)),
            Recorded(article(), "keras", (behaviour(keras(), "2.21.0"),)),
            Recorded(two, "keras", (behaviour(keras(variance_estimator="sample"), "2.21.0"),)),
        ]
    )
    assert [reading.runner for reading in found.unexplained()] == ["tf1"]
    assert found.contradicted() == (("keras", "2.21.0", "variance-estimator"),)


def test_the_recorded_article_is_explained_by_the_frozen_rule_and_the_variance_rule() -> None:
    recorded = golden.read(ROOT / "golden", "flags/seed-article")
    assert recorded is not None
    scenario = load(ROOT / "scenarios/flags/seed-article.yaml", ROOT / "scenarios")
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for each in scenario.cases:
        runners = recorded.cases[each.key].runners
        left = next(one.observation for one in runners["tf1"] if "1.15.5" in one.releases)
        for name in ("2.15.1", "2.21.0+keras-3.15.1"):
            right = next(one.observation for one in runners["keras"] if name in one.releases)
            explanation = explain(Examiner(each), left, right, same_runner=False)
            assert len(explanation.sets) == 1
            found.setdefault(name, {})[each.key] = explanation.rules
    frozen = "training=true,trainable=false"
    assert {key: rules for key, rules in found["2.15.1"].items() if rules} == {frozen: ("frozen-normalizes-with",)}
    assert {key: rules for key, rules in found["2.21.0+keras-3.15.1"].items() if rules} == {
        frozen: ("frozen-normalizes-with",),
        "training=true,trainable=true": ("variance-estimator",),
    }
