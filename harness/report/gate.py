"""The migration gate: which differences between runners nobody expects, and which expected ones are gone. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from harness.case import Json, Named
from harness.comparison import Between, Comparison, Gate, ScenarioComparison, Unexpected, Vanished
from harness.report.explain import turned
from harness.report.failures import Page, shell
from harness.report.layout import plural, wrap
from harness.report.style import Tone
from harness.scenario.text import compact

MOST_CASES = 3
"""How many cases of one unexpected rule are told without ``-v``."""


def gate(comparison: Comparison, page: Page) -> Iterator[str]:
    """A paragraph per scenario and pair of runners that differ otherwise than expected, then what is gone."""
    found = comparison.gate
    if found is None:
        return
    if not found.compared:
        text = "no two runners were compared, so none can differ: a case needs a runner beside its reference"
        yield page.style.paint(wrap(text, page.width, hanging="  "), Tone.WARNING)
    for scenario in comparison.scenarios:
        yield from _of_scenario(scenario, found, page)
    for vanished in found.vanished:
        yield _vanished(vanished, page)


def gate_summary(found: Gate) -> str:
    """``2 differences not expected, 12 expected``."""
    if found.passed and not found.expected:
        return "no runner differs from its reference"
    parts = [
        f"{plural(len(found.unexpected), 'difference')} not expected" if found.unexpected else "",
        f"{plural(found.expected, 'difference')} expected" if found.expected else "",
        f"{plural(len(found.vanished), 'expected difference')} gone" if found.vanished else "",
    ]
    return ", ".join(part for part in parts if part) or "nothing to expect"


def _of_scenario(scenario: ScenarioComparison, found: Gate, page: Page) -> Iterator[str]:
    mine = [one for one in found.unexpected if one.case.scenario == scenario.name]
    for left, right in dict.fromkeys((one.between.left, one.between.right) for one in mine):
        members = [one for one in mine if (one.between.left, one.between.right) == (left, right)]
        compared = [case.case for case in scenario.cases if _has(case.between, left, right)]
        yield _paragraph(scenario, members, compared, page)


def _has(betweens: Sequence[Between], left: str, right: str) -> bool:
    return any((between.left, between.right) == (left, right) for between in betweens)


def _paragraph(
    scenario: ScenarioComparison, members: Sequence[Unexpected], compared: Sequence[Named], page: Page
) -> str:
    between = members[0].between
    share = f"{len(members)} of {plural(len(compared), 'case')}"
    head = f"{scenario.name}: {between.right} differs from {between.left} otherwise than expected in {share}"
    lines = [page.style.paint(wrap(head, page.width, hanging="  "), Tone.BAD)]
    wanted = []
    for rule in dict.fromkeys(rule for one in members for rule in one.rules):
        holding = [one for one in members if rule in one.rules]
        lines.append(wrap(f"{rule}: {_turned(holding[0], rule)}", page.width, "  ", "    "))
        lines += _places([one.case.id for one in holding], page)
        wanted.append("  - " + expectation(rule, [one.case for one in holding], compared))
    lines.append(wrap(f"to expect it, add to what {scenario.path.as_posix()} says:", page.width, "  "))
    # Not wrapped: these lines are to be copied.
    lines += [f"    {line}" for line in ("expect_difference:", *wanted)]
    lines.append(shell("rerun", ["compare", members[0].case.id, "--fail-on", "difference"], page))
    return "\n".join(lines)


def _turned(unexpected: Unexpected, rule: str) -> str:
    """What becomes of the answer to ``rule`` from the reference to the runner."""
    sets = unexpected.between.explanation.sets if unexpected.between.explanation else ()
    return turned(next(change for changes in sets for change in changes if change.rule == rule))


def _places(cases: Sequence[str], page: Page) -> Iterator[str]:
    most = len(cases) if page.verbose > 0 else MOST_CASES
    for case in cases[:most]:
        yield wrap(case, page.width, "    ", "      ")
    if len(cases) > most:
        yield wrap(f"and {len(cases) - most} more; -v tells each", page.width, "    ")


def expectation(rule: str, cases: Sequence[Named], compared: Sequence[Named]) -> str:
    """The item of ``expect_difference`` for ``rule`` in ``cases`` out of those that were compared, as YAML."""
    shared = {
        path: value
        for path, value in cases[0].variation.items()
        if all(_text(case.variation[path]) == _text(value) for case in cases)
        and any(_text(case.variation[path]) != _text(value) for case in compared)
    }
    if not shared or len(cases) == len(compared):
        return rule
    where = ", ".join(f"{path}: {_text(value)}" for path, value in shared.items())
    return f"{{rule: {rule}, where: {{{where}}}}}"


def _text(value: Json) -> str:
    return json.dumps(value) if isinstance(value, str) else compact(value)


def _vanished(vanished: Vanished, page: Page) -> str:
    expected = vanished.expected
    runners = f" of {' and '.join(expected.runners)}" if expected.runners else ""
    head = f"{expected.place}: {expected.rule} is expected, but explains no difference{runners} any more"
    lines = [page.style.paint(wrap(head, page.width, hanging="  "), Tone.BAD)]
    lines.append(wrap(f"{plural(vanished.compared, 'comparison')} looked at", page.width, "  "))
    hint = "delete the line; where it holds on some releases only, releases: says on which"
    lines.append(wrap(f"hint: {hint}", page.width, "  ", "    "))
    lines.append(shell("rerun", ["compare", vanished.scenario, "--fail-on", "difference"], page))
    return "\n".join(lines)
