import dataclasses
from collections.abc import Mapping

import numpy as np
import pytest

from harness.case import Case
from harness.observation import Observation
from harness.semantics.evidence import case_facts, evidence
from harness.semantics.examiner import Examiner
from harness.semantics.explain import Explanation, explain
from harness.semantics.infer import Profile, profile
from harness.semantics.oracle import predict
from harness.steps import Format, Load, Save
from harness.tensor import Tensor
from tests.unit.semantics.samples import article, case, infer, keras, tf1


def observed(experiment: Case, given: Mapping[str, str]) -> Observation:
    return predict(experiment, given).as_observation()


def between(experiment: Case, left: dict[str, str], right: dict[str, str]) -> Explanation:
    return explain(Examiner(experiment), observed(experiment, left), observed(experiment, right), same_runner=False)


def test_the_frozen_row_of_the_article_is_the_frozen_rule_and_nothing_else() -> None:
    frozen = article(trainable=False)
    keras2 = tf1(updates_run_by="call", frozen_normalizes_with="moving")
    assert between(frozen, tf1(), keras2).rules == ("frozen-normalizes-with",)
    assert between(frozen, tf1(), keras()).rules == ("frozen-normalizes-with",)


def test_the_training_row_is_the_variance_rule() -> None:
    explanation = between(article(), tf1(), keras())
    assert [[change.rule for change in changes] for changes in explanation.sets] == [["variance-estimator"]]
    change = explanation.sets[0][0]
    assert (change.left, change.right) == (("sample",), ("population",))
    assert ["sample" in change.says[0], "population" in change.says[1]] == [True, True]


def test_swapping_the_sides_swaps_the_change() -> None:
    forth, back = between(article(), tf1(), keras()), between(article(), keras(), tf1())
    assert [(change.left, change.right) for change in forth.sets[0]] == [
        (change.right, change.left) for change in back.sets[0]
    ]


def test_observations_that_do_not_differ_take_no_change() -> None:
    explanation = between(article(training=False), tf1(), keras())
    assert explanation.diff.differences == ()
    assert (explanation.sets, explanation.explained, explanation.rules) == (((),), True, ())


def test_two_changes_that_both_show_are_both_named() -> None:
    right = tf1(variance_estimator="population", variable_order="beta-first")
    left, other = observed(article(), tf1()), observed(article(), right)
    explanation = explain(Examiner(article()), left, other, same_runner=True)
    assert explanation.rules == ("variance-estimator", "variable-order")
    assert {rule: found.field for rule, found in evidence(article(), explanation, explanation.sets[0]).items()} == {
        "variance-estimator": "moving_variance",
        "variable-order": "trainable_variables",
    }


def test_what_one_front_end_has_no_notion_of_needs_no_explanation_between_runners() -> None:
    left, right = observed(article(), tf1()), observed(article(), tf1(updates_run_by="call"))
    assert explain(Examiner(article()), left, right, same_runner=False).rules == ()
    assert explain(Examiner(article()), left, right, same_runner=True).rules == ("updates-run-by",)


def test_a_value_that_nothing_predicts_is_unexplained_and_the_side_is_said() -> None:
    good = observed(article(), tf1())
    steps = [dict(step) for step in good.steps]
    steps[1]["output"] = Tensor.of(steps[1]["output"].float64() * 1.001, "float32")
    bad = dataclasses.replace(good, steps=tuple(steps))
    for left, right, side in ((bad, good, "left"), (good, bad, "right")):
        explanation = explain(Examiner(article()), left, right, same_runner=True)
        assert (explanation.explained, explanation.rules) == (False, ())
        assert explanation.unexplained is not None
        assert (explanation.unexplained[0], explanation.unexplained[1].step) == (side, 2)
        assert explanation.unexplained[1].ratio > 1


def test_sets_that_the_case_cannot_tell_apart_are_all_said_unless_a_profile_does() -> None:
    """ValueError with fused=True on rank 2: the argument may be refused, or the kernel."""
    rank2 = case([[[1.0, 2.0], [3.0, 5.0]]], fused=True)
    left, right = observed(rank2, tf1()), observed(rank2, tf1(fused_impossible="ValueError"))
    explanation = explain(Examiner(rank2), left, right, same_runner=True)
    assert {tuple(change.rule for change in changes) for changes in explanation.sets} == {
        ("fused-impossible",),
        ("argument-fused",),
    }
    known = known_but("fused-impossible", tf1())
    assert explain(Examiner(rank2), left, right, same_runner=True, right_profile=known).rules == ("fused-impossible",)


def test_every_answer_that_fits_a_side_is_named() -> None:
    """On rank 2 the fused kernel runs neither when it is automatic nor when it waits to be asked for."""
    rank2 = case([[[1.0, 2.0], [3.0, 5.0]]])
    left, right = observed(rank2, tf1()), observed(rank2, tf1(fused_kernel="not-told"))
    explanation = explain(Examiner(rank2), left, right, same_runner=True)
    assert [[(one.left, one.right) for one in changes] for changes in explanation.sets] == [
        [(("when-asked", "automatic"), ("not-told",))]
    ]
    assert explanation.open


def test_a_profile_decides_between_answers_that_the_case_leaves_open() -> None:
    frozen = article(trainable=False)
    left, right = observed(frozen, tf1(frozen_updates="fused-only")), observed(frozen, tf1())
    sets = explain(Examiner(frozen), left, right, same_runner=True).sets
    assert ("yes", "fused-only") in [change.left for changes in sets for change in changes]
    # Who runs updates, a case that trains has shown.
    collected = {"updates-run-by": frozenset({"collection"})}
    known = profile([infer(frozen, left)])
    narrowed = dataclasses.replace(
        known, answers={**known.answers, **collected, "frozen-updates": frozenset({"fused-only"})}
    )
    ours = Profile(answers=collected, contradictions=(), unexplained=())
    explanation = explain(Examiner(frozen), left, right, same_runner=True, left_profile=narrowed, right_profile=ours)
    assert explanation.sets[0][0].left == ("fused-only",)


def test_the_facts_that_decide() -> None:
    frozen = article(trainable=False)
    explanation = between(frozen, tf1(frozen_updates="yes"), keras())
    left, right = case_facts(frozen, explanation.left), case_facts(frozen, explanation.right)
    assert (left.values, left.fused, left.update_ops) == ((4, 4), True, 2)
    assert left.initial_weight == pytest.approx(0.99**2)
    assert (right.initial_weight, right.fused, right.update_ops) == (1.0, None, None)


def test_no_share_of_the_initial_statistics_is_told_where_the_momentum_changes() -> None:
    form = Format.CHECKPOINT
    call, save = article().steps[0], Save(format=form)
    for layer, known in (({"epsilon": 1.0}, True), ({"momentum": 0.99}, True), ({"momentum": 0.5}, False)):
        loaded = dataclasses.replace(article(), steps=(call, save, Load(format=form, layer=layer), call))
        facts = case_facts(loaded, infer(loaded, observed(loaded, tf1())))
        assert (facts.initial_weight is not None) is known


def known_but(rule: str, given: Mapping[str, str]) -> Profile:
    """What other cases tell about a runner: every answer but the one to ``rule``."""
    answers = {name: frozenset({answer}) for name, answer in given.items() if name != rule}
    return Profile(answers=answers, contradictions=(), unexplained=())


def test_arithmetic_in_16_bits_is_told_from_float32() -> None:
    """The plain computation in float16, operation by operation."""
    values = np.linspace(-2, 3, 24, dtype=np.float16).reshape(12, 2)
    start = {"moving_mean": [0.3, 0.7], "moving_variance": [2.0, 0.9]}
    experiment = case([values], dtype="float16", training=False, initializers=start, momentum=0.5)
    once = observed(experiment, tf1())
    mean, variance = (np.array(start[name], dtype=np.float16) for name in ("moving_mean", "moving_variance"))
    inverse = np.float16(1) / np.sqrt(variance + np.float16(1e-3))
    output = values * inverse - mean * inverse
    steps = ({**once.steps[0], "output": Tensor.of(output.astype(np.float64), "float16")},)
    often = dataclasses.replace(once, steps=steps)
    assert explain(Examiner(experiment), once, often, same_runner=True).rules == ("low-precision-plain",)
    assert infer(experiment, often).answers("low-precision-plain") == {"own"}
