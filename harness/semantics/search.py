"""Which answers predict an observation: every path through the oracle's questions, left where it goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from harness.case import Case
from harness.semantics.asking import BeyondTheOracle, Effect, Once, computed
from harness.semantics.oracle import facts
from harness.semantics.prediction import Fact, Prediction
from harness.semantics.remembering import Remembered, equal

Assignment: TypeAlias = Mapping[str, frozenset[str]]
"""For every rule that was asked, the answers that lead the same way."""

Accept: TypeAlias = Callable[[Fact, int], bool]
"""Whether a fact agrees with what was measured; asked with how many facts before it do. Once for every fact that
paths share."""

_MOST_KEPT = 2**16
"""Elements of a case up to which its predictions are kept: a case has a dozen of them, each of a few arrays."""


class _Path:
    """Asks as a list of turns says, taking the first way where the list has ended, and notes every fork."""

    def __init__(self, turns: tuple[int, ...], allowed: Assignment) -> None:
        self._turns = turns
        self._allowed = allowed
        self.asked: dict[str, frozenset[str]] = {}
        self.forks: list[int] = []

    def __call__(self, rule: str, effects: Mapping[str, Effect]) -> Effect:
        """The effect of the answer that this path takes."""
        left = self.asked.get(rule) or self._allowed.get(rule)
        ways: list[tuple[Effect, list[str]]] = []
        for answer, effect in effects.items():
            if left is not None and answer not in left:
                continue
            way = next((names for known, names in ways if equal(known, effect)), None)
            if way is None:
                ways.append((effect, [answer]))
            else:
                way.append(answer)
        turn = 0
        if len(ways) > 1:
            turn = self._turns[len(self.forks)] if len(self.forks) < len(self._turns) else 0
            self.forks.append(len(ways))
        effect, names = ways[turn]
        self.asked[rule] = frozenset(names)
        return effect


class _Walk:
    """One path, gone only as far as anybody wants to follow it; what it has shown it shows again."""

    def __init__(self, case: Case, turns: tuple[int, ...], allowed: Assignment, once: Once) -> None:
        self.path = _Path(turns, allowed)
        self.beyond: str | None = None
        self._coming = facts(case, self.path, once)
        self._shown: list[tuple[Fact, int]] = []

    def follow(self, accept: Accept, known: int) -> tuple[list[Fact] | None, int]:
        """The facts of the whole path, ``None`` if ``accept`` does not take one; and the forks up to there.

        Before fork ``known`` the path is one that has been followed, and its facts are not looked at again.
        """
        accepted: list[Fact] = []
        while True:
            if len(accepted) == len(self._shown):
                fact = self._next()
                if fact is None:
                    return None if self.beyond else accepted, len(self.path.forks)
                self._shown.append((fact, len(self.path.forks)))
            fact, forks = self._shown[len(accepted)]
            if forks > known and not accept(fact, len(accepted)):
                return None, forks
            accepted.append(fact)

    def _next(self) -> Fact | None:
        try:
            return next(self._coming, None)
        except BeyondTheOracle as error:
            self.beyond = str(error)
            return None


class Paths:
    """All paths of one case: whoever asks about a second observation of it computes nothing twice.

    Args:
        case: the experiment.
        allowed: answers to search among, by rule; all of a rule that is absent.

    Attributes:
        beyond: what the oracle does not know, where a path came to it; such a path predicts nothing.
    """

    def __init__(self, case: Case, allowed: Assignment | None = None) -> None:
        self._case = case
        self._allowed = allowed or {}
        self._keeps = sum(tensor.size for tensor in case.inputs) <= _MOST_KEPT
        self._walks: dict[tuple[int, ...], _Walk] = {}
        self._once: Once = Remembered() if self._keeps else computed
        self.beyond: str | None = None

    def search(self, accept: Accept) -> Iterator[tuple[Assignment, Prediction]]:
        """Every assignment under which ``accept`` takes all facts that the oracle predicts, and those facts."""
        pending: list[tuple[int, ...]] = [()]
        while pending:
            turns = pending.pop()
            walk = self._walk(turns)
            accepted, forks = walk.follow(accept, len(turns) - 1)
            self.beyond = self.beyond or walk.beyond
            for place in range(len(turns), forks):
                taken = (*turns, *(0 for _ in range(place - len(turns))))
                pending += [(*taken, other) for other in range(1, walk.path.forks[place])]
            if accepted is not None:
                yield dict(walk.path.asked), Prediction.of(accepted)

    def _walk(self, turns: tuple[int, ...]) -> _Walk:
        if turns not in self._walks:
            walk = _Walk(self._case, turns, self._allowed, self._once)
            if not self._keeps:
                return walk
            self._walks[turns] = walk
        return self._walks[turns]
