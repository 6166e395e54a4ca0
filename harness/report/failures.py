"""What each failure was, where, by how much, and the one command that reruns just it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from harness.comparison import Between, CaseComparison, Comparison, RunnerResult, ScenarioComparison, Verdict
from harness.diff import Difference
from harness.observation import Crashed, Outcome, Reported, TimedOut
from harness.report.explain import body
from harness.report.layout import command, plural, verbatim, wrap
from harness.report.overview import failed
from harness.report.style import Style, Tone
from harness.report.why import one_line
from harness.semantics.account import account

MOST_FAILURES = 5
"""How many failures of one scenario are told without ``-v``."""

MOST_UNRECORDED = 3
"""How many scenarios are told without ``-v`` that are new or stale for the same reason."""

_MOST_DIFFERENCES = 2
_MOST_STDERR_LINES = 12
# A crash must not hide behind five changed numbers: the rarer and graver come first.
_GRAVITY = (Verdict.CRASHED, Verdict.TIMED_OUT, Verdict.CHANGED)
_UNRECORDED = (Verdict.NEW, Verdict.STALE)
_NOTHING_TO_MEASURE = (Verdict.UNAVAILABLE, Verdict.NOT_APPLICABLE)

_Reason: TypeAlias = tuple[Verdict, str]
_Member: TypeAlias = tuple[CaseComparison, RunnerResult]


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """How to write: ``width`` in columns, ``verbose`` as for :func:`harness.report.terminal.render`."""

    width: int
    verbose: int
    style: Style
    program: tuple[str, ...]
    arguments: tuple[str, ...]


def failures(comparison: Comparison, page: Page) -> list[str]:
    """A paragraph per failure, scenario by scenario, then what is unavailable or not applicable."""
    paragraphs: list[str] = []
    told: Counter[_Reason] = Counter()
    untold: dict[_Reason, list[str]] = {}
    for scenario in comparison.scenarios:
        paragraphs += _of_scenario(scenario, page)
        for reason, members in _unrecorded(scenario).items():
            told[reason] += 1
            if page.verbose > 0 or told[reason] <= MOST_UNRECORDED:
                paragraphs.append(_unrecorded_group(scenario, reason, members, page))
            else:
                untold.setdefault(reason, []).append(scenario.name)
    paragraphs += [_untold(reason, names, page) for reason, names in untold.items()]
    return [*paragraphs, *_unavailable(comparison, page)]


def _of_scenario(scenario: ScenarioComparison, page: Page) -> Iterator[str]:
    found = [(case, result) for case in scenario.cases for result in case.results if failed(result)]
    found.sort(key=lambda pair: _GRAVITY.index(pair[1].verdict))
    most = len(found) if page.verbose > 0 else MOST_FAILURES
    for case, result in found[:most]:
        yield _failure(case, result, page)
    if rest := found[most:]:
        text = f"{scenario.name}: {plural(len(rest), 'more failure')}; -v tells each"
        yield page.style.paint(wrap(text, page.width, hanging="  "), Tone.BAD)


def _failure(case: CaseComparison, result: RunnerResult, page: Page) -> str:
    head = wrap(f"{case.case.id}, {result.runner}: {result.verdict.value}", page.width, hanging="  ")
    lines = [page.style.paint(head, Tone.BAD)]
    if result.verdict is Verdict.CHANGED:
        lines += [*_changes(result, page), *_why(case, result, page)]
    else:
        lines += _end(result.outcome, page)
    lines.append(shell("rerun", rerun_of_result(case, result), page))
    return "\n".join(lines)


def rerun_of_result(case: CaseComparison, result: RunnerResult) -> list[str]:
    """The words after the program that run just this again, without the arguments of the run."""
    return ["compare", case.case.id, "--runner", result.runner]


def rerun_of_pair(case: CaseComparison, between: Between) -> list[str]:
    """The words that run just these two runners again."""
    return ["compare", case.case.id, "--runner", between.left, "--runner", between.right]


def shell(label: str, words: Sequence[str], page: Page) -> str:
    """``rerun: harness compare ...``; below its label where it is too wide to stand beside it."""
    whole = command([*page.program, *words, *page.arguments], page.width, "    ")
    beside = f"  {label}: {whole.strip()}"
    return beside if "\n" not in whole and len(beside) <= page.width else f"  {label}:\n{whole}"


def _changes(result: RunnerResult, page: Page) -> Iterator[str]:
    if result.baseline and result.baseline != result.release:
        yield wrap(f"golden is what was recorded on {result.baseline}; this is {result.release}", page.width, "  ")
    differences = result.diff.differences if result.diff else ()
    most = len(differences) if page.verbose > 0 else _MOST_DIFFERENCES
    for difference in differences[:most]:
        yield wrap(f"{place(difference)}: {_values(difference)}", page.width, "  ", "      ")
        if measured := measure(difference):
            yield wrap(measured, page.width, "    ")
    if rest := differences[most:]:
        others = ", ".join((_step(difference) + difference.field).replace(",", "") for difference in rest)
        yield wrap(f"also differ: {others}; -v shows them", page.width, "  ", "      ")


def _why(case: CaseComparison, result: RunnerResult, page: Page) -> Iterator[str]:
    """The rules in a line; with ``-v`` their sentences and numbers, without it too where no rule explains it."""
    found = result.explanation
    if found is None:
        return
    if page.verbose > 0 or not found.explained:
        left, right = f"golden {result.baseline}", f"measured {result.release}"
        yield from body(account(case.case, found), left, right, page.width, page.style)
    else:
        yield wrap(one_line(found), page.width, "  ", "    ")


def place(difference: Difference) -> str:
    """``step 1, moving_variance[2]``: the worst element of a field."""
    index = "[" + ",".join(map(str, difference.index)) + "]" if difference.index else ""
    return f"{_step(difference)}{difference.field}{index}"


def _step(difference: Difference) -> str:
    return "" if difference.step is None else f"step {difference.step}, "


def _values(difference: Difference) -> str:
    return f"measured {difference.left}, golden {difference.right}"


def measure(difference: Difference) -> str:
    """How large the difference is and what would have let it pass; empty where nothing was measured."""
    if difference.error is None or difference.bound is None:
        return ""
    ulps = "" if difference.ulps is None else f" ({difference.ulps:.6g} ULPs)"
    source = "" if difference.source is None else f" {difference.source.value}"
    parts = [f"error {difference.error:.3g}{ulps}, bound {difference.bound:.3g}{source}"]
    if difference.size > 1:
        parts.append(f"{difference.elements} of {difference.size} elements differ")
    if difference.passing is None:
        parts.append("no bound would pass")
    else:
        times = _rounded_up(difference.passing)
        parts.append(f"{times:g} times the bound ({times * difference.bound:.3g}) would pass")
    return "; ".join(parts)


def _rounded_up(value: float) -> float:
    """``value`` with three significant digits, never less: advice that is rounded down would not work."""
    if value <= 0:
        return value
    unit = 10.0 ** (math.floor(math.log10(value)) - 2)
    return math.ceil(value / unit) * unit


def _end(outcome: Outcome | Reported, page: Page) -> Iterator[str]:
    """How the worker ended, and the last it said."""
    if isinstance(outcome, Crashed):
        yield wrap(f"the worker died on this case: {outcome.cause}", page.width, "  ")
    elif isinstance(outcome, TimedOut):
        yield wrap(f"the worker was killed: no answer within {outcome.seconds:g} s", page.width, "  ")
    if isinstance(outcome, Crashed | TimedOut):
        said = outcome.stderr.rstrip().splitlines()[-_MOST_STDERR_LINES:]
        yield "  end of its stderr:" if said else "  it said nothing on stderr"
        if said:
            yield verbatim("\n".join(said), page.width, "    | ")


def _unrecorded(scenario: ScenarioComparison) -> dict[_Reason, list[_Member]]:
    """New and stale results, together for all cases that are so for the same reason."""
    groups: dict[_Reason, list[_Member]] = {}
    for case in scenario.cases:
        for result in case.results:
            if result.verdict in _UNRECORDED:
                groups.setdefault((result.verdict, result.reason), []).append((case, result))
    return groups


def _untold(why: _Reason, names: Sequence[str], page: Page) -> str:
    verdict, _ = why
    head = f"{plural(len(names), 'more scenario')}: {verdict.value}, for the same reason; -v tells each"
    shown = wrap(", ".join(names), page.width, "  ")
    return page.style.paint(wrap(head, page.width, hanging="  "), Tone.WARNING) + "\n" + shown


def _unrecorded_group(scenario: ScenarioComparison, why: _Reason, members: Sequence[_Member], page: Page) -> str:
    verdict, reason = why
    cases = list(dict.fromkeys(case.case.id for case, _ in members))
    runners = list(dict.fromkeys(result.runner for _, result in members))
    what = cases[0] if len(cases) == 1 else scenario.name
    size = "" if len(cases) == 1 else f" ({len(cases)} of {plural(len(scenario.cases), 'case')})"
    head = wrap(f"{what}, {' and '.join(runners)}: {verdict.value}{size}", page.width, hanging="  ")
    lines = [page.style.paint(head, Tone.WARNING)]
    if reason:
        lines.append(wrap(reason, page.width, "  "))
    selected = [what, *(word for runner in runners for word in ("--runner", runner))]
    recording = replace(page, arguments=_recordable(page.arguments))
    lines += [shell("rerun", ["compare", *selected], page), shell("record", ["record", *selected], recording)]
    return "\n".join(lines)


def _recordable(arguments: Sequence[str]) -> tuple[str, ...]:
    """The arguments of a rerun that ``record`` takes too: golden files hold what the CPU does, and no baseline."""
    words: list[str] = []
    skip = False
    for word in arguments:
        if not skip and word not in ("--device", "--baseline"):
            words.append(word)
        skip = word in ("--device", "--baseline")
    return tuple(words)


def _unavailable(comparison: Comparison, page: Page) -> Iterator[str]:
    """Once per runner and reason: forty cases of a missing package are one piece of news."""
    groups: Counter[tuple[str, Verdict, str]] = Counter()
    for case in comparison.cases():
        for result in case.results:
            if result.verdict in _NOTHING_TO_MEASURE:
                groups[result.runner, result.verdict, result.reason] += 1
    for (runner, verdict, reason), count in groups.items():
        head = wrap(f"{runner}: {verdict.value} for {plural(count, 'case')}", page.width, hanging="  ")
        yield page.style.paint(head, Tone.WARNING) + "\n" + wrap(reason, page.width, "  ")
