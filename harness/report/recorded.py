"""What recording did, behaviour by behaviour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from harness.golden import RecordAction
from harness.recording import Recorded
from harness.report.failures import measure, place
from harness.report.layout import Cell, Table, command, plural, render_table, wrap
from harness.report.style import Style, Tone

_TONES = {
    RecordAction.NEW: Tone.NOTE,
    RecordAction.JOINED: Tone.GOOD,
    RecordAction.STALE: Tone.WARNING,
    RecordAction.VALUE_CHANGED: Tone.BAD,
}


def render_recorded(done: Sequence[Recorded], *, program: Sequence[str], width: int, verbose: int, color: bool) -> str:
    """The report, ending in a newline.

    Args:
        done: what recording did, in the order it was done.
        program: how the user's shell finds this program.
        width: columns to fill at most.
        verbose: -1 only what could not be recorded and the summary, 0 a row per scenario, 1 a row per case.
        color: whether to write ANSI colour sequences.
    """
    style = Style(color=color)
    parts = []
    if verbose >= 0:
        parts.append(render_table(_table(done, verbose), width, style))
    parts += [_problem(result, program, width, style) for result in done if _is_problem(result)]
    parts += _unavailable(done, width, style)
    parts.append(wrap(_summary(done), width))
    return "\n\n".join(parts) + "\n"


def _table(done: Sequence[Recorded], verbose: int) -> Table:
    runners = list(dict.fromkeys(result.runner for result in done))
    rows: dict[str, dict[str, list[Recorded]]] = {}
    for result in done:
        name = result.case if verbose > 0 else result.case.partition("[")[0]
        rows.setdefault(name, {}).setdefault(result.runner, []).append(result)
    headers = tuple(f"{runner} on {_release(done, runner)}" for runner in runners)
    cells = tuple(
        (Cell(text=name), *(_cell(by_runner.get(runner, ())) for runner in runners)) for name, by_runner in rows.items()
    )
    return Table(headers=("case" if verbose > 0 else "scenario", *headers), rows=cells)


def _release(done: Sequence[Recorded], runner: str) -> str:
    return next((result.release for result in done if result.runner == runner and result.release), "nothing")


def _cell(results: Sequence[Recorded]) -> Cell:
    tally = Counter(_word(result) for result in results)
    text = tally.most_common(1)[0][0] if len(results) == 1 else ", ".join(f"{n} {word}" for word, n in tally.items())
    tones = {_TONES.get(result.action) if result.action else Tone.BAD for result in results}
    return Cell(text=text or "-", tone=tones.pop() if len(tones) == 1 else None)


def _word(result: Recorded) -> str:
    if result.action is None:
        return result.reason.partition(":")[0]
    if result.action is RecordAction.VALUE_CHANGED:
        return "value replaced" if result.replaced else "value changed, kept"
    return "stale, recorded anew" if result.action is RecordAction.STALE else result.action.value


def _is_problem(result: Recorded) -> bool:
    lost = result.action is None and not result.unavailable
    return lost or result.action is RecordAction.VALUE_CHANGED


def _unavailable(done: Sequence[Recorded], width: int, style: Style) -> Iterator[str]:
    """One paragraph per runner that is not there, however many cases it was wanted for."""
    reasons = Counter((result.runner, result.reason) for result in done if result.unavailable)
    for (runner, reason), count in reasons.items():
        text = f"{runner} is {reason} ({plural(count, 'case')} not recorded)"
        yield style.paint(wrap(text, width, hanging="  "), Tone.WARNING)


def _problem(result: Recorded, program: Sequence[str], width: int, style: Style) -> str:
    head = f"{result.case}, {result.runner} on {result.release or 'nothing'}: {result.reason or _word(result)}"
    lines = [style.paint(wrap(head, width, hanging="  "), Tone.BAD)]
    lines += _values(result, width)
    if result.action is RecordAction.VALUE_CHANGED and not result.replaced and result.release:
        words = [*program, "record", result.case, "--runner", result.runner, "--replace", result.release]
        lines += ["  to give up the recorded value:", command(words, width, "    ")]
    return "\n".join(lines)


def _values(result: Recorded, width: int) -> Iterator[str]:
    for difference in result.diff.differences if result.diff else ():
        text = f"{place(difference)}: measured {difference.left}, recorded {difference.right}"
        yield wrap(text, width, "  ", "      ")
        if told := measure(difference):
            yield wrap(told, width, "    ")


def _summary(done: Sequence[Recorded]) -> str:
    tally = Counter(_word(result) for result in done)
    counts = ", ".join(f"{count} {word}" for word, count in tally.items())
    return f"{plural(len(done), 'behaviour')} of {plural(len({result.case for result in done}), 'case')}: {counts}"
