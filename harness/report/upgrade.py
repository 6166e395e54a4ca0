"""What an upgrade changes, why, and which scenarios it touches. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from harness.comparison import CaseComparison, Comparison, RunnerResult, Verdict
from harness.diff import Difference
from harness.report.assertions import assertions
from harness.report.changes import telling, values
from harness.report.explain import SAME_ANSWERS, turned
from harness.report.failures import Page, failures, shell
from harness.report.layout import NARROWEST, abridged, plural, wrap
from harness.report.overview import counts
from harness.report.style import Style, Tone
from harness.semantics.account import account
from harness.semantics.explain import Change
from harness.upgrade import Cause, Changed, causes, changes, unexplained

MOST_SCENARIOS = 6
"""How many scenarios that one rule touches are named without ``-v``."""
MOST_UNEXPLAINED = 5
"""How many unexplained changes are told without ``-v``."""

_WAYS = ("before", "now")


def render_upgrade(comparison: Comparison, *, record: Sequence[str], width: int, verbose: int, color: bool) -> str:
    """The report, ending in a newline.

    Args:
        comparison: of what ran with what is recorded below it, explained.
        record: the words that record it; empty where it is being recorded.
        width: columns to fill at most; less than 40 counts as 40.
        verbose: -1 the rules and the summary only, 1 every scenario and case.
        color: whether to write ANSI colour sequences.
    """
    page = Page(
        width=max(width, NARROWEST),
        verbose=verbose,
        style=Style(color=color),
        program=comparison.program,
        arguments=comparison.arguments,
    )
    found = causes(comparison)
    parts = ["\n".join(_head(comparison, page))] if verbose >= 0 else []
    if found:
        parts.append(page.style.paint("what changed, why, and which scenarios it touches:", Tone.STRONG))
    parts += [_cause(cause, comparison, page) for cause in found]
    parts += _unexplained(unexplained(comparison), page)
    parts += _without_past(comparison, page)
    parts += failures(_others(comparison), page)
    if comparison.contradicted():
        parts += assertions(comparison, page)
    parts.append(_summary(comparison, len(found), page))
    if record and changed_or_new(comparison):
        parts.append(shell("to record it", record, replace(page, arguments=())).lstrip())
    return "\n\n".join(parts) + "\n"


def changed_or_new(comparison: Comparison) -> bool:
    """Whether recording would open a behaviour that golden does not hold below the release."""
    return any(one.verdict in (Verdict.CHANGED, Verdict.NEW) for case in comparison.cases() for one in case.results)


def _head(comparison: Comparison, page: Page) -> Iterator[str]:
    """A line per runner: from which releases to which, and how much of it changed."""
    for runner in comparison.runners:
        results = [one for case in comparison.cases() for one in case.results if one.runner == runner]
        before = sorted({one.baseline for one in results if one.baseline}, key=str)
        after = next((one.release for one in results if one.release), "nothing")
        told = f"from {' and '.join(before)} to {after}" if before else f"{after}, with nothing recorded below it"
        changed = sum(one.verdict is Verdict.CHANGED for one in results)
        text = f"{runner}: {told}: {changed} of {plural(len(results), 'case')} changed"
        yield page.style.paint(wrap(text, page.width, hanging="  "), Tone.STRONG)


def _cause(cause: Cause, comparison: Comparison, page: Page) -> str:
    lines = list(_sentences(cause, page))
    runners = dict.fromkeys(one.result.runner for one in cause.members)
    scenarios = _touched(cause, comparison)
    size = f"{plural(len(cause.members), 'case')} in {plural(len(scenarios), 'scenario')}"
    names = ", ".join(scenarios) if page.verbose > 0 else abridged(scenarios, MOST_SCENARIOS)
    lines.append(
        wrap(f"touches {cause.reach.value} of {' and '.join(runners)} in {size}: {names}", page.width, "  ", "    ")
    )
    example = cause.members[0]
    lines += _example(example, _evidence(cause, example), page)
    return "\n".join(lines)


def _sentences(cause: Cause, page: Page) -> Iterator[str]:
    if not any(cause.sets):
        yield page.style.paint(wrap(f"rounding: {SAME_ANSWERS}", page.width, hanging="  "), Tone.STRONG)
        return
    for number, part in enumerate(cause.sets):
        if number:
            yield wrap("or, since these cases cannot tell which:", page.width, "  ")
        for change in part:
            yield page.style.paint(wrap(f"{change.rule}: {turned(change)}", page.width, hanging="  "), Tone.STRONG)
            yield from _meaning(change, page)


def _meaning(change: Change, page: Page) -> Iterator[str]:
    for when, sentence in zip(_WAYS, change.says, strict=True):
        yield wrap(f"{when}: {sentence}", page.width, "  ", "    ")


def _touched(cause: Cause, comparison: Comparison) -> list[str]:
    """``flags/seed-article (2 of 4)``: how many cases of which scenarios."""
    touched = []
    for scenario in comparison.scenarios:
        cases = {one.case.case.id for one in cause.members if one.case.case.scenario == scenario.name}
        if cases:
            touched.append(
                scenario.name + (f" ({len(cases)} of {len(scenario.cases)})" if len(scenario.cases) > 1 else "")
            )
    return touched


def _evidence(cause: Cause, one: Changed) -> Sequence[Difference]:
    """A difference of ``one`` that the first rule of the cause makes; else those that say most."""
    rules = [change.rule for part in cause.sets for change in part]
    told = account(one.case.case, one.result.explanation) if rules and one.result.explanation else None
    numbers = told.numbers[0] if told and told.numbers else {}
    return [numbers[rule] for rule in rules if rule in numbers] or _telling(one)


def _telling(one: Changed) -> Sequence[Difference]:
    differences = telling(one.result.diff.differences if one.result.diff else ())
    # A measured number stands on the left of a difference; here what was is told first.
    return [replace(difference, left=difference.right, right=difference.left) for difference in differences]


def _example(one: Changed, differences: Sequence[Difference], page: Page) -> Iterator[str]:
    yield wrap(f"as in {one.case.case.id}, {one.result.runner}:", page.width, "  ", "    ")
    for difference in differences:
        yield wrap(values(difference), page.width, "    ", "      ")
    baseline = ["--baseline", one.result.baseline] if one.result.baseline else []
    yield shell("all of it", ["compare", one.case.case.id, "--runner", one.result.runner, *baseline, "-v"], page)


def _unexplained(found: Sequence[Changed], page: Page) -> Iterator[str]:
    if not found:
        return
    scenarios = dict.fromkeys(one.case.case.scenario for one in found)
    size = f"{plural(len(found), 'outcome')} of {plural(len(scenarios), 'scenario')}"
    head = f"UNEXPLAINED: no rule tells why {size} changed"
    yield page.style.paint(wrap(head, page.width, hanging="  "), Tone.BAD)
    told = found if page.verbose > 0 else found[:MOST_UNEXPLAINED]
    for one in told:
        yield "\n".join(_example(one, _telling(one), page))
    if rest := len(found) - len(told):
        yield page.style.paint(f"  {rest} more UNEXPLAINED; -v tells each", Tone.BAD)


def _without_past(comparison: Comparison, page: Page) -> Iterator[str]:
    """What nothing is recorded for that it could have changed from."""
    new = [(case.case.id, one) for case in comparison.cases() for one in case.results if one.verdict is Verdict.NEW]
    if not new:
        return
    cases, runners = dict.fromkeys(case for case, _ in new), dict.fromkeys(one.runner for _, one in new)
    names = dict.fromkeys(case.partition("[")[0] for case in cases)
    head = f"{plural(len(cases), 'case')} of {' and '.join(runners)}: nothing is recorded below this release"
    told = ", ".join(names) if page.verbose > 0 else abridged(list(names), MOST_SCENARIOS)
    lines = [page.style.paint(wrap(head, page.width, hanging="  "), Tone.WARNING), wrap(told, page.width, "  ")]
    hint = "record the release that you come from: `harness record`, or `harness record --tf VERSION`"
    lines.append(wrap(f"hint: {hint}", page.width, "  ", "    "))
    yield "\n".join(lines)


def _others(comparison: Comparison) -> Comparison:
    """What was lost, is stale or not there, for the paragraphs about that."""
    scenarios = tuple(
        replace(scenario, cases=tuple(replace(case, results=_unchanged(case)) for case in scenario.cases))
        for scenario in comparison.scenarios
    )
    return replace(comparison, scenarios=scenarios)


def _unchanged(case: CaseComparison) -> tuple[RunnerResult, ...]:
    return tuple(one for one in case.results if one.verdict not in (Verdict.CHANGED, Verdict.NEW))


def _summary(comparison: Comparison, rules: int, page: Page) -> str:
    verdicts = [one.verdict for case in comparison.cases() for one in case.results]
    found = list(changes(comparison))
    parts = [counts(verdicts) or "nothing was compared"]
    if found:
        unknown = len(unexplained(comparison))
        parts.append(f"{len(found) - unknown} of {plural(len(found), 'change')} explained, by {plural(rules, 'cause')}")
        parts += [f"{unknown} UNEXPLAINED"] if unknown else []
    touched = {one.case.case.scenario for one in found}
    parts.append(f"{len(touched)} of {plural(len(comparison.scenarios), 'scenario')} touched")
    fine = Verdict.MATCH in verdicts or Verdict.NONDETERMINISTIC in verdicts
    tone = Tone.BAD if found or comparison.failing() else Tone.GOOD if fine else Tone.WARNING
    return page.style.paint(wrap("summary: " + "; ".join(parts), page.width), tone)
