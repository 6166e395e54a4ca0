"""How the oracle gets its answers: it asks rule by rule, only where a rule matters to the case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

from harness.rules import BY_ID, COMPUTES, RULES

Effect = TypeVar("Effect")


class Ask(Protocol):
    """Answers a rule.

    Called with a rule's id and what each of its answers comes to in the case at hand; returns the effect of
    the answer that holds. Answers with equal effects cannot be told apart by this case.
    """

    def __call__(self, rule: str, effects: Mapping[str, Effect]) -> Effect:
        """The effect of the answer to ``rule``."""


class Fixed:
    """Asks a given assignment.

    Args:
        answers: rule id to answer id; it has to answer every rule that the case asks.

    Raises (when asked):
        KeyError: a rule without an answer, or with one that it does not have.
    """

    def __init__(self, answers: Mapping[str, str]) -> None:
        self._answers = answers

    def __call__(self, rule: str, effects: Mapping[str, Effect]) -> Effect:
        """The effect of the answer to ``rule``."""
        if rule not in self._answers:
            raise KeyError(f"this case asks the rule {rule}, which has no answer")
        return effects[self._answers[rule]]


Result = TypeVar("Result")


class Once(Protocol):
    """Computes what depends on answers, or remembers it from where what it asks had the same effects."""

    def __call__(self, what: str, of: object, ask: Ask, compute: Callable[[Ask], Result], /) -> Result:
        """``compute(ask)``, remembered under ``what`` and the identity of ``of``: nothing else may decide it."""


def computed(_what: str, _of: object, ask: Ask, compute: Callable[[Ask], Result]) -> Result:
    """Remembers nothing."""
    return compute(ask)


def completed(answers: Mapping[str, str]) -> dict[str, str]:
    """Answers for every rule; what the others are does not matter, or they would have been asked."""
    return {**{rule.id: rule.answers[0].id for rule in RULES}, **answers}


class BeyondTheOracle(Exception):
    """The case has something that the oracle does not know, which ``str`` names: it predicts nothing of it."""

    def __init__(self, what: str) -> None:
        super().__init__(f"the oracle knows no {what}")


class RefusedCall(Exception):
    """The front end refuses: ``str`` is the name of the exception type."""


def refusal(ask: Ask, rule: str) -> None:
    """Ask a rule about a refusal.

    Raises:
        RefusedCall: the answer is the name of an exception type.
    """
    kinds = {answer: None if answer == COMPUTES else answer for answer in BY_ID[rule].answer_ids}
    kind = ask(rule, kinds)
    if kind is not None:
        raise RefusedCall(kind)
