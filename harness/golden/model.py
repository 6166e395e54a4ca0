"""What a golden file holds, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from harness.observation import Observation


@dataclass(frozen=True, kw_only=True, slots=True)
class Behaviour:
    """One observation and all the releases that show it, equal within tolerance.

    Attributes:
        releases: ``str`` of each :class:`~harness.releases.release.Release`, lowest first, never empty.
        observation: what the lowest of them measured; its ``identity`` is ``None``.
    """

    releases: tuple[str, ...]
    observation: Observation


@dataclass(frozen=True, kw_only=True, slots=True)
class GoldenCase:
    """What is recorded of one case.

    Attributes:
        sha256: of the materialized case; behaviours of another one are stale.
        runners: behaviours by runner, in the order of their lowest releases.
    """

    sha256: str
    runners: Mapping[str, tuple[Behaviour, ...]]


@dataclass(frozen=True, kw_only=True, slots=True)
class GoldenFile:
    """What is recorded of one scenario: its cases by :attr:`harness.case.Case.key`."""

    scenario: str
    cases: Mapping[str, GoldenCase]


class RecordAction(Enum):
    """What recording one observation did."""

    NEW = "new"
    JOINED = "joined"
    UNCHANGED = "unchanged"
    VALUE_CHANGED = "value changed"
    STALE = "stale"
