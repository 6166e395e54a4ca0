"""Arrays as markup: their elements, who measured them, and how far each element is from the oracle."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from harness.elements import decimal
from harness.report.html.markup import text
from harness.report.html.measured import Group
from harness.report.html.words import joined
from harness.report.sparkline import sparkline
from harness.tensor import Tensor

_LOWEST = -3.0


def elements(tensor: Tensor, most: int, marked: NDArray[np.bool_] | None = None) -> str:
    """The first ``most`` elements as the shortest decimals, marked ones bold, and how many there are more."""
    told = []
    for place in range(min(tensor.size, most)):
        number = decimal(tensor, place)
        told.append(f"<b>{number}</b>" if marked is not None and marked.size and marked[place] else number)
    more = f" <small>first {most} of {tensor.size}</small>" if tensor.size > most else ""
    return " ".join(told) + more if told else "<small>no elements</small>"


def kind(tensor: Tensor) -> str:
    """``float32 [2, 3]``."""
    return f"{tensor.dtype} {list(tensor.shape)}"


def strip(group: Group, most: int) -> str:
    """A bar for every element shown, its distance from the oracle as a share of its bound; then the largest.

    Heights are logarithmic: a full bar is the bound, the lowest a thousandth of it or less.
    """
    if group.field is None or group.field.number.value.shape != group.tensor.shape or not group.tensor.size:
        return ""
    value = group.field.number.value.reshape(-1)
    bounds = np.broadcast_to(group.field.number.error, group.tensor.shape).reshape(-1)
    measured = group.tensor.float64().reshape(-1)
    with np.errstate(invalid="ignore"):
        errors = np.abs(measured - value)
    errors[(measured == value) | (np.isnan(measured) & np.isnan(value))] = 0.0
    if not errors.any():
        return "exact"
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.where(errors > 0, errors / bounds, 0.0)
    worst = int(np.argmax(np.where(np.isnan(shares), math.inf, shares)))
    with np.errstate(divide="ignore"):
        heights = np.maximum(np.log10(shares[:most]), _LOWEST)
    bars = sparkline([float(one) for one in heights], low=_LOWEST, high=0.0, most=most, blocks=True)
    told = f"{errors[worst]:.2g} of {bounds[worst]:.2g}"
    return f"<i>{text(bars)}</i> {told}"


def rows(field: str, found: Sequence[Group], most: int, everyone: int) -> Iterator[str]:
    """The rows of one field: a row per group, with the numbers of its measurements unless it has all of them."""
    span = f" rowspan={len(found)}" if len(found) > 1 else ""
    for place, group in enumerate(found):
        name = f"<th{span}>{text(field)}" if place == 0 else ""
        told = "all" if len(group.numbers) == everyone else joined(group.numbers)
        yield f"<tr>{name}<td>{told}<td>{elements(group.tensor, most, group.beyond)}<td>{strip(group, most)}"
