"""What a rule is: a semantic question about the layer, with the answers that front ends give."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Topic(Enum):
    """What a rule is about; tables of rules are grouped by it."""

    FLAGS = "flags"
    STATISTICS = "statistics"
    KERNEL = "kernel"
    NUMBERS = "numbers"
    STRUCTURE = "structure"
    ARGUMENTS = "arguments"
    DTYPES = "dtypes"


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """One possible answer: ``id`` names it, ``says`` is a sentence about a layer that answers so."""

    id: str
    says: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One question.

    Attributes:
        id: names it in tables and on the command line.
        topic: what it is about.
        question: in plain words.
        answers: at least two.
        links: where the question is documented: titles or URLs.
        fine: only last digits tell the answers apart, which behaviours of several releases do not keep.
        sharpest_first: the first answer allows the least error. Where it predicts so many numbers, or so much
            more sharply than the later ones, that being right is no accident, inference leaves those out.
    """

    id: str
    topic: Topic
    question: str
    answers: tuple[Answer, ...]
    links: tuple[str, ...] = ()
    fine: bool = False
    sharpest_first: bool = False

    @property
    def answer_ids(self) -> tuple[str, ...]:
        """Ids of the answers, in order."""
        return tuple(answer.id for answer in self.answers)

    def says(self, answer_id: str) -> str:
        """The sentence of an answer; ``KeyError`` when the rule has no such answer."""
        for answer in self.answers:
            if answer.id == answer_id:
                return answer.says
        raise KeyError(f"{self.id} has no answer {answer_id!r}")


COMPUTES = "computes"
"""The answer of a rule about a refusal that does not refuse; its other answers are names of exception types."""


def answers_of(**says: str) -> tuple[Answer, ...]:
    """Answers by their ids, ``_`` standing for ``-`` and a leading one for nothing, with what each says."""
    return tuple(Answer(id=name.strip("_").replace("_", "-"), says=text) for name, text in says.items())
