"""The result of a run, as values: what every report is made from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from harness.case import Case
from harness.diff import Diff
from harness.observation import Outcome
from harness.semantics.assertions import AssertionResult
from harness.semantics.claims import ClaimResult
from harness.semantics.explain import Explanation


class Verdict(Enum):
    """What one runner's outcome of one case is against the golden file."""

    MATCH = "match"
    CHANGED = "changed"
    NEW = "new"
    STALE = "stale"
    CRASHED = "crashed"
    TIMED_OUT = "timed out"
    UNAVAILABLE = "unavailable"
    NOT_APPLICABLE = "not applicable"


class Relation(Enum):
    """What one runner's outcome of one case is against another runner's."""

    SAME = "same"
    DIFFERS = "differs"
    UNEXPLAINED = "UNEXPLAINED"


@dataclass(frozen=True, kw_only=True, slots=True)
class RunnerResult:
    """One runner's outcome of one case.

    Attributes:
        runner: ``tf1``, ``keras``, ...
        release: what it ran on; ``None`` when it is unavailable.
        verdict: against golden.
        baseline: the recorded release whose behaviour was expected; ``None`` without one.
        diff: measured (left) against expected (right); ``None`` where there is nothing to compare.
        reason: why there is no measurement or no expectation; empty when there are both.
        explanation: of a change, expected (left) against measured (right); ``None`` where there is none, or
            where nobody asked for one.
    """

    runner: str
    release: str | None
    outcome: Outcome
    verdict: Verdict
    baseline: str | None
    diff: Diff | None
    reason: str
    explanation: Explanation | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Between:
    """Two runners' measurements of one case.

    Attributes:
        relation: ``UNEXPLAINED`` only where an explanation was looked for.
        diff: ``left`` is on its left side.
        explanation: of a difference; ``None`` where there is none, or where nobody asked for one.
    """

    left: str
    right: str
    relation: Relation
    diff: Diff
    explanation: Explanation | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseComparison:
    """Everything about one case."""

    case: Case
    results: tuple[RunnerResult, ...]
    between: tuple[Between, ...]
    claims: tuple[ClaimResult, ...]
    assertions: tuple[AssertionResult, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ScenarioComparison:
    """Everything about one scenario; ``path`` is where its file lies, as the user would name it."""

    name: str
    title: str
    path: Path
    cases: tuple[CaseComparison, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Stale:
    """Something recorded that no scenario stands for any more.

    Attributes:
        what: ``golden/flags/x.json``, or that and a case key.
        reason: ``no such scenario``, ``no such case``.
    """

    what: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """One run of selected scenarios on one environment.

    Attributes:
        versions: what ran, by package name (``tensorflow``, ``keras``, ``tf_keras``, ``numpy``, ``python``).
        runners: the selected runners, in report order.
        device: the device asked for.
        seconds: wall time of the run.
        stale: recorded things no scenario stands for; judged over the whole scenario folder.
        arguments: the options of this run that a rerun of a single case has to repeat, as shell words.
        program: how the user's shell finds this program: ``harness``, ``.venv/bin/harness``, ``python -m harness``.
    """

    versions: Mapping[str, str]
    runners: tuple[str, ...]
    device: str
    seconds: float
    scenarios: tuple[ScenarioComparison, ...]
    stale: tuple[Stale, ...]
    arguments: tuple[str, ...]
    program: tuple[str, ...] = ("harness",)

    def cases(self) -> Iterator[CaseComparison]:
        """Every case, in report order."""
        for scenario in self.scenarios:
            yield from scenario.cases

    def contradicted(self) -> bool:
        """Whether a measurement contradicts an assertion of its scenario."""
        return any(one.holds is False for case in self.cases() for one in case.assertions)

    def unexplained(self) -> bool:
        """Whether two runners differ in a way that no rule explains."""
        return any(between.relation is Relation.UNEXPLAINED for case in self.cases() for between in case.between)
