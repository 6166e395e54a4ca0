"""Changes and explanations in words, as markup."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from harness.diff import Difference
from harness.history import Boundary, Line
from harness.history import Change as Dated
from harness.releases.release import Release
from harness.report.changes import exactness, span, telling
from harness.report.explain import SAME_ANSWERS, turned
from harness.report.failures import place
from harness.report.html.markup import link, text
from harness.report.html.places import rule_page
from harness.semantics.account import Told
from harness.semantics.agreement import Residual
from harness.semantics.explain import Change

_TOLD = 2
_UNEXPLAINED = "<b class=bad>UNEXPLAINED</b>"


def dated(boundary: Boundary) -> Dated:
    """A boundary as the change of its own, to be told in the words of the change log."""
    return Dated(
        line=boundary.line,
        before=boundary.before,
        after=boundary.after,
        between=boundary.between,
        boundaries=(boundary,),
    )


def when(boundary: Boundary) -> str:
    """``TensorFlow 1.4.1 → 1.5.1`` and how exact that is."""
    change = dated(boundary)
    exact = exactness(change)
    known = exact.startswith("exact")
    name = f"<b>{text(span(change).replace('->', '→'))}</b>"
    return f"{name} <small>({'exact' if known else text(exact)})</small>"


def reasons(found: Told, root: str, left: str, right: str) -> str:
    """The rules behind a difference, each a link; or that nothing explains it, and how far off the oracle is."""
    if found.unexplained is not None:
        side, residual = found.unexplained
        name = text(left if side == "left" else right)
        return f"{_UNEXPLAINED}: no answers predict {name}: {_off(residual)}"
    if not found.explained:
        return f"{_UNEXPLAINED}: both sides are predicted, but no change of answers turns one into the other"
    if not found.rules:
        return text(SAME_ANSWERS)
    told = ", or ".join("; ".join(_turned(change, root) for change in changes) for changes in found.sets)
    return told + (" <small>(this case cannot tell which)</small>" if len(found.sets) > 1 else "")


def _turned(change: Change, root: str) -> str:
    return f"{link(rule_page(change.rule), change.rule, root)}: {text(turned(change).replace('->', '→'))}"


def _off(residual: Residual) -> str:
    step = f" after step {residual.step}" if residual.step else ""
    return text(f"{residual.field}{step} is {residual.measured}, predicted {residual.predicted}")


def numbers(differences: Sequence[Difference]) -> str:
    """The numbers that say most of a difference, with errors and bounds."""
    told = "; ".join(number(difference) for difference in telling(differences))
    rest = len(differences) - min(len(differences), _TOLD)
    return told + (f" <small>and {rest} more</small>" if rest > 0 else "")


def number(difference: Difference) -> str:
    """One differing field: its worst element, both values, the error and the bound."""
    values = f"{text(difference.left)} → {text(difference.right)}"
    told = f"<code>{text(place(difference))}</code>: {values}"
    if difference.error is None or difference.bound is None:
        return told
    many = f", {difference.elements} of {difference.size} elements" if difference.size > 1 else ""
    return f"{told} <small>(error {difference.error:.3g}, bound {difference.bound:.2g}{many})</small>"


def releases_of(lines: Sequence[Line], shown: Sequence[Release]) -> str:
    """Recorded releases as ranges: ``1.0.1..1.4.1, 1.6.0``; a release between two of others ends a range."""
    wanted = set(shown)
    texts: list[str] = []
    told: set[Release] = set()
    for line in lines:
        stretch: list[Release] = []
        for release in [*line.releases, None]:
            if release in wanted and release not in told and release is not None:
                stretch.append(release)
            elif stretch:
                texts.append(_range(line, stretch, more=line is not lines[0]))
                told.update(stretch)
                stretch = []
    return ", ".join(texts)


def _range(line: Line, stretch: Sequence[Release], *, more: bool) -> str:
    first, last = line.version(stretch[0]), line.version(stretch[-1])
    name = f"{line.package()} " if more else ""
    return f"{name}{first}" if first == last else f"{name}{first}..{last}"


def joined(values: Sequence[int]) -> str:
    """Numbers in ascending order with runs of them drawn together: ``1..3, 5``."""
    runs: list[list[int]] = [[values[0]]] if values else []
    for before, after in pairwise(values):
        if after == before + 1:
            runs[-1].append(after)
        else:
            runs.append([after])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}..{run[-1]}" for run in runs)
