"""Splits a selection over several jobs: evenly by cases, stably, and never a scenario in two."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
    alone does not settle) is told by the other cases of its scenario.

    Raises:
        InvalidOption: there are fewer scenarios than shards.
    """
    if shard.count > len(selections):
        message = f"there are more shards than scenarios to split: {len(selections)}"
        hint = f"--shard {min(shard.index, len(selections))}/{len(selections)} at most"
        raise InvalidOption(Problem(place=f"--shard {shard}", message=message, hint=hint))
    shares = even_shares({one.scenario.name: len(one.cases) for one in selections}, shard.count)
    return tuple(one for one in selections if shares[one.scenario.name] == shard.index - 1)


def even_shares(sizes: Mapping[str, int], count: int) -> dict[str, int]:
    """A share, from 0, for every name: as even as may be without dividing one, in whatever order they come.

    Each goes, the largest first, to the share that a hash of its name likes best of those it leaves with no more than
    an even part of all, else to the emptiest: so little moves when one is added.
    """
    room = _room(sorted(sizes.values(), reverse=True), count)
    filled = [0] * count
    found = {}
    for name in sorted(sizes, key=lambda name: (-sizes[name], _hash(name))):
        liked = sorted(range(count), key=lambda share: _hash(f"{name} {share}"))
        fitting = [share for share in liked if filled[share] + sizes[name] <= room]
        found[name] = fitting[0] if fitting else min(liked, key=lambda share: filled[share])
        filled[found[name]] += sizes[name]
    return found


def _room(sizes: Sequence[int], count: int) -> int:
    """How much each of ``count`` shares gets, but for sizes that are larger: each of them fills a share.

    ``sizes`` falls. Only so is no share left empty: what is smaller than this fits into an empty one.
    """
    rest = sum(sizes)
    for size in sizes:
        if count == 1 or size * count < rest:
            break
        rest, count = rest - size, count - 1
    return rest // count


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
