"""``too-weak``: a scenario whose numbers cannot tell the answers of a rule from each other.

The oracle flips the rule and says by how many bounds the prediction moves. What moves by less than ten is lost
among roundings, or nearly; what moves by less than a tenth of one nobody could measure, and it is no question of
this scenario. A scenario that claims or asserts something need not separate anything besides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from numpy.typing import ArrayLike

from harness.case import Case
from harness.errors import Problem
from harness.lint.rule import LintRule
from harness.lint.shelf import Shelf
from harness.semantics.separation import ENOUGH, Separation, separations
from harness.steps import Call
from harness.tensor import Tensor
from harness.tolerance import Tolerance

_FAINT = 0.1
"""Bounds below which a rule is not asked at all."""
_LARGEST = 2**18
"""Elements of a case up to which it is predicted again and again, once for each answer."""
_HINT = "fewer values per channel, a lower momentum or a smaller epsilon let a rule show"
_NOTHING = "if it is there to notice what nobody expects, say so: # lint: allow too-weak: the reason"


def _check(shelf: Shelf) -> Iterator[Problem]:
    for sheet in shelf.chosen:
        cases = [case for case in sheet.cases if sum(tensor.size for tensor in case.inputs) <= _LARGEST]
        if not cases:
            continue
        found = separations(cases, sheet.scenario.tolerance)
        for rule, best in _best(found).items():
            if _FAINT <= best.distance.bounds < ENOUGH:
                yield Problem(place=sheet.place("title"), message=_weak(rule, best), hint=_HINT)
        says = sheet.scenario.claims or sheet.scenario.assertions
        if not says and not _told(found) - _told_by_any_call():
            message = "claims nothing, and no rule's answers are apart but for those that any call tells"
            yield Problem(place=sheet.place("title"), message=message, hint=_NOTHING)


def _best(found: Iterable[Separation]) -> dict[str, Separation]:
    """Per rule the two answers that are farthest apart."""
    best: dict[str, Separation] = {}
    for one in found:
        if one.rule not in best or one.distance.bounds > best[one.rule].distance.bounds:
            best[one.rule] = one
    return best


def _weak(rule: str, found: Separation) -> str:
    where = f"{found.distance.place} of {found.case}"
    answers = " and ".join(found.answers)
    apart = f"{answers} are {found.distance.bounds:.2g} bounds apart in {where}, not {ENOUGH:g}"
    return f"too weak for {rule}: {apart}"


def _told(found: Iterable[Separation]) -> frozenset[tuple[str, tuple[str, str]]]:
    """Rules with two of their answers that are apart."""
    return frozenset((one.rule, one.answers) for one in found if one.distance.bounds >= ENOUGH)


@lru_cache(maxsize=1)
def _told_by_any_call() -> frozenset[tuple[str, tuple[str, str]]]:
    """What the plainest calls there are tell, on a vector and, in inference, on an image: answers about structure."""
    vector, image = [[1.0], [2.0]], [[[[1.0]], [[2.0]]]]
    calls = (_plain(vector, training=False), _plain(vector, training=True), _plain(image, training=False))
    return _told(separations(calls, Tolerance()))


def _plain(values: ArrayLike, *, training: bool) -> Case:
    return Case(
        id="",
        scenario="",
        variation={},
        inputs=(Tensor.of(values, "float32"),),
        initializers={},
        layer={"momentum": 0.5},
        trainable=True,
        steps=(Call(input=0, training=training),),
    )


RULE = LintRule(name="too-weak", finds="a scenario that separates no rule, or too little for one it asks", check=_check)
