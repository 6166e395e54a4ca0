"""The page of a run: what is not as recorded first, each with its numbers, the rule behind it and the command."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from harness.case import Named
from harness.comparison import Between, CaseComparison, Comparison, Relation, Verdict
from harness.diff import Difference
from harness.report.facts import ending
from harness.report.failures import measure, place, rerun_of_pair, rerun_of_result
from harness.report.html.markup import link, text
from harness.report.html.material import Material
from harness.report.html.places import RUN, rule_page
from harness.report.html.site import RunPage
from harness.report.html.words import reasons
from harness.report.layout import plural
from harness.report.one_by_one import Item, items, vanished_text
from harness.report.overview import counts, failed
from harness.run import Run, TargetRun
from harness.upgrade import Cause, causes

_CLASSES = {Verdict.MATCH: "good", Verdict.NONDETERMINISTIC: "good", Verdict.NEW: "part", Verdict.STALE: "part"}
_MOST_SCENARIOS = 6
_UNRECORDED = (Verdict.NEW, Verdict.STALE)


def run_page(run: Run, material: Material) -> RunPage:
    """A run as a page, and what the home page says of it."""
    told = _counted(run)
    parts = [f"<h1>The run</h1><p class=lead>{text(told)}; exit code {run.code}.</p>"]
    places = _places(run, material)
    for target in run.targets:
        parts += _target(target, places)
    banner = f"<p class=banner>A run is held against this table: {link(RUN, told)}.</p>"
    return RunPage(body="".join(parts), banner=banner)


def _counted(run: Run) -> str:
    cases = [case for one in run.targets if one.comparison for case in one.comparison.cases()]
    verdicts = [result.verdict for case in cases for result in case.results]
    return counts(verdicts).replace("\N{NO-BREAK SPACE}", " ") or "nothing was compared"


def _places(run: Run, material: Material) -> dict[str, str]:
    """Where the site tells of a case; one of which nothing is recorded has no place."""
    known = {case.case.id: material.place(case.case) for story in material.stories for case in story.cases}
    return {
        case.case.id: known[case.case.id]
        for one in run.targets
        if one.comparison
        for case in one.comparison.cases()
        if case.case.id in known
    }


def _target(target: TargetRun, places: dict[str, str]) -> Iterator[str]:
    yield f"<h2>{text(target.label)} <small>exit code {target.code}</small></h2>"
    for problem in target.problems:
        hint = f"<br>{text(problem.hint)}" if problem.hint else ""
        yield f"<p class=bad><b>{text(problem.place)}</b>: {text(problem.message)}{hint}"
    comparison = target.comparison
    if comparison is None:
        return
    versions = ", ".join(f"{name} {version}" for name, version in comparison.versions.items() if version)
    yield f"<p><small>{text(versions)}; {text(comparison.device)}</small>"
    if found := causes(comparison):
        yield f"<h3>What changed, by rule</h3><ul>{''.join(map(_cause, found))}</ul>"
    yield from _failures(comparison, places)
    yield from _pairs(comparison, places)
    yield _all(comparison, places)
    if comparison.stale:
        items = "".join(f"<li>{text(stale.what)}: {text(stale.reason)}" for stale in comparison.stale)
        yield f"<h3>Recorded, and no scenario stands for it</h3><ul>{items}</ul>"


def _cause(cause: Cause) -> str:
    rules = " or ".join(
        "; ".join(link(rule_page(change.rule), change.rule) for change in changes) or "rounding"
        for changes in cause.sets
    )
    names = list(dict.fromkeys(member.case.case.scenario for member in cause.members))
    more = f" and {len(names) - _MOST_SCENARIOS} more" if len(names) > _MOST_SCENARIOS else ""
    told = ", ".join(map(text, names[:_MOST_SCENARIOS]))
    return f"<li>{rules}: {plural(len(cause.members), 'change')} in {told}{more}"


def _failures(comparison: Comparison, places: dict[str, str]) -> Iterator[str]:
    """Whatever the exit code tells of: changes and crashes, then what is not recorded, then what the gate misses."""
    found = [item for item in items(comparison) if item.failed]
    unrecorded = [item for item in found if item.result.verdict in _UNRECORDED and not item.comparison.failing()]
    told = [item for item in found if item not in unrecorded]
    if told:
        yield f"<h3>{plural(len(told), 'failure')}</h3>"
        yield from (_failure(item, places) for item in told)
    if unrecorded:
        names = "".join(
            f"<li>{_case(item.case.case, places)}, {text(item.result.runner)}: {text(item.result.verdict.value)}"
            for item in unrecorded
        )
        yield f"<details open><summary>{len(unrecorded)} not recorded, or stale</summary><ul>{names}</ul></details>"
    for vanished in comparison.gate.vanished if comparison.gate else ():
        yield f"<section class=failure><pre tabindex=0>{text(vanished_text(comparison, vanished))}</pre></section>"


def _failure(item: Item, places: dict[str, str]) -> str:
    """What the item's own numbers say; and all of it in the words of the terminal."""
    case, result = item.case, item.result
    head = f"<p>{_case(case.case, places)}, {text(result.runner)}: <b class=bad>{text(result.verdict.value)}</b>"
    baseline = f" <small>against golden of {text(result.baseline)}</small>" if result.baseline else ""
    parts = [head + baseline]
    if told := text(ending(result.outcome)):
        parts.append(f"<p>{told}")
    if result.verdict is Verdict.CHANGED:
        parts.append(_differences(result.diff.differences if result.diff else (), "measured", "golden"))
    if result.explanation is not None:
        left, right = f"golden of {result.baseline}", "what was measured"
        parts.append(f"<p>why: {reasons(result.explanation, '', left, right)}")
    opened = " open" if item.comparison.failing() or result.verdict is not Verdict.CHANGED else ""
    words = f"<pre tabindex=0>{text(item.failure())}</pre>"
    parts.append(f"<details{opened}><summary>as the terminal tells it</summary>{words}</details>")
    parts.append(_command(rerun_of_result(case, result), item.comparison))
    return f"<section class=failure>{''.join(parts)}</section>"


def _differences(found: Sequence[Difference], left: str, right: str) -> str:
    items = [
        f"<li><code>{text(place(one))}</code>: {left} {text(one.left)}, {right} {text(one.right)}"
        f"{'<br><small>' + text(told) + '</small>' if (told := measure(one)) else ''}"
        for one in found
    ]
    return f"<ul>{''.join(items)}</ul>" if items else ""


def _pairs(comparison: Comparison, places: dict[str, str]) -> Iterator[str]:
    found = [
        (case, between)
        for case in comparison.cases()
        for between in case.between
        if between.relation is not Relation.SAME
    ]
    if found:
        told = "".join(_pair(case, between, comparison, places) for case, between in found)
        odd = sum(between.relation is Relation.UNEXPLAINED for _, between in found)
        title = f"{plural(len(found), 'difference')} between runners, {odd or 'none'} unexplained"
        yield f"<details{' open' if odd else ''}><summary>{title}</summary>{told}</details>"


def _pair(case: CaseComparison, between: Between, comparison: Comparison, places: dict[str, str]) -> str:
    head = f"<p>{_case(case.case, places)}, {text(between.left)} against {text(between.right)}: "
    why = text(between.relation.value)
    if between.explanation is not None:
        why = reasons(between.explanation, "", between.left, between.right)
    told = _differences(between.diff.differences, text(between.left), text(between.right))
    return f"<section class=pair>{head}{why}{told}{_command(rerun_of_pair(case, between), comparison)}</section>"


def _all(comparison: Comparison, places: dict[str, str]) -> str:
    rows = "".join(
        f"<tr><td>{_case(case.case, places)}<td>{text(result.runner)}<td>{text(result.release or '-')}"
        f"<td class={_CLASSES.get(result.verdict, 'bad' if failed(result) else 'none')}>{text(result.verdict.value)}"
        f"<td>{text(result.reason)}"
        for case in comparison.cases()
        for result in case.results
    )
    head = "".join(f"<th scope=col>{name}" for name in ("case", "runner", "ran on", "verdict", ""))
    table = f"<div class=scroll><table class=data><thead><tr>{head}</thead>{rows}</table></div>"
    return f"<details><summary>Every case and runner</summary>{table}</details>"


def _case(case: Named, places: dict[str, str]) -> str:
    return link(places[case.id], case.id) if case.id in places else f"<code>{text(case.id)}</code>"


def _command(words: Sequence[str], comparison: Comparison) -> str:
    told = shlex.join([*comparison.program, *words, *comparison.arguments])
    return f"<pre class=command tabindex=0>{text(told)}</pre>"
