"""Splits a selection over several jobs: evenly by cases, stably, and never a scenario in two."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from harness.errors import InvalidOption, Problem

if TYPE_CHECKING:
    from harness.scenario import Selection


@dataclass(frozen=True, kw_only=True, slots=True)
class Shard:
    """One of ``count`` parts; ``index`` counts from 1."""

    index: int
    count: int

    def __str__(self) -> str:
        """``2/4``."""
        return f"{self.index}/{self.count}"


def split(selections: Sequence[Selection], shard: Shard) -> tuple[Selection, ...]:
    """The selections of one shard, in the order of ``selections``.

    Every scenario is in one shard: what a case means (a claim that it equals another, an explanation that this case
    alone does not settle) is told by the other cases of its scenario. Scenarios stand in the order of a hash of their
    names, which mixes topics and moves little when one is added, and are cut where the cases come out most even.

    Raises:
        InvalidOption: there are fewer scenarios than shards.
    """
    if shard.count > len(selections):
        message = f"there are more shards than scenarios to split: {len(selections)}"
        hint = f"--shard {min(shard.index, len(selections))}/{len(selections)} at most"
        raise InvalidOption(Problem(place=f"--shard {shard}", message=message, hint=hint))
    ordered = sorted(selections, key=lambda one: hashlib.sha256(one.scenario.name.encode()).digest())
    cuts = _cuts([len(one.cases) for one in ordered], shard.count)
    mine = {one.scenario.name for one in ordered[cuts[shard.index - 1] : cuts[shard.index]]}
    return tuple(one for one in selections if one.scenario.name in mine)


def _cuts(sizes: Sequence[int], count: int) -> list[int]:
    """Where to cut a row of ``sizes`` into ``count`` parts, none of them empty; both ends included."""
    ends = [0, *accumulate(sizes)]
    cuts = [0]
    for number in range(1, count):
        possible = range(cuts[-1] + 1, len(sizes) - (count - number) + 1)
        cuts.append(min(possible, key=lambda cut: abs(ends[cut] * count - ends[-1] * number)))
    return [*cuts, len(sizes)]
