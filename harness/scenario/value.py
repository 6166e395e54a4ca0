"""A scenario as a value: what the rest of the house sees of a scenario file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.case import Case, Json
from harness.tolerance import Tolerance


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """A sentence somebody published, bound to numbers.

    Attributes:
        says: the claim.
        source: title or URL of who says it.
        runner: the runner it is about; ``None``: every runner.
        where: swept fields and the value each has in the cases it is about; empty: every case.
        step: from 1; ``None``: the last.
        expect: field, or ``field[index,...]``, to a number or nested list of numbers.
        place: ``file:line:col`` of the claim.
    """

    says: str
    source: str
    runner: str | None
    where: Mapping[str, Json]
    step: int | None
    expect: Mapping[str, Any]
    place: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Scenario:
    """One scenario file with its cases.

    Attributes:
        name: ``topic/name``; a file directly in the root has no topic.
        path: the file, as it was asked for.
        runners: the only runners it is for; ``None``: all.
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """A scenario and those of its cases that were selected; at least one."""

    scenario: Scenario
    cases: tuple[Case, ...]
