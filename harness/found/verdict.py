"""The verdict on what somebody reported, from how it stands release by release. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import groupby

from harness.history import Line
from harness.releases.release import Release
from harness.scenario.value import Called
from harness.semantics.judgement import Standing

JUDGED = (Standing.HOLDS, Standing.FAILS)
"""How a claim stands where it could be judged: it is so, or it is not."""


class Word(Enum):
    """What became of what somebody reported."""

    DESIGN = "by design"
    """It is so on the newest release, and those who maintain the layer mean it so."""
    BUG = "bug, still so"
    """It is so on the newest release, and those who maintain the layer call it a bug."""
    FIXED = "bug, fixed"
    """It was so, is not any more, and those who maintain the layer call it a bug."""
    STILL = "still so"
    """It is so on every release that it could be judged on."""
    CHANGED = "changed"
    """It is so on some releases and not on others, and nobody is known to have said what it should be."""
    NOT_REPRODUCED = "not reproduced"
    """It is so nowhere."""
    NOT_JUDGED = "not judged"
    """It could be judged nowhere."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stretch:
    """Consecutive releases of a line on which a claim stands alike."""

    standing: Standing
    first: Release
    last: Release


def stretches(line: Line, standings: Mapping[Release, Standing]) -> tuple[Stretch, ...]:
    """How a claim stands along ``line``, from the first release on that it could be judged on."""
    known = [release for release in line.releases if release in standings]
    while known and standings[known[0]] not in JUDGED:
        known = known[1:]
    found = []
    for standing, group in groupby(known, lambda release: standings[release]):
        releases = list(group)
        found.append(Stretch(standing=standing, first=releases[0], last=releases[-1]))
    return tuple(found)


def word(found: Sequence[Stretch], called: Called | None) -> Word:
    """The verdict over the stretches of a line.

    Args:
        found: as :func:`stretches` gives them.
        called: what those who maintain the layer call what was reported.
    """
    if not found:
        return Word.NOT_JUDGED
    if all(stretch.standing is not Standing.HOLDS for stretch in found):
        return Word.NOT_REPRODUCED
    if found[-1].standing is Standing.HOLDS:
        if called is not None:
            return Word.DESIGN if called is Called.DESIGN else Word.BUG
        return Word.STILL if len(found) == 1 else Word.CHANGED
    judged = [stretch for stretch in found if stretch.standing in JUDGED]
    mended = judged[-1].standing is Standing.FAILS
    return Word.FIXED if called is Called.BUG and mended else Word.CHANGED


def last_so(found: Sequence[Stretch]) -> int:
    """The place of the last stretch on which it is so; there is one."""
    return max(place for place, stretch in enumerate(found) if stretch.standing is Standing.HOLDS)
