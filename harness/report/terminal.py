"""A comparison as text for a terminal, a pipe or a log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.comparison import Between, Comparison, Relation
from harness.report.assertions import assertions, counted
from harness.report.differences import differences
from harness.report.facts import all_facts
from harness.report.failures import Page, failures
from harness.report.gate import gate, gate_summary
from harness.report.layout import NARROWEST, Table, plural, render_table, wrap
from harness.report.overview import SAME_BITS, WITHIN_BOUND, counts, overview, tone
from harness.report.results import results
from harness.report.style import Style, Tone
from harness.report.why import tally

_NAMES = {"tensorflow": "TensorFlow", "keras": "Keras", "tf_keras": "tf-keras", "numpy": "NumPy", "python": "Python"}
_MARKS = f"{SAME_BITS} bit for bit   {WITHIN_BOUND} within the bound"


def render(comparison: Comparison, *, width: int, verbose: int, color: bool) -> str:
    """The report, ending in a newline.

    Args:
        comparison: what to report.
        width: columns to fill at most; less than 40 counts as 40. Only a word of a command that is
            longer than this sticks out, because it has to be copied whole.
        verbose: -1 failures and the summary only, 0 a row per scenario, 1 a row per case, every failure and claim,
            2 also what each runner built and where it ran.
        color: whether to write ANSI colour sequences.
    """
    style = Style(color=color)
    page = Page(
        width=max(width, NARROWEST),
        verbose=verbose,
        style=style,
        program=comparison.program,
        arguments=comparison.arguments,
    )
    parts: list[str] = []
    if verbose >= 0:
        parts.append(_header(comparison, page))
        if comparison.scenarios:
            parts.append(_table(overview(comparison, verbose), page))
        if verbose > 1:
            parts.append(render_table(all_facts(comparison), page.width, style))
    parts += failures(comparison, page)
    parts += differences(comparison, page)
    parts += results(comparison, page)
    parts += gate(comparison, page)
    parts += assertions(comparison, page)
    parts += _claims(comparison, page)
    parts += _stale(comparison, page)
    parts.append(_summary(comparison, page))
    return "\n\n".join(parts) + "\n"


def _header(comparison: Comparison, page: Page) -> str:
    names = [name for name in _NAMES if name in comparison.versions]
    names += [name for name in comparison.versions if name not in _NAMES]
    versions = ", ".join(f"{_NAMES.get(name, name)} {comparison.versions[name]}" for name in names)
    cases = sum(len(scenario.cases) for scenario in comparison.scenarios)
    sizes = [
        plural(len(comparison.scenarios), "scenario"),
        plural(cases, "case"),
        f"{plural(len(comparison.runners), 'runner')} ({', '.join(comparison.runners)})",
        f"on {comparison.device}",
        f"{comparison.seconds:.1f} s",
    ]
    strong = page.style.paint(wrap(versions, page.width), Tone.STRONG) if versions else None
    return "\n".join(line for line in (strong, wrap(", ".join(sizes), page.width)) if line)


def _table(table: Table, page: Page) -> str:
    text = render_table(table, page.width, page.style)
    used = any(cell.text.startswith((SAME_BITS, WITHIN_BOUND)) for row in table.rows for cell in row)
    return f"{text}\n\n{page.style.paint(_MARKS, Tone.FAINT)}" if used else text


def _claims(comparison: Comparison, page: Page) -> Iterator[str]:
    """With ``-v`` counts, then every claim with its cases.

    A published sentence that is wrong is no failure, so it does not get the room of one: the summary counts it.
    """
    claims = [(case.case.id, claim) for case in comparison.cases() for claim in case.claims]
    refuted = any(claim.holds is False for _, claim in claims)
    if not claims or page.verbose < 1:
        return
    lines = [
        page.style.paint(counted("claims", [claim.holds for _, claim in claims]), Tone.BAD if refuted else Tone.GOOD)
    ]
    groups: dict[tuple[bool | None, str, str], list[str]] = {}
    for identifier, claim in claims:
        where = f"{identifier}, {claim.runner}" + (f": {claim.detail}" if claim.detail else "")
        groups.setdefault((claim.holds, claim.says, claim.source), []).append(where)
    for (holds, says, source), places in groups.items():
        lines.append(_claim(holds, f"{says} ({source})", places, page))
    yield "\n".join(lines)


def _claim(holds: bool | None, text: str, places: Sequence[str], page: Page) -> str:
    word = {True: "holds", False: "does not hold", None: "not judged"}[holds]
    tones = {True: Tone.GOOD, False: Tone.BAD, None: Tone.WARNING}
    head = page.style.paint(wrap(f"{word}: {text}", page.width, "  ", "    "), tones[holds])
    return "\n".join([head, *(wrap(place, page.width, "    ", "      ") for place in places)])


def _stale(comparison: Comparison, page: Page) -> Iterator[str]:
    if not comparison.stale:
        return
    head = f"stale: {plural(len(comparison.stale), 'recorded thing')} that no scenario stands for"
    items = [wrap(f"{stale.what}: {stale.reason}", page.width, "  ", "    ") for stale in comparison.stale]
    hint = "delete such a file; harness record --prune drops cases that their scenario no longer has"
    hint = wrap(f"hint: {hint}", page.width, "  ", "    ")
    yield "\n".join([page.style.paint(wrap(head, page.width), Tone.WARNING), *items, hint])


def _summary(comparison: Comparison, page: Page) -> str:
    """One line for the last line of a log; never says more than was compared."""
    verdicts = [result.verdict for case in comparison.cases() for result in case.results]
    parts = [counts(verdicts) or "nothing was compared"]
    parts += _relations([between for case in comparison.cases() for between in case.between])
    parts += tally(comparison)
    if comparison.gate is not None:
        parts.append(gate_summary(comparison.gate))
    if comparison.stale:
        parts.append(f"{len(comparison.stale)} stale")
    claims = [claim for case in comparison.cases() for claim in case.claims]
    if claims:
        hint = " (harness claims)" if any(claim.holds is False for claim in claims) and page.verbose < 1 else ""
        parts.append(counted("claims", [claim.holds for claim in claims]) + hint)
    asserted = [one for case in comparison.cases() for one in case.assertions]
    if asserted:
        parts.append(counted("assertions", [one.holds for one in asserted]))
    worst = tone(verdicts)
    if worst is Tone.GOOD and comparison.stale:
        worst = Tone.WARNING
    if comparison.failing():
        worst = Tone.BAD
    return page.style.paint(wrap("summary: " + "; ".join(parts), page.width), worst or Tone.WARNING)


def _relations(betweens: Sequence[Between]) -> Iterator[str]:
    for pair in dict.fromkeys((between.left, between.right) for between in betweens):
        found = [between for between in betweens if (between.left, between.right) == pair]
        differing = sum(between.relation is not Relation.SAME for between in found)
        cases = plural(len(found), "case")
        left, right = pair
        found_to = f"differ in {differing} of {cases}" if differing else f"agree in {cases}"
        yield f"{left} and {right} {found_to}"
