"""What paths through the oracle's questions have in common, computed once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from harness.semantics.asking import Ask, Effect, Result


def equal(one: object, other: object) -> bool:
    """Whether two effects are the same for sure; arrays that are merely equal may count as different."""
    return one is other or (
        isinstance(one, str | bool | int | float | type(None)) and type(one) is type(other) and one == other
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Answer:
    rule: str
    effects: Mapping[str, Any]
    effect: object


@dataclass(frozen=True, kw_only=True, slots=True)
class _Run:
    """A computation that was done: all that it asked, and what it was about, lest another takes its identity."""

    answers: tuple[_Answer, ...]
    of: object
    result: Any


class _Noting:
    """Asks, and notes what came of it."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self.answers: list[_Answer] = []

    def __call__(self, rule: str, effects: Mapping[str, Effect]) -> Effect:
        """The effect of the answer to ``rule``."""
        effect = self._ask(rule, effects)
        self.answers.append(_Answer(rule=rule, effects=effects, effect=effect))
        return effect


class Remembered:
    """Remembers what was computed, with all that it asked.

    Two paths that part in what does not matter to a computation, such as the order of variables, share it. What a
    computation asks is decided by the answers before, so to follow one that was done is to ask the same in the same
    order, and whoever leaves it has asked no more than the computation itself is going to ask.
    """

    def __init__(self) -> None:
        self._runs: dict[tuple[str, int], list[_Run]] = {}

    def __call__(self, what: str, of: object, ask: Ask, compute: Callable[[Ask], Result], /) -> Result:
        """See :class:`harness.semantics.asking.Once`."""
        runs = self._runs.setdefault((what, id(of)), [])
        known = _followed(runs, ask)
        if known is None:
            noting = _Noting(ask)
            result = compute(noting)
            known = _Run(answers=tuple(noting.answers), of=of, result=result)
            runs.append(known)
        return cast(Result, known.result)


def _followed(runs: list[_Run], ask: Ask) -> _Run | None:
    """The run all of whose questions have the same effects as they had in it."""
    left, place = runs, 0
    while left:
        first = left[0]
        if place == len(first.answers):
            return first
        asked = first.answers[place]
        effect = ask(asked.rule, asked.effects)
        left = [one for one in left if equal(one.answers[place].effect, effect)]
        place += 1
    return None
