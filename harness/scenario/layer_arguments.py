"""The layer's arguments as they travel: with what is passed unchecked in its place, and arrays made."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from harness.scenario.arrays import given
from harness.scenario.findings import Finding
from harness.scenario.materialize import Materializer
from harness.scenario.model import Adjustment, Layer
from harness.scenario.text import Path
from harness.scenario.unusable import Unusable
from harness.tensor import Tensor


def virtual_batch_size(layer: Layer) -> int | None:
    """The argument of that name, checked or not."""
    told = given(layer)
    size: int | None = {**told, **told.get("unchecked", {})}.get("virtual_batch_size")
    return size


def layer_arguments(
    layer: Layer,
    path: Path,
    shapes: Iterable[tuple[int, ...]],
    dtype: str,
    arrays: Materializer,
    findings: list[Finding],
) -> dict[str, Any]:
    """The arguments in the wire form, and findings where they are none.

    Args:
        layer: as the scenario has it.
        path: where that stands.
        shapes: of what the layer is called on, as far as they are known.
        dtype: of its variables.
        arrays: makes the tensors.
        findings: what is wrong is added to them.
    """
    told = given(layer)
    unchecked = told.pop("unchecked", {})
    for name in unchecked:
        if name in told:
            message = f"{name} is given under layer as well"
            found = Finding(path=(*path, "unchecked", name), message=message, hint="leave one of them out", at_key=True)
            findings.append(found)
    if layer.adjustment is not None:
        inside = (*path, "adjustment")
        told["adjustment"] = _adjustment(layer.adjustment, inside, tuple(shapes), dtype, arrays, findings)
    return {**told, **unchecked}


def _adjustment(
    adjustment: Adjustment,
    path: Path,
    shapes: tuple[tuple[int, ...], ...],
    dtype: str,
    arrays: Materializer,
    findings: list[Finding],
) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for role in ("scale", "bias"):
        try:
            tensor = arrays.initializer(getattr(adjustment, role), None, dtype)
            _check_fit(tensor, shapes)
        except Unusable as unusable:
            findings.append(unusable.finding((*path, role)))
            continue
        made[role] = tensor.to_wire()
    return made


def _check_fit(tensor: Tensor, shapes: tuple[tuple[int, ...], ...]) -> None:
    for shape in shapes:
        try:
            fits = np.broadcast_shapes(tensor.shape, shape) == shape
        except ValueError:
            fits = False
        if not fits:
            message = f"of shape {list(tensor.shape)} does not broadcast to the input's shape {list(shape)}"
            each = [shape[0], *(1 for _ in shape[1:])] if shape else []
            raise Unusable(message, hint=f"shape {each} has a number for every example", about_value=True)
