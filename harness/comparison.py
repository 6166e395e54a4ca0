"""The result of a run, as values: what every report is made from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from harness.case import Named
from harness.diff import Diff
from harness.observation import Outcome, Reported
from harness.scenario.difference import ExpectedDifference
from harness.semantics.account import Told
from harness.semantics.assertions import AssertionResult
from harness.semantics.claims import ClaimResult


class Verdict(Enum):
    """What one runner's outcome of one case is against the golden file."""

    MATCH = "match"
    NONDETERMINISTIC = "nondeterministic"
    """Golden says that the results are not a function of the input; what is the same each time matches."""
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
    outcome: Outcome | Reported
    verdict: Verdict
    baseline: str | None
    diff: Diff | None
    reason: str
    explanation: Told | None = None


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
    explanation: Told | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseComparison:
    """Everything about one case."""

    case: Named
    results: tuple[RunnerResult, ...]
    between: tuple[Between, ...]
    claims: tuple[ClaimResult, ...]
    assertions: tuple[AssertionResult, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ScenarioComparison:
    """Everything about one scenario.

    Attributes:
        path: where its file lies, as the user would name it.
        line: where in it the scenario's title stands, from 1.
    """

    name: str
    title: str
    path: Path
    cases: tuple[CaseComparison, ...]
    line: int = 1


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
class Unexpected:
    """A difference between runners by rules that its scenario does not expect.

    Attributes:
        case: the case.
        between: the two runners; explained.
        rules: those that would have to be expected besides, in the order of tables.
    """

    case: Named
    between: Between
    rules: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Vanished:
    """An expected difference that no case and runner shows any more.

    Attributes:
        scenario: its name.
        expected: what the scenario says.
        compared: how many pairs of runners it is about, one of each case.
    """

    scenario: str
    expected: ExpectedDifference
    compared: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Gate:
    """Runners that have to be equal but for the differences that scenarios expect.

    Attributes:
        compared: how many pairs of runners there were, one of each case.
        expected: how many of them differ by expected rules alone.
        unexplained: how many differ by no rule at all, so that none can be expected.
    """

    compared: int
    expected: int
    unexplained: int
    unexpected: tuple[Unexpected, ...]
    vanished: tuple[Vanished, ...]

    @property
    def passed(self) -> bool:
        """Whether something was compared, and nothing is otherwise than expected."""
        return bool(self.compared) and not (self.unexplained or self.unexpected or self.vanished)


@dataclass(frozen=True, kw_only=True, slots=True)
class Machine:
    """What a worker ran on, as far as the last bits of a measurement depend on it.

    Attributes:
        platform: ``linux-x86_64``.
        cpu_features: what decides the last bits of TensorFlow's kernels.
        threads: size of its thread pools.
    """

    platform: str
    cpu_features: tuple[str, ...]
    threads: int


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
        machines: what its workers ran on, each once.
        gate: whether runners differ as expected; ``None`` where nobody asked.
    """

    versions: Mapping[str, str]
    runners: tuple[str, ...]
    device: str
    seconds: float
    scenarios: tuple[ScenarioComparison, ...]
    stale: tuple[Stale, ...]
    arguments: tuple[str, ...]
    program: tuple[str, ...] = ("harness",)
    machines: tuple[Machine, ...] = ()
    gate: Gate | None = None

    def cases(self) -> Iterator[CaseComparison]:
        """Every case, in report order."""
        for scenario in self.scenarios:
            yield from scenario.cases

    def failing(self) -> bool:
        """Whether something is as bad as a change although every runner does what golden holds."""
        gate = self.gate
        unexpected = gate is not None and bool(gate.unexpected or gate.vanished)
        return self.unexplained() or self.contradicted() or unexpected

    def contradicted(self) -> bool:
        """Whether a measurement contradicts an assertion of its scenario."""
        return any(one.holds is False for case in self.cases() for one in case.assertions)

    def unexplained(self) -> bool:
        """Whether two runners differ in a way that no rule explains."""
        return any(between.relation is Relation.UNEXPLAINED for case in self.cases() for between in case.between)
