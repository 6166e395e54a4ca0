import dataclasses
import math

import numpy as np
import pytest

from harness.observation import Observation
from harness.semantics.agreement import residual
from harness.semantics.asking import Fixed
from harness.semantics.infer import Inference, compatible, loosened, picked, profile
from harness.semantics.oracle import predict
from harness.semantics.prediction import FieldFact
from harness.tensor import Tensor
from tests.unit.semantics.samples import answers, article, case, infer, keras, tf1


def measured(given: dict[str, str], **flags: bool) -> Observation:
    return predict(article(**flags), given).as_observation()


def nudged(observation: Observation, step: int, field: str, relative: float) -> Observation:
    """``observation`` with one field multiplied by ``1 + relative``."""
    tensor = observation.steps[step][field]
    changed = Tensor.of(tensor.float64() * (1 + relative), tensor.dtype)
    steps = [dict(each) for each in observation.steps]
    steps[step][field] = changed
    return dataclasses.replace(observation, steps=tuple(steps))


def test_the_answers_that_made_an_observation_are_inferred_from_it() -> None:
    frozen = infer(article(trainable=False), measured(tf1(), trainable=False))
    assert frozen.answers("frozen-normalizes-with") == {"batch"}
    assert frozen.answers("fused-kernel") == {"automatic"}
    assert frozen.answers("variable-order") == {"gamma-first"}
    # Alone, it could also be that updates are never run; that they are, another case shows.
    trained = infer(article(), measured(tf1()))
    assert profile([frozen, trained]).answers["frozen-updates"] == {"no"}


def test_a_rule_that_the_case_does_not_depend_on_stays_open() -> None:
    inference = infer(article(trainable=False), measured(tf1(), trainable=False))
    assert inference.answers("variance-estimator") == {"population", "sample"}
    assert "variance-estimator" not in inference.settled()
    assert infer(article(), measured(tf1())).settled()["variance-estimator"] == {"sample"}


def test_every_assignment_predicts_the_observation() -> None:
    observation = measured(keras())
    inference = infer(article(), observation)
    assert inference.assignments
    for assignment in inference.assignments:
        prediction = predict(article(), picked(assignment))
        assert [residual(fact, observation) for fact in prediction.facts()] == [None] * len(list(prediction.facts()))


def test_what_no_answers_predict_is_unexplained_with_the_bound_that_would_have_passed() -> None:
    inference = infer(article(), nudged(measured(tf1()), 1, "moving_variance", 1e-4))
    assert inference.assignments == ()
    assert inference.residual is not None
    assert (inference.residual.step, inference.residual.field[:16]) == (2, "moving_variance[")
    assert inference.residual.ratio == pytest.approx(inference.residual.error / inference.residual.bound)
    assert 10 < inference.residual.ratio < math.inf


def test_an_error_that_a_correct_implementation_may_make_is_within_the_bound() -> None:
    assert infer(article(), nudged(measured(tf1()), 1, "moving_variance", 1e-7)).assignments


def test_a_field_that_is_missing_or_of_another_dtype_contradicts() -> None:
    observation = measured(tf1())
    fact = next(fact for fact in predict(article(), tf1()).facts() if isinstance(fact, FieldFact))
    tensor = observation.steps[0][fact.name]
    missing = dataclasses.replace(observation, steps=({}, {}))
    wide = dataclasses.replace(observation, steps=({fact.name: Tensor.of(tensor.float64(), "float64")}, {}))
    assert residual(fact, observation) is None
    assert [each and each.measured for each in (residual(fact, missing), residual(fact, wide))] == [
        "nothing",
        f"float64{list(tensor.shape)}",
    ]


def test_a_profile_is_what_fits_every_case() -> None:
    inferences = [infer(article(trainable=flag), measured(tf1(), trainable=flag)) for flag in (True, False)]
    found = profile(inferences)
    assert found.answer("variance-estimator") == "sample"
    assert found.answer("frozen-normalizes-with") == "batch"
    assert found.answer("omitted-training") is None
    assert (found.contradictions, found.unexplained) == ((), ())


def test_one_case_narrows_what_another_leaves_open() -> None:
    """``yes`` or ``fused-only`` after a rank 4 case; a rank 2 case tells which."""
    open_case = Inference(case="a", assignments=({"frozen-updates": frozenset({"yes", "fused-only"})},), residual=None)
    rank2 = Inference(case="b", assignments=({"frozen-updates": frozenset({"no", "fused-only"})},), residual=None)
    assert profile([open_case, rank2]).answer("frozen-updates") == "fused-only"


def test_cases_that_do_not_fit_together_are_a_finding_and_not_an_answer() -> None:
    inferences = [infer(article(), measured(given)) for given in (tf1(), tf1(variance_estimator="population"))]
    renamed = [dataclasses.replace(each, case=f"case {number}") for number, each in enumerate(inferences)]
    found = profile(renamed)
    assert [(each.rule, dict(each.cases)) for each in found.contradictions] == [
        ("variance-estimator", {"case 0": frozenset({"sample"}), "case 1": frozenset({"population"})})
    ]
    assert found.answer("variance-estimator") is None
    assert found.answer("fused-kernel") == "automatic"


def test_an_unexplained_case_is_named_and_says_nothing() -> None:
    lost = infer(article(), nudged(measured(tf1()), 0, "output", 0.01))
    assert profile([lost]).unexplained == ("topic/name",)
    assert not profile([lost]).answers


def test_an_equal_release_inherits_nothing_that_last_digits_decide() -> None:
    experiment = case([np.linspace(-2, 3, 24).reshape(12, 2)], dtype="float16", training=False)
    inference = infer(experiment, predict(experiment, answers()).as_observation())
    assert inference.answers("low-precision-plain") == {"float32"}
    assert loosened(inference).answers("low-precision-plain") == {"float32", "own"}
    assert loosened(inference).answers("other-dtype") == {"kept"}


@pytest.mark.parametrize(("numbers", "inferred"), [(12, {"float32"}), (2, {"float32", "own"})])
def test_many_numbers_that_are_rounded_once_were_not_computed_in_16_bits(numbers: int, inferred: set[str]) -> None:
    values = [[0.1 * number, 1.0 - 0.3 * number] for number in range(numbers // 2)]
    experiment = case([values], dtype="bfloat16", training=False, initializers={"moving_mean": [0.7, 0.1]})
    observation = predict(experiment, answers()).as_observation()
    assert infer(experiment, observation).answers("low-precision-plain") == inferred


def test_an_assignment_is_compatible_unless_a_known_answer_rules_it_out() -> None:
    assignment = {"frozen-updates": frozenset({"no"})}
    assert compatible(assignment, {})
    assert compatible(assignment, {"frozen-updates": frozenset({"no", "fused-only"})})
    assert not compatible(assignment, {"frozen-updates": frozenset({"yes"})})


def test_a_rule_without_an_answer_is_not_guessed() -> None:
    with pytest.raises(KeyError, match="asks the rule default-scale"):
        predict(article(), {})
    with pytest.raises(KeyError, match="median"):
        Fixed({"variance-estimator": "median"})("variance-estimator", {"population": 1, "sample": 2})


def test_what_is_merely_unlikely_is_given_up_last() -> None:
    def says(case: str, likely: str, *unlikely: str) -> Inference:
        found = [{"low-precision-plain": frozenset({answer})} for answer in (likely, *unlikely)]
        return Inference(case=case, assignments=(found[0],), residual=None, unlikely=tuple(found[1:]))

    guessed, known = says("guessed", "float32", "own"), says("known", "own")
    assert profile([guessed]).answer("low-precision-plain") == "float32"
    for order in ([guessed, known], [known, guessed]):
        found = profile(order)
        assert (found.answer("low-precision-plain"), found.contradictions) == ("own", ())
    (contradiction,) = profile([says("certain", "float32"), known]).contradictions
    assert contradiction.cases == {"certain": {"float32"}, "known": {"own"}}
    assert loosened(guessed).unlikely == ({},)
