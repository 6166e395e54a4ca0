"""How two front ends differ, rule by rule: in which cases, and in which numbers of the smallest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from harness.diff import Difference
from harness.found.hinges import certain
from harness.found.symptom import NOT_OF_THE_LAYER
from harness.found.why import At, Reasons, size
from harness.history import History
from harness.rules import RULES, Rule
from harness.semantics.explain import Explanation

_FIRST_OF_TF2 = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """Two recorded behaviours of one case that differ, and why."""

    left: At
    right: At
    explanation: Explanation


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """The smallest case that shows what a rule does; ``difference`` has the left runner on its left."""

    pair: Pair
    difference: Difference


@dataclass(frozen=True, kw_only=True, slots=True)
class Contrast:
    """A rule by which two front ends differ.

    Attributes:
        beside: in how many cases they differ by it on one and the same TensorFlow.
        across: in how many the left one on its last release of TensorFlow 1 differs by it from the right one on its
            newest.
        example: ``None`` where no difference is the rule's alone.
    """

    rule: Rule
    beside: int
    across: int
    example: Example | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Contrasts:
    """All that two front ends differ in.

    Attributes:
        cases: how many cases both are recorded for.
        unexplained: pairs that no change of answers turns into each other.
    """

    left: str
    right: str
    cases: int
    rules: tuple[Contrast, ...]
    unexplained: tuple[Pair, ...]


def contrasts(histories: Sequence[History], reasons: Reasons, left: str, right: str) -> Contrasts:
    """How the runners ``left`` and ``right`` differ in the cases of which both are recorded."""
    of_right = {history.case.id: history for history in histories if history.runner == right}
    both = [(one, of_right[one.case.id]) for one in histories if one.runner == left and one.case.id in of_right]
    beside = [pair for one, other in both for pair in _differing(_beside(one, other), reasons)]
    across = [pair for one, other in both for pair in _differing(_across(one, other), reasons)]
    rules = [
        Contrast(
            rule=rule,
            beside=len(_cases(ours)),
            across=len(_cases(theirs)),
            example=_example(rule.id, [*ours, *theirs], reasons),
        )
        for rule in RULES
        if rule.id not in NOT_OF_THE_LAYER
        if (ours := _by(rule.id, beside)) + (theirs := _by(rule.id, across))
    ]
    unexplained = tuple(pair for pair in beside if not pair.explanation.explained)
    return Contrasts(left=left, right=right, cases=len(both), rules=tuple(rules), unexplained=unexplained)


def _beside(left: History, right: History) -> Iterator[tuple[At, At]]:
    """Every two behaviours that stand beside each other on some TensorFlow: on the newest that shows both."""
    found: dict[tuple[int, int], tuple[At, At]] = {}
    for one, other in sorted(product(left.by_release, right.by_release), reverse=True):
        if one.tensorflow == other.tensorflow:
            key = left.by_release[one], right.by_release[other]
            found.setdefault(key, (At(history=left, release=one), At(history=right, release=other)))
    yield from found.values()


def _across(left: History, right: History) -> Iterator[tuple[At, At]]:
    """The last TensorFlow 1 on the left, the newest release on the right."""
    old = [release for release in left.by_release if int(release.tensorflow.partition(".")[0]) < _FIRST_OF_TF2]
    if old:
        yield At(history=left, release=max(old)), At(history=right, release=max(right.by_release))


def _differing(pairs: Iterator[tuple[At, At]], reasons: Reasons) -> Iterator[Pair]:
    for left, right in pairs:
        found = reasons.between(left, right)
        if found.diff.differences:
            yield Pair(left=left, right=right, explanation=found)


def _by(rule: str, pairs: Sequence[Pair]) -> list[Pair]:
    return [pair for pair in pairs if rule in certain(pair.explanation)]


def _cases(pairs: Sequence[Pair]) -> set[str]:
    return {pair.left.history.case.id for pair in pairs}


def _example(rule: str, pairs: Sequence[Pair], reasons: Reasons) -> Example | None:
    for pair in sorted(pairs, key=lambda pair: size(pair.left.history.case)):
        for numbers in reasons.account(pair.left, pair.right).numbers:
            if rule in numbers:
                return Example(pair=pair, difference=numbers[rule])
    return None
