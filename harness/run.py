"""A run as a value: a comparison per target, or why there is none; what its file holds and reports are made from."""

from __future__ import annotations

from dataclasses import dataclass

from harness.comparison import Comparison
from harness.errors import Problem


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """What of a selection that was split over several jobs is here.

    Attributes:
        count: over how many shards it was split.
        indices: of the shards that are here, from 1.
        cases: ids of all the cases of the selection, in report order, those of other shards too.
    """

    count: int
    indices: tuple[int, ...]
    cases: tuple[str, ...]

    @property
    def missing(self) -> tuple[int, ...]:
        """The shards that are not here."""
        return tuple(index for index in range(1, self.count + 1) if index not in self.indices)


@dataclass(frozen=True, kw_only=True, slots=True)
class TargetRun:
    """One target of a run.

    Attributes:
        target: how the user named it, or the release.
        comparison: ``None`` where nothing was measured, which ``problems`` then tell why.
        code: the exit code that it alone would have.
        problems: what kept it, or a shard of it, from being measured.
        part: ``None`` where the whole selection is here.
    """

    target: str
    comparison: Comparison | None
    code: int
    problems: tuple[Problem, ...] = ()
    part: Part | None = None

    @property
    def label(self) -> str:
        """The target, and what of it is here where that is not everything."""
        if self.part is None:
            return self.target
        return f"{self.target}, shard {'+'.join(map(str, self.part.indices)) or 'none'} of {self.part.count}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """A run on one target or several, in the order they were asked for; ``code`` is its exit code."""

    targets: tuple[TargetRun, ...]
    code: int
