"""What a runner built and where it ran, as named facts: the part of an outcome that is not arrays."""

from __future__ import annotations

from harness.case import Json
from harness.comparison import CaseComparison, Comparison
from harness.observation import Crashed, NotApplicable, Observation, Outcome, Reported, Structure, TimedOut, Unavailable
from harness.report.layout import Cell, Table
from harness.report.style import Tone

STRUCTURE = ("trainable variables", "other variables", "update ops", "fused", "raised")
"""The facts that are compared; class and device are only reported."""

_ORDER = ("class", "device", *STRUCTURE, "ended", "golden")


_FIELDS = ("output", "gamma", "beta", "moving_mean", "moving_variance")


def field_order(name: str) -> tuple[int, str]:
    """Sorts the fields of a step as people think of them: what comes out, then the parameters, then statistics."""
    return (_FIELDS.index(name) if name in _FIELDS else len(_FIELDS), name)


def word(value: Json) -> str:
    """A value as a scenario file spells it: ``true``, ``null``."""
    if isinstance(value, bool):
        return str(value).lower()
    return "null" if value is None else str(value)


def ending(outcome: Outcome | Reported) -> str:
    """Why there is no observation; empty when there is one."""
    match outcome:
        case Crashed(cause=cause):
            return f"crashed: {cause}"
        case TimedOut(seconds=seconds):
            return f"timed out after {seconds:g} s"
        case Unavailable(reason=reason):
            return f"unavailable: {reason}"
        case NotApplicable(reason=reason):
            return f"not applicable: {reason}"
        case Observation() | Reported():
            return ""


def runner_facts(outcome: Outcome | Reported) -> dict[str, str]:
    """Facts by name, in the order to show them; a fact that is not known is not there."""
    if not isinstance(outcome, Observation | Reported):
        return {"ended": ending(outcome)}
    facts: dict[str, str] = {}
    if outcome.identity:
        facts |= {"class": outcome.identity.layer_class, "device": outcome.identity.device}
    if outcome.structure:
        facts |= _structure(outcome.structure)
    if outcome.raised:
        facts["raised"] = outcome.raised.type
    return facts


def _structure(structure: Structure) -> dict[str, str]:
    facts = {
        "trainable variables": ", ".join(structure.trainable_variables) or "none",
        "other variables": ", ".join(structure.non_trainable_variables) or "none",
    }
    if structure.update_ops is not None:
        facts["update ops"] = str(structure.update_ops)
    if structure.fused is not None:
        facts["fused"] = word(structure.fused)
    return facts


def case_facts(comparison: CaseComparison) -> Table:
    """The facts of one case down, its runners across; coloured where a runner's are not the first one's."""
    results = comparison.results
    columns = [runner_facts(result.outcome) for result in results]
    for column, result in zip(columns, results, strict=True):
        against = "" if result.baseline is None else f" ({result.baseline})"
        column["golden"] = f"{result.verdict.value}{against}"
    rows = []
    for name in (name for name in _ORDER if any(name in column for column in columns)):
        texts = [column.get(name, "-") for column in columns]
        tones = [Tone.NOTE if name in STRUCTURE and text not in (texts[0], "-") else None for text in texts]
        cells = [Cell(text=text, tone=tone) for text, tone in zip(texts, tones, strict=True)]
        rows.append((Cell(text=name), *cells))
    return Table(headers=("", *(result.runner for result in results)), rows=tuple(rows))


def all_facts(comparison: Comparison) -> Table:
    """The facts of every case and runner of a run, one row each."""
    rows = []
    for case in comparison.cases():
        for result in case.results:
            facts = runner_facts(result.outcome)
            shown = [facts.get(name, "-") for name in ("class", "device", "fused", "update ops")]
            texts = [case.case.id, result.runner, result.release or "-", *shown]
            rows.append(tuple(Cell(text=text) for text in texts))
    headers = ("case", "runner", "release", "class", "device", "fused", "update ops")
    return Table(headers=headers, rows=tuple(rows), fixed=2)
