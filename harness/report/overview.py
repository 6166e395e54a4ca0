"""The table of a comparison: a row per scenario, and per case where asked or needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from harness.comparison import Between, CaseComparison, Comparison, Relation, RunnerResult, ScenarioComparison, Verdict
from harness.observation import Crashed, Observation, Reported
from harness.report.facts import field_order
from harness.report.layout import GLUE, Cell, Table, abridged
from harness.report.style import Tone
from harness.report.why import explanations, why_cell

MOST_CASES = 5
"""How many of a scenario's cases are listed without ``-v``."""

SAME_BITS = "="
WITHIN_BOUND = "~"

_MOST_FIELDS = 3
_BAD = (Verdict.CHANGED, Verdict.CRASHED, Verdict.TIMED_OUT)
_NONE = Cell(text="-", tone=Tone.FAINT)

Pair = tuple[str, str]


def overview(comparison: Comparison, verbose: int) -> Table:
    """The table: scenarios and cases down, runners against golden and against each other across."""
    columns = _columns(comparison, verbose)
    rows: list[tuple[Cell, ...]] = []
    for scenario in comparison.scenarios:
        rows.append(_row(Cell(text=scenario.name), scenario.cases, columns))
        rows += _case_rows(scenario, columns)
    headers = [f"{runner} = golden" for runner in columns.runners]
    headers += [f"{left} | {right}" for left, right in columns.pairs]
    headers += ["why"] if columns.why else []
    return Table(
        headers=("scenario", "cases", *headers),
        rows=tuple(rows),
        numeric=frozenset({1}),
        fixed=2,
        keep=max((len(scenario.name) for scenario in comparison.scenarios), default=0),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Columns:
    """What stands across; ``why`` only where something is explained, or should be."""

    runners: tuple[str, ...]
    pairs: tuple[Pair, ...]
    why: bool
    verbose: int


def _columns(comparison: Comparison, verbose: int) -> _Columns:
    why = any(True for case in comparison.cases() for _ in explanations(case))
    return _Columns(runners=comparison.runners, pairs=_pairs(comparison), why=why, verbose=verbose)


def failed(result: RunnerResult) -> bool:
    """Whether the result is the runner's own doing: it changed, crashed or hung."""
    return result.verdict in _BAD


def tone(verdicts: Sequence[Verdict]) -> Tone | None:
    """The tone of the worst verdict; ``None`` without any."""
    if not verdicts:
        return None
    if any(verdict in _BAD for verdict in verdicts):
        return Tone.BAD
    good = {Verdict.MATCH, Verdict.NONDETERMINISTIC, Verdict.NOT_APPLICABLE}
    return Tone.GOOD if set(verdicts) <= good else Tone.WARNING


def counts(verdicts: Sequence[Verdict]) -> str:
    """``3 match, 1 changed``, in the order of :class:`Verdict`."""
    tally = Counter(verdicts)
    return ", ".join(
        f"{tally[verdict]}{GLUE}{verdict.value.replace(' ', GLUE)}" for verdict in Verdict if tally[verdict]
    )


def _pairs(comparison: Comparison) -> tuple[Pair, ...]:
    """The runner pairs that were compared anywhere, in the order of the runners."""
    seen = {(between.left, between.right) for case in comparison.cases() for between in case.between}
    rank = {runner: index for index, runner in enumerate(comparison.runners)}
    return tuple(sorted(seen, key=lambda pair: (rank[pair[0]], rank[pair[1]])))


def _case_rows(scenario: ScenarioComparison, columns: _Columns) -> list[tuple[Cell, ...]]:
    if len(scenario.cases) == 1 and not scenario.cases[0].case.key:
        return []
    wanted = (
        scenario.cases if columns.verbose > 0 else [case for case in scenario.cases if any(map(failed, case.results))]
    )
    shown = wanted if columns.verbose > 0 else wanted[:MOST_CASES]
    rows = [_row(Cell(text=f"[{case.case.key}]"), [case], columns) for case in shown]
    if rest := len(wanted) - len(shown):
        more = Cell(text=f"... {rest} more failed, -v shows them", tone=Tone.BAD)
        rows.append((more, *[Cell(text="")] * (len(columns.runners) + len(columns.pairs) + 1 + columns.why)))
    return rows


def _row(head: Cell, cases: Sequence[CaseComparison], columns: _Columns) -> tuple[Cell, ...]:
    """One line for a scenario (a count of cases) or for a case of a sweep (none)."""
    of_case = head.text.startswith("[")
    results = [
        [result for case in cases for result in case.results if result.runner == name] for name in columns.runners
    ]
    betweens = [
        [between for case in cases for between in case.between if (between.left, between.right) == pair]
        for pair in columns.pairs
    ]
    return (
        head,
        Cell(text="" if of_case else str(len(cases))),
        *(_of_case(found) if of_case else _of_runner(found) for found in results),
        *(_of_pair(found, len(cases), columns.verbose) for found in betweens),
        *([why_cell(cases, columns.verbose)] if columns.why else []),
    )


def _mark(identical: Sequence[bool]) -> str:
    if not identical:
        return ""
    return (SAME_BITS if all(identical) else WITHIN_BOUND) + GLUE


def _golden_mark(results: Sequence[RunnerResult]) -> str:
    return _mark([result.diff.identical for result in results if result.verdict is Verdict.MATCH and result.diff])


def _of_runner(results: Sequence[RunnerResult]) -> Cell:
    if not results:
        return _NONE
    verdicts = [result.verdict for result in results]
    return Cell(text=_golden_mark(results) + counts(verdicts), tone=tone(verdicts))


def _of_case(results: Sequence[RunnerResult]) -> Cell:
    if not results:
        return _NONE
    [result] = results
    text = _golden_mark(results) + result.verdict.value.replace(" ", GLUE)
    if isinstance(result.outcome, Observation | Reported) and result.outcome.raised:
        text += f", raises {result.outcome.raised.type}"
    elif isinstance(result.outcome, Crashed) and result.verdict is Verdict.MATCH:
        text += f", dies of {result.outcome.cause}"
    return Cell(text=text, tone=tone([result.verdict]))


def _of_pair(betweens: Sequence[Between], cases: int, verbose: int) -> Cell:
    if not betweens:
        return _NONE
    missing = f", {cases - len(betweens)} not compared" if len(betweens) < cases else ""
    differing = [between for between in betweens if between.relation is not Relation.SAME]
    if not differing:
        return Cell(text=_mark([between.diff.identical for between in betweens]) + "same" + missing)
    fields = sorted({field for between in differing for field in between.diff.fields}, key=field_order)
    share = f"{GLUE}{len(differing)}/{len(betweens)}" if cases > 1 else ""
    bad = any(between.relation is Relation.UNEXPLAINED for between in differing)
    names = abridged(fields, len(fields) if verbose > 0 else _MOST_FIELDS)
    return Cell(text=f"differs{share}: {names}{missing}", tone=Tone.BAD if bad else Tone.NOTE)
