"""The layer's arguments as they travel: with what is passed unchecked in its place."""

from __future__ import annotations

from typing import Any

from harness.scenario.arrays import given
from harness.scenario.findings import Finding
from harness.scenario.model import Layer
from harness.scenario.text import Path


def virtual_batch_size(layer: Layer) -> int | None:
    """The argument of that name, checked or not."""
    size: int | None = layer.virtual_batch_size
    if size is None and "unchecked" in layer.model_fields_set:
        size = layer.unchecked.virtual_batch_size
    return size


def layer_arguments(layer: Layer, path: Path, findings: list[Finding]) -> dict[str, Any]:
    """The arguments in the wire form, and findings where they are none.

    Args:
        layer: as the scenario has it.
        path: where that stands.
        findings: what is wrong is added to them.
    """
    told = given(layer)
    unchecked = told.pop("unchecked", {})
    for name in unchecked:
        if name in told:
            message = f"{name} is given under layer as well"
            found = Finding(path=(*path, "unchecked", name), message=message, hint="leave one of them out", at_key=True)
            findings.append(found)
    return {**told, **unchecked}
