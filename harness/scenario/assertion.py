"""Assertions as values: relations between measurements, and properties of one, that have to hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.case import Case, Json
from harness.releases.ranges import ReleaseRange
from harness.releases.release import Release
from harness.scenario.where import about


@dataclass(frozen=True, kw_only=True, slots=True)
class Other:
    """A measurement that another is held against; ``None``, or no value, means as there.

    Attributes:
        where: swept fields and the values that they have in the other case.
    """

    step: int | None
    where: Mapping[str, Json]
    runner: str | None
    field: str | None

    def case(self, case: Case, cases: Sequence[Case]) -> Case | None:
        """The case of ``cases`` that ``case`` is held against."""
        wanted = {**case.variation, **self.where}
        return next((one for one in cases if about(wanted, one)), None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Near:
    """A number and how far off it may be; ``None``: by the field's own bound."""

    value: float
    atol: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Assertion:
    """A relation between measurements, or a property of one.

    Attributes:
        kind: one of the keys that say what is asserted.
        expected: of ``same_as`` and ``differs_from`` the other side, of ``mean_near`` and ``std_near`` the number, of
            the rest whether it is so or is not.
        says: what it means; the assertion itself in words where the file has none.
        place: ``file:line:col``.
        runners: those it is about; ``None``: every runner.
        releases: those it is meant for; ``None``: every release.
        where: swept fields and the value each has in the cases it is about; empty: every case.
        step: from 1; ``None``: the last.
        fields: what it is about.
    """

    kind: str
    expected: Other | Near | bool
    says: str
    place: str
    runners: tuple[str, ...] | None
    releases: ReleaseRange | None
    where: Mapping[str, Json]
    step: int | None
    fields: tuple[str, ...]

    def about(self, case: Case, runner: str, release: Release | None) -> bool:
        """Whether it is about this measurement of ``case``; a runner is not held against itself."""
        if isinstance(self.expected, Other) and self.expected.runner == runner:
            return False
        told = self.runners is None or runner in self.runners
        meant = self.releases is None or release is None or self.releases.covers(release)
        return told and meant and about(self.where, case)
