"""Why two recorded behaviours of a case differ, each pair explained once, with what other cases tell of releases."""

from __future__ import annotations

from dataclasses import dataclass

from harness.case import Case
from harness.history import History
from harness.observation import Observation
from harness.releases.release import Release
from harness.semantics.account import Account, account
from harness.semantics.explain import Explanation, explain
from harness.semantics.ledger import Ledger

_Pair = tuple[str, str, int, str, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class At:
    """What one runner showed of a case on one release that is recorded."""

    history: History
    release: Release

    @property
    def index(self) -> int:
        """Which behaviour it is."""
        return self.history.by_release[self.release]

    @property
    def observation(self) -> Observation:
        """What was measured."""
        return self.history.behaviours[self.index].observation

    @property
    def label(self) -> str:
        """``tf1@1.15.5``."""
        return f"{self.history.runner}@{self.release}"


def size(case: Case) -> tuple[int, str]:
    """Sorts cases by how few numbers they are about; the smallest shows best."""
    return sum(tensor.size for tensor in case.inputs), case.id


def explain_recorded(left: At, right: At, book: Ledger) -> Explanation:
    """Why they differ, as far as the case tells; where that is open, with the profiles of their releases."""
    examiner, same = left.history.examiner, left.history.runner == right.history.runner
    found = explain(examiner, left.observation, right.observation, same_runner=same)
    if not found.open:
        return found
    return explain(
        examiner,
        left.observation,
        right.observation,
        same_runner=same,
        left_profile=book.profiles.get((left.history.runner, str(left.release))),
        right_profile=book.profiles.get((right.history.runner, str(right.release))),
    )


class Reasons:
    """Explains two recorded behaviours; ``book`` is what all cases together say."""

    def __init__(self, book: Ledger) -> None:
        self.book = book
        self._known: dict[_Pair, Explanation] = {}

    def between(self, left: At, right: At) -> Explanation:
        """Why they differ, as far as the case tells; where that is open, with the profiles of their releases."""
        ours, theirs = left.history, right.history
        pair = (ours.case.id, ours.runner, left.index, theirs.runner, right.index)
        known = self._known.get(pair)
        if known is None or known.open:
            known = self._known[pair] = explain_recorded(left, right, self.book)
        return known

    def account(self, left: At, right: At) -> Account:
        """What there is to tell of it."""
        return account(left.history.case, self.between(left, right))
