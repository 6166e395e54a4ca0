"""The verdict of a bisection: the last release that behaves as before, the first that does not."""

from __future__ import annotations

from collections.abc import Iterator

from harness.bisection import Findings
from harness.history import Change
from harness.report.changes import ChangePage, counted, paragraph
from harness.report.layout import NARROWEST, plural, wrap
from harness.report.style import Style, Tone


def render_findings(findings: Findings, *, width: int, verbose: int, color: bool) -> str:
    """A paragraph per change, then what the search passed over and a summary; ends in a newline.

    Args:
        findings: what was found.
        width: columns to fill at most; less than 40 counts as 40.
        verbose: 0 one example of each kind of change, 1 every case.
        color: whether to write ANSI colour sequences.
    """
    style = Style(color=color)
    page = ChangePage(width=max(width, NARROWEST), verbose=verbose, letters=True, style=style)
    parts = [f"{paragraph(change, page)}\n{wrap(_verdict(change), page.width, '  ')}" for change in findings.changes]
    parts += _skipped(findings, page)
    parts.append(wrap(_summary(findings), page.width))
    return "\n\n".join(parts) + "\n"


def _verdict(change: Change) -> str:
    """The two releases in full; letters only where all cases agree on them."""
    letters = {boundary.letters for boundary in change.boundaries}
    if len(letters) > 1:
        return f"last release as before: {change.before}; first as after: {change.after}"
    [(before, after)] = letters
    return f"last release with {before}: {change.before}; first with {after}: {change.after}"


def _skipped(findings: Findings, page: ChangePage) -> Iterator[str]:
    if findings.skipped:
        count = len({skipped.release for skipped in findings.skipped})
        lines = [page.style.paint(f"skipped: {plural(count, 'release')}", Tone.WARNING)]
        lines += [
            wrap(f"{skipped.release}, {skipped.runner}: {skipped.why}", page.width, "  ", "    ")
            for skipped in findings.skipped
        ]
        yield "\n".join(lines)


def _summary(findings: Findings) -> str:
    measured = f"measured {', '.join(findings.probed)}" if findings.probed else "nothing had to be measured"
    return f"summary: {counted(findings.changes)}; {measured}"
