"""What there is to tell of an explanation, complete without the case and the oracle that it was found with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from harness.case import Case, Named
from harness.diff import Difference
from harness.semantics.agreement import Residual
from harness.semantics.evidence import CaseFacts, case_facts, evidence
from harness.semantics.explain import Change, Explanation


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """An explanation as it is told.

    Attributes:
        differences: how many there were to explain.
        explained: as :attr:`harness.semantics.explain.Explanation.explained`.
        sets: every smallest set of changes, see :class:`harness.semantics.explain.Explanation`.
        numbers: for each of the sets, by rule id a difference that this rule makes.
        facts: what the left and the right side come to; ``None`` where no rule was changed.
        unexplained: the side that no assignment predicts, where there is one, and its residual.
    """

    differences: int
    explained: bool
    sets: tuple[tuple[Change, ...], ...]
    numbers: tuple[Mapping[str, Difference], ...]
    facts: tuple[CaseFacts, CaseFacts] | None
    unexplained: tuple[str, Residual] | None

    @property
    def rules(self) -> tuple[str, ...]:
        """Ids of the changed rules of the first set: the explanation, where there is one only."""
        return tuple(change.rule for change in self.sets[0]) if self.sets else ()


Told: TypeAlias = Explanation | Account
"""Why two observations differ, with all that was inferred or with what is told of it."""


def account(case: Named, told: Told) -> Account:
    """What there is to tell of ``told``, an explanation of ``case``; asks the oracle, which takes milliseconds."""
    if isinstance(told, Account):
        return told
    assert isinstance(case, Case)
    tells = told.explained and bool(told.rules)
    return Account(
        differences=len(told.diff.differences),
        explained=told.explained,
        sets=told.sets,
        numbers=tuple(evidence(case, told, changes) for changes in told.sets) if tells else (),
        facts=(case_facts(case, told.left), case_facts(case, told.right)) if tells else None,
        unexplained=told.unexplained,
    )
