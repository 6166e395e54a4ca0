"""Golden files of what the oracle predicts: behaviours with rules behind them, measured by nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from harness import golden
from harness.golden import Behaviour, GoldenCase, GoldenFile
from harness.releases.release import Release
from harness.scenario import Scenario
from harness.semantics.oracle import predict


def record(root: Path, scenario: Scenario, runners: Mapping[str, Sequence[tuple[str, Mapping[str, str]]]]) -> None:
    """Write what every case of ``scenario`` would show: per runner releases, and the answers on them."""
    cases = {}
    for case in scenario.cases:
        of_case = {}
        for runner, told in runners.items():
            of_case[runner] = tuple(
                Behaviour(
                    releases=tuple(str(Release.parse(name)) for name in releases.split()),
                    observation=predict(case, answers).as_observation(),
                )
                for releases, answers in told
            )
        cases[case.key] = GoldenCase(sha256=case.sha256, runners=of_case)
    golden.write(root, GoldenFile(scenario=scenario.name, cases=cases))
