"""``harness found``: reports and their verdicts, front ends and their differences, from golden files alone."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import InvalidOption, NothingSelected, Problem
from harness.verbs import options as shared

if TYPE_CHECKING:
    from harness.history import Archive
    from harness.report.found import Found
    from harness.report.progress import Progress
    from harness.scenario import Selection
    from harness.semantics.claim_ledger import Entry
    from harness.semantics.ledger import Ledger

SUMMARY = "tell from golden what became of what people reported, and how the front ends differ, as a page to read"

_CONTRASTED = (("tf1", "keras"), ("tf_keras", "keras"))


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    shared.add_selection(parser)
    shared.add_golden(parser)
    shared.add_talk(parser)
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="write to FILE instead of stdout: docs/what-we-found.md"
    )
    parser.add_argument("--check", action="store_true", help="with --output: write nothing, fail where it would")


def run(options: argparse.Namespace) -> int:
    """Read golden, judge, render; takes a minute over all scenarios. With ``--check`` 1 where FILE would change."""
    from harness.report.found import render_found

    if options.check and options.output is None:
        raise InvalidOption(Problem(place="--check", message="needs --output FILE to check"))
    # What cannot be read or written is said before the minute, not after it.
    before = _text(options.output) if options.output is not None else ""
    text = render_found(_found(options))
    if options.output is None:
        sys.stdout.write(text)
    elif text == before:
        shared.say(f"{options.output}: is what golden says")
    elif options.check:
        hint = f"harness found --output {options.output} writes it anew"
        shared.say(f"{options.output}: is not what golden says\n  hint: {hint}")
        return 1
    else:
        _write(options.output, text)
    return 0


def _text(file: Path) -> str | None:
    """The text of a file; ``None`` if there is none yet."""
    try:
        return file.read_text(encoding="utf-8") if file.exists() else None
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidOption(Problem(place=f"--output {file}", message=f"cannot be read: {error}")) from error


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        message = f"cannot be written: {error.strerror}"
        raise InvalidOption(Problem(place=f"--output {file}", message=message)) from error
    shared.say(f"{file}: wrote what golden says")


def _found(options: argparse.Namespace) -> Found:
    from harness.found.contrast import contrasts
    from harness.found.report import Reporter
    from harness.found.why import Reasons
    from harness.history import lines_of
    from harness.releases.publications import shipped
    from harness.report.found import Found
    from harness.report.progress import Progress
    from harness.scenario import choose

    selections = choose(options.scenario_root, options.scenarios, options.keyword, options.tags)
    archive = _archive(options, selections)
    total = len({history.case.id for history in archive.histories}) + len(selections)
    progress = Progress(sys.stderr, enabled=not options.quiet, total=total)
    try:
        book = _ledger(archive, progress)
        reasons = Reasons(book)
        reporter = Reporter(reasons, shipped())
        reports = []
        for selection in selections:
            histories = [one for one in archive.histories if one.case.scenario == selection.scenario.name]
            reports += [reporter.report(selection.scenario, histories)] if selection.scenario.sources else []
            progress.advance(f"judging {selection.scenario.name}")
        pairs = tuple(contrasts(archive.histories, reasons, left, right) for left, right in _CONTRASTED)
    finally:
        progress.finish()
    return Found(
        book=book,
        lines={runner: lines_of(archive.of(runner)) for runner in archive.runners()},
        reports=tuple(reports),
        contrasts=tuple(pair for pair in pairs if pair.cases),
        claims=tuple(_published(selections, archive)),
        devices=_devices(options.golden_root),
    )


def _archive(options: argparse.Namespace, selections: Sequence[Selection]) -> Archive:
    """What is recorded of the scenarios that are selected: whole ones, for a claim may hold two cases together."""
    from harness.execution.plan import check_runners
    from harness.golden import read
    from harness.history import gather
    from harness.scenario import Selection

    check_runners(options.runners)
    whole = [Selection(scenario=one.scenario, cases=one.scenario.cases) for one in selections]
    archive = gather(whole, lambda name: read(options.golden_root, name), options.runners)
    if not archive.histories:
        hint = "harness record --tf all records them on every catalogued release"
        place = f"--golden {options.golden_root}"
        raise NothingSelected(Problem(place=place, message="nothing is recorded of the selected cases", hint=hint))
    for ids, why in ((archive.missing, "not recorded"), (archive.stale, "stale, recorded as another experiment")):
        if ids and not options.quiet:
            more = f" and {len(ids) - 1} more" if len(ids) > 1 else ""
            shared.say(f"not told: {ids[0]}{more}: {why}")
    return archive


def _ledger(archive: Archive, progress: Progress) -> Ledger:
    from harness.semantics.ledger import ledger

    examiners = {history.case.id: history.examiner for history in archive.histories}
    for name, examiner in examiners.items():
        for history in archive.histories:
            if history.case.id == name:
                for behaviour in history.behaviours:
                    examiner.inference(behaviour.observation)
        progress.advance(f"reading {name}")
    return ledger(archive.histories, examiners)


def _devices(root: Path) -> tuple[str, ...]:
    """What golden was recorded on, as far as it says so."""
    from harness.golden import read_provenance

    told = [entry.get("devices") for runners in read_provenance(root).values() for entry in runners.values()]
    return tuple(sorted({str(device) for devices in told if isinstance(devices, list) for device in devices}))


def _published(selections: Sequence[Selection], archive: Archive) -> Iterator[Entry]:
    """The claims of scenarios of which none is what was reported."""
    from harness.semantics.claim_ledger import entries

    for selection in selections:
        scenario = selection.scenario
        if not any(claim.reported for claim in scenario.claims):
            histories = [one for one in archive.histories if one.case.scenario == scenario.name]
            yield from entries(scenario, scenario.cases, histories)
