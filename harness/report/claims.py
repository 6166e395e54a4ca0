"""The ledger of claims as tables, one per source: what each says, where it holds and where it fails. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from harness.history import Axis, Line, lines
from harness.releases.release import Release
from harness.report.layout import NARROWEST, Cell, Table, plural, render_table, wrap
from harness.report.style import Style, Tone
from harness.semantics.claim_ledger import Entry, Held, Verdict
from harness.semantics.judgement import Standing

_NOTHING = "-"
_NAMES = {"tensorflow": "TensorFlow", "keras": "Keras", "tf_keras": "tf-keras"}
_UNJUDGED = (Standing.UNDECIDED, Standing.NOT_APPLICABLE, Standing.NOT_RECORDED)
_TONES = {Verdict.CONFIRMED: Tone.GOOD, Verdict.REFUTED: Tone.BAD, Verdict.PARTLY: Tone.WARNING}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Run:
    """Consecutive releases of a line that are alike in what was asked."""

    runner: str
    line: Line
    first: str
    last: str

    def text(self) -> str:
        """``1.6.0..2.21.0``."""
        return self.first if self.first == self.last else f"{self.first}..{self.last}"

    def loud(self) -> str:
        """``FROM 1.6.0 TO 2.21.0``, of a library with its name."""
        name = "" if self.line.axis is Axis.TENSORFLOW else f"{_NAMES[self.line.package()]} "
        return f"IN {name}{self.first}" if self.first == self.last else f"FROM {name}{self.first} TO {self.last}"


def render_claims(book: Sequence[Entry], *, width: int, verbose: int, color: bool) -> str:
    """The ledger, source by source, and a summary, ending in a newline.

    Args:
        book: claims in the order in which they are told.
        width: columns to fill at most; less than 40 counts as 40.
        verbose: -1 the summary only, 0 the tables, 1 also the number that decides, per runner and standing.
        color: whether to write ANSI colour sequences.
    """
    style, width = Style(color=color), max(width, NARROWEST)
    parts: list[str] = []
    for source in dict.fromkeys(entry.claim.source for entry in book) if verbose >= 0 else ():
        told = [entry for entry in book if entry.claim.source == source]
        parts.append(style.paint(wrap(source, width, hanging="  "), Tone.STRONG))
        parts.append(render_table(_table(told), width, style))
        if verbose > 0:
            parts += ["\n".join(_numbers(entry, width, style)) for entry in told]
    parts.append(wrap(_summary(book), width, hanging="  "))
    return "\n\n".join(parts) + "\n"


def _summary(book: Sequence[Entry]) -> str:
    verdicts = [entry.verdict() for entry in book]
    words = {Verdict.PARTLY: "confirmed only in part"}
    counted = [
        f"{verdicts.count(verdict)} {words.get(verdict, verdict.value.lower())}"
        for verdict in Verdict
        if verdict in verdicts
    ]
    return f"summary: {plural(len(book), 'claim')}: {', '.join(counted)}"


def _table(told: Sequence[Entry]) -> Table:
    headers: tuple[str, ...] = ("verdict", "claim", "holds in", "fails in", "not judged")
    rows: list[tuple[Cell, ...]] = []
    for entry in told:
        verdict, *rest = cells(entry)
        tone = _TONES.get(entry.verdict() or Verdict.UNDECIDED)
        rows.append((Cell(text=verdict, tone=tone), *(Cell(text=text or _NOTHING) for text in rest)))
    if all(row[-1].text == _NOTHING for row in rows):
        headers, rows = headers[:-1], [row[:-1] for row in rows]
    return Table(headers=headers, rows=tuple(rows), fixed=2, keep=len("CONFIRMED ONLY"))


def cells(entry: Entry) -> tuple[str, str, str, str, str]:
    """Of one claim the verdict, the sentence, where it holds, where it fails and where it cannot be judged."""
    holds, fails = (_where(entry, standing) for standing in (Standing.HOLDS, Standing.FAILS))
    return _verdict(entry), _sentence(entry), holds, fails, _unjudged(entry)


def _sentence(entry: Entry) -> str:
    meant = f" (Meant for {entry.claim.releases}.)" if entry.claim.releases else ""
    return f"{entry.claim.says}{meant}"


def _verdict(entry: Entry) -> str:
    outside = entry.verdict(meant=False)
    texts = [_loud(entry, entry.verdict(), meant=True)]
    if outside is not None:
        texts.append(f"outside: {_loud(entry, outside, meant=False)}")
    return "\n".join(texts)


def _loud(entry: Entry, verdict: Verdict | None, *, meant: bool) -> str:
    if verdict is None:
        return Verdict.NOT_RECORDED.value
    if verdict is not Verdict.PARTLY:
        return str(verdict.value)
    texts = []
    for runner in entry.runners:
        of_runner = [run.loud() for run in _runs(entry, runner, _stands(entry, runner, Standing.HOLDS, meant=meant))]
        name = f"FOR {runner} " if len(entry.runners) > 1 else ""
        texts += [name + " AND ".join(of_runner)] if of_runner else []
    ranges = ", ".join(texts)
    return f"{verdict.value} {ranges}"


def _stands(entry: Entry, runner: str, standing: Standing, *, meant: bool | None = None) -> Callable[[Release], bool]:
    def stands(release: Release) -> bool:
        wanted = meant is None or entry.meant(release) is meant
        return wanted and entry.standings[runner, release] is standing

    return stands


def _runs(entry: Entry, runner: str, wanted: Callable[[Release], bool]) -> Iterator[_Run]:
    """Where ``wanted`` is true, line by line; a line on which it is what the line before says already is left out."""
    every = lines(runner, entry.releases(runner))
    for line in every:
        if line is not every[0] and _repeats(line, every[0], wanted):
            continue
        for holds, group in groupby(line.releases, wanted):
            found = [line.version(release) for release in group]
            if holds:
                yield _Run(runner=runner, line=line, first=found[0], last=found[-1])


def _repeats(line: Line, spine: Line, wanted: Callable[[Release], bool]) -> bool:
    """Whether all versions of a library beside one TensorFlow are alike, and as that TensorFlow is on its line."""
    there = {wanted(release) for release in spine.releases if release.tensorflow == line.fixed}
    return {wanted(release) for release in line.releases} == there


def _where(entry: Entry, standing: Standing) -> str:
    """``tf1 1.6.0..2.21.0`` and so on, a line per runner."""
    texts = []
    for runner in entry.runners:
        if text := _ranges(entry, runner, _stands(entry, runner, standing)):
            texts.append(f"{runner} {text}")
    return "\n".join(texts)


def _ranges(entry: Entry, runner: str, wanted: Callable[[Release], bool]) -> str:
    texts = []
    for line, group in groupby(_runs(entry, runner, wanted), lambda run: run.line):
        by = "" if line.axis is Axis.TENSORFLOW else f"by {_NAMES[line.package()]} version: "
        texts.append(by + ", ".join(run.text() for run in group))
    return "; ".join(texts)


def _unjudged(entry: Entry) -> str:
    texts = [] if entry.runners else [Standing.NOT_RECORDED.value]
    for runner in entry.runners:
        if not entry.releases(runner):
            texts.append(f"{runner}: {Standing.NOT_RECORDED.value}")
        for standing in _UNJUDGED:
            if text := _ranges(entry, runner, _stands(entry, runner, standing)):
                texts.append(f"{runner} {text}: {standing.value}")
            elif cases := {one.case.id for one in _held(entry, runner, standing)}:
                texts.append(f"{runner}: {standing.value} in {len(cases)} of {plural(len(entry.cases), 'case')}")
    return "\n".join(texts)


def _held(entry: Entry, runner: str, standing: Standing) -> list[Held]:
    return [one for one in entry.held if one.runner == runner and one.judgement.standing is standing]


def _numbers(entry: Entry, width: int, style: Style) -> Iterator[str]:
    """Which cases the claim is about, and per runner and standing the number that decides, in the smallest case."""
    verdict = entry.verdict()
    head = f"{_loud(entry, verdict, meant=True)}: {entry.claim.says}"
    yield style.paint(wrap(head, width, hanging="  "), _TONES.get(verdict or Verdict.NOT_RECORDED))
    step = f"step {entry.claim.step}" if entry.claim.step else "the last step"
    about = "the whole of" if entry.claim.raises else f"{step} of"
    cases = plural(len(entry.cases), "case")
    yield wrap(f"{entry.claim.place}: {about} {cases} of {entry.scenario}", width, "  ", "    ")
    for runner in entry.runners:
        for standing in Standing:
            held = entry.smallest(runner, standing)
            if held is not None:
                yield wrap(_evidence(entry, held, runner, standing), width, "  ", "    ")


def _evidence(entry: Entry, held: Held, runner: str, standing: Standing) -> str:
    every = _held(entry, runner, standing)
    releases = {one.release for one in every}
    cases = {one.case.id for one in every}
    count = f", {len(cases)} of {plural(len(entry.cases), 'case')}" if len(entry.cases) > 1 else ""
    ranges = _ranges(entry, runner, lambda release: release in releases)
    detail = f": {held.judgement.detail}" if held.judgement.detail else ""
    return f"{runner} {standing.value} in {ranges}{count}: {held.case.id} on {held.release}{detail}"
