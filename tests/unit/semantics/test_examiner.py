"""How far two observations of a case may be apart: the sum of what the oracle allows each of them."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest

from harness.case import Case
from harness.diff import Diff
from harness.observation import Observation, Raised
from harness.scale import BoundSource, Scales
from harness.semantics.asking import Ask, BeyondTheOracle, Once
from harness.semantics.examiner import Examiner
from harness.semantics.infer import Reading, infer
from harness.semantics.oracle import predict
from harness.semantics.prediction import Fact, StepsFact
from harness.semantics.search import Paths
from harness.tensor import Tensor
from harness.tolerance import Bound, Tolerance
from tests.unit.semantics.samples import answers, article, case, keras, tf1


def observed(given: Mapping[str, str], *, trainable: bool = True) -> Observation:
    return predict(article(trainable=trainable), given).as_observation()


def moved(observation: Observation, field: str, by: Any, *, step: int = 0, dtype: str = "float32") -> Observation:
    """``observation`` with ``by`` added to ``field``, and the rounding to ``dtype``."""
    steps = [dict(fields) for fields in observation.steps]
    steps[step][field] = Tensor.of(steps[step][field].float64() + by, dtype)
    return dataclasses.replace(observation, steps=tuple(steps))


def allowed(given: Mapping[str, str], field: str) -> Any:
    return predict(article(), given).steps[0][field].number.error


@pytest.mark.parametrize("field", ["output", "moving_mean", "moving_variance"])
def test_two_correct_implementations_may_err_in_opposite_directions(field: str) -> None:
    """At 0.8 of the bound on either side they are one behaviour, and the bound is the sum of both."""
    error = allowed(tf1(), field)
    examiner = Examiner(article())
    below, above = (moved(observed(tf1()), field, sign * 0.8 * error) for sign in (-1, 1))
    found = examiner.diff(below, above)
    assert found.differences == ()
    assert found.closest is not None
    assert 0.5 * found.closest.bound < found.closest.error < found.closest.bound
    assert examiner.same(below, above)


def test_an_implementation_beyond_the_bound_is_another_behaviour() -> None:
    error = allowed(tf1(), "moving_variance")
    examiner = Examiner(article())
    far = moved(observed(tf1()), "moving_variance", 4 * error)
    found = examiner.diff(observed(tf1()), far)
    assert [(one.field, one.source) for one in found.differences] == [("moving_variance", BoundSource.ORACLE)]
    assert not examiner.same(observed(tf1()), far)


def test_the_bound_does_not_depend_on_the_side() -> None:
    left = moved(observed(tf1()), "output", 0.5 * allowed(tf1(), "output"))
    right = moved(observed(keras()), "moving_variance", 1e-3)
    one, other = (Examiner(article()).diff(*sides, same_runner=False) for sides in ((left, right), (right, left)))
    assert one.fields == other.fields != ()
    assert [(d.bound, d.passing, d.source) for d in one.differences] == [
        (d.bound, d.passing, d.source) for d in other.differences
    ]


def test_what_nothing_updates_has_to_keep_every_bit() -> None:
    frozen = observed(tf1(), trainable=False)
    nudged = moved(frozen, "moving_variance", 2.0**-23)
    (found,) = Examiner(article(trainable=False)).diff(frozen, nudged).differences
    assert (found.bound, found.passing, found.source) == (0.0, None, BoundSource.ORACLE)


def sources(found: Diff) -> set[BoundSource | None]:
    return {difference.source for difference in found.differences}


def test_beside_a_side_that_nothing_explains_the_other_is_allowed_its_own_error_twice() -> None:
    good = observed(tf1())
    bad = moved(good, "output", 0.5)
    bounds = Examiner(article()).bounds(good, bad).bounds(0, "moving_mean", ("float32", "float32"), (4,))
    assert bounds.source is BoundSource.ORACLE
    assert bounds.atol == pytest.approx(2 * allowed(tf1(), "moving_mean"))
    assert sources(Examiner(article()).diff(good, bad)) == {BoundSource.ORACLE}


def test_where_the_oracle_knows_neither_side_the_scale_of_the_data_counts() -> None:
    bad, worse = (moved(observed(tf1()), "output", by) for by in (0.5, 0.75))
    found = Examiner(article()).diff(bad, worse)
    assert sources(found) == {BoundSource.DATA}
    expected = Scales(case=article(), tolerance=Tolerance()).bounds(0, "output", ("float32", "float32"), (1, 2, 2, 4))
    asked = Examiner(article()).bounds(bad, worse).bounds(0, "output", ("float32", "float32"), (1, 2, 2, 4))
    np.testing.assert_array_equal(asked.atol, expected.atol)


def test_the_error_of_one_dtype_says_nothing_about_another() -> None:
    good = observed(tf1())
    bad = moved(good, "output", 0.5, dtype="float16")
    found = Examiner(article()).diff(good, bad)
    assert {one.source for one in found.differences if one.bound is not None} == {BoundSource.DATA}


def test_the_bound_of_a_scenario_goes_before_the_oracles() -> None:
    wide = Tolerance(bounds={"output": Bound(atol=1.0, rtol=0.0)}, reason="to see the rest")
    far = moved(moved(observed(tf1()), "output", 0.5), "moving_mean", 0.5)
    (found,) = Examiner(article(), wide).diff(observed(tf1()), far).differences
    assert found.field == "moving_mean"
    beyond = moved(observed(tf1()), "output", 1.5)
    assert sources(Examiner(article(), wide).diff(observed(tf1()), beyond)) == {BoundSource.SCENARIO}


def test_of_several_fitting_answers_the_widest_error_counts() -> None:
    """Four numbers do not tell float16 arithmetic from float32 arithmetic, whose error is a fraction of it."""
    experiment = case([[[0.5, 1.0], [2.0, 4.0]]], dtype="float16", training=False)
    once = predict(experiment, answers()).as_observation()
    examiner = Examiner(experiment)
    assert examiner.inference(once).answers("low-precision-plain") == {"float32", "own"}
    own = predict(experiment, answers(low_precision_plain="own")).steps[0]["output"].number.error
    error = examiner.error(once, 0, "output")
    assert error is not None
    assert np.allclose(error, own)


def test_where_the_oracle_has_no_bound_the_scale_of_the_data_counts() -> None:
    """Without epsilon the variance of a constant channel is nothing but the rounding of its mean."""
    flat = case([[[1000.0], [1000.0], [1000.00006]]], epsilon=0.0)
    seen = predict(flat, answers()).as_observation()
    assert np.isinf(predict(flat, answers()).steps[0]["output"].number.error).any()
    asked = Examiner(flat).bounds(seen, seen).bounds(0, "output", ("float32", "float32"), (3, 1))
    assert asked.source is BoundSource.DATA
    assert np.isfinite(asked.atol).all()


def test_an_observation_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Observation] = []

    def counting(name: str, paths: Paths, observation: Observation) -> Reading:
        asked.append(observation)
        return infer(name, paths, observation)

    monkeypatch.setattr("harness.semantics.examiner.infer", counting)
    examiner = Examiner(article())
    left, right = observed(tf1()), observed(keras())
    assert examiner.inference(left) is examiner.inference(left)
    examiner.diff(left, right)
    examiner.diff(right, left)
    assert asked == [left, right]


def test_identical_observations_are_not_read_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.semantics.examiner.infer", None)
    seen = observed(tf1())
    pairs = [(seen, dataclasses.replace(seen, steps=tuple(map(dict, seen.steps)))) for _ in range(1000)]
    examiner = Examiner(article())
    began = time.process_time()
    assert all(examiner.diff(left, right).identical for left, right in pairs)
    assert time.process_time() - began < 0.5


def half_known(case: Case, ask: Ask, _once: Once) -> Iterator[Fact]:
    """An oracle that knows what is refused, and no layer that is not."""
    if ask("eager-call", {"computes": False, "RuntimeError": True}):
        yield StepsFact(0, "RuntimeError")
        return
    yield StepsFact(len(case.steps), None)
    raise BeyondTheOracle("layer resizing")


def test_what_the_oracle_does_not_know_is_unexplained_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.semantics.search.facts", half_known)
    examiner = Examiner(article())
    left, right = observed(tf1()), moved(observed(tf1()), "output", 1.0)
    found = examiner.inference(left)
    assert found.assignments == ()
    assert found.residual is not None
    assert found.residual.predicted == "none, since the oracle knows no layer resizing"
    assert examiner.inference(left) is found, "and is said again"
    assert sources(examiner.diff(left, right)) == {BoundSource.DATA}
    refused = Observation(steps=(), structure=None, raised=Raised(type="RuntimeError", message="no"))
    assert examiner.inference(refused).answers("eager-call") == {"RuntimeError"}


def averaged(x: Any, mean: list[float]) -> tuple[Case, Observation]:
    """A layer under a policy whose averages keep their digits, and what it shows."""
    start = {"moving_mean": mean, "moving_variance": [1.0, 3.0], "gamma": [1.0, 1.0], "beta": [0.0, 0.0]}
    experiment = dataclasses.replace(case([x], momentum=0.5, initializers=start), policy="mixed_float16")
    return experiment, predict(experiment, keras()).as_observation()


def halved(observation: Observation) -> Observation:
    """The same, its averages rounded to 16 bits."""
    steps = [
        {
            name: Tensor.of(tensor.float64().astype("float16"), "float32") if name.startswith("moving") else tensor
            for name, tensor in fields.items()
        }
        for fields in observation.steps
    ]
    return dataclasses.replace(observation, steps=tuple(steps))


def test_averages_that_lost_digits_are_not_those_that_lost_none() -> None:
    """The bound of 16 bits covers the difference; that of the side that kept its digits does not."""
    experiment, kept = averaged([[0.1, 1.7], [2.9, -0.4], [1.3, 0.6]], [0.3, 0.7])
    lost = halved(kept)
    examiner = Examiner(experiment)
    assert examiner.inference(kept).answers("variables-read-in") == {"variable"}, "four numbers are no accident"
    assert examiner.inference(lost).answers("variables-read-in") == {"policy"}
    assert examiner.diff(kept, lost).fields == ("moving_mean", "moving_variance")
    assert not examiner.same(lost, kept)
    assert examiner.same(lost, moved(lost, "moving_mean", 2.0**-13)), "what lost digits may differ by them"


def test_numbers_that_16_bits_hold_as_well_say_nothing_about_lost_digits() -> None:
    experiment, seen = averaged([[0.0, 4.0], [8.0, 2.0]], [2.0, 1.0])
    assert Examiner(experiment).inference(seen).answers("variables-read-in") == {"variable", "policy"}
