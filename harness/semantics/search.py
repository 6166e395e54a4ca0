"""Which answers predict an observation: every path through the oracle's questions, left where it goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from harness.case import Case
from harness.semantics.asking import Effect
from harness.semantics.oracle import facts
from harness.semantics.prediction import Fact
from harness.semantics.rules import BY_ID

Assignment: TypeAlias = Mapping[str, frozenset[str]]
"""For every rule that was asked, the answers that lead the same way."""


class _Path:
    """Asks as a list of turns says, taking the first way where the list has ended, and notes every fork."""

    def __init__(self, turns: tuple[int, ...], allowed: Assignment) -> None:
        self._turns = turns
        self.allowed: dict[str, frozenset[str]] = dict(allowed)
        self.asked: dict[str, frozenset[str]] = {}
        self.forks: list[int] = []

    def __call__(self, rule: str, effects: Mapping[str, Effect]) -> Effect:
        """The effect of the answer that this path takes."""
        left = self.asked.get(rule) or self.allowed.get(rule) or frozenset(BY_ID[rule].answer_ids)
        ways: list[tuple[Effect, list[str]]] = []
        for answer in BY_ID[rule].answer_ids:
            if answer not in left:
                continue
            way = next((names for effect, names in ways if _equal(effect, effects[answer])), None)
            if way is None:
                ways.append((effects[answer], [answer]))
            else:
                way.append(answer)
        turn = 0
        if len(ways) > 1:
            turn = self._turns[len(self.forks)] if len(self.forks) < len(self._turns) else 0
            self.forks.append(len(ways))
        effect, names = ways[turn]
        self.asked[rule] = frozenset(names)
        return effect


def _equal(one: object, other: object) -> bool:
    """Whether two effects are the same for sure; arrays that are merely equal may count as different."""
    return one is other or (
        isinstance(one, str | bool | float | type(None)) and type(one) is type(other) and one == other
    )


def search(
    case: Case,
    accept: Callable[[Fact], bool],
    allowed: Assignment | None = None,
    on_path: Callable[[], None] | None = None,
) -> Iterator[Assignment]:
    """Every assignment under which ``accept`` takes all facts that the oracle predicts.

    Args:
        case: the experiment.
        accept: whether a fact agrees with what was measured.
        allowed: answers to search among, by rule; all of a rule that is absent.
        on_path: called before the facts of each path.
    """
    pending: list[tuple[int, ...]] = [()]
    while pending:
        turns = pending.pop()
        path = _Path(turns, allowed or {})
        if on_path is not None:
            on_path()
        agrees = all(accept(fact) for fact in facts(case, path))
        for place in range(len(turns), len(path.forks)):
            taken = (*turns, *(0 for _ in range(place - len(turns))))
            pending += [(*taken, other) for other in range(1, path.forks[place])]
        if agrees:
            yield path.asked
