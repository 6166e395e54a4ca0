"""Holds published claims against measurements, to the digit they were printed with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from harness.case import Case
from harness.observation import Observation, Outcome
from harness.scenario import Claim
from harness.tensor import Tensor


@dataclass(frozen=True, kw_only=True, slots=True)
class ClaimResult:
    """One published claim held against one measurement.

    Attributes:
        says: the claim, in our words.
        source: title or URL of who says it.
        runner: whose measurement.
        holds: ``None`` when the runner measured nothing.
        detail: the first value that contradicts it, or why it could not be judged; empty when it holds.
    """

    says: str
    source: str
    runner: str
    holds: bool | None
    detail: str


def applies(claim: Claim, case: Case) -> bool:
    """Whether a claim is about this case: every swept field it names has the value it names."""
    return all(
        path in case.variation and type(case.variation[path]) is type(value) and case.variation[path] == value
        for path, value in claim.where.items()
    )


def check(claim: Claim, runner: str, outcome: Outcome) -> ClaimResult:
    """Hold one claim against one runner's outcome of a case it applies to.

    A printed number holds when the measured one rounds to it: it is at most half a unit of the last printed
    digit away. Trailing zeros do not count as printed.
    """
    holds, detail = _judge(claim, outcome)
    return ClaimResult(says=claim.says, source=claim.source, runner=runner, holds=holds, detail=detail)


def _judge(claim: Claim, outcome: Outcome) -> tuple[bool | None, str]:
    if not isinstance(outcome, Observation):
        return None, "nothing was measured"
    wanted = claim.step or max(1, len(outcome.steps))
    if wanted > len(outcome.steps):
        raised = outcome.raised
        return False, f"{raised.type}: {raised.message}" if raised else f"there is no step {wanted}"
    step = outcome.steps[wanted - 1]
    contradictions = (text for key, value in claim.expect.items() for text in _contradictions(key, value, step))
    detail = next(contradictions, "")
    return not detail, detail


def _contradictions(key: str, printed: Any, step: Mapping[str, Tensor]) -> Iterator[str]:
    """What in ``step`` does not round to the printed number or numbers under ``key`` (``output[0,0,0]``)."""
    field, _, index = key.partition("[")
    if field not in step:
        yield f"there is no {field}"
        return
    measured = step[field].float64()[tuple(int(part) for part in re.findall(r"-?\d+", index))]
    expected = np.array(printed, dtype=object)
    if expected.shape not in ((), measured.shape):
        yield f"{key} has shape {list(measured.shape)}, the claim has {list(expected.shape)}"
        return
    for place in np.ndindex(measured.shape):
        number = expected[place] if expected.shape else expected.item()
        if not rounds_to(float(measured[place]), number):
            yield f"{key}{list(place) if place else ''} is {measured[place]:.9g}, the claim says {number}"


def rounds_to(measured: float, printed: float) -> bool:
    """Whether ``measured``, rounded to the digits of ``printed``, is ``printed``."""
    if not np.isfinite(measured) or not np.isfinite(printed):
        return bool(measured == printed or (np.isnan(measured) and np.isnan(printed)))
    decimal = Decimal(repr(printed))
    exponent = decimal.normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    # An integer such as 100 is printed to the unit, although its normal form is 1E+2.
    half_unit = Decimal(5).scaleb(min(exponent, 0) - 1)
    return abs(Decimal(measured) - decimal) <= half_unit
