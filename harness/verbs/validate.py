"""``harness validate``: every problem of every selected scenario file, without running anything."""

from __future__ import annotations

import argparse

from harness.verbs import options as shared

SUMMARY = "check scenario files: every problem with its line and column"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    shared.add_selection(parser)


def run(options: argparse.Namespace) -> int:
    """Load what is selected; what is wrong with it is raised, all files together."""
    from harness.scenario import outlined

    found = outlined(options.scenario_root, options.scenarios, options.keyword, options.tags, options.runners)
    cases = sum(len(scenario.cases) for scenario in found)
    print(f"{_counted(len(found), 'scenario')}, {_counted(cases, 'case')}: valid")
    return 0


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun if count == 1 else noun + 's'}"
