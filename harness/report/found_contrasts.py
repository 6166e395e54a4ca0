"""The differences between two front ends as a table of rules. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from packaging.version import Version

from harness.found.contrast import Contrast, Contrasts, Example
from harness.history import Axis, Line
from harness.report.failures import place
from harness.report.layout import abridged, plural, wrap
from harness.report.markup import WIDTH, cell, code, table
from harness.report.rules import told_spans
from harness.semantics.ledger import Ledger, spans

_MOST_UNEXPLAINED = 6
_TITLES = {
    ("tf1", "keras"): "TF1 against Keras, by rule",
    ("tf_keras", "keras"): "Keras 2 against Keras 3, by rule",
}


def contrasts_section(found: Contrasts, book: Ledger, lines: Mapping[str, Sequence[Line]]) -> list[str]:
    """Heading, sentence and table of one pair of front ends; what nothing explains below it."""
    title = _TITLES.get((found.left, found.right), f"{found.left} against {found.right}, by rule")
    across = any(rule.across for rule in found.rules)
    parts = [f"## {title}", wrap(_sentence(found, across=across), WIDTH)]
    if found.rules:
        headers = ("rule", code(found.left), code(found.right), "cases", "smallest example")
        rows = [_row(rule, found, book, lines, across=across) for rule in found.rules]
        parts.append(table(headers, rows))
    if found.unexplained:
        named = [
            f"{pair.left.history.case.id}, {pair.left.label} against {pair.right.label}" for pair in found.unexplained
        ]
        text = f"Not judged, since no rule explains them: {abridged(named, _MOST_UNEXPLAINED)}."
        parts.append(wrap(text, WIDTH))
    return parts


def _sentence(found: Contrasts, *, across: bool) -> str:
    left, right = code(found.left), code(found.right)
    text = (
        f"Recorded for both {left} and {right}: {plural(found.cases, 'case')}. What differs comes of "
        f"{plural(len(found.rules), 'rule')}. `cases` counts those that differ by the rule on one and the same "
        "TensorFlow"
    )
    if across:
        text += f"; after the plus sign, those of {left} on the last TensorFlow 1 against {right} on the newest"
    return text + "."


def _row(
    one: Contrast, found: Contrasts, book: Ledger, lines: Mapping[str, Sequence[Line]], *, across: bool
) -> tuple[str, ...]:
    rule = one.rule
    ours = lines.get(found.left, ())
    since = min((release.tensorflow for line in ours for release in line.releases), key=Version, default="0")
    theirs = [later for line in lines.get(found.right, ()) if (later := _since(line, Version(since))).releases]
    answers = [_answers(rule.id, book, told) for told in (ours, theirs)]
    count = f"{one.beside} + {one.across}" if across else str(one.beside)
    return (f"[{rule.id}](rules.md#{rule.id}): {cell(rule.question)}", *answers, count, _example(one.example))


def _answers(rule: str, book: Ledger, lines: Sequence[Line]) -> str:
    texts = [told_spans(book, rule, line) for line in lines if not _repeats(rule, book, line)]
    return "<br>".join(cell(text) for text in texts if text) or "-"


def _since(line: Line, version: Version) -> Line:
    """``line`` from the first TensorFlow on that the other front end is recorded on."""
    return replace(line, releases=tuple(one for one in line.releases if Version(one.tensorflow) >= version))


def _repeats(rule: str, book: Ledger, line: Line) -> bool:
    """Whether a library's line says what its newest version says on the line of TensorFlow, and nothing else."""
    found = spans(book, rule, line.runner, [str(release) for release in line.releases])
    return line.axis is Axis.LIBRARY and len({span.answers for span in found if span.answers}) == 1


def _example(example: Example | None) -> str:
    if example is None:
        return "-"
    difference, pair = example.difference, example.pair
    values = code(cell(f"{place(difference)}: {difference.left} | {difference.right}"))
    left, right = pair.left.release.tensorflow, pair.right.release.tensorflow
    on = left if left == right else f"{left} against {right}"
    return f"{values} in {pair.left.history.case.scenario}, {on}"
