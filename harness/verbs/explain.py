"""``harness explain``: why two recorded observations of a case differ, from golden files alone."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.errors import InvalidOption, NothingSelected, Problem
from harness.verbs import options as shared

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.golden import Behaviour
    from harness.history import History
    from harness.releases.release import Release
    from harness.semantics.explain import Explanation
    from harness.semantics.ledger import Ledger

SUMMARY = "say from golden why two releases, or two runners, differ on a case"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    shared.add_selection(parser)
    shared.add_golden(parser)
    parser.add_argument("--from", dest="left", required=True, metavar="R@V", help="runner@release: tf1@1.15.5")
    parser.add_argument("--to", dest="right", required=True, metavar="R@V", help="runner@release: keras@2.21.0")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Side:
    """One side as asked for: ``release`` may leave out the Keras that floats."""

    runner: str
    release: Release
    option: str

    def covers(self, recorded: str) -> bool:
        from harness.releases.release import Release

        found = Release.parse(recorded)
        return found == self.release or (self.release.library is None and found.tensorflow == self.release.tensorflow)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Found:
    """One side as recorded."""

    history: History
    behaviour: Behaviour
    release: str

    @property
    def name(self) -> str:
        return f"{self.history.runner}@{self.release}"


def run(options: argparse.Namespace) -> int:
    """Explain every selected case; 1 when a difference stays unexplained."""
    from harness.report.explain import render_explanation

    sides = _side(options.left, "--from"), _side(options.right, "--to")
    histories = _histories(options)
    cases = list(dict.fromkeys(history.case.id for history in histories))
    pairs = [
        (left, right)
        for case in cases
        if (left := _find(histories, case, sides[0])) and (right := _find(histories, case, sides[1]))
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


def _explain(left: _Found, right: _Found, book: Ledger | None) -> Explanation:
    from harness.semantics.explain import explain

    profiles = book.profiles if book else {}
    return explain(
        left.history.case,
        left.behaviour.observation,
        right.behaviour.observation,
        same_runner=left.history.runner == right.history.runner,
        left_profile=profiles.get((left.history.runner, left.release)),
        right_profile=profiles.get((right.history.runner, right.release)),
        tolerance=left.history.tolerance,
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


def _side(text: str, option: str) -> _Side:
    from harness.releases.release import Release
    from harness.verbs.running import check_runners

    runner, separator, release = text.partition("@")
    if not separator:
        hint = f"write {option} tf1@1.15.5"
        raise InvalidOption(Problem(place=option, message=f"must be runner@release, got {text!r}", hint=hint))
    check_runners([runner])
    try:
        return _Side(runner=runner, release=Release.parse(release), option=option)
    except ValueError as error:
        raise InvalidOption(Problem(place=option, message=str(error))) from error


def _find(histories: Sequence[History], case: str, side: _Side) -> _Found | None:
    """What is recorded of ``case`` for ``side``; of several releases that it may mean, the highest."""
    from harness.releases.release import Release

    found = [
        _Found(history=history, behaviour=behaviour, release=name)
        for history in histories
        if history.case.id == case and history.runner == side.runner
        for behaviour in history.behaviours
        for name in behaviour.releases
        if side.covers(name)
    ]
    return max(found, key=lambda one: Release.parse(one.release), default=None)


def _nothing(sides: tuple[_Side, _Side]) -> Problem:
    names = " and ".join(f"{side.runner}@{side.release}" for side in sides)
    message = f"no selected case is recorded for both {names}"
    return Problem(place="--from, --to", message=message, hint="`harness matrix` shows what is recorded")
