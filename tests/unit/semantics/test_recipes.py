"""What a recipe is, which of them there are for a case, and which the oracle gives a chance."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from harness.case import Case
from harness.diff import diff
from harness.errors import InvalidOption
from harness.scale import Scales
from harness.semantics.alternatives import recipes
from harness.semantics.feasible import Oracle
from harness.semantics.oracle import predict
from harness.semantics.recipes import Extra, Recipe, case_of, initializers_of, same_call
from harness.steps import Call, Set, Updates
from harness.tensor import Tensor
from harness.tolerance import Tolerance
from tests.unit.each import each
from tests.unit.semantics.samples import answers, article, case, keras, tf1

IMAGE = [[[[0, 1], [2, 5]]], [[[4, 4], [8, 6]]]]


def whats(of: Case) -> set[str]:
    return {change.what for recipe in recipes(of) for change in recipe.changes}


def test_the_same_call_comes_first_and_cost_grows() -> None:
    found = recipes(article(trainable=False))
    assert found[0] == same_call(article(trainable=False))
    assert found[0].changes == ()
    costs = [recipe.cost for recipe in found]
    assert costs == sorted(costs)
    assert costs[0] == 0
    assert costs[-1] > 4


def test_no_two_recipes_are_the_same() -> None:
    found = [
        (repr(recipe.layer), recipe.trainable, repr(recipe.trainings), recipe.extras)
        for recipe in recipes(case([IMAGE], trainable=False, training=1, fused=None, epsilon=1e-7))
    ]
    assert len(set(found)) == len(found)


@each(
    "of, changes",
    [
        (case([[[1.0], [2.0]]], training=False), {"training=True in every call"}),
        (
            case([[[1.0], [2.0]]], training=None),
            {"training=False where it was left out", "training=True in every call"},
        ),
        (case([[[1.0], [2.0]]], training=0), {"training is a bool", "training=True in every call"}),
        (case([[[1.0], [2.0]]], training=False, axis=[1]), {"training=True in every call", "axis=1"}),
        (
            case([[[1.0], [2.0]]], training=False, renorm=True, renorm_momentum=0.5, virtual_batch_size=2),
            {"training=True in every call", "without renorm, renorm_momentum", "without virtual_batch_size"},
        ),
        (
            case([[[1.0], [2.0]]], training=False, dtype="float64"),
            {"training=True in every call", 'dtype="float64"'},
        ),
        (
            case([IMAGE], training=False, epsilon=1e-6),
            {"training=True in every call", "epsilon=1.001e-05", "fused=False", "fused=True"},
        ),
        (
            case([[[1.0], [2.0]]], training=False, fused=True),
            {"training=True in every call", "without fused", "fused=False"},
        ),
    ],
)
def test_only_what_may_matter_to_a_case_is_changed(of: Case, changes: set[str]) -> None:
    assert whats(of) == changes


def test_training_brings_the_ways_to_treat_statistics() -> None:
    ways = {"weights put back after each call in training", "sample variance assigned after each call in training"}
    assert ways | {"momentum=1.0"} < whats(case([[[1.0], [2.0]]]))
    assert "momentum=1.0" not in whats(case([[[1.0], [2.0]]], momentum=1))
    assert not ways & whats(case([[[1.0], [2.0]]], training=False))


def test_a_frozen_layer_without_gamma_and_beta_has_nothing_to_mark() -> None:
    frozen = whats(case([[[1.0], [2.0]]], trainable=False))
    assert {"trainable=True", "gamma and beta marked as not trainable"} < frozen
    bare = whats(case([[[1.0], [2.0]]], trainable=False, center=False, scale=False))
    assert "trainable=True" in bare
    assert not {"gamma and beta marked as not trainable", "trainable only during calls in training"} & bare


def test_sixteen_bits_may_keep_wide_variables() -> None:
    assert {'dtype="float16"', 'dtype="mixed_float16"'} < whats(case([[[1.0], [2.0]]], dtype="float16"))


@each(
    "changed, says",
    [
        ({"steps": (Set(trainable=False),)}, "step set"),
        ({"steps": (Call(input=0, training=True, beside=(0,)),)}, "call beside another"),
        ({"steps": (Call(input=0, training="phase:true"),)}, "training=phase:true"),
        ({"model": ()}, "model around the layer"),
        ({"replicas": 2}, "replicas"),
        ({"observe": ("gradients",)}, "observing of gradients"),
        ({"layer": {"adjustment": {}}}, "adjustment"),
    ],
)
def test_more_than_plain_calls_is_refused_by_name(changed: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidOption, match=f"topic/name: migrate does not translate this: {says}"):
        recipes(replace(article(), **changed))


def test_updates_that_nobody_ran_are_a_call_like_any() -> None:
    of = replace(article(), steps=(Call(input=0, training=True, updates=Updates.SKIP),))
    assert recipes(of)[0].trainings == (True,)


def test_initial_values_have_the_shape_of_the_variables() -> None:
    start = {"gamma": np.arange(6.0).reshape(1, 2, 3)}
    of = case([np.zeros((4, 2, 3))], axis=[1, 2], initializers=start)
    same, *others = recipes(of)
    merged = next(recipe for recipe in others if recipe.extras == {Extra.MERGE_AXES})
    assert initializers_of(of, same) == of.initializers
    assert initializers_of(of, merged) == {"gamma": Tensor.of(np.arange(6.0), "float32")}


def test_the_case_of_a_recipe_has_its_arguments_and_calls() -> None:
    of = case([IMAGE], training=1, trainable=False)
    recipe = next(
        one for one in recipes(of) if one.trainings == (True,) and Extra.THAW_AROUND_CALLS in one.extras and one.layer
    )
    made = case_of(of, recipe)
    assert made.trainable
    assert made.steps == (Call(input=0, training=True),)


KERAS_2 = tf1(updates_run_by="call", frozen_normalizes_with="moving")
PAIRS = [
    (article(trainable=False), tf1(), keras()),
    (article(training=1, trainable=False), tf1(frozen_updates="yes", fused_kernel="when-asked"), KERAS_2),
    (case([IMAGE], fused=True, epsilon=1e-7), tf1(), KERAS_2),
    (case([IMAGE], fused=True, epsilon=1e-7), tf1(), keras(argument_fused="ValueError")),
    (case([[[1.0, 2.0], [3.0, 5.0]]], training=None), tf1(), answers(omitted_training="ValueError")),
]


def alike(of: Case, recipe: Recipe, source: dict[str, str], target: dict[str, str]) -> bool:
    """Whether a target with these answers does with a recipe what the source does, by the oracle itself."""
    before, after = (
        replace(predict(each, given).as_observation(), structure=None)
        for each, given in ((of, source), (case_of(of, recipe), target))
    )
    return not diff(before, after, Scales(case=of, tolerance=Tolerance())).differences


@pytest.mark.parametrize(("of", "source", "target"), PAIRS)
def test_what_would_do_is_never_ruled_out(of: Case, source: dict[str, str], target: dict[str, str]) -> None:
    oracle = Oracle(of, predict(of, source).as_observation(), Tolerance())
    arguments_only = [recipe for recipe in recipes(of) if not recipe.extras]
    likely = 0
    for recipe in arguments_only:
        possible = oracle.possible(recipe)
        likely += possible
        assert possible or not alike(of, recipe, source, target), recipe
        oracle.learn(recipe, predict(case_of(of, recipe), target).as_observation())
    assert likely < len(arguments_only)


def test_the_oracle_learns_from_what_ran() -> None:
    of = article(trainable=False)
    oracle = Oracle(of, predict(of, tf1()).as_observation(), Tolerance())
    same, *others = recipes(of)
    kept = next(one for one in others if one.layer["momentum"] == 1.0 and not one.extras and one.trainable is False)
    thawed = next(one for one in others if one.layer["momentum"] == 1.0 and Extra.FREEZE_VARIABLES in one.extras)
    assert oracle.possible(kept)
    oracle.learn(same, predict(of, keras()).as_observation())
    assert not oracle.possible(kept)
    assert oracle.possible(thawed)


def test_lines_that_assign_are_judged_by_their_first_output_alone() -> None:
    of = article()
    oracle = Oracle(of, predict(of, tf1()).as_observation(), Tolerance())
    oracle.learn(same_call(of), predict(of, keras()).as_observation())
    assigning = [one for one in recipes(of) if one.extras == {Extra.SAMPLE_VARIANCE}]
    trained = [one for one in assigning if one.trainings == (True, True)]
    inferred = [one for one in assigning if one.trainings == (False, False)]
    assert all(oracle.possible(one) for one in trained)
    assert not any(oracle.possible(one) for one in inferred)
