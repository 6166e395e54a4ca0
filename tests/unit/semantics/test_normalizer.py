"""What normalized is told from the output alone: both sides, and where they cannot be told apart."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from harness.case import Case
from harness.observation import Observation
from harness.scenario.value import Normalizer
from harness.semantics.judgement import Judgement, Shown, Standing
from harness.semantics.normalizer import judge
from harness.semantics.oracle import predict
from harness.steps import Format, Load, Loss, Optimizer, Save, Set, Train
from harness.tensor import Tensor
from harness.tolerance import Bound, Tolerance
from tests.unit.each import each
from tests.unit.semantics.samples import article, case, keras, tf1

BATCH, MOVING, NOTHING = Normalizer
X = [[1, -2, 0.5], [3, 0, 0.25], [-1, 4, 2], [5, 6, -1]]
START = {"gamma": [2, 1, 0.5], "beta": [1, 0, -1], "moving_mean": [0.5, -1, 1], "moving_variance": [4, 2, 1]}


def standings(which: Case, observation: Observation, step: int = 1, *, exact: bool = True) -> dict[str, str]:
    shown = Shown(case=which, observation=observation, tolerance=Tolerance(), exact=exact)
    return {kind.value: judge(shown, step, kind).standing.value for kind in Normalizer}


def only(kind: Normalizer) -> dict[str, str]:
    return {one.value: "holds" if one is kind else "fails" for one in Normalizer}


def told(which: Case, given: dict[str, str], claimed: Normalizer, step: int = 1) -> Judgement:
    observation = predict(which, given).as_observation()
    return judge(Shown(case=which, observation=observation, tolerance=Tolerance(), exact=True), step, claimed)


@each("dtype", ["float32", "float64", "float16", "bfloat16"])
@each(
    "given, training, trainable, kind",
    [
        (tf1(), True, True, BATCH),
        (tf1(), True, False, BATCH),
        (tf1(), False, True, MOVING),
        (keras(), True, True, BATCH),
        (keras(), True, False, MOVING),
        (keras(), False, False, MOVING),
    ],
)
def test_one_of_them_holds_and_the_others_fail(
    given: dict[str, str], training: bool, trainable: bool, kind: Normalizer, dtype: str
) -> None:
    which = case([X], training=training, trainable=trainable, steps=2, initializers=START, dtype=dtype)
    observation = predict(which, given).as_observation()
    assert standings(which, observation, 1, exact=True) == only(kind)
    assert standings(which, observation, 2, exact=False) == only(kind)


def with_output(observation: Observation, output: Any, dtype: str = "float32") -> Observation:
    return replace(observation, steps=({**observation.steps[0], "output": Tensor.of(output, dtype)},))


def test_gamma_and_beta_alone_normalize_with_nothing() -> None:
    which = case([X], training=False, initializers=START)
    plain = np.asarray(X) * START["gamma"] + START["beta"]
    observation = with_output(predict(which, keras()).as_observation(), plain)
    assert standings(which, observation) == only(NOTHING)


def test_a_layer_without_gamma_and_beta_is_judged_too() -> None:
    which = case([X], training=True, center=False, scale=False)
    assert standings(which, predict(which, tf1()).as_observation()) == only(BATCH)


def test_what_is_none_of_them_fails_as_all_of_them() -> None:
    which = case([X], training=False, initializers=START)
    observation = with_output(predict(which, keras()).as_observation(), np.ones((4, 3)))
    assert set(standings(which, observation).values()) == {"fails"}


def test_the_statistics_of_the_article_are_so_near_to_none_that_only_epsilon_tells_them_apart() -> None:
    which = article(training=False)
    assert standings(which, predict(which, tf1()).as_observation(), exact=False) == only(MOVING)
    says = told(which, tf1(), NOTHING).detail
    assert says == "output[0,0,0,2] is 18.991007; normalized by nothing it would be 19; what fits is moving"


def test_without_epsilon_moving_and_nothing_come_to_the_same_and_neither_is_confirmed() -> None:
    which = case([X], training=False, epsilon=1e-12)
    found = standings(which, predict(which, keras()).as_observation())
    assert found == {"batch": "fails", "moving": "undecided", "nothing": "undecided"}
    assert told(which, keras(), MOVING).detail == "the output of step 1 fits moving, and nothing too"


def test_moving_statistics_that_are_those_of_the_batch_decide_nothing() -> None:
    wide = np.asarray(X)
    same = {"moving_mean": wide.mean(axis=0), "moving_variance": wide.var(axis=0)}
    which = case([X], training=True, initializers=same, dtype="float64")
    found = standings(which, predict(which, tf1()).as_observation())
    assert found == {"batch": "undecided", "moving": "undecided", "nothing": "fails"}


def test_a_difference_that_golden_does_not_tell_apart_decides_nothing_there() -> None:
    wide = np.asarray(X)
    close = {"moving_mean": wide.mean(axis=0), "moving_variance": wide.var(axis=0) * (1 + 2e-7)}
    which = case([X], training=True, initializers=close, dtype="float64")
    observation = predict(which, tf1()).as_observation()
    assert standings(which, observation)["batch"] == "holds"
    wide_enough = Tolerance(bounds={"output": Bound(atol=1e-5, rtol=0.0)}, reason="these releases were merged by it")
    recorded = Shown(case=which, observation=observation, tolerance=wide_enough, exact=False)
    assert judge(recorded, 1, BATCH).standing is Standing.UNDECIDED


def test_between_one_and_ten_bounds_nothing_is_said() -> None:
    which = case([X], training=True, initializers=START)
    prediction = predict(which, tf1())
    field = prediction.steps[0]["output"]
    off = field.number.value + 4 * np.broadcast_to(field.number.error, field.number.value.shape)
    found = standings(which, with_output(prediction.as_observation(), off))
    assert found == {"batch": "undecided", "moving": "fails", "nothing": "fails"}


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_input_that_is_not_finite_decides_nothing(bad: float) -> None:
    which = case([[[1, 2], [bad, 4]]], training=True)
    assert set(standings(which, predict(which, tf1()).as_observation()).values()) == {"undecided"}


def test_no_values_decide_nothing() -> None:
    which = case([np.zeros((0, 3))], training=False)
    assert set(standings(which, predict(which, keras()).as_observation()).values()) == {"undecided"}


def test_a_small_epsilon_may_be_raised() -> None:
    image = [[[[1, 10], [2, 30]], [[4, 20], [9, 60]]]]
    for floor in ("none", "1-001e-5"):
        which = case([np.asarray(image) * 1e-3], training=True, epsilon=1e-6)
        assert standings(which, predict(which, tf1(epsilon_floor=floor)).as_observation()) == only(BATCH)


def test_virtual_batches_have_statistics_of_their_own() -> None:
    which = case([X], training=True, virtual_batch_size=2)
    assert standings(which, predict(which, tf1()).as_observation()) == only(BATCH)


def test_corrected_statistics_are_neither() -> None:
    which = case([X], training=True, initializers=START, renorm=True, renorm_clipping={"rmax": 1.1, "dmax": 0.1})
    assert set(standings(which, predict(which, tf1()).as_observation()).values()) == {"fails"}
    assert told(which, tf1(), BATCH).detail.endswith("; neither batch, moving nor nothing fits")


def test_a_train_step_shows_its_forward_call_with_the_weights_that_it_found() -> None:
    train = Train(input=0, training=True, loss=Loss.SUM, optimizer=Optimizer.SGD, rate=0.5)
    which = replace(case([X], training=True, initializers=START), steps=(train, train))
    observation = predict(which, tf1()).as_observation()
    assert [standings(which, observation, step) for step in (1, 2)] == [only(BATCH), only(BATCH)]


def test_a_call_is_held_against_the_epsilon_of_the_layer_loaded_into() -> None:
    made, form = case([X], training=True, initializers=START), Format.CHECKPOINT
    which = replace(made, steps=(Save(format=form), Load(format=form, layer={"epsilon": 0.5}), *made.steps))
    assert standings(which, predict(which, tf1()).as_observation(), step=3) == only(BATCH)


def test_a_step_that_is_no_call_shows_nothing() -> None:
    which = replace(case([X], training=True), steps=(Set(trainable=False),))
    observation = Observation(steps=({},), structure=None, raised=None)
    assert set(standings(which, observation).values()) == {"not applicable"}


def test_an_output_of_another_shape_decides_nothing() -> None:
    which = case([X], training=True)
    observation = with_output(predict(which, tf1()).as_observation(), np.zeros(0))
    assert set(standings(which, observation).values()) == {"undecided"}


@pytest.mark.parametrize("change", [{"model": ({"kind": "bn"},)}, {"replicas": 2}, {"layer": {"axis": 9}}])
def test_what_the_layer_saw_is_not_always_known(change: dict[str, Any]) -> None:
    which = case([X], training=True)
    observation = predict(which, tf1()).as_observation()
    assert set(standings(replace(which, **change), observation).values()) == {"undecided"}
