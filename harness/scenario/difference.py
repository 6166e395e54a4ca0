"""An expected difference between runners, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.case import Json, Named
from harness.releases.ranges import ReleaseRange
from harness.releases.release import Release
from harness.scenario.where import about


@dataclass(frozen=True, kw_only=True, slots=True)
class ExpectedDifference:
    """A rule by which a runner and its reference are expected to differ.

    Attributes:
        rule: its id.
        place: ``file:line:col``.
        runners: those that differ from their reference; ``None``: every runner that has one.
        releases: those of the runner it is meant for; ``None``: every release.
        where: swept fields and the value each has in the cases it is about; empty: every case.
    """

    rule: str
    place: str
    runners: tuple[str, ...] | None
    releases: ReleaseRange | None
    where: Mapping[str, Json]

    def about(self, case: Named, runner: str, release: Release | None) -> bool:
        """Whether it is about how ``runner``, on ``release``, differs from its reference in ``case``."""
        told = self.runners is None or runner in self.runners
        meant = self.releases is None or release is None or self.releases.covers(release)
        return told and meant and about(self.where, case)
