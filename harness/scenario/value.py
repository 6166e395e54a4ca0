"""A scenario as a value: what the rest of the house sees of a scenario file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from harness.case import Case, Json
from harness.releases.ranges import Range, ReleaseRange
from harness.releases.release import Release
from harness.scenario.assertion import Assertion
from harness.scenario.difference import ExpectedDifference
from harness.scenario.where import about
from harness.tolerance import Tolerance


class Normalizer(Enum):
    """What an output may have been normalized with."""

    BATCH = "batch"
    """The mean and the population variance of the batch."""
    MOVING = "moving"
    """The moving statistics as they were before the step."""
    NOTHING = "nothing"
    """Neither: the output is ``gamma * input + beta``."""


class Effect(Enum):
    """What a step does to a variable."""

    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, kw_only=True, slots=True)
class SameAs:
    """Another case of the scenario that a case is claimed to equal.

    Attributes:
        key: the key of that case; ``None``: ``where`` says which.
        where: swept fields that differ from the case's own, and the value they have there.
        fields: what is equal.
    """

    key: str | None
    where: Mapping[str, Json]
    fields: tuple[str, ...]

    def of(self, case: Case, cases: Iterable[Case]) -> Case | None:
        """The case of ``cases`` that ``case`` is held against, if it is there."""
        wanted = {**case.variation, **self.where}
        return next((one for one in cases if one.key == self.key or (not self.key and about(wanted, one))), None)


class Called(Enum):
    """What those who maintain the layer call a behaviour that somebody reported."""

    BUG = "bug"
    DESIGN = "design"


@dataclass(frozen=True, kw_only=True, slots=True)
class Symptom:
    """That a claim is what a report is about.

    Attributes:
        called: what maintainers called it; ``None`` where that is not known.
        by: title or URL of where they did.
    """

    called: Called | None = None
    by: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """A sentence somebody published, bound to what can be measured: all of it has to hold.

    Attributes:
        says: the claim.
        source: title or URL of who says it.
        runners: those it is about; ``None``: every runner.
        releases: those it is meant for; ``None``: every release.
        where: swept fields and the value each has in the cases it is about; empty: every case.
        step: from 1; ``None``: the last.
        expect: field, or ``field[index,...]``, to a number or nested list of numbers.
        normalized_by: what the output of the step is normalized with.
        effects: what the step does to ``moving_statistics``, ``gamma`` and ``beta``.
        same_as: the case that it equals.
        trainable_variables: how many the layer has.
        nondeterministic: whether repeating the experiment gives several results.
        raises: the exception type that ends the experiment; a claim of its own.
        reported: that it is what was reported; ``None``: it is not, or not said to be.
        place: ``file:line:col`` of the claim.
    """

    says: str
    source: str
    place: str
    runners: tuple[str, ...] | None = None
    releases: ReleaseRange | None = None
    where: Mapping[str, Json] = field(default_factory=dict)
    step: int | None = None
    expect: Mapping[str, Any] = field(default_factory=dict)
    normalized_by: Normalizer | None = None
    effects: Mapping[str, Effect] = field(default_factory=dict)
    same_as: SameAs | None = None
    trainable_variables: int | None = None
    nondeterministic: bool | None = None
    raises: str | None = None
    reported: Symptom | None = None

    def about(self, case: Case) -> bool:
        """Whether the claim is about ``case``."""
        return about(self.where, case)

    def meant_for(self, runner: str, release: Release | None = None) -> bool:
        """Whether it is about this runner, and meant for the release if there is one."""
        told = self.runners is None or runner in self.runners
        return told and (self.releases is None or release is None or self.releases.covers(release))


@dataclass(frozen=True, kw_only=True, slots=True)
class Scenario:
    """One scenario file with its cases.

    Attributes:
        name: ``topic/name``; a file directly in the root has no topic.
        path: the file, as it was asked for.
        line: where in it the title stands, from 1.
        runners: the only runners it is for; ``None``: all.
        releases: the only TensorFlow releases it is for; ``None``: all.
        sources: where it was reported: titles or URLs.
        assertions: what has to hold in what is measured.
        differences: the rules by which runners are expected to differ.
    """

    name: str
    path: Path
    title: str
    why: str
    tags: tuple[str, ...]
    runners: tuple[str, ...] | None
    tolerance: Tolerance
    claims: tuple[Claim, ...]
    cases: tuple[Case, ...]
    releases: Range | None = None
    sources: tuple[str, ...] = ()
    assertions: tuple[Assertion, ...] = ()
    differences: tuple[ExpectedDifference, ...] = ()
    line: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """A scenario and those of its cases that were selected; at least one."""

    scenario: Scenario
    cases: tuple[Case, ...]
