"""``harness explain``: why two recorded observations of a case differ, from golden files alone."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from harness.errors import NothingSelected, Problem
from harness.verbs import options as shared

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.history import History
    from harness.semantics.explain import Explanation
    from harness.semantics.ledger import Ledger
    from harness.verbs.sides import Found, Side

SUMMARY = "say from golden why two releases, or two runners, differ on a case"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    shared.add_selection(parser)
    shared.add_golden(parser)
    parser.add_argument("--from", dest="left", required=True, metavar="R@V", help="runner@release: tf1@1.15.5")
    parser.add_argument("--to", dest="right", required=True, metavar="R@V", help="runner@release: keras@2.21.0")


def run(options: argparse.Namespace) -> int:
    """Explain every selected case; 1 when a difference stays unexplained."""
    from harness.report.explain import render_explanation
    from harness.verbs.sides import find_side, parse_side

    sides = parse_side(options.left, "--from"), parse_side(options.right, "--to")
    histories = _histories(options)
    cases = list(dict.fromkeys(history.case.id for history in histories))
    pairs = [
        (left, right)
        for case in cases
        if (left := find_side(histories, case, sides[0])) and (right := find_side(histories, case, sides[1]))
    ]
    if not pairs:
        raise NothingSelected(_nothing(sides))
    width, color = shared.report_width(), shared.use_color(sys.stdout)
    book: Ledger | None = None
    texts, code = [], 0
    for left, right in pairs:
        explanation = _explain(left, right, book)
        if book is None and explanation.open:
            book = _ledger(options)
            explanation = _explain(left, right, book)
        code = code if explanation.explained else 1
        text = render_explanation(
            left.history.case, explanation, left=left.name, right=right.name, width=width, color=color
        )
        texts.append(text)
    sys.stdout.write("\n".join(texts))
    return code


def _explain(left: Found, right: Found, book: Ledger | None) -> Explanation:
    from harness.semantics.explain import explain

    profiles = book.profiles if book else {}
    return explain(
        left.history.examiner,
        left.behaviour.observation,
        right.behaviour.observation,
        same_runner=left.history.runner == right.history.runner,
        left_profile=profiles.get((left.history.runner, left.release)),
        right_profile=profiles.get((right.history.runner, right.release)),
    )


def _ledger(options: argparse.Namespace) -> Ledger:
    """What every recorded case tells, whatever is selected."""
    from harness.golden import read
    from harness.history import gather
    from harness.scenario import choose
    from harness.semantics.ledger import ledger

    everything = gather(choose(options.scenario_root), lambda name: read(options.golden_root, name))
    return ledger(everything.histories)


def _histories(options: argparse.Namespace) -> Sequence[History]:
    from harness.golden import read
    from harness.history import gather
    from harness.scenario import choose

    selections = choose(options.scenario_root, options.scenarios, options.keyword, options.tags)
    return gather(selections, lambda name: read(options.golden_root, name)).histories


def _nothing(sides: tuple[Side, Side]) -> Problem:
    names = " and ".join(f"{side.runner}@{side.release}" for side in sides)
    message = f"no selected case is recorded for both {names}"
    return Problem(place="--from, --to", message=message, hint="`harness matrix` shows what is recorded")
