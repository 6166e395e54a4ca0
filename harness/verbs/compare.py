"""``harness compare``: run scenarios and hold them against golden, runner against runner."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.errors import NothingSelected
from harness.verbs import html
from harness.verbs import options as shared
from harness.verbs.ahead import started_ahead
from harness.verbs.reports import Reports, add_reports, reports

if TYPE_CHECKING:
    from harness.campaign import Measured
    from harness.execution.host import Host
    from harness.golden import GoldenFile
    from harness.releases.release import Release
    from harness.run import Part, TargetRun
    from harness.scenario import Selection
    from harness.semantics.examiner import Examiners
    from harness.session import Measurement, Session

SUMMARY = "run scenarios, against golden files and runner against runner"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    shared.add_measuring(parser)
    parser.add_argument(
        "--baseline",
        metavar="R",
        help="expect what golden holds for release R (2.15.1), or the nearest one below it; default: what runs",
    )
    parser.add_argument(
        "--fail-on",
        choices=("difference",),
        help="fail where runners differ, too, but for what expect_difference in their scenario says",
    )
    parser.add_argument(
        "--shard",
        type=shared.shard,
        metavar="I/N",
        help="only the I-th of N parts, for a job of its own; `harness merge` makes one report of their JSON",
    )
    add_reports(parser)
    html.add_site_of_a_run(parser)


def run(options: argparse.Namespace) -> int:
    """Load, measure, compare, report; the exit code says the worst of it."""
    outputs = reports(options)
    html.check_site(options.html, "--html")
    with started_ahead(options) as host:
        return _compare(options, host, outputs)


def _compare(options: argparse.Namespace, host: Host | None, outputs: Reports) -> int:
    from harness.compare import compared_ahead, read_goldens, worst
    from harness.run import Run
    from harness.semantics.examiner import Examiners
    from harness.verbs.printing import tell_releases, tell_target
    from harness.verbs.running import asked_targets, measurements

    baseline = shared.release_if_given(options.baseline, "--baseline")
    asked = asked_targets(options)
    found: list[TargetRun] = []
    chosen: list[Selection] = []
    goldens: dict[str, GoldenFile | None] = {}
    examiners: list[Examiners] = []

    def read_ahead(selections: Sequence[Selection]) -> None:
        if options.shard is not None and not options.quiet:
            cases, every = (sum(len(one.cases) for one in part) for part in (selections, chosen))
            shared.say(f"shard {options.shard}: {cases} of {every} cases")
        goldens.update(read_goldens(options.golden_root, selections))
        # One for all targets: what was read of one release is known of every other that shows the same.
        examiners.append(Examiners(selection.scenario for selection in selections))

    def compare_ahead(session: Session, selections: Sequence[Selection]) -> Iterator[None]:
        return compared_ahead(selections, goldens, examiners[0], session.runners, session.tensorflow)

    for measured in measurements(
        options,
        asked,
        host,
        on_choice=chosen.extend,
        on_selection=read_ahead,
        meanwhile=compare_ahead,
        raising=False,
    ):
        context = _Context(
            options=options,
            goldens=goldens,
            baseline=baseline,
            chosen=chosen,
            examiners=examiners[0] if examiners else None,
        )
        found.append(_target(measured, context))
        tell_target(found[-1], options, outputs.stream, several=len(asked) > 1)
    tell_releases(found, outputs.stream)
    code = worst([one.code for one in found])
    whole = Run(targets=tuple(found), code=code)
    outputs.write(whole)
    if options.html is not None:
        html.write_site(options, options.html, "--html", chosen, whole)
    return code


@dataclass(frozen=True, kw_only=True, slots=True)
class _Context:
    """What a measurement is held against."""

    options: argparse.Namespace
    goldens: Mapping[str, GoldenFile | None]
    baseline: Release | None
    chosen: Sequence[Selection]
    examiners: Examiners | None


def _target(measured: Measured, context: _Context) -> TargetRun:
    """One target's comparison, or what kept it from being measured."""
    from harness.compare import exit_code
    from harness.run import TargetRun
    from harness.verbs.comparing import compared

    name, measurement = measured.target.name, measured.measurement
    if isinstance(measurement, Exception):
        shared.tell(measurement)
        # A shard without anything for this release is complete all the same: its cases ran on nothing.
        if context.options.shard is None or not isinstance(measurement, NothingSelected):
            part = _part(context, ran=False)
            return TargetRun(
                target=name, comparison=None, code=measurement.exit_code, problems=measurement.problems, part=part
            )
        measurement = _nothing(context)
    comparison = compared(
        context.options,
        measurement,
        name,
        goldens=context.goldens,
        baseline=context.baseline,
        chosen=context.chosen,
        examiners=context.examiners,
        fail_on_difference=context.options.fail_on == "difference",
    )
    part = _part(context, ran=True)
    return TargetRun(target=name, comparison=comparison, code=exit_code(comparison), part=part)


def _nothing(context: _Context) -> Measurement:
    from harness.session import Measurement
    from harness.sharding import split

    selections = split(context.chosen, context.options.shard)
    return Measurement(selections=selections, runners=(), outcomes={}, facts={}, releases={}, seconds=0.0)


def _part(context: _Context, *, ran: bool) -> Part | None:
    """What of the selection a shard is; one that could not be measured is missing."""
    from harness.run import Part

    shard = context.options.shard
    if shard is None:
        return None
    cases = tuple(case.id for selection in context.chosen for case in selection.cases)
    return Part(count=shard.count, indices=(shard.index,) if ran else (), cases=cases)
