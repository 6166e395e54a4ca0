"""What each runner measured, array beside array: the page to read when a scenario is not yet understood."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from harness.case import Case
from harness.comparison import CaseComparison, ScenarioComparison
from harness.elements import Elements
from harness.observation import Crashed, Observation, Outcome, Reported, TimedOut
from harness.report.arrays import MARK, Column, Frame, differing, grid
from harness.report.course import course
from harness.report.experiment import argument_arrays, argument_words, step_words, surroundings
from harness.report.facts import case_facts, ending, field_order
from harness.report.layout import NARROWEST, render_table, verbatim, wrap
from harness.report.results import seen
from harness.report.style import Style, Tone
from harness.scale import Bounds
from harness.settled import leaves_out
from harness.steps import Assign
from harness.tensor import Tensor

BoundsOf: TypeAlias = Callable[[Case, Observation, Observation], Bounds]
"""How far two observations of a case may be apart."""

_ROWS = 12
_ROWS_VERBOSE = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class _Page:
    width: int
    verbose: int
    style: Style
    bounds: BoundsOf
    blocks: bool

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


@dataclass(frozen=True, kw_only=True, slots=True)
class _Where:
    """A field after a step, counted from 1, of all runners that got there."""

    case: Case
    step: int
    field: str
    observed: Mapping[str, Observation]
    page: _Page

    def agree(self, left: str, right: str) -> bool:
        """Whether two runners show the same array, within its bounds."""
        one, other = self._tensors(left, right)
        return (one.dtype, one.shape) == (other.dtype, other.shape) and not self.mask(left, right).any()

    def mask(self, left: str, right: str) -> NDArray[np.bool_]:
        """Flat, true where the right runner is beyond its bound from the left; everywhere where the shapes differ."""
        one, other = self._tensors(left, right)
        if one.shape != other.shape:
            return np.ones(other.size, dtype=np.bool_)
        if one == other:
            return np.zeros(other.size, dtype=np.bool_)
        bounds = self.page.bounds(self.case, self.observed[left], self.observed[right])
        elements = Elements.of(
            one, other, bounds.bounds(self.step - 1, self.field, (one.dtype, other.dtype), one.shape)
        )
        return np.asarray((elements.errors > elements.bounds) | np.isinf(elements.errors), dtype=np.bool_)

    def _tensors(self, *runners: str) -> tuple[Tensor, ...]:
        return tuple(self.observed[runner].steps[self.step - 1][self.field] for runner in runners)


def render_show(
    scenario: ScenarioComparison, *, bounds: BoundsOf, width: int, verbose: int, color: bool, blocks: bool
) -> str:
    """Every step's arrays of every runner of every case, ending in a newline.

    Args:
        scenario: the cases to show.
        bounds: elements beyond them are marked with ``*``.
        width: columns to fill at most; less than 40 counts as 40.
        verbose: 0 rounds numbers and elides long arrays, 1 prints all digits and more rows.
        color: whether to write ANSI colour sequences.
        blocks: whether the stream can take block characters, which draw how the moving statistics went.
    """
    style = Style(color=color)
    page = _Page(width=max(width, NARROWEST), verbose=verbose, style=style, bounds=bounds, blocks=blocks)
    head = page.style.paint(wrap(f"{scenario.name}: {scenario.title}", page.width, hanging="  "), Tone.STRONG)
    # A run that was read from its file has no arrays to show.
    shown = [(found, found.case) for found in scenario.cases if isinstance(found.case, Case)]
    before: list[Case | None] = [None, *(case for _, case in shown)]
    cases = ["\n".join(_case(found, case, last, page)) for (found, case), last in zip(shown, before, strict=False)]
    return "\n\n".join([head, *cases]) + "\n"


def _case(comparison: CaseComparison, case: Case, last: Case | None, page: _Page) -> Iterator[str]:
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
    drawn = list(course(observed, width=page.width, blocks=page.blocks))
    yield from ["", *drawn] if drawn else []
    for runner, outcome in outcomes.items():
        yield from _end(runner, outcome, page)


def _experiment(case: Case, last: Case | None, page: _Page) -> Iterator[str]:
    """What was run: arguments, inputs and initial values; arrays that the case before had only once."""
    yield wrap(argument_words(case), page.width, "  ")
    for name, text in surroundings(case).items():
        yield wrap(f"{name}: {text}", page.width, "  ", "      ")
    shown = _arrays(last) if last else {}
    for name, tensor in _arrays(case).items():
        if shown.get(name) == tensor:
            yield f"  {name}: as above"
        else:
            yield from _alone(name, tensor, page)


def _arrays(case: Case) -> dict[str, Tensor]:
    names = ["input"] if len(case.inputs) == 1 else [f"input {index}" for index in range(len(case.inputs))]
    mask = {} if case.mask is None else {"mask": case.mask}
    initial = {f"initial {role}": tensor for role, tensor in case.initializers.items()}
    assigned = {
        f"{role} assigned in step {number}": tensor
        for number, step in enumerate(case.steps, start=1)
        if isinstance(step, Assign)
        for role, tensor in step.values.items()
    }
    return {**dict(zip(names, case.inputs, strict=True)), **mask, **argument_arrays(case), **initial, **assigned}


def _alone(name: str, tensor: Tensor, page: _Page) -> Iterator[str]:
    yield f"  {name}: {_kind(tensor)}"
    unmarked = np.zeros(tensor.size, dtype=np.bool_)
    yield from grid([Column(header="", tensor=tensor, marked=unmarked)], page.frame())


def _kind(tensor: Tensor) -> str:
    return f"{tensor.dtype} {list(tensor.shape)}"


def _step_title(case: Case, number: int) -> str:
    return f"step {number}: {step_words(case, case.steps[number - 1])}"


def _end(runner: str, outcome: Outcome | Reported, page: _Page) -> Iterator[str]:
    """What repeating an experiment showed, and what ended one early, at the place where its numbers end."""
    if isinstance(outcome, Observation) and (lines := list(seen(outcome, page.width))):
        yield ""
        head = f"{runner} is not the same each time:"
        yield page.style.paint(wrap(head, page.width, hanging="  "), Tone.NOTE)
        yield from lines
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
        missing = {
            runner: "is not the same each time" if _wavers(observed[runner], number, field) else "measured none"
            for runner in observed
            if runner not in tensors
        }
        where = _Where(case=case, step=number, field=field, observed=observed, page=page)
        yield from _field(where, tensors, missing)


def _wavers(observation: Observation, number: int, field: str) -> bool:
    return number <= len(observation.steps) and leaves_out(observation, number - 1, field)


def _field(where: _Where, tensors: Mapping[str, Tensor], missing: Mapping[str, str]) -> Iterator[str]:
    page = where.page
    groups = _groups(where, tensors)
    first = groups[0].tensor
    masks = [where.mask(groups[0].runners[0], group.runners[0]) for group in groups]
    notes = _notes(groups, masks, missing)
    kinds = {_kind(group.tensor) for group in groups}
    shared = f" {_kind(first)}" if len(kinds) == 1 else ""
    yield wrap(f"{where.field}{shared}{': ' if notes else ''}{'; '.join(notes)}", page.width, "  ", "      ")
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


def _groups(where: _Where, tensors: Mapping[str, Tensor]) -> list[_Group]:
    """The runners, those that agree together, in the order of the runners."""
    groups: list[_Group] = []
    for runner, tensor in tensors.items():
        for position, group in enumerate(groups):
            if where.agree(group.runners[0], runner):
                sign = "=" if not differing(group.tensor, tensor).any() else "~"
                header = f"{group.header} {sign} {runner}"
                groups[position] = _Group(header=header, runners=(*group.runners, runner), tensor=group.tensor)
                break
        else:
            groups.append(_Group(header=runner, runners=(runner,), tensor=tensor))
    return groups


def _notes(groups: Sequence[_Group], masks: Sequence[NDArray[np.bool_]], missing: Mapping[str, str]) -> list[str]:
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
    notes += [f"{runner} {why}" for runner, why in missing.items()]
    return notes
