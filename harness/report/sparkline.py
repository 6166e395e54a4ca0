"""Numbers as a row of small bars."""

from __future__ import annotations

import math
from collections.abc import Sequence

_BLOCKS = "▁▂▃▄▅▆▇█"
_ASCII = "_.:-=+*#"
_NOT_FINITE = "!"


def encodable(encoding: str | None) -> bool:
    """Whether a stream of this encoding can take the bars; ``None``: nobody knows."""
    try:
        _BLOCKS.encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def sparkline(values: Sequence[float], *, low: float, high: float, most: int, blocks: bool) -> str:
    """A character per value, from ``low`` to ``high``; ``!`` where a value is not finite.

    Args:
        values: in order.
        low: what the lowest bar stands for.
        high: what the highest bar stands for.
        most: of more values only so many are shown, evenly spaced, with the first and the last.
        blocks: bars; else characters of ASCII.
    """
    ramp = _BLOCKS if blocks else _ASCII
    return "".join(_bar(value, low, high, ramp) for value in _thinned(values, most))


def _thinned(values: Sequence[float], most: int) -> list[float]:
    if len(values) <= most:
        return list(values)
    return [values[round(index * (len(values) - 1) / (most - 1))] for index in range(most)]


def _bar(value: float, low: float, high: float, ramp: str) -> str:
    if not math.isfinite(value):
        return _NOT_FINITE
    # Halves, because the distance of two numbers may be infinite where they are not.
    height = (value / 2 - low / 2) / (high / 2 - low / 2) if high > low else 0.0
    return ramp[min(int(height * len(ramp)), len(ramp) - 1)]
