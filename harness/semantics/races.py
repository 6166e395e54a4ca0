"""Updates of one variable that race: everything that the variable can come to, whoever reads when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from harness.semantics.approx import Approx, Arithmetic, Array

_MOST_STATES = 128
"""Sets of updates that are told apart; where there are more, updates count as being towards any of the targets."""
_ROUNDINGS = 4.0
"""Of one update: the difference, the product, the difference from the variable, and what is stored."""


@dataclass(frozen=True, slots=True)
class _Targets:
    """Updates towards anything between ``low`` and ``high``, so many of them."""

    low: Array
    high: Array
    times: int


def raced(arithmetic: Arithmetic, old: Approx, targets: Sequence[Approx], taken: Approx) -> Approx:
    """What is left of ``old`` after racing updates ``variable -= (read - target) taken``, as the middle and half width.

    Every update reads a value that the variable had at any time before, and subtracts from what it has by then. What
    a set of updates comes to at most, they come to like this: some of them lead to the lowest value that is read,
    and all others read that. For a final value is ``v + sum((target - read) taken)`` over the updates since ``v``,
    and no read is below the lowest value; with ``v`` that value, this is linear in it, so its bounds are enough. The
    same holds the other way round, and for every smaller set: variables without a lock may lose an update.

    Args:
        arithmetic: of the variable.
        old: the variable before.
        targets: of every update, in the shape of ``old``.
        taken: ``1 - momentum``.

    Returns:
        NaN of unknown error where a target is not finite.
    """
    groups = _groups(targets)
    states = np.array(list(product(*(range(one.times + 1) for one in groups))))
    flat = (len(states), old.value.size)
    low, high = np.empty(flat), np.empty(flat)
    low[0], high[0] = (old.value - old.error).reshape(-1), (old.value + old.error).reshape(-1)
    with np.errstate(all="ignore"):
        for place in range(1, len(states)):
            before = (states <= states[place]).all(axis=1)
            before[place] = False
            more = _More(states[place] - states[before], groups, arithmetic, taken)
            ends = [more.after(low[before]), more.after(high[before])]
            low[place] = np.min([least for least, _ in ends], axis=(0, 1))
            high[place] = np.max([most for _, most in ends], axis=(0, 1))
        least, most = low[1:].min(axis=0), high[1:].max(axis=0)
        stored = arithmetic.stored(Approx((least + most) / 2, (most - least) / 2))
    known = np.isfinite(stored.value) & np.isfinite(stored.error)
    value, error = np.where(known, stored.value, np.nan), np.where(known, stored.error, np.inf)
    return Approx(value.reshape(old.value.shape), error.reshape(old.value.shape))


class _More:
    """Some updates after others: ``counts`` of every group, a row per state that they start from."""

    def __init__(
        self, counts: NDArray[np.int_], groups: Sequence[_Targets], arithmetic: Arithmetic, taken: Approx
    ) -> None:
        self._number = counts.sum(axis=1, keepdims=True).astype(np.float64)
        self._low = counts @ np.stack([one.low for one in groups])
        self._high = counts @ np.stack([one.high for one in groups])
        largest = counts @ np.stack([np.maximum(np.abs(one.low), np.abs(one.high)) for one in groups])
        self._largest = largest
        self._share, self._off = float(taken.value), float(taken.error)
        self._unit = _ROUNDINGS * arithmetic.unit

    def after(self, value: Array) -> tuple[Array, Array]:
        """The least and the most that updates come to which start from ``value`` and all read it."""
        left = value * (1.0 - self._number * self._share)
        magnitude = np.abs(value) * self._number + self._largest
        slack = self._off * magnitude + self._unit * self._number * (np.abs(value) + self._share * magnitude)
        return left + self._share * self._low - slack, left + self._share * self._high + slack


def _groups(targets: Sequence[Approx]) -> list[_Targets]:
    """Updates towards the same together; all together where there would be too many sets of them."""
    bounds = [((one.value - one.error).reshape(-1), (one.value + one.error).reshape(-1)) for one in targets]
    times = Counter((low.tobytes(), high.tobytes()) for low, high in bounds)
    if np.prod([count + 1.0 for count in times.values()]) > _MOST_STATES:
        lows, highs = zip(*bounds, strict=True)
        return [_Targets(np.min(lows, axis=0), np.max(highs, axis=0), len(targets))]
    known = {(low.tobytes(), high.tobytes()): (low, high) for low, high in bounds}
    return [_Targets(*known[key], count) for key, count in times.items()]
