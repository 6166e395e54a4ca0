"""Explanations in few words: for a cell, for a line below a change, for the summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from harness.comparison import CaseComparison, Comparison
from harness.report.explain import SAME_ANSWERS, turned
from harness.report.layout import GLUE, Cell, abridged, plural
from harness.report.style import Tone
from harness.rules import RULES
from harness.semantics.account import Told
from harness.semantics.explain import Change

UNEXPLAINED = "UNEXPLAINED"
_ROUNDING = "rounding"
_MOST_RULES = 2
_ORDER = (UNEXPLAINED, *(rule.id for rule in RULES), _ROUNDING)


def explanations(case: CaseComparison) -> Iterator[Told]:
    """Every explanation of a case: of changes, then between runners."""
    yield from (result.explanation for result in case.results if result.explanation)
    yield from (between.explanation for between in case.between if between.explanation)


def why_cell(cases: Sequence[CaseComparison], verbose: int) -> Cell:
    """The rules behind everything that differs in some cases, in the order of the rules; empty where nothing does."""
    found = {word for case in cases for explanation in explanations(case) for word in _words(explanation)}
    words = sorted(found, key=_rank)
    tone = Tone.BAD if UNEXPLAINED in found else Tone.NOTE
    return Cell(text=abridged(words, len(words) if verbose > 0 else _MOST_RULES), tone=tone)


def _rank(word: str) -> int:
    return _ORDER.index(word.split(" ")[0].split("+")[0])


def _words(explanation: Told) -> tuple[str, ...]:
    """What a cell and the summary count: the rules of the only set, or the sets that cannot be told apart as one."""
    if not explanation.explained:
        return (UNEXPLAINED,)
    if len(explanation.sets) == 1:
        return explanation.rules or (_ROUNDING,)
    choices = ("+".join(change.rule for change in changes) for changes in explanation.sets)
    return (" or ".join(choices),)


def one_line(explanation: Told) -> str:
    """``why: variance-estimator: sample -> population``, of what is explained."""
    if not explanation.rules:
        return f"why: {SAME_ANSWERS}"
    told = ", or ".join("; ".join(map(_turned, changes)) for changes in explanation.sets)
    return f"why: {told}" + (" (this case cannot tell which)" if len(explanation.sets) > 1 else "")


def _turned(change: Change) -> str:
    return f"{change.rule}: {turned(change)}"


def tally(comparison: Comparison) -> Iterator[str]:
    """``explained 3 of 4 differences (...)``, the commonest rule first; a difference of two rules counts for both."""
    found = [explanation for case in comparison.cases() for explanation in explanations(case)]
    if not found:
        return
    good = [explanation for explanation in found if explanation.explained]
    rules = Counter(word for explanation in good for word in _words(explanation))
    by_rule = ", ".join(f"{word}{GLUE}{count}" for word, count in rules.most_common())
    yield f"{len(good)} of {plural(len(found), 'difference')} explained" + (f" ({by_rule})" if by_rule else "")
    if rest := len(found) - len(good):
        yield f"{rest}{GLUE}{UNEXPLAINED}"
