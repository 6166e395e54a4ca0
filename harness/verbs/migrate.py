"""``harness migrate``: the Keras call that does what tf1 did, found by running it."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from harness.errors import InvalidOption, NothingSelected, Problem
from harness.verbs import options as shared

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.execution.dialogue import Dialogue
    from harness.history import History
    from harness.migration.search import Destination, Migration, Profiles, Source
    from harness.report.progress import Progress
    from harness.scenario import Selection
    from harness.targets import Target
    from harness.verbs.sides import Side

SUMMARY = "print the Keras call that reproduces what tf1 did, verified by running it"

_MODULES = {"keras": "tf.keras", "tf_keras": "tf_keras"}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    shared.add_measuring(parser)
    parser.add_argument(
        "--from",
        dest="source",
        metavar="R@V",
        help="what to reproduce, from golden: tf1@1.15.5 (default: tf1 as recorded on the release nearest to the "
        "target; where nothing is recorded, tf1 on the installed TensorFlow)",
    )


def run(options: argparse.Namespace) -> int:
    """Search case by case.

    Returns 1 when one cannot be reproduced, 6 when a lost worker leaves that open, 2 when one is more than calls.
    """
    from harness.compare import worst
    from harness.execution.dialogue import Dialogue
    from harness.migration.search import migrate
    from harness.report.migrate import render_code, render_migration
    from harness.report.progress import Progress

    runner, target, side = _runner(options), _target(options), _side(options)
    progress = Progress(sys.stderr, enabled=not options.quiet)
    width, color = shared.report_width(), shared.use_color(sys.stdout)
    interpreter = target.provide(progress.message)
    found: list[Migration] = []
    try:
        with Dialogue(interpreter, runner, threads=options.threads, timeout=options.timeout) as dialogue:
            selections, refused = _translatable(options)
            histories = _histories(options, selections)
            sources = _sources(options, side, selections, histories, interpreter.tensorflow, progress)
            profiles = _profiles(histories)
            destination = _destination(dialogue, runner)
            for selection in selections:
                for case in selection.cases:
                    one = migrate(case, sources[case.id], destination, selection.scenario.tolerance, profiles)
                    progress.advance(case.id)
                    if not options.quiet:
                        text = render_migration(one, width=width, verbose=options.verbose, color=color)
                        sys.stdout.write(f"\n{text}" if found else text)
                    found.append(one)
    finally:
        progress.finish()
    if options.quiet:
        sys.stdout.write(render_code(found))
    return worst([*(_code(one) for one in found), *([2] if refused else [])])


def _code(migration: Migration) -> int:
    if migration.found is not None:
        return 0
    return 6 if migration.lost else 1


def _runner(options: argparse.Namespace) -> str:
    """The front end to migrate to: ``--runner``, else keras."""
    wanted = options.runners or ["keras"]
    if len(wanted) > 1 or wanted[0] not in _MODULES:
        message = f"must be one of {', '.join(_MODULES)}: what to migrate to, got {', '.join(wanted)}"
        raise InvalidOption(Problem(place="--runner", message=message, hint="--from says what to migrate from"))
    return str(wanted[0])


def _target(options: argparse.Namespace) -> Target:
    from harness.targets import targets

    if options.device != "cpu":
        message = f"golden files hold what the CPU does, got {options.device}"
        raise InvalidOption(Problem(place="--device", message=message))
    found = targets(options.tensorflow, options.keras, options.pythons)
    if len(found) > 1:
        names = ", ".join(target.name for target in found)
        raise InvalidOption(Problem(place="--tf, --keras, --python", message=f"must name one release, got {names}"))
    return found[0]


def _translatable(options: argparse.Namespace) -> tuple[tuple[Selection, ...], bool]:
    """The selected cases that consist of plain calls, and whether there are others, which are told.

    Raises:
        InvalidOption: there are only others.
    """
    from harness.scenario import choose
    from harness.semantics.recipes import calls_of

    kept: list[Selection] = []
    refused: dict[tuple[str, str], Problem] = {}
    for selection in choose(options.scenario_root, options.scenarios, options.keyword, options.tags):
        cases = []
        for case in selection.cases:
            try:
                calls_of(case)
            except InvalidOption as error:
                # Of a scenario's cases that are refused alike, one says it.
                refused.setdefault((case.scenario, error.problems[0].message), error.problems[0])
            else:
                cases.append(case)
        kept += [replace(selection, cases=tuple(cases))] if cases else []
    told = InvalidOption(*refused.values())
    if not kept:
        raise told
    shared.tell(told)
    return tuple(kept), bool(refused)


def _destination(dialogue: Dialogue, runner: str) -> Destination:
    from harness.execution.plan import release_label
    from harness.migration.code import Front
    from harness.migration.search import Destination

    versions = dialogue.facts().versions
    front = Front(module=_MODULES[runner], tensorflow=str(versions["tensorflow"]))
    return Destination(runner=runner, release=release_label(versions), front=front, ask=dialogue.ask)


def _histories(options: argparse.Namespace, selections: Sequence[Selection]) -> Sequence[History]:
    """Everything recorded of the scenarios, of cases that are not selected too."""
    from harness.golden import read
    from harness.history import gather

    whole = [replace(selection, cases=selection.scenario.cases) for selection in selections]
    return gather(whole, lambda name: read(options.golden_root, name)).histories


def _side(options: argparse.Namespace) -> Side | None:
    from harness.verbs.sides import parse_side

    return parse_side(options.source, "--from") if options.source else None


def _sources(
    options: argparse.Namespace,
    side: Side | None,
    selections: Sequence[Selection],
    histories: Sequence[History],
    tensorflow: str,
    progress: Progress,
) -> Mapping[str, Source]:
    """What is to be reproduced, by case id; ``tensorflow`` is the version of the target.

    Raises:
        NothingSelected: a case is not recorded for what ``--from`` names.
    """
    from harness.migration.search import Source
    from harness.migration.sources import RUNNER, measured
    from harness.verbs.sides import find_nearest, find_side

    found: dict[str, Source] = {}
    missing: list[Selection] = []
    for selection in selections:
        open_cases = []
        for case in selection.cases:
            one = find_side(histories, case.id, side) if side else find_nearest(histories, case.id, RUNNER, tensorflow)
            if one is None:
                open_cases.append(case)
                continue
            found[case.id] = Source(
                runner=one.history.runner, release=one.release, observation=one.behaviour.observation, recorded=True
            )
        missing += [replace(selection, cases=tuple(open_cases))] if open_cases else []
    if missing and side:
        raise NothingSelected(_not_recorded(missing[0].cases[0].id, options.source))
    progress.total = sum(len(selection.cases) for selection in (*selections, *missing))
    if missing:
        found |= measured(missing, threads=options.threads, timeout=options.timeout, listener=progress)
    return found


def _not_recorded(case: str, source: str) -> Problem:
    release = source.partition("@")[2].partition("+")[0]
    hint = f"`harness matrix` shows what is recorded; `harness record --tf {release} '{case}'` records it"
    return Problem(place="--from", message=f"{case} is not recorded for {source}", hint=hint)


def _profiles(histories: Sequence[History]) -> Profiles:
    """What golden tells about a release from all cases of its scenarios; worked out when it is first asked for."""
    from harness.semantics.infer import Profile
    from harness.semantics.ledger import Ledger, ledger

    @cache
    def book() -> Ledger:
        return ledger(histories)

    def known(runner: str, release: str) -> Profile | None:
        return book().profiles.get((runner, release))

    return known
