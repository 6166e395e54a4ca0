"""Why two observations of one case differ: the fewest answers whose change turns one into the other.

Nothing is explained that the oracle has not reproduced: both observations have to be predicted, and the second
one from the answers of the first with nothing but the named changes.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import combinations

from harness.case import Case
from harness.diff import Diff, DifferenceKind
from harness.observation import Observation
from harness.rules import BY_ID, RULES
from harness.semantics.agreement import Residual, agrees
from harness.semantics.examiner import Examiner
from harness.semantics.infer import Inference, Profile, compatible
from harness.semantics.search import Assignment, Paths

_MOST_CHANGES = 6
_STRUCTURE = ("trainable_variables", "non_trainable_variables", "update_ops", "fused")


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One answer that is not the same on both sides.

    Attributes:
        rule: its id.
        left: the answers that fit the left side; several where this case cannot tell them apart.
        right: likewise.
    """

    rule: str
    left: tuple[str, ...]
    right: tuple[str, ...]

    @property
    def says(self) -> tuple[str, str]:
        """What the rule's answer means on the left and on the right."""
        rule = BY_ID[self.rule]
        return rule.says(self.left[0]), rule.says(self.right[0])


@dataclass(frozen=True, kw_only=True, slots=True)
class Explanation:
    """Why two observations differ.

    Attributes:
        case: its id.
        diff: what differs, left against right.
        sets: every smallest set of changes that turns the left side into the right one; several where the
            measurements do not tell which it is. One empty set: nothing differs that the oracle could see.
        left: what the left side says about the rules.
        right: likewise, with its own bound.
        unexplained: the side that no assignment predicts, where there is one, and its residual.
    """

    case: str
    diff: Diff
    sets: tuple[tuple[Change, ...], ...]
    left: Inference
    right: Inference
    unexplained: tuple[str, Residual] | None = None

    @property
    def rules(self) -> tuple[str, ...]:
        """Ids of the changed rules of the first set: the explanation, where there is one only."""
        return tuple(change.rule for change in self.sets[0]) if self.sets else ()

    @property
    def explained(self) -> bool:
        """Whether some set of changes turns one side into the other.

        What differs under the same answers can only be a rounding, so it has to be a number.
        """
        numbers = all(difference.kind is DifferenceKind.VALUE for difference in self.diff.differences)
        return bool(self.sets) and (self.sets != ((),) or numbers)

    @property
    def open(self) -> bool:
        """Whether what other cases tell about the two sides could say more."""
        several = (len(side) > 1 for changes in self.sets for one in changes for side in (one.left, one.right))
        return len(self.sets) > 1 or any(several)


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """An observation and what it says about the rules."""

    observation: Observation
    inference: Inference


def explain(
    examiner: Examiner,
    left: Observation,
    right: Observation,
    *,
    same_runner: bool,
    left_profile: Profile | None = None,
    right_profile: Profile | None = None,
) -> Explanation:
    """Why ``left`` and ``right`` differ.

    Args:
        examiner: of the case that both ran.
        left: one observation.
        right: the other.
        same_runner: compare every fact of the structure; between runners, one that is ``None`` on either side
            is a notion that front end does not have.
        left_profile: what the release of the left side is known to answer: rules out what fits this case alone.
        right_profile: likewise.
    """
    found = examiner.diff(left, right, same_runner=same_runner)
    ours = Side(observation=left, inference=known(examiner.inference(left), left_profile))
    theirs = Side(observation=right, inference=known(examiner.inference(right), right_profile))
    return explain_sides(examiner.case, ours, theirs, found, same_runner=same_runner)


def explain_sides(case: Case, left: Side, right: Side, found: Diff, *, same_runner: bool) -> Explanation:
    """Why two sides differ whose inferences and whose difference ``found`` are known; see :func:`explain`."""
    ignoring = frozenset() if same_runner else _no_such_notion(left.observation, right.observation)
    ours, theirs = left.inference, right.inference
    for side, inference in (("left", ours), ("right", theirs)):
        if inference.residual is not None:
            return Explanation(
                case=case.id,
                diff=found,
                sets=(),
                left=ours,
                right=theirs,
                unexplained=(side, inference.residual),
            )
    sets = _smallest(case, ours, theirs, right.observation, ignoring)
    return Explanation(case=case.id, diff=found, sets=sets, left=ours, right=theirs)


def known(inference: Inference, profile: Profile | None) -> Inference:
    """An inference without what the profile of its release rules out, unless that is everything."""
    if profile is None:
        return inference
    fitting = tuple(one for one in inference.assignments if compatible(one, profile.answers))
    if not fitting:
        return inference
    narrowed = tuple({rule: left & profile.answers.get(rule, left) for rule, left in one.items()} for one in fitting)
    return Inference(case=inference.case, assignments=narrowed, residual=None)


def _no_such_notion(left: Observation, right: Observation) -> frozenset[str]:
    """Facts of the structure that one of two runners has no notion of."""
    sides = [side.structure for side in (left, right) if side.structure is not None]
    return frozenset(name for name in _STRUCTURE if any(getattr(side, name) is None for side in sides))


def _smallest(
    case: Case, left: Inference, right: Inference, observation: Observation, ignoring: Collection[str]
) -> tuple[tuple[Change, ...], ...]:
    """Every smallest set of changes from an assignment of ``left`` after which ``observation`` is predicted."""
    pairs = [(ours, theirs) for ours in left.assignments for theirs in right.assignments]
    turns = _Turns(case, observation, ignoring)
    for size in range(_MOST_CHANGES + 1):
        found: dict[tuple[Change, ...], None] = {}
        for ours, theirs in pairs:
            differing = [rule for rule in ours if rule in theirs and not ours[rule] & theirs[rule]]
            for rules in combinations(differing, size):
                changes = _changes(rules, ours, theirs)
                if changes not in found and turns(ours, theirs, rules):
                    found[changes] = None
        if found:
            return _without_covered(tuple(found))
    return ()


def _changes(rules: tuple[str, ...], ours: Assignment, theirs: Assignment) -> tuple[Change, ...]:
    order = [rule.id for rule in RULES if rule.id in rules]
    return tuple(Change(rule=rule, left=_ordered(rule, ours), right=_ordered(rule, theirs)) for rule in order)


def _ordered(rule: str, assignment: Assignment) -> tuple[str, ...]:
    return tuple(answer for answer in BY_ID[rule].answer_ids if answer in assignment[rule])


def _without_covered(sets: tuple[tuple[Change, ...], ...]) -> tuple[tuple[Change, ...], ...]:
    """One set per choice of rules, with all the answers that any set of these rules names."""
    chosen: dict[tuple[str, ...], tuple[Change, ...]] = {}
    for changes in sets:
        rules = tuple(change.rule for change in changes)
        known = chosen.get(rules, changes)
        chosen[rules] = tuple(_together(one, other) for one, other in zip(known, changes, strict=True))
    return tuple(chosen.values())


def _together(one: Change, other: Change) -> Change:
    left, right = ({*one.left, *other.left}, {*one.right, *other.right})
    order = BY_ID[one.rule].answer_ids
    return Change(
        rule=one.rule,
        left=tuple(answer for answer in order if answer in left),
        right=tuple(answer for answer in order if answer in right),
    )


class _Turns:
    """Whether the left answers with some taken from the right predict the right observation; asked once each."""

    def __init__(self, case: Case, observation: Observation, ignoring: Collection[str]) -> None:
        self._case = case
        self._observation = observation
        self._ignoring = ignoring
        self._asked: dict[frozenset[tuple[str, frozenset[str]]], bool] = {}

    def __call__(self, ours: Assignment, theirs: Assignment, changed: Collection[str]) -> bool:
        """Rules that the left side leaves open take what the right side needs."""
        allowed: dict[str, frozenset[str]] = {**theirs, **ours, **{rule: theirs[rule] for rule in changed}}
        question = frozenset(allowed.items())
        if question not in self._asked:
            every = Paths(self._case, allowed).search(lambda fact, _: agrees(fact, self._observation, self._ignoring))
            self._asked[question] = next(iter(every), None) is not None
        return self._asked[question]
