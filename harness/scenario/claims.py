"""Claims: whether they are about cases, steps and elements that exist."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.case import Case, Json
from harness.scenario.findings import Finding
from harness.scenario.model import EXPECT_KEY, ClaimModel
from harness.scenario.text import Path, compact, got, nearest, one_of


def check(
    claims: Sequence[ClaimModel], cases: Sequence[tuple[Case, tuple[int, ...] | None]], swept: Mapping[str, list[Json]]
) -> Iterator[Finding]:
    """What is wrong with the claims of a scenario, given its cases with the shapes of their variables."""
    for index, claim in enumerate(claims):
        path: Path = ("claims", index)
        wrong = list(_check_where(claim, path, swept))
        yield from wrong
        if not wrong:
            yield from _check_numbers(claim, path, [known for known in cases if about(claim.where, known[0])])


def about(where: Mapping[str, Json], case: Case) -> bool:
    """Whether the case has every value that ``where`` names."""
    return all(_same(case.variation[path], value) for path, value in where.items())


def _same(left: Json, right: Json) -> bool:
    # As text, 1 and 1.0 and true differ, which Python calls equal; bare strings could pass for other values.
    return isinstance(left, str) == isinstance(right, str) and compact(left) == compact(right)


def _check_where(claim: ClaimModel, path: Path, swept: Mapping[str, list[Json]]) -> Iterator[Finding]:
    for name, value in claim.where.items():
        if name not in swept:
            near = nearest(name, swept)
            hint = f"did you mean '{near}'?" if near else f"swept are: {', '.join(swept) or 'none'}"
            message = f"'{name}' is not swept here"
            yield Finding(path=(*path, "where", name), message=message, hint=hint, at_key=True)
        elif not any(_same(value, one) for one in swept[name]):
            values = one_of([got(one) for one in swept[name]])
            message = f"{name} must be a value of the sweep, {values}, got {got(value)}"
            yield Finding(path=(*path, "where", name), message=message, hint="no case has this value")


def _check_numbers(
    claim: ClaimModel, path: Path, cases: Sequence[tuple[Case, tuple[int, ...] | None]]
) -> Iterator[Finding]:
    for case, parameter in cases:
        step = claim.step or len(case.steps)
        if step > len(case.steps):
            message = f"there is no step {step}: the last is {len(case.steps)}"
            yield Finding(
                path=(*path, "step"), message=message, hint="steps are counted from 1; leave it out for the last"
            )
            continue
        for key, value in claim.expect.items():
            field = key.partition("[")[0]
            shape = case.inputs[case.steps[step - 1].input].shape if field == "output" else parameter
            if shape is not None:
                yield from _check_element(key, value, shape, (*path, "expect", key))


def _check_element(key: str, value: Any, shape: tuple[int, ...], path: Path) -> Iterator[Finding]:
    match = EXPECT_KEY.fullmatch(key)
    indices = [int(part) for part in re.findall(r"-?\d+", (match and match[3]) or "")]
    field = key.partition("[")[0]
    whole = f"{field} has shape {list(shape)}"
    if len(indices) > len(shape):
        yield Finding(path=path, message=f"'{key}' has {len(indices)} indices: {whole}", at_key=True)
        return
    for dimension, index in enumerate(indices):
        if not -shape[dimension] <= index < shape[dimension]:
            hint = "indices are counted from 0"
            message = f"'{key}': there is no {index} in dimension {dimension}: {whole}"
            yield Finding(path=path, message=message, hint=hint, at_key=True)
            return
    wanted, expected = _shape(value), shape[len(indices) :]
    if wanted not in ((), expected):
        numbers = f"{list(expected)}, {math.prod(expected)} in all" if expected else "a single number"
        message = f"{key} must have shape {numbers}, got {list(wanted)}" if expected else f"{key} must be {numbers}"
        yield Finding(path=path, message=message, hint=f"{whole}; one number stands for all")


def _shape(value: Any) -> tuple[int, ...]:
    return (len(value), *(_shape(value[0]) if value else ())) if isinstance(value, list) else ()
