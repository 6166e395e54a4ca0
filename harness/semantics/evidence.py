"""What an explanation points at: the numbers that a change moves, and the facts of the case that decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.case import Case
from harness.diff import Difference
from harness.semantics.agreement import residual
from harness.semantics.asking import completed
from harness.semantics.explain import Change, Explanation
from harness.semantics.infer import Inference, picked
from harness.semantics.oracle import plans_of, predict
from harness.semantics.prediction import FieldFact, Prediction
from harness.semantics.updates import DEFAULT_MOMENTUM
from harness.steps import Load


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseFacts:
    """What one side of a case comes to.

    Attributes:
        values: the n of every call: how many values a statistic reduces.
        initial_weight: the share of the initial statistics in the moving ones after the last call:
            ``momentum ** updates``; ``None`` where nothing is known, because the call was refused or a load put a
            layer of another momentum in place of the first.
        fused: whether the fused kernel ran; ``None`` where the front end has no such notion.
        update_ops: how many update operations were registered; ``None`` where the call itself updates.
    """

    values: tuple[int, ...]
    initial_weight: float | None
    fused: bool | None
    update_ops: int | None


def case_facts(case: Case, inference: Inference) -> CaseFacts:
    """The facts of the side that ``inference`` is about; it has at least one assignment."""
    answers = _fitting(inference)
    plans = plans_of(case, answers)
    momenta = {_momentum(case), *(_momentum(case.loaded(step)) for step in case.steps if isinstance(step, Load))}
    structure = predict(case, answers).structure
    fused, update_ops = structure.get("fused"), structure.get("update_ops")
    return CaseFacts(
        values=tuple(each.geometry.values for each in plans),
        initial_weight=momenta.pop() ** sum(each.updates for each in plans) if plans and len(momenta) == 1 else None,
        fused=fused if isinstance(fused, bool) else None,
        update_ops=update_ops if isinstance(update_ops, int) else None,
    )


def _momentum(case: Case) -> float:
    momentum = case.layer.get("momentum", DEFAULT_MOMENTUM)
    assert isinstance(momentum, int | float)
    return float(momentum)


def predicted(case: Case, inference: Inference) -> Prediction | None:
    """What the oracle says of the side that ``inference`` is about, under its first answers; ``None`` without any."""
    return predict(case, _fitting(inference)) if inference.assignments else None


def evidence(case: Case, explanation: Explanation, changes: tuple[Change, ...]) -> Mapping[str, Difference]:
    """Per changed rule a difference that this rule makes: predicted otherwise once the change is taken back.

    Args:
        case: what was run.
        explanation: of two of its observations.
        changes: one of the explanation's sets.

    Returns:
        By rule id, the first such difference in the order of the diff; a rule without one is absent.
    """
    found: dict[str, Difference] = {}
    left, right = (picked(side.assignments[0]) for side in (explanation.left, explanation.right))
    forth = completed({**left, **right, **{change.rule: change.right[0] for change in changes}})
    predicted = predict(case, forth)
    for change in changes:
        without = predict(case, {**forth, change.rule: change.left[0]})
        moved = _moved(predicted, without)
        for difference in explanation.diff.differences:
            if (difference.step, difference.field) in moved:
                found[change.rule] = difference
                break
    return found


def _fitting(inference: Inference) -> dict[str, str]:
    return completed(picked(inference.assignments[0]))


def _moved(one: Prediction, other: Prediction) -> set[tuple[int | None, str]]:
    """Step and name of every fact of ``one`` that would not be measured if ``other`` were the case."""
    measured = other.as_observation()
    found: set[tuple[int | None, str]] = set()
    if one.raised != other.raised:
        found.add((None, "raised"))
    if one.several is not other.several:
        racing = (one if one.several else other).steps
        found |= {(number, name) for number, step in enumerate(racing, 1) for name in step if not step[name].settled}
    for fact in one.facts():
        contradiction = residual(fact, measured)
        if contradiction is not None:
            found.add((contradiction.step, fact.name if isinstance(fact, FieldFact) else contradiction.field))
    return found
