"""Which rule answers decide how a claim stands: found by predicting the case under others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.case import Case
from harness.found.hinges import Hinge, certain, deciding, hinges
from harness.observation import Observation
from harness.scenario import Claim
from harness.scenario.value import Effect, Normalizer, SameAs
from harness.semantics.examiner import Examiner
from harness.semantics.explain import explain
from harness.semantics.infer import Inference
from harness.semantics.judgement import Standing
from harness.semantics.oracle import predict
from harness.tensor import Tensor
from tests.unit.semantics.samples import article, keras, tf1

HOLDS, FAILS = Standing.HOLDS, Standing.FAILS


def measured(case: Case, given: Mapping[str, str]) -> Observation:
    return predict(case, given).as_observation()


def read(case: Case, observation: Observation) -> tuple[Examiner, Inference]:
    examiner = Examiner(case)
    return examiner, examiner.inference(observation)


def claim(**content: Any) -> Claim:
    return Claim(says="It is so.", source="Somebody", place="x.yaml:1:1", **content)


BATCH, MOVING = claim(normalized_by=Normalizer.BATCH), claim(normalized_by=Normalizer.MOVING)


def test_what_a_frozen_layer_normalizes_with_hangs_on_the_frozen_rule() -> None:
    case = article(trainable=False)
    found = hinges(BATCH, *read(case, measured(case, tf1())), HOLDS)
    assert found == (Hinge(rule="frozen-normalizes-with", answer="batch"),)
    found = hinges(MOVING, *read(case, measured(case, keras())), HOLDS)
    assert found == (Hinge(rule="frozen-normalizes-with", answer="moving"),)


def test_why_it_is_not_so_is_told_by_the_answer_that_would_make_it_so() -> None:
    case = article(trainable=False)
    found = hinges(BATCH, *read(case, measured(case, keras())), FAILS)
    assert found == (Hinge(rule="frozen-normalizes-with", answer="moving"),)


def test_what_holds_under_every_answer_hangs_on_none() -> None:
    case = article()
    assert hinges(BATCH, *read(case, measured(case, tf1())), HOLDS) == ()


def test_nothing_is_told_of_what_the_oracle_does_not_predict() -> None:
    case = article(trainable=False)
    known = measured(case, tf1())
    steps = [{**fields, "output": Tensor.of(fields["output"].float64() + 7, "float32")} for fields in known.steps]
    strange = Observation(steps=tuple(steps), structure=known.structure, raised=None)
    assert hinges(claim(effects={"gamma": Effect.UNCHANGED}), *read(case, strange), HOLDS) == ()


def test_nothing_is_told_where_the_prediction_contradicts_how_it_stands() -> None:
    case = article(trainable=False)
    assert hinges(BATCH, *read(case, measured(case, tf1())), FAILS) == ()


def test_nothing_is_told_of_two_cases_that_are_claimed_to_be_the_same() -> None:
    case = article(trainable=False)
    same = claim(same_as=SameAs(key="x", where={}, fields=("output",)))
    assert hinges(same, *read(case, measured(case, tf1())), HOLDS) == ()


def test_of_two_rules_behind_a_change_the_one_that_the_claim_is_about_decides() -> None:
    case = article()
    before, after = tf1(variable_order="beta-first", fused_kernel="when-asked"), tf1(variable_order="gamma-first")
    examiner = Examiner(case)
    found = explain(examiner, measured(case, before), measured(case, after), same_runner=True)
    assert set(certain(found)) == {"fused-kernel", "variable-order"}
    # Of 4 values the sample variance is larger by a third.
    sample = float(measured(case, after).steps[-1]["moving_variance"].float64()[0])
    assert deciding(claim(expect={"moving_variance[0]": sample}), examiner, found) == ("fused-kernel",)


def test_where_none_decides_alone_all_that_are_behind_it_are_told() -> None:
    case = article()
    before, after = tf1(variable_order="beta-first", fused_kernel="when-asked"), tf1(variable_order="gamma-first")
    examiner = Examiner(case)
    found = explain(examiner, measured(case, before), measured(case, after), same_runner=True)
    assert set(deciding(BATCH, examiner, found)) == {"fused-kernel", "variable-order"}
    same = claim(same_as=SameAs(key="x", where={}, fields=("output",)))
    assert deciding(same, examiner, found) == certain(found)
