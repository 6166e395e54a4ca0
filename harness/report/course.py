"""How the moving statistics of a case went over its steps: a line of small bars per runner."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from harness.observation import Observation
from harness.report.arrays import number_text
from harness.report.layout import wrap
from harness.report.sparkline import sparkline

LEAST_STEPS = 4
"""Of fewer steps one reads the numbers."""

_FIELDS = ("moving_mean", "moving_variance")
_DIGITS = 4
_NARROWEST_BARS = 8


def course(observed: Mapping[str, Observation], *, width: int, blocks: bool) -> Iterator[str]:
    """Lines about the first channel of each moving statistic, after every step that shows it.

    Runners of one statistic share a scale, and those whose numbers are printed alike share a line.

    Args:
        observed: by runner.
        width: columns to fill at most.
        blocks: whether the stream can take bars; else characters of ASCII stand for them.
    """
    for field in _FIELDS:
        found = {runner: values for runner, one in observed.items() if len(values := _first(one, field)) >= LEAST_STEPS}
        if found:
            yield from _field(field, found, width, blocks)


def _first(observation: Observation, field: str) -> list[float]:
    """The first channel after each step that shows it."""
    tensors = (step[field] for step in observation.steps if field in step)
    return [float(tensor.float64().reshape(-1)[0]) for tensor in tensors if tensor.size]


def _field(field: str, found: Mapping[str, Sequence[float]], width: int, blocks: bool) -> Iterator[str]:
    finite = [value for values in found.values() for value in values if math.isfinite(value)]
    low, high = (min(finite), max(finite)) if finite else (0.0, 0.0)
    named: dict[tuple[str, ...], list[str]] = {}
    for runner, values in found.items():
        named.setdefault(tuple(map(_text, values)), []).append(runner)
    scale = f"{_text(low)} to {_text(high)}" if high > low else f"always {_text(low)}"
    yield wrap(f"{field}, first channel over the steps, {scale}", width, "  ", "      ")
    labels = [" and ".join(runners) for runners in named.values()]
    widest = max(map(len, labels))
    for label, runners in zip(labels, named.values(), strict=True):
        values = found[runners[0]]
        room = width - len("    ") - widest - len("  ")
        bars = sparkline(values, low=low, high=high, most=max(room, _NARROWEST_BARS), blocks=blocks)
        if room < _NARROWEST_BARS:
            yield wrap(label, width, "    ")
            yield f"    {bars}"
        else:
            yield f"    {label:{widest}}  {bars}"


def _text(value: float) -> str:
    return number_text(value, _DIGITS)
