"""What each runner measured, array beside array: the page to read when a scenario is not yet understood."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.case import Case
from harness.comparison import CaseComparison, ScenarioComparison
from harness.elements import Elements
from harness.observation import Crashed, Observation, Outcome, TimedOut
from harness.report.arrays import MARK, Column, Frame, differing, grid
from harness.report.facts import case_facts, ending, field_order, word
from harness.report.layout import NARROWEST, render_table, verbatim, wrap
from harness.report.style import Style, Tone
from harness.scale import Scales
from harness.tensor import Tensor
from harness.tolerance import Tolerance

_ROWS = 12
_ROWS_VERBOSE = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class _Page:
    width: int
    verbose: int
    style: Style
    tolerance: Tolerance

    def frame(self) -> Frame:
        return Frame(
            width=self.width,
            rows=_ROWS_VERBOSE if self.verbose > 0 else _ROWS,
            full=self.verbose > 0,
            indent="    ",
            style=self.style,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Group:
    """Runners whose arrays of one field agree; the first one's is shown for all."""

    header: str
    runners: tuple[str, ...]
    tensor: Tensor


def render_show(scenario: ScenarioComparison, *, tolerance: Tolerance, width: int, verbose: int, color: bool) -> str:
    """Every step's arrays of every runner of every case, ending in a newline.

    Args:
        scenario: the cases to show.
        tolerance: the scenario's; elements beyond their bound are marked with ``*``.
        width: columns to fill at most; less than 40 counts as 40.
        verbose: 0 rounds numbers and elides long arrays, 1 prints all digits and more rows.
        color: whether to write ANSI colour sequences.
    """
    page = _Page(width=max(width, NARROWEST), verbose=verbose, style=Style(color=color), tolerance=tolerance)
    head = page.style.paint(wrap(f"{scenario.name}: {scenario.title}", page.width, hanging="  "), Tone.STRONG)
    before: list[Case | None] = [None, *(case.case for case in scenario.cases)]
    cases = ["\n".join(_case(case, last, page)) for case, last in zip(scenario.cases, before, strict=False)]
    return "\n\n".join([head, *cases]) + "\n"


def _case(comparison: CaseComparison, last: Case | None, page: _Page) -> Iterator[str]:
    case = comparison.case
    yield page.style.paint(wrap(case.id, page.width, hanging="  "), Tone.STRONG)
    yield from _experiment(case, last, page)
    yield ""
    yield render_table(case_facts(comparison), page.width, page.style)
    outcomes = {result.runner: result.outcome for result in comparison.results}
    observed = {runner: outcome for runner, outcome in outcomes.items() if isinstance(outcome, Observation)}
    longest = max((len(observation.steps) for observation in observed.values()), default=0)
    for number in range(1, longest + 1):
        yield ""
        yield page.style.paint(_step_title(case, number), Tone.STRONG)
        yield from _step(case, observed, number, page)
    for runner, outcome in outcomes.items():
        yield from _end(runner, outcome, page)


def _experiment(case: Case, last: Case | None, page: _Page) -> Iterator[str]:
    """What was run: arguments, inputs and initial values; arrays that the case before had only once."""
    arguments = {**case.layer, "trainable": case.trainable}
    yield wrap(", ".join(f"{name}={word(value)}" for name, value in arguments.items()), page.width, "  ")
    shown = _arrays(last) if last else {}
    for name, tensor in _arrays(case).items():
        if shown.get(name) == tensor:
            yield f"  {name}: as above"
        else:
            yield from _alone(name, tensor, page)


def _arrays(case: Case) -> dict[str, Tensor]:
    names = ["input"] if len(case.inputs) == 1 else [f"input {index}" for index in range(len(case.inputs))]
    initial = {f"initial {role}": tensor for role, tensor in case.initializers.items()}
    return {**dict(zip(names, case.inputs, strict=True)), **initial}


def _alone(name: str, tensor: Tensor, page: _Page) -> Iterator[str]:
    yield f"  {name}: {_kind(tensor)}"
    unmarked = np.zeros(tensor.size, dtype=np.bool_)
    yield from grid([Column(header="", tensor=tensor, marked=unmarked)], page.frame())


def _kind(tensor: Tensor) -> str:
    return f"{tensor.dtype} {list(tensor.shape)}"


def _step_title(case: Case, number: int) -> str:
    step = case.steps[number - 1]
    which = "" if len(case.inputs) == 1 else f" on input {step.input}"
    training = "without training" if step.training is None else f"with training={word(step.training)}"
    return f"step {number}: call{which} {training}"


def _end(runner: str, outcome: Outcome, page: _Page) -> Iterator[str]:
    """What ended an experiment early, at the place where its numbers end."""
    if isinstance(outcome, Observation) and outcome.raised:
        yield ""
        head = f"{runner} raised {outcome.raised.type} in step {len(outcome.steps) + 1}:"
        yield page.style.paint(wrap(head, page.width, hanging="  "), Tone.WARNING)
        yield verbatim(outcome.raised.message or "(no message)", page.width, "    ")
    elif isinstance(outcome, Crashed | TimedOut):
        yield ""
        yield page.style.paint(wrap(f"{runner} {ending(outcome)}", page.width, hanging="  "), Tone.BAD)
        if outcome.stderr.strip():
            yield verbatim(outcome.stderr, page.width, "    | ")


def _step(case: Case, observed: Mapping[str, Observation], number: int, page: _Page) -> Iterator[str]:
    steps = {
        runner: observation.steps[number - 1]
        for runner, observation in observed.items()
        if len(observation.steps) >= number
    }
    found = {field for step in steps.values() for field in step}
    for field in sorted(found, key=field_order):
        tensors = {runner: step[field] for runner, step in steps.items() if field in step}
        missing = [runner for runner in observed if runner not in tensors]
        yield from _field(case, number, field, tensors, missing, page)


def _field(
    case: Case, number: int, field: str, tensors: Mapping[str, Tensor], missing: Sequence[str], page: _Page
) -> Iterator[str]:
    groups = _groups(case, number, field, tensors, page)
    first = groups[0].tensor
    masks = [_mask(case, number, field, first, group.tensor, page) for group in groups]
    notes = _notes(groups, masks, missing)
    kinds = {_kind(group.tensor) for group in groups}
    shared = f" {_kind(first)}" if len(kinds) == 1 else ""
    yield wrap(f"{field}{shared}{': ' if notes else ''}{'; '.join(notes)}", page.width, "  ", "      ")
    if len({group.tensor.shape for group in groups}) == 1:
        named = len(tensors) > 1 or bool(missing)
        yield from grid(
            [
                Column(header=_header(group, kinds) if named else "", tensor=group.tensor, marked=mask)
                for group, mask in zip(groups, masks, strict=True)
            ],
            page.frame(),
        )
        return
    for group, mask in zip(groups, masks, strict=True):
        yield f"    {group.header}: {_kind(group.tensor)}"
        yield from grid([Column(header="", tensor=group.tensor, marked=mask)], page.frame())


def _header(group: _Group, kinds: set[str]) -> str:
    return group.header if len(kinds) == 1 else f"{group.header} ({group.tensor.dtype})"


def _groups(case: Case, number: int, field: str, tensors: Mapping[str, Tensor], page: _Page) -> list[_Group]:
    """The runners, those that agree together, in the order of the runners."""
    groups: list[_Group] = []
    for runner, tensor in tensors.items():
        for position, group in enumerate(groups):
            if _agree(case, number, field, group.tensor, tensor, page):
                sign = "=" if not differing(group.tensor, tensor).any() else "~"
                header = f"{group.header} {sign} {runner}"
                groups[position] = _Group(header=header, runners=(*group.runners, runner), tensor=group.tensor)
                break
        else:
            groups.append(_Group(header=runner, runners=(runner,), tensor=tensor))
    return groups


def _agree(case: Case, number: int, field: str, left: Tensor, right: Tensor, page: _Page) -> bool:
    if (left.dtype, left.shape) != (right.dtype, right.shape):
        return False
    return not _mask(case, number, field, left, right, page).any()


def _mask(case: Case, number: int, field: str, left: Tensor, right: Tensor, page: _Page) -> NDArray[np.bool_]:
    """Flat, true where ``right`` is beyond its bound from ``left``; all of it where the shapes differ."""
    if left.shape != right.shape:
        return np.ones(right.size, dtype=np.bool_)
    scales = Scales(case=case, tolerance=page.tolerance)
    bounds = scales.bounds(number - 1, field, (left.dtype, right.dtype), left.shape)
    elements = Elements.of(left, right, bounds)
    return np.asarray((elements.errors > elements.bounds) | np.isinf(elements.errors), dtype=np.bool_)


def _notes(groups: Sequence[_Group], masks: Sequence[NDArray[np.bool_]], missing: Sequence[str]) -> list[str]:
    """What is to be said of a field in words, so that nothing hangs on a mark or a colour alone."""
    notes = []
    first = groups[0]
    if len(groups) == 1 and len(first.runners) > 1:
        notes.append("all agree")
    for group, mask in zip(groups[1:], masks[1:], strict=True):
        names = " and ".join(group.runners)
        if group.tensor.shape != first.tensor.shape:
            notes.append(f"{names} has another shape")
            continue
        if group.tensor.dtype != first.tensor.dtype:
            notes.append(f"{names} has another dtype")
        if mask.any():
            notes.append(f"{int(mask.sum())} of {mask.size} differ in {names} ({MARK})")
    notes += [f"{runner} measured none" for runner in missing]
    return notes
