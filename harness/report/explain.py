"""An explanation as text: the rules, their sentences, and the numbers they move. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from harness.case import Named
from harness.diff import Difference
from harness.report.layout import NARROWEST, plural, wrap
from harness.report.style import Style, Tone
from harness.semantics.account import Account, Told, account
from harness.semantics.agreement import Residual
from harness.semantics.evidence import CaseFacts
from harness.semantics.explain import Change

SAME_ANSWERS = "the same answers predict both sides: what differs is within the bounds of the oracle"


def render_explanation(case: Named, explanation: Told, *, left: str, right: str, width: int, color: bool) -> str:
    """Why two observations of ``case`` differ, ending in a newline.

    Args:
        case: what was run.
        explanation: of its two observations.
        left: what to call the left side: ``tf1@1.15.5``.
        right: likewise.
        width: columns to fill at most; less than 40 counts as 40.
        color: whether to write ANSI colour sequences.
    """
    style = Style(color=color)
    width = max(width, NARROWEST)
    found = account(case, explanation)
    count = plural(found.differences, "difference")
    head = wrap(f"{case.id}: {left} against {right}: {count}", width)
    return "\n".join([head, *body(found, left, right, width, style)]) + "\n"


def body(found: Account, left: str, right: str, width: int, style: Style) -> Iterator[str]:
    """The lines below the head of :func:`render_explanation`."""
    if found.unexplained is not None:
        side, residual = found.unexplained
        step = f", step {residual.step}" if residual.step else ""
        text = (
            f"UNEXPLAINED: no answers predict {left if side == 'left' else right}: {residual.field}{step} is "
            f"{residual.measured}, the nearest prediction {residual.predicted}; {_passing(residual)}"
        )
        yield style.paint(wrap(text, width, "  "), Tone.BAD)
    elif not found.explained:
        text = "UNEXPLAINED: both sides are predicted, but no change of answers turns one into the other"
        yield style.paint(wrap(text, width, "  "), Tone.BAD)
    elif not found.rules:
        yield wrap(SAME_ANSWERS, width, "  ")
    else:
        for number, changes in enumerate(found.sets, start=1):
            if len(found.sets) > 1:
                yield wrap(f"explanation {number} of {len(found.sets)}: this case cannot tell which holds", width, "  ")
            yield from _set(changes, found.numbers[number - 1], left, right, width, style)
        for name, facts in zip((left, right), found.facts or (), strict=False):
            yield wrap(f"{name}: {_told(facts)}", width, "  ", "    ")


def _passing(residual: Residual) -> str:
    if math.isinf(residual.ratio):
        return "no bound would have passed"
    times = f"{residual.ratio:.3g} times the bound would have passed"
    return f"error {residual.error:.3g}, bound {residual.bound:.3g}, {times}"


def turned(change: Change) -> str:
    """``sample -> population``; with ``or`` where the case leaves several answers."""
    return f"{' or '.join(change.left)} -> {' or '.join(change.right)}"


def _set(
    changes: tuple[Change, ...], shown: Mapping[str, Difference], left: str, right: str, width: int, style: Style
) -> Iterator[str]:
    for change in changes:
        head = wrap(f"{change.rule}: {turned(change)}", width, "  ", "    ")
        yield head.replace(change.rule, style.paint(change.rule, Tone.STRONG), 1)
        for name, sentence in zip((left, right), change.says, strict=True):
            yield wrap(f"{name}: {sentence}", width, "    ", "      ")
        if change.rule in shown:
            yield wrap(_numbers(shown[change.rule]), width, "    ", "      ")


def _numbers(difference: Difference) -> str:
    index = str(list(difference.index)) if difference.index else ""
    step = f" after step {difference.step}" if difference.step else ""
    return f"{difference.field}{index}{step}: {difference.left} against {difference.right}"


def _told(facts: CaseFacts) -> str:
    if not facts.values:
        return "refused"
    n = facts.values[-1]
    parts = [f"n = {n} per channel"]
    if n > 1:
        parts.append(f"n/(n-1) = {n / (n - 1):.6g}")
    if facts.initial_weight is not None:
        parts.append(f"{facts.initial_weight:.6g} of the initial statistics left")
    if facts.fused is not None:
        parts.append("fused kernel" if facts.fused else "no fused kernel")
    if facts.update_ops is not None:
        parts.append(plural(facts.update_ops, "update op"))
    return ", ".join(parts)
