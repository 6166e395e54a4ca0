"""Whether a step moved a variable, and whether it could be seen if it did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from harness.case import Case
from harness.observation import Observation
from harness.scenario.value import Effect
from harness.semantics.effects import judge
from harness.semantics.judgement import Judgement, Shown, Standing
from harness.semantics.oracle import predict
from harness.steps import Format, Load, Loss, Optimizer, Save, Train
from harness.tensor import Tensor
from harness.tolerance import Tolerance
from tests.unit.each import each
from tests.unit.semantics.samples import case, keras, tf1

UPDATED, UNCHANGED = Effect
HOLDS, FAILS, UNDECIDED = Standing.HOLDS, Standing.FAILS, Standing.UNDECIDED
X = [[1, -2], [3, 0], [-1, 4], [5, 6]]
START = {"gamma": [2, 1], "beta": [1, 0], "moving_mean": [0, -1], "moving_variance": [4, 2]}
STATISTICS = "moving_statistics"


def both(
    which: Case, observation: Observation, name: str = STATISTICS, step: int = 1, *, exact: bool = True
) -> tuple[Standing, Standing]:
    """How ``updated`` and ``unchanged`` stand."""
    shown = Shown(case=which, observation=observation, tolerance=Tolerance(), exact=exact)
    return judge(shown, step, name, UPDATED).standing, judge(shown, step, name, UNCHANGED).standing


def changed(observation: Observation, fields: Mapping[str, Any], dtype: str = "float32") -> Observation:
    values = {name: Tensor.of(value, dtype) for name, value in fields.items()}
    return replace(observation, steps=({**observation.steps[0], **values}, *observation.steps[1:]))


@each("exact", [True, False])
@each(
    "given, training, trainable, updated",
    [
        (tf1(), True, True, True),
        (tf1(), True, False, False),
        (tf1(frozen_updates="yes"), True, False, True),
        (tf1(), False, True, False),
        (keras(), True, True, True),
        (keras(), True, False, False),
    ],
)
def test_moving_statistics_are_updated_or_not(
    given: dict[str, str], training: bool, trainable: bool, updated: bool, exact: bool
) -> None:
    which = case([X], training=training, trainable=trainable, steps=2, initializers=START)
    observation = predict(which, given).as_observation()
    wanted = (HOLDS, FAILS) if updated else (FAILS, HOLDS)
    assert [both(which, observation, step=step, exact=exact) for step in (1, 2)] == [wanted, wanted]


def test_a_step_is_held_against_what_it_found_and_not_against_the_beginning() -> None:
    which = case([X], training=True, steps=2, initializers=START)
    first = predict(which, tf1()).as_observation().steps[0]
    frozen_after = Observation(steps=(first, first), structure=None, raised=None)
    assert both(which, frozen_after, step=1) == (HOLDS, FAILS)
    assert both(which, frozen_after, step=2) == (FAILS, HOLDS)


@pytest.mark.parametrize("momentum", [1, 1 - 1e-9])
def test_an_update_that_would_not_show_decides_nothing(momentum: float) -> None:
    which = case([X], training=True, initializers={**START, "moving_mean": [1, -1]}, momentum=momentum)
    assert both(which, predict(which, tf1()).as_observation()) == (UNDECIDED, UNDECIDED)


@each("momentum, standing", [(1.0, UNDECIDED), (0.5, FAILS)])
def test_an_update_would_show_by_the_momentum_of_the_layer_loaded_into(momentum: float, standing: Standing) -> None:
    form = Format.CHECKPOINT
    call = case([X], training=True).steps[0]
    steps = (call, Save(format=form), Load(format=form, layer={"momentum": momentum}), call)
    which = replace(case([X], training=True, initializers=START, momentum=0.75), steps=steps)
    observation = predict(which, tf1()).as_observation()
    stayed = replace(observation, steps=(*observation.steps[:3], {**observation.steps[2], **only_output(observation)}))
    assert both(which, stayed, step=4)[0] is standing


def only_output(observation: Observation) -> Mapping[str, Tensor]:
    return {"output": observation.steps[3]["output"]}


def test_an_update_that_golden_does_not_tell_apart_decides_nothing_there() -> None:
    which = case([X], training=True, initializers={"moving_mean": [2, 2], "moving_variance": [4, 8]}, momentum=0.999999)
    observation = predict(which, tf1()).as_observation()
    assert both(which, observation, exact=True) == (HOLDS, FAILS)
    assert both(which, observation, exact=False) == (UNDECIDED, UNDECIDED)
    still = changed(observation, {"moving_mean": [2, 2], "moving_variance": [4, 8]})
    assert both(which, still, exact=False) == (UNDECIDED, UNDECIDED)


def test_one_of_the_two_decides_where_the_other_cannot() -> None:
    """The batch has the mean that the moving one has already: only the variance can show an update."""
    which = case([X], training=True, initializers={"moving_mean": [2, 2], "moving_variance": [4, 2]})
    assert both(which, predict(which, tf1()).as_observation()) == (HOLDS, FAILS)
    frozen = replace(which, trainable=False)
    assert both(frozen, predict(frozen, tf1()).as_observation()) == (FAILS, HOLDS)


def test_half_an_update_is_neither() -> None:
    which = case([X], training=True, initializers=START)
    half = changed(predict(which, tf1()).as_observation(), {"moving_variance": [4, 2]})
    assert both(which, half) == (FAILS, FAILS)


def test_a_batch_that_is_not_finite_would_show() -> None:
    which = case([[[1, 2], [float("nan"), 4]]], training=False, initializers=START)
    assert both(which, predict(which, tf1()).as_observation()) == (FAILS, HOLDS)


def test_virtual_batches_and_renormalization_are_judged_too() -> None:
    for layer in ({"virtual_batch_size": 2}, {"renorm": True}):
        which = case([X], training=True, **layer)
        assert both(which, predict(which, tf1()).as_observation()) == (HOLDS, FAILS)
        frozen = replace(which, trainable=False)
        assert both(frozen, predict(frozen, tf1()).as_observation()) == (FAILS, HOLDS)


@pytest.mark.parametrize("name", ["gamma", "beta"])
def test_gamma_and_beta_are_compared_bit_for_bit(name: str) -> None:
    which = case([X], training=True, initializers=START)
    observation = predict(which, tf1()).as_observation()
    assert both(which, observation, name) == (FAILS, HOLDS)
    moved = changed(observation, {name: [9, 9]})
    assert both(which, moved, name) == (HOLDS, FAILS)


def test_a_train_step_moves_them() -> None:
    train = Train(input=0, training=True, loss=Loss.SUM, optimizer=Optimizer.SGD, rate=0.5)
    which = replace(case([X], training=True, initializers=START), steps=(train,))
    observation = predict(which, tf1()).as_observation()
    assert [both(which, observation, name) for name in ("beta", STATISTICS)] == [(HOLDS, FAILS), (HOLDS, FAILS)]


def test_inside_a_model_a_statistic_that_stayed_is_taken_for_not_updated() -> None:
    which = replace(case([X], training=True, initializers=START), model=({"kind": "bn"},))
    still = changed(predict(case([X], training=False, initializers=START), tf1()).as_observation(), {})
    assert both(which, still) == (FAILS, HOLDS)


def test_a_variable_without_initial_value_begins_where_every_layer_has_it() -> None:
    which = case([X], training=False)
    observation = predict(which, keras()).as_observation()
    for name in ("gamma", "beta", STATISTICS):
        assert both(which, observation, name) == (FAILS, HOLDS)


def test_what_the_layer_does_not_have_is_not_judged() -> None:
    which = case([X], training=True, scale=False)
    found = both(which, predict(which, tf1()).as_observation(), "gamma")
    assert found == (Standing.NOT_APPLICABLE, Standing.NOT_APPLICABLE)


def test_the_number_that_moved_most_is_told() -> None:
    which = case([X], training=True, initializers=START, momentum=0.5)
    shown = Shown(case=which, observation=predict(which, tf1()).as_observation(), tolerance=Tolerance(), exact=True)
    assert judge(shown, 1, STATISTICS, UNCHANGED) == Judgement(
        standing=FAILS, detail="moving_mean[1] is 0.5, it was -1.0 before step 1"
    )
    assert judge(shown, 1, "gamma", UNCHANGED).detail == "gamma[0] is 2.0, as before step 1"
