"""The search, on a fake Keras: fewest changes first, verified by running, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from harness.migration.search import Destination, Migration, Source, migrate
from harness.observation import Crashed, Observation, Outcome, Raised
from harness.semantics.alternatives import recipes
from harness.semantics.infer import Profile
from harness.semantics.oracle import predict
from harness.semantics.recipes import Extra
from harness.tolerance import Tolerance
from tests.unit.migration import fake_keras
from tests.unit.migration.searching import FRONT, search, searched, source
from tests.unit.semantics.samples import article, case, keras, tf1

IMAGE = [[[[0, 1], [2, 5]]], [[[4, 4], [8, 6]]]]


@pytest.fixture(autouse=True)
def _fake_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_keras.install(monkeypatch)


def whats(migration: Migration) -> list[str]:
    assert migration.found is not None
    return [change.what for change in migration.found.recipe.changes]


@pytest.mark.parametrize("trainable", [True, False])
def test_inference_needs_no_change_and_one_run(trainable: bool) -> None:
    found = searched(training=False, trainable=trainable)
    assert whats(found) == []
    assert len(found.attempts) == 1
    assert found.explanation is None


def test_a_frozen_call_in_training_is_thawed_without_its_consequences() -> None:
    found = searched(trainable=False)
    assert whats(found) == ["trainable=True", "gamma and beta marked as not trainable", "momentum=1.0"]
    assert found.explanation is not None
    assert found.explanation.rules == ("frozen-normalizes-with",)
    assert len(found.attempts) < 5
    assert found.ruled_out > 10


def test_a_frozen_layer_that_updates_keeps_its_momentum() -> None:
    of = article(trainable=False)
    answers = tf1(frozen_updates="yes", variance_estimator="population")
    found = search(of, predict(of, answers).as_observation())
    assert whats(found) == ["trainable=True", "gamma and beta marked as not trainable"]


def test_the_variance_of_samples_is_assigned_where_no_argument_has_it() -> None:
    found = searched()
    assert whats(found) == ["sample variance assigned after each call in training"]
    assert found.found is not None
    assert found.found.diff is not None
    assert found.found.diff.closest is not None


def test_an_argument_that_is_refused_is_left_out_and_made_up_for() -> None:
    found = search(case([IMAGE], fused=True, momentum=0.5))
    assert set(whats(found)) == {"without fused", "sample variance assigned after each call in training"}
    assert found.same_call.distance[0]


def test_axes_are_merged_and_the_shapes_of_variables_noted() -> None:
    start = {"gamma": np.full((1, 2, 3), 2.0), "moving_mean": np.arange(6.0).reshape(1, 2, 3)}
    of = case([np.arange(24.0).reshape(4, 3, 2).transpose(0, 2, 1)], axis=[1, 2], initializers=start)
    found = search(of)
    assert whats(found) == ["axes [1, 2] merged into one"]
    assert found.found is not None
    assert found.found.notes == ("gamma, beta, moving_mean, moving_variance have shape [6] in place of [1, 2, 3]",)


def test_axes_apart_are_brought_together_and_back() -> None:
    found = search(case([np.arange(24.0).reshape(2, 3, 4) ** 1.5], axis=[0, 2]))
    assert found.found is not None
    assert "tf.transpose(x, [1, 0, 2])" in found.found.program.text
    assert "output = tf.transpose(tf.reshape(output, [3, 2, 4]), [1, 0, 2])" in found.found.program.text


def test_what_no_change_reproduces_is_tried_in_full_and_told() -> None:
    of = case([[[1.0, 2.0], [np.inf, 4.0], [3.0, 0.0]]] * 2, momentum=0.5)
    found = search(of)
    assert found.found is None
    assert found.ruled_out == 0
    assert len(found.attempts) == len(recipes(of))
    assert found.explanation is not None
    assert found.explanation.rules == ("moving-average",)
    assert found.nearest.diff is not None
    assert {difference.field for difference in found.nearest.diff.differences} == {"moving_mean"}


def test_what_remains_different_is_explained_for_the_nearest_call() -> None:
    of = case([np.array([[[[1.0, 2.0], [np.inf, 4.0], [3.0, 0.0]]]])] * 2, momentum=0.5)
    found = search(of)
    assert found.found is None
    assert [change.extra for change in found.nearest.recipe.changes] == [Extra.SAMPLE_VARIANCE]
    assert found.remaining is not None
    assert found.remaining.rules == ("moving-average",)


def test_an_exception_is_not_reproduced() -> None:
    raised = Observation(steps=(), structure=None, raised=Raised(type="ValueError", message="no"))
    found = search(article(), raised)
    assert found.found is None
    assert len(found.attempts) == 1
    same = search(case([IMAGE], fused=True), raised)
    assert same.same_call.verified
    assert same.found is None


def test_a_worker_that_is_lost_decides_nothing() -> None:
    def crashes(program: Mapping[str, Any]) -> Outcome:
        inferring = "training=False" in str(program["steps"])
        return fake_keras.ask(program) if inferring else Crashed(cause="SIGSEGV", stderr="")

    found = search(article(), ask=crashes)
    assert found.found is None
    assert 0 < len(found.lost) < len(found.attempts)
    assert found.explanation is None


def test_the_order_of_variables_is_noted_and_no_difference() -> None:
    of = article(training=False)
    beta_first = predict(of, tf1(variable_order="beta-first")).as_observation()
    found = search(of, beta_first)
    assert whats(found) == []
    assert found.attempts[0].notes == (
        "the order of variables, and so of get_weights(), is gamma, beta in place of beta, gamma",
    )


def test_keras_to_keras_goes_the_same_way() -> None:
    of = article(trainable=False)
    target = Destination(runner="keras", release="3", front=FRONT, ask=fake_keras.ask)
    before = Source(runner="keras", release="2", observation=predict(of, keras()).as_observation(), recorded=True)
    assert whats(migrate(of, before, target, Tolerance())) == []


@pytest.mark.parametrize("trainable", [True, False])
def test_the_text_to_paste_does_what_was_verified(trainable: bool) -> None:
    found = searched(trainable=trainable).found
    assert found is not None
    assert isinstance(found.outcome, Observation)
    space: dict[str, Any] = {}
    exec(found.program.text, space)
    last = found.outcome.steps[-1]
    assert np.array_equal(space["output"], last["output"].float64())
    for variable in space["layer"].variables:
        assert np.array_equal(variable.value, last[variable.name].float64())


def test_profiles_are_asked_only_where_a_case_leaves_something_open() -> None:
    asked: list[tuple[str, str]] = []

    def profiles(runner: str, release: str) -> Profile | None:
        asked.append((runner, release))
        always = {"frozen-updates": frozenset({"yes"})}
        return Profile(answers=always, contradictions=(), unexplained=()) if runner == "tf1" else None

    target = searched().destination
    of = article(trainable=False)
    migrate(of, source(predict(of, tf1()).as_observation()), target, Tolerance(), profiles)
    assert asked == []
    # Input for the fused kernel does not tell whether it alone updates.
    updating = source(predict(of, tf1(frozen_updates="yes")).as_observation())
    found = migrate(of, updating, target, Tolerance(), profiles)
    assert asked == [("tf1", "1.15.5"), ("keras", "2.21.0+keras-3.15.1")]
    assert found.explanation is not None
    assert [change.left for change in found.explanation.sets[0]] == [("batch",), ("yes",)]
