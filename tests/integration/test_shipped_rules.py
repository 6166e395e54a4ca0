"""Both sides of the bound on the shipped scenarios: whoever answers a rule otherwise is caught, ten bounds away."""

from collections.abc import Iterator, Mapping
from itertools import combinations

import pytest

from harness.diff import DifferenceKind
from harness.rules import BY_ID, RULES, Rule
from harness.semantics.archetypes import ARCHETYPES
from harness.semantics.examiner import Examiner
from harness.semantics.explain import explain
from harness.semantics.infer import Profile
from harness.semantics.oracle import predict
from harness.semantics.separation import ENOUGH, Separation, separations
from tests.integration.shipped import asked, separated, shipped_cases, shipped_scenarios

BY_VALUE = [rule for rule in RULES if not rule.sharpest_first]
"""The answers of the others differ in how much they err, not in what they compute."""


def known_but(rule: str, given: Mapping[str, str]) -> Profile:
    """What other cases tell about a runner: every answer but the one to ``rule``."""
    answers = {name: frozenset({answer}) for name, answer in given.items() if name != rule}
    return Profile(answers=answers, contradictions=(), unexplained=())


def telling(rule: Rule) -> list[Separation]:
    return [one for one in separated().get(rule.id, ()) if one.distance.bounds >= ENOUGH]


def candidates(rule: Rule, first: Separation) -> Iterator[Separation]:
    """Where two answers are apart: in one case, and as far as anybody asks in one of every scenario."""
    yield first
    others = {(name, answers) for name in BY_ID for answers in combinations(BY_ID[name].answer_ids, 2)}
    for scenario in shipped_scenarios():
        settled = others - {(rule.id, first.answers)}
        found = separations(scenario.cases, scenario.tolerance, settled=settled)
        yield from (one for one in found if one.distance.bounds >= ENOUGH)


def explained(rule: Rule, one: Separation) -> bool:
    """Whether a layer that flips the rule is caught, and explained by it alone, given what else is known of it."""
    case, given = shipped_cases()[one.case], ARCHETYPES[one.layer]
    (other,) = set(one.answers) - {given[rule.id]}
    flipped = {**given, rule.id: other}
    left, right = (predict(case, answers).as_observation() for answers in (given, flipped))
    sides = known_but(rule.id, given), known_but(rule.id, flipped)
    found = explain(Examiner(case), left, right, same_runner=True, left_profile=sides[0], right_profile=sides[1])
    if [[change.rule for change in changes] for changes in found.sets] != [[rule.id]]:
        return False
    numbers = [each for each in found.diff.differences if each.kind is DifferenceKind.VALUE]
    caught = len(numbers) < len(found.diff.differences) or any((each.passing or ENOUGH) > 5 for each in numbers)
    change = found.sets[0][0]
    return caught and given[rule.id] in change.left and other in change.right


@pytest.mark.parametrize("rule", BY_VALUE, ids=lambda rule: rule.id)
def test_a_runner_that_flips_a_rule_is_caught_and_explained_by_it_on_a_shipped_scenario(rule: Rule) -> None:
    """By this rule alone, given what the runner's other cases tell about the other rules; every two answers."""
    assert telling(rule), f"no shipped scenario tells the answers of {rule.id} apart by ten bounds"
    for first in telling(rule):
        # Where the arithmetic leaves a number open altogether, a case may be explained in another way too.
        assert any(explained(rule, one) for one in candidates(rule, first)), first


def test_every_two_answers_are_ten_bounds_apart_on_some_shipped_scenario() -> None:
    """Of answers that make no difference to a number there is nothing to tell apart."""
    found = [one for each in separated().values() for one in each]
    assert [one for one in found if 0 < one.distance.bounds < ENOUGH] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_answer_is_told_from_another(rule: Rule) -> None:
    told = {answer for one in telling(rule) for answer in one.answers}
    assert rule.sharpest_first or told == set(BY_ID[rule.id].answer_ids)


def test_the_shipped_scenarios_ask_every_rule() -> None:
    """Under five layers; ``asked`` itself asserts that the oracle offers each rule exactly its answers."""
    every = frozenset().union(*(each.rules for each in asked()))
    assert {rule.id for rule in RULES} == every
