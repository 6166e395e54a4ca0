"""Measurements made by hand, for what is built from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.case import Case
from harness.execution.pool import Facts
from harness.observation import Outcome
from harness.scenario import Claim, Scenario, Selection
from harness.session import Measurement
from harness.tolerance import Tolerance

RELEASES = {"tf1": "2.21.0+tf_keras-2.21.0", "keras": "2.21.0+keras-3.15.1"}


def facts(**changes: str) -> Facts:
    versions = {"tensorflow": "2.21.0", "keras": "3.15.1", "tf_keras": None, "numpy": "2.4.6", "python": "3.11.7"}
    return Facts(
        versions={**versions, **changes},
        platform="linux-x86_64",
        cpu_features=("avx2",),
        threads=1,
        devices=(),
        unavailable={},
    )


def selection(cases: Sequence[Case], claims: Sequence[Claim] = ()) -> Selection:
    scenario = Scenario(
        name=cases[0].scenario,
        path=Path("scenarios") / f"{cases[0].scenario}.yaml",
        title="A title",
        why="A reason",
        tags=(),
        runners=None,
        tolerance=Tolerance(),
        claims=tuple(claims),
        cases=tuple(cases),
    )
    return Selection(scenario=scenario, cases=tuple(cases))


def measurement(
    outcomes: Mapping[tuple[str, str], Outcome],
    *selections: Selection,
    releases: Mapping[str, str] | None = None,
) -> Measurement:
    runners = tuple(dict.fromkeys(runner for _, runner in outcomes))
    names = RELEASES if releases is None else releases
    return Measurement(
        selections=selections,
        runners=runners,
        outcomes=outcomes,
        facts={runner: facts() for runner in runners if runner in names},
        releases={runner: names[runner] for runner in runners if runner in names},
        seconds=1.0,
    )
