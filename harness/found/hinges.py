"""Which rule answers a claim hangs on: those whose change makes the oracle predict that it fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.rules import BY_ID, RULES
from harness.scenario import Claim
from harness.semantics.asking import BeyondTheOracle, completed
from harness.semantics.claims import judge
from harness.semantics.examiner import Examiner
from harness.semantics.explain import Explanation
from harness.semantics.infer import Inference, picked
from harness.semantics.judgement import Shown, Standing
from harness.semantics.oracle import predict
from harness.semantics.search import Assignment


@dataclass(frozen=True, kw_only=True, slots=True)
class Hinge:
    """A rule and the answer to it without which a claim would stand otherwise."""

    rule: str
    answer: str


def hinges(claim: Claim, examiner: Examiner, inference: Inference, standing: Standing) -> tuple[Hinge, ...]:
    """What it hangs on that ``claim`` holds in a measurement, or fails there.

    A claim that holds hangs on an answer if it fails under every other; one that fails, if it holds under some other:
    whichever of the answers that fit the measurement are taken. Nothing where the oracle cannot tell: no answers fit,
    or under them, with every number rounded once, the claim does not stand as it does; nor of a claim that two cases
    are the same.

    Args:
        claim: how it stands in the measurement is known.
        examiner: of the case.
        inference: what the measurement says about the rules.
        standing: that it holds, or that it fails.
    """
    if claim.same_as is not None or not inference.assignments:
        return ()
    found = [_under(claim, examiner, inference, fitting, standing) for fitting in inference.assignments]
    shared = set.intersection(*map(set, found))
    return tuple(hinge for hinge in found[0] if hinge in shared)


def _under(
    claim: Claim, examiner: Examiner, inference: Inference, fitting: Assignment, standing: Standing
) -> list[Hinge]:
    answers = completed(picked(fitting))
    if _standing(claim, examiner, answers) is not standing:
        return []
    found = []
    for rule in fitting:
        others = [one for one in BY_ID[rule].answer_ids if one not in inference.answers(rule)]
        standings = {_standing(claim, examiner, {**answers, rule: other}) for other in others}
        turned = {Standing.FAILS} if standing is Standing.HOLDS else {Standing.HOLDS}
        if standings == turned or (standing is Standing.FAILS and standings & turned):
            found.append(Hinge(rule=rule, answer=answers[rule]))
    return found


def deciding(claim: Claim, examiner: Examiner, explanation: Explanation) -> tuple[str, ...]:
    """Of the rules that explain a change those that decide how ``claim`` stands after it.

    All that are certainly behind the change where the oracle cannot tell, see :func:`hinges`.
    """
    behind = certain(explanation)
    if claim.same_as is not None or not explanation.sets or not explanation.right.assignments:
        return behind
    left, right = (picked(side.assignments[0]) for side in (explanation.left, explanation.right))
    changes = explanation.sets[0]
    after = completed({**left, **right, **{change.rule: change.right[0] for change in changes}})
    stands = _standing(claim, examiner, after)
    found = [
        change.rule
        for change in changes
        if _standing(claim, examiner, {**after, change.rule: change.left[0]}) is not stands
    ]
    return tuple(found) or behind


def certain(told: Explanation) -> tuple[str, ...]:
    """The rules that every explanation names: those that are behind a difference whichever holds."""
    named = [{change.rule for change in changes} for changes in told.sets]
    shared = set.intersection(*named) if named else set()
    return tuple(rule.id for rule in RULES if rule.id in shared)


def _standing(claim: Claim, examiner: Examiner, answers: Mapping[str, str]) -> Standing:
    try:
        predicted = predict(examiner.case, answers).as_observation()
    except BeyondTheOracle:
        return Standing.UNDECIDED
    shown = Shown(case=examiner.case, observation=predicted, tolerance=examiner.tolerance, exact=False)
    return judge(claim, shown, lambda _: None).standing
