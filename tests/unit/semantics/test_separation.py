import dataclasses
import math
from collections.abc import Iterator

import numpy as np
import pytest

from harness.case import Case
from harness.semantics.approx import Approx
from harness.semantics.archetypes import ARCHETYPES
from harness.semantics.asking import Ask, BeyondTheOracle
from harness.semantics.oracle import predict
from harness.semantics.prediction import Fact, Prediction, StepsFact
from harness.semantics.separation import Distance, apart, separations
from harness.tolerance import Bound, Tolerance
from tests.unit.semantics.samples import answers, article, case, tf1

NONE = Tolerance()
IMAGE = [[[[1.0], [2.0]], [[4.0], [9.0]]]]


def distance(one: Prediction, other: Prediction, tolerance: Tolerance = NONE) -> Distance:
    found = apart(one, other, tolerance)
    assert apart(other, one, tolerance) == found, "symmetric"
    return found


def test_a_prediction_is_not_apart_from_itself() -> None:
    assert distance(predict(article(), tf1()), predict(article(), tf1())) == Distance(bounds=0, place="")


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_what_the_oracle_itself_rounds_is_no_distance(dtype: str) -> None:
    """Two ways to write a formula differ in the last place of float64, and that is no difference between layers."""
    plain = predict(case([[[1.0], [2.5]]], dtype=dtype, training=False), answers())
    field = plain.steps[0]["output"]
    off = Approx(field.number.value * (1 + 2.0**-52), field.number.error)
    other = dataclasses.replace(plain, steps=({**plain.steps[0], "output": dataclasses.replace(field, number=off)},))
    assert (off.value != field.number.value).any()
    assert distance(plain, other) == Distance(bounds=0, place="")


def test_a_distance_counts_the_bounds_of_both_sides() -> None:
    experiment = case([IMAGE], momentum=0.5)
    population, sample = (predict(experiment, tf1(variance_estimator=name)) for name in ("population", "sample"))
    found = distance(population, sample)
    numbers = [each.steps[0]["moving_variance"].number for each in (population, sample)]
    gap = abs(numbers[0].value - numbers[1].value)
    assert found.place == "moving_variance after step 1"
    assert found.bounds == pytest.approx((gap / (numbers[0].error + numbers[1].error)).item())
    assert 1e4 < found.bounds < 1e7


def test_the_bound_of_a_scenario_counts_where_it_sets_one() -> None:
    experiment = case([IMAGE], momentum=0.5)
    population, sample = (predict(experiment, tf1(variance_estimator=name)) for name in ("population", "sample"))
    wide = Tolerance(bounds={"moving_variance": Bound(atol=0.5, rtol=0.25)}, reason="to see it in the test")
    values = [each.steps[0]["moving_variance"].number.value.item() for each in (population, sample)]
    expected = abs(values[0] - values[1]) / (0.5 + 0.25 * max(values))
    assert distance(population, sample, wide).bounds == pytest.approx(expected)


def test_what_is_no_number_is_apart_by_more_than_any_bound() -> None:
    plain = predict(article(), tf1())
    refused = predict(case([IMAGE], fused=True), answers(argument_fused="ValueError"))
    assert distance(plain, refused) == Distance(bounds=math.inf, place="raised")
    swapped = predict(article(), tf1(variable_order="beta-first"))
    assert distance(plain, swapped) == Distance(bounds=math.inf, place="trainable_variables")
    halves = case([[[1.0, 2.0], [3.0, 4.0]]], dtype="float16", training=False)
    kept, own = (predict(halves, answers(low_precision_variables=name)) for name in ("float32", "own"))
    assert distance(kept, own) == Distance(bounds=math.inf, place="gamma after step 1")
    infinite = case([[[1.0], [np.inf]]], steps=2, momentum=0.5)
    decrement, weighted = (predict(infinite, answers(moving_average=form)) for form in ("decrement", "weighted"))
    assert distance(decrement, weighted) == Distance(bounds=math.inf, place="moving_mean after step 2")


def test_a_field_that_only_one_side_has_is_apart() -> None:
    plain = predict(article(), tf1())
    more = dataclasses.replace(plain, steps=({**plain.steps[0], "more": plain.steps[0]["beta"]}, plain.steps[1]))
    assert distance(plain, more) == Distance(bounds=math.inf, place="more after step 1")


def test_separations_tell_the_case_and_the_layer() -> None:
    cases = [
        dataclasses.replace(case([IMAGE], momentum=0.9999999), id="topic/weak"),
        dataclasses.replace(case([IMAGE], momentum=0.0), id="topic/strong"),
    ]
    found = {(one.rule, one.answers): one for one in separations(cases, NONE)}
    one = found["variance-estimator", ("population", "sample")]
    assert one.case == "topic/strong"
    assert ARCHETYPES[one.layer]["fused-kernel"] != "when-asked", "without the kernel nobody asks"
    assert one.distance.place == "moving_variance after step 1"
    assert ("frozen-updates", ("yes", "no")) not in found, "nothing is frozen, so nobody asks"


def test_two_answers_that_are_apart_enough_are_not_looked_at_again() -> None:
    cases = [
        dataclasses.replace(case([IMAGE], momentum=0.5), id="topic/enough"),
        dataclasses.replace(case([IMAGE], momentum=0.0), id="topic/more"),
    ]

    def where(enough: float) -> str:
        found = {(one.rule, one.answers): one for one in separations(cases, NONE, enough=enough)}
        return found["variance-estimator", ("population", "sample")].case

    assert (where(10.0), where(math.inf)) == ("topic/enough", "topic/more")


def test_what_the_oracle_does_not_know_separates_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(experiment: Case, ask: Ask) -> Iterator[Fact]:
        yield StepsFact(len(experiment.steps), None)
        ask("eager-call", {"computes": None, "RuntimeError": "RuntimeError"})
        raise BeyondTheOracle("layer resizing")

    monkeypatch.setattr("harness.semantics.separation.facts", unknown)
    assert separations([article()], NONE) == ()
