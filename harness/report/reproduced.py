"""Whether golden comes out the same when it is recorded again, as text."""

from __future__ import annotations

from collections.abc import Iterator

from harness.report.layout import plural, wrap
from harness.report.style import Style, Tone
from harness.reproduction import Deviation, Reproduction

_LONGEST = 400
"""Of a line that differs; a tensor may be longer."""


def render_reproduced(found: Reproduction, *, width: int, color: bool) -> str:
    """One line for a target that comes out the same, and a paragraph for each file that does not; ends in a newline.

    Args:
        found: what recording again would do.
        width: columns to fill at most.
        color: whether to write ANSI colour sequences.
    """
    style = Style(color=color)
    names = ", ".join(found.releases)
    count = f"{len(found.deviations)} of {plural(found.files, 'file')}" if found.deviations else "no file"
    tone = Tone.BAD if found.deviations else Tone.GOOD
    head = f"{names}: {count} would change, forgotten and recorded again"
    lines = [style.paint(wrap(head, width, hanging="  "), tone)]
    lines += [line for deviation in found.deviations for line in _deviation(deviation, width)]
    lines += _lost(found, width, style)
    return "\n".join(lines) + "\n"


def _deviation(deviation: Deviation, width: int) -> Iterator[str]:
    yield wrap(f"{deviation.path}:{deviation.line}" if deviation.line else str(deviation.path), width, "  ")
    for name, text in (("recorded", deviation.recorded), ("anew    ", deviation.anew)):
        short = text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."
        yield wrap(f"{name} {short or 'nothing'}", width, "    ", "      ")


def _lost(found: Reproduction, width: int, style: Style) -> Iterator[str]:
    """The cases of which nothing could be measured, though the runner is there."""
    for result in found.recorded:
        if result.action is None and not result.unavailable:
            text = f"{result.case}, {result.runner}: {result.reason}"
            yield style.paint(wrap(text, width, "  ", "    "), Tone.BAD)
