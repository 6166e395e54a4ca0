"""Migration advice as text: what the same call does, the call that does as before, and how that was verified. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.diff import Diff, Difference
from harness.migration.search import Attempt, Migration
from harness.observation import Observation
from harness.report.explain import body, turned
from harness.report.facts import ending
from harness.report.layout import NARROWEST, plural, wrap
from harness.report.style import Style, Tone
from harness.semantics.account import account

_MOST_DIFFERENCES = 4


def render_migration(migration: Migration, *, width: int, verbose: int, color: bool) -> str:
    """The advice for one case, ending in a newline.

    The code stands by itself: not wrapped, not indented, not coloured, so that it can be copied.

    Args:
        migration: what the search found.
        width: columns to fill at most, but for code; less than 40 counts as 40.
        verbose: from 1 on, every call that was tried.
        color: whether to write ANSI colour sequences.
    """
    page = _Page(migration, max(width, NARROWEST), Style(color=color))
    parts = ["\n".join([*page.head(), *page.same_call(), *page.verdict()])]
    if migration.found is not None:
        parts += [migration.found.program.text.rstrip("\n"), "\n".join(page.verified(migration.found))]
    if verbose > 0:
        parts.append("\n".join(page.tried()))
    return "\n\n".join(parts) + "\n"


def render_code(migrations: Sequence[Migration]) -> str:
    """The code alone, each case's behind its id in a comment; empty where no case has any."""
    return "\n".join(f"# {one.case.id}\n{one.found.program.text}" for one in migrations if one.found is not None)


class _Page:
    def __init__(self, migration: Migration, width: int, style: Style) -> None:
        self._migration = migration
        self._width = width
        self._style = style

    def _line(self, text: str, indent: str = "  ", tone: Tone | None = None) -> str:
        return self._style.paint(wrap(text, self._width, indent, f"{indent}  "), tone)

    def head(self) -> Iterator[str]:
        """The case, and what is to be reproduced where."""
        found = self._migration
        how = "recorded" if found.source.recorded else "measured now: golden has nothing of this case"
        text = f"{found.case.id}: from {found.source.name} ({how}) to {found.destination.name}"
        yield self._line(text, "", Tone.STRONG)

    def same_call(self) -> Iterator[str]:
        """What the same arguments do on the target, and why."""
        found, attempt = self._migration, self._migration.same_call
        raised = found.source.observation.raised
        if raised is not None:
            text = f"{found.source.name} raises {raised.type}: {raised.message}"
            yield self._line(text, tone=Tone.WARNING)
        if attempt.diff is None:
            yield self._line(f"the same call: {ending(attempt.outcome)}", tone=Tone.BAD)
            return
        if attempt.verified:
            text = "does the same" if raised is None else f"raises {raised.type} too{_message(attempt)}"
            yield self._line(f"the same call {text}")
            return
        yield self._line(f"the same call differs: {_told(attempt.diff)}{_message(attempt)}", tone=Tone.WARNING)
        if found.explanation is not None:
            names = found.source.name, found.destination.name
            for text in body(account(found.case, found.explanation), *names, self._width - 2, self._style):
                yield "\n".join(f"  {line}" for line in text.splitlines())

    def verdict(self) -> Iterator[str]:
        """What was found, change by change; or that nothing was, and what is left of the difference at best."""
        found = self._migration
        if found.found is not None:
            changes = found.found.recipe.changes
            count = f"{plural(len(changes), 'change')} against it" if changes else "nothing to change"
            yield self._line(f"this call does as before, {count}:", tone=Tone.GOOD)
            for change in changes:
                yield self._line(f"- {change.what}{': ' if change.why else ''}{change.why}", "    ")
            return
        if found.source.observation.raised is not None:
            yield self._line("there is nothing to reproduce: an exception is no result to migrate", tone=Tone.BAD)
            return
        count = plural(len(found.attempts), "call")
        yield self._line(f"no call reproduces it: {count} run, none does as before", tone=Tone.BAD)
        if found.lost:
            text = f"{len(found.lost)} of them ended the worker, so what they do is not known"
            yield self._line(text, "    ", Tone.BAD)
        if found.nearest.diff is not None:
            yield self._line(f"nearest: {_changes(found.nearest)}; what remains different:")
            yield from self._remaining(found.nearest.diff)

    def _remaining(self, diff: Diff) -> Iterator[str]:
        for one in diff.differences[:_MOST_DIFFERENCES]:
            yield self._line(f"- {_difference(one)}", "    ")
        more = len(diff.differences) - _MOST_DIFFERENCES
        if more > 0:
            yield self._line(f"- and {plural(more, 'difference')} more", "    ")
        explanation = self._migration.remaining
        for change in explanation.sets[0] if explanation else ():
            yield self._line(f"because of {change.rule}: {turned(change)}", "    ")

    def verified(self, attempt: Attempt) -> Iterator[str]:
        """How well the code above did."""
        found = self._migration
        assert attempt.diff is not None
        steps = plural(len(found.source.observation.steps), "step")
        text = f"verified: this code ran, eagerly, on {found.destination.name}; {steps}, {_accuracy(attempt.diff)}"
        yield self._line(text, tone=Tone.GOOD)
        yield from (self._line(f"note: {note}") for note in attempt.notes)
        told = f"{plural(len(found.attempts), 'call')} run"
        if found.ruled_out:
            told += f", {found.ruled_out} more not run: the oracle gave them no chance"
        yield self._line(told)

    def tried(self) -> Iterator[str]:
        """Every call that was run, with the first thing in which it differs."""
        yield self._line("tried, in this order:")
        for number, attempt in enumerate(self._migration.attempts, start=1):
            result = ending(attempt.outcome) if attempt.diff is None else _told(attempt.diff)
            yield self._line(f"{number}. {_changes(attempt)}: {result}", "    ")


def _changes(attempt: Attempt) -> str:
    return "; ".join(change.what for change in attempt.recipe.changes) or "the same call"


def _message(attempt: Attempt) -> str:
    raised = attempt.outcome.raised if isinstance(attempt.outcome, Observation) else None
    return f": {raised.message}" if raised else ""


def _told(diff: Diff) -> str:
    """The first difference and how many there are."""
    if not diff.differences:
        return "agrees"
    more = len(diff.differences) - 1
    return _difference(diff.differences[0]) + (f", and {plural(more, 'difference')} more" if more else "")


def _difference(one: Difference) -> str:
    index = str(list(one.index)) if one.index else ""
    step = f" after step {one.step}" if one.step else ""
    text = f"{one.field}{index}{step}: {one.left} against {one.right}"
    if one.error is None or one.bound is None:
        return text
    return f"{text} (error {one.error:.3g}, bound {one.bound:.3g})"


def _accuracy(diff: Diff) -> str:
    if diff.closest is None or diff.identical:
        return "every number the same, bit for bit"
    one = diff.closest
    index = str(list(one.index)) if one.index else ""
    where = f"{one.field}{index} after step {one.step}"
    return f"all within bounds: nearest to its bound is {where}, error {one.error:.3g} of {one.bound:.3g}"
