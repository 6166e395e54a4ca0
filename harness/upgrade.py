"""What a release changes: golden as if the release were not recorded, and the changes by the rule behind them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import Enum

from harness.comparison import CaseComparison, Comparison, RunnerResult, Verdict
from harness.diff import DifferenceKind
from harness.golden import GoldenFile, forget_release, releases_of
from harness.releases.release import Release
from harness.rules import RULES
from harness.semantics.explain import Change


class Reach(Enum):
    """What of a layer's outcome is another; the gravest first, which is what nothing else tells of."""

    NUMBERS = "numbers"
    EXCEPTIONS = "exceptions"
    STRUCTURE = "structure alone"


@dataclass(frozen=True, kw_only=True, slots=True)
class Changed:
    """One runner's outcome of one case that is not what is recorded below the release."""

    case: CaseComparison
    result: RunnerResult


@dataclass(frozen=True, kw_only=True, slots=True)
class Cause:
    """Why some outcomes changed.

    Attributes:
        sets: the rules with their answers before and after, as the first of ``members`` has them; several sets
            where it cannot tell which holds, one empty set where only roundings differ.
        members: what changed so, those with the fewest other causes first; at least one.
    """

    sets: tuple[tuple[Change, ...], ...]
    members: tuple[Changed, ...]

    @property
    def reach(self) -> Reach:
        """What it changes, judged by the outcomes that have the fewest other causes."""
        least = _size(self.members[0])
        diffs = [one.result.diff for one in self.members if _size(one) == least and one.result.diff]
        kinds = {difference.kind for diff in diffs for difference in diff.differences}
        if kinds & {DifferenceKind.VALUE, DifferenceKind.DTYPE, DifferenceKind.SHAPE}:
            return Reach.NUMBERS
        return Reach.STRUCTURE if kinds <= {DifferenceKind.STRUCTURE} else Reach.EXCEPTIONS


def as_before(golden: GoldenFile, measured: Collection[Release], *, keras_only: bool) -> GoldenFile:
    """``golden`` without the releases that were measured, so that the nearest below them is expected.

    Args:
        golden: a golden file.
        measured: what ran.
        keras_only: another Keras is asked about, so that what ran on the same TensorFlow is below; else
            another TensorFlow, whatever Keras is beside it.
    """
    tensorflow = {release.tensorflow for release in measured}
    recorded = {release for releases in releases_of(golden).values() for release in releases}
    for release in recorded:
        # A Keras 3 does not change what the legacy Keras beside it does.
        mine = release in measured and release.library == "keras" if keras_only else release.tensorflow in tensorflow
        if mine:
            golden = forget_release(golden, release)
    return golden


def changes(comparison: Comparison) -> Iterator[Changed]:
    """Everything that is not what is recorded, in report order."""
    for case in comparison.cases():
        yield from (Changed(case=case, result=one) for one in case.results if one.verdict is Verdict.CHANGED)


def causes(comparison: Comparison) -> tuple[Cause, ...]:
    """The explained changes by what explains them; one by two rules counts for both.

    Those that change numbers come first, then those that change exceptions; of these the commonest, then in the
    order of the table of rules.
    """
    found: dict[tuple[tuple[str, ...], ...], Cause] = {}
    for one in changes(comparison):
        explanation = one.result.explanation
        if explanation is None or not explanation.explained:
            continue
        sets = explanation.sets
        for alone in [((change,),) for change in sets[0]] if len(sets) == 1 and sets[0] else [sets]:
            key = tuple(tuple(change.rule for change in part) for part in alone)
            before = found.get(key, Cause(sets=alone, members=()))
            found[key] = Cause(sets=before.sets, members=tuple(sorted((*before.members, one), key=_size)))
    return tuple(sorted(found.values(), key=_rank))


def _size(changed: Changed) -> int:
    """How many rules the smallest explanation has."""
    explanation = changed.result.explanation
    return len(explanation.sets[0]) if explanation and explanation.sets else 0


def unexplained(comparison: Comparison) -> tuple[Changed, ...]:
    """The changes that no rule explains."""
    return tuple(
        one for one in changes(comparison) if one.result.explanation is None or not one.result.explanation.explained
    )


def _rank(cause: Cause) -> tuple[int, int, int]:
    order = [rule.id for rule in RULES]
    first = next((order.index(change.rule) for part in cause.sets for change in part), len(order))
    return list(Reach).index(cause.reach), -len(cause.members), first
