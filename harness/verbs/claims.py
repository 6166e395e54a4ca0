"""``harness claims``: where what people published holds and where it fails, from golden files alone."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from harness.errors import NothingSelected, Problem
from harness.verbs import options as shared

if TYPE_CHECKING:
    from harness.history import Archive
    from harness.scenario import Selection
    from harness.semantics.claim_ledger import Entry

SUMMARY = "hold published claims against golden: on which releases each holds, and where it fails"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    shared.add_selection(parser)
    shared.add_golden(parser)
    shared.add_talk(parser)


def run(options: argparse.Namespace) -> int:
    """Judge and render; 4 when nothing is recorded that a claim could be held against."""
    from harness.execution.plan import check_runners
    from harness.report.claims import render_claims
    from harness.scenario import choose
    from harness.semantics.claim_ledger import Verdict

    check_runners(options.runners)
    selections = choose(options.scenario_root, options.scenarios, options.keyword, options.tags)
    book = [entry for selection in selections for entry in _entries(options, selection)]
    if not book:
        raise NothingSelected(_no_claims(options))
    verbose = -1 if options.quiet else options.verbose
    sys.stdout.write(
        render_claims(book, width=shared.report_width(), verbose=verbose, color=shared.use_color(sys.stdout))
    )
    missing = [entry for entry in book if entry.verdict() is Verdict.NOT_RECORDED]
    return 4 if missing else 0


def _entries(options: argparse.Namespace, selection: Selection) -> Iterator[Entry]:
    """The claims about selected cases of one scenario; tells which of those cases golden cannot speak for."""
    from harness.golden import read
    from harness.history import gather
    from harness.scenario import Selection
    from harness.semantics.claim_ledger import entries

    scenario = selection.scenario
    about = {case.id for claim in scenario.claims for case in selection.cases if claim.about(case)}
    if not about:
        return
    # A selected case may be held against one that is not.
    whole = Selection(scenario=scenario, cases=scenario.cases)
    archive = gather([whole], lambda name: read(options.golden_root, name))
    if not options.quiet:
        _tell(archive, about)
    yield from entries(scenario, selection.cases, archive.histories, options.runners)


def _tell(archive: Archive, about: Collection[str]) -> None:
    for ids, why in ((archive.missing, "not recorded"), (archive.stale, "stale, recorded as another experiment")):
        found = [case for case in ids if case in about]
        if found:
            more = f" and {len(found) - 1} more" if len(found) > 1 else ""
            shared.say(f"not judged: {found[0]}{more}: {why}")


def _no_claims(options: argparse.Namespace) -> Problem:
    about = f" and {', '.join(options.runners)}" if options.runners else ""
    return Problem(
        place="selection",
        message=f"no claim is about the selected cases{about}",
        hint="claims: in a scenario file enters one; `harness new topic/name` shows how",
    )
