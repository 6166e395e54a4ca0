"""``harness lint``: what is valid and yet says less than it should, by named rules."""

from __future__ import annotations

import argparse
from difflib import get_close_matches
from typing import TYPE_CHECKING

from harness.errors import InvalidOption, Problem
from harness.verbs import options as shared

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.lint.rule import LintRule
    from harness.lint.run import Linted

SUMMARY = "find scenarios that say less than they should: 0 nothing found, 1 something found"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.add_argument(
        "scenarios",
        nargs="*",
        metavar="SCENARIO",
        help="a scenario (flags/seed-article), a file, a folder or a topic; default: all, and what is recorded",
    )
    shared.add_scenario_root(parser)
    shared.add_golden(parser)
    parser.add_argument(
        "--rule",
        dest="rules",
        action="append",
        default=[],
        metavar="NAME",
        help="only what this rule finds; repeatable (default: all rules)",
    )
    parser.add_argument("--list", action="store_true", help="list the rules and what each finds")


def run(options: argparse.Namespace) -> int:
    """Look at what is selected; 1 when a rule finds something."""
    from harness.lint import RULES, lint, shelf

    rules = [_rule(name, RULES) for name in options.rules] or list(RULES)
    if options.list:
        width = max(len(rule.name) for rule in rules)
        print("\n".join(f"{rule.name:{width}}  {rule.finds}" for rule in rules))
        return 0
    chosen = shelf(options.scenario_root, options.golden_root, options.scenarios)
    found = lint(chosen, rules)
    for one in found:
        print(_line(one))
    print(f"{_counted(len(chosen.chosen), 'scenario')}, {_counted(len(rules), 'rule')}: {_summary(found)}")
    return 1 if found else 0


def _line(one: Linted) -> str:
    """The problem as ``validate`` writes it, with the rule between the place and the message."""
    problem = one.problem
    return str(Problem(place=problem.place, message=f"{one.rule}: {problem.message}", hint=problem.hint))


def _summary(found: Sequence[Linted]) -> str:
    return f"{_counted(len(found), 'finding')}" if found else "nothing found"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun if count == 1 else noun + 's'}"


def _rule(name: str, rules: Sequence[LintRule]) -> LintRule:
    by_name = {rule.name: rule for rule in rules}
    if name not in by_name:
        near = get_close_matches(name, by_name, 1)
        hint = f"did you mean {near[0]}?" if near else "harness lint --list shows them"
        raise InvalidOption(Problem(place=f"--rule {name}", message="there is no such rule", hint=hint))
    return by_name[name]
