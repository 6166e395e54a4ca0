"""``harness rules``: which release answers which semantic question how, from golden files alone."""

from __future__ import annotations

import argparse
import sys
from difflib import get_close_matches
from typing import TYPE_CHECKING

from harness.errors import InvalidOption, NothingSelected, Problem
from harness.verbs import options as shared

if TYPE_CHECKING:
    from harness.history import Archive
    from harness.semantics.ledger import Ledger

SUMMARY = "show from golden what each release answers to each semantic rule"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.add_argument("rule", nargs="?", metavar="RULE", help="tell one rule's story; default: the table of all")
    shared.add_selection(parser)
    shared.add_golden(parser)
    shared.add_talk(parser)
    parser.add_argument(
        "--markdown", action="store_true", help="every rule and its answers as a page to read: docs/rules.md"
    )


def run(options: argparse.Namespace) -> int:
    """Infer and render; 1 when a recorded behaviour is unexplained, contradicted, or a rule is not told apart."""
    if options.markdown:
        sys.stdout.write(_page())
        return 0
    from harness.history import lines_of
    from harness.report.rules import render_rule, render_rules
    from harness.rules import BY_ID
    from harness.semantics.ledger import ledger

    if options.rule is not None and "/" in options.rule:
        # No rule has a slash in it, and every scenario of a topic has.
        options.scenarios, options.rule = [options.rule, *options.scenarios], None
    if options.rule is not None and options.rule not in BY_ID:
        raise InvalidOption(_no_such_rule(options.rule, tuple(BY_ID)))
    archive = _archive(options)
    book = ledger(archive.histories)
    lines = {runner: lines_of(archive.of(runner)) for runner in archive.runners()}
    width, color = shared.report_width(), shared.use_color(sys.stdout)
    if options.rule is not None:
        sys.stdout.write(render_rule(BY_ID[options.rule], book, lines, width=width, color=color))
        return 0
    whole = not (options.scenarios or options.keyword or options.tags or options.runners)
    text = render_rules(book, lines, whole=whole, width=width, verbose=options.verbose, color=color)
    sys.stdout.write(text)
    return _code(book, whole=whole)


def _page() -> str:
    from harness.report.generated import rules_page
    from harness.rules import RULES

    return rules_page(RULES)


def _code(book: Ledger, *, whole: bool) -> int:
    """A contradiction is a finding: a release that does not answer one question in one way."""
    return 1 if book.unexplained() or (whole and book.undistinguished()) else 0


def _archive(options: argparse.Namespace) -> Archive:
    from harness.execution.plan import check_runners
    from harness.golden import read
    from harness.history import gather
    from harness.scenario import choose

    check_runners(options.runners)
    selections = choose(options.scenario_root, options.scenarios, options.keyword, options.tags)
    archive = gather(selections, lambda name: read(options.golden_root, name), options.runners)
    if not archive.histories:
        hint = "harness record --tf all records them on every catalogued release"
        place = f"--golden {options.golden_root}"
        raise NothingSelected(Problem(place=place, message="nothing is recorded of the selected cases", hint=hint))
    return archive


def _no_such_rule(word: str, known: tuple[str, ...]) -> Problem:
    near = get_close_matches(word, known, 1)
    hint = f"did you mean {near[0]}?" if near else "harness rules -v lists them; -k and --tag select scenarios"
    return Problem(place=word, message="there is no such rule", hint=hint)
