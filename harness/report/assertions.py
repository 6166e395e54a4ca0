"""The assertions of the scenarios: how many hold, and each that does not, with what contradicts it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.comparison import Comparison
from harness.report.failures import Page, shell
from harness.report.layout import wrap
from harness.report.style import Tone
from harness.semantics.assertions import AssertionResult

MOST_PLACES = 3
"""How many measurements that contradict one assertion are told without ``-v``."""

_WORDS = {True: "holds", False: "does not hold", None: "not judged"}
_TONES = {True: Tone.GOOD, False: Tone.BAD, None: Tone.WARNING}


def assertions(comparison: Comparison, page: Page) -> Iterator[str]:
    """Counts, then each assertion that does not hold with the measurements that contradict it; all with ``-v``."""
    found = [(case.case.id, one) for case in comparison.cases() for one in case.assertions]
    broken = any(one.holds is False for _, one in found)
    if not found or (page.verbose < 0 and not broken):
        return
    lines = [
        page.style.paint(counted("assertions", [one.holds for _, one in found]), Tone.BAD if broken else Tone.GOOD)
    ]
    groups: dict[tuple[bool | None, str, str], list[tuple[str, AssertionResult]]] = {}
    for identifier, one in found:
        if one.holds is False or page.verbose > 0:
            groups.setdefault((one.holds, one.place, one.says), []).append((identifier, one))
    for (holds, place, says), members in groups.items():
        head = wrap(f"{_WORDS[holds]}: {says} ({place})", page.width, "  ", "    ")
        lines.append(page.style.paint(head, _TONES[holds]))
        lines += _members(members, page)
        if holds is False:
            lines.append(shell("rerun", ["compare", members[0][0].partition("[")[0], "-v"], page))
    yield "\n".join(lines)


def _members(members: Sequence[tuple[str, AssertionResult]], page: Page) -> Iterator[str]:
    most = len(members) if page.verbose > 0 else MOST_PLACES
    for identifier, one in members[:most]:
        where = f"{identifier}, {one.runner}" + (f": {one.detail}" if one.detail else "")
        yield wrap(where, page.width, "    ", "      ")
    if len(members) > most:
        yield wrap(f"and {len(members) - most} more; -v tells each", page.width, "    ")


def counted(noun: str, holds: Sequence[bool | None]) -> str:
    """``claims: 12 hold, 1 does not, 3 not judged``."""
    hold, fail = holds.count(True), holds.count(False)
    unknown = len(holds) - hold - fail
    parts = [f"{hold} {'holds' if hold == 1 else 'hold'}"]
    if fail:
        parts.append(f"{fail} {'does' if fail == 1 else 'do'} not")
    if unknown:
        parts.append(f"{unknown} not judged")
    return f"{noun}: {', '.join(parts)}"
