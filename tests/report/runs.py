"""Runs built by hand, of the comparisons in :mod:`tests.report.samples`."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from harness.comparison import Comparison, Gate, Machine, Unexpected, Vanished
from harness.errors import Problem
from harness.releases.ranges import Range, ReleaseRange
from harness.report.json import run_json
from harness.report.json_reader import read_run
from harness.run import Part, Run, TargetRun
from harness.scenario.difference import ExpectedDifference
from tests.report import samples

MACHINE = Machine(platform="linux-x86_64", cpu_features=("avx2", "fma"), threads=1)
FAILED = Problem(place="TensorFlow 1.0.1", message="the environment cannot be made:\n  no Python 3.6", hint="get one")


@cache
def read_back() -> Comparison:
    """:func:`wrong` as its file tells it: told without asking the oracle again."""
    found = read_run(run_json(run(wrong())).encode("ascii"), "run.json").targets[0].comparison
    assert found is not None
    return found


def run(*comparisons: Comparison, code: int = 1) -> Run:
    """A target per comparison, the first 2.21.0."""
    names = ("2.21.0", "2.20.0", "2.19.0")
    found = [TargetRun(target=names[place], comparison=one, code=code) for place, one in enumerate(comparisons)]
    return Run(targets=tuple(found), code=code)


def wrong() -> Comparison:
    """One of everything that can go wrong, its runners in the order in which a measurement names them."""
    return replace(samples.all_wrong(), machines=(MACHINE,), runners=("tf1", "keras", "tf_keras"))


def with_gate(comparison: Comparison) -> Comparison:
    """The frozen row is not expected, and something else is expected that is gone."""
    case = next(case for case in comparison.cases() if case.between and case.between[0].explanation)
    expected = ExpectedDifference(
        rule="epsilon-floor",
        place="scenarios/flags/seed-article.yaml:9:5",
        runners=("keras",),
        releases=ReleaseRange(tensorflow=Range.parse(">=2.16")),
        where={"training": True},
    )
    gate = Gate(
        compared=5,
        expected=1,
        unexplained=0,
        unexpected=(Unexpected(case=case.case, between=case.between[0], rules=("frozen-normalizes-with",)),),
        vanished=(Vanished(scenario="flags/seed-article", expected=expected, compared=2),),
    )
    return replace(comparison, gate=gate)


def everything() -> Run:
    """One of everything that a run's file can hold."""
    green = with_gate(samples.all_green())
    cases = tuple(case.case.id for case in green.cases())
    return Run(
        targets=(
            TargetRun(target="2.21.0", comparison=wrong(), code=6),
            TargetRun(
                target="2.20.0", comparison=green, code=1, part=Part(count=2, indices=(1,), cases=(*cases, "x/y"))
            ),
            TargetRun(target="1.0.1", comparison=None, code=5, problems=(FAILED,)),
        ),
        code=6,
    )
