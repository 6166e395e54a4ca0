"""Expected differences: as values, and whether they are about cases and runners that can differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from harness.case import Json
from harness.scenario.arguments import RUNNERS
from harness.scenario.claims import check_where, release_range
from harness.scenario.difference import ExpectedDifference
from harness.scenario.difference_model import DifferenceModel
from harness.scenario.document import Document
from harness.scenario.findings import Finding
from harness.scenario.text import Path


def made(entries: Sequence[str | DifferenceModel], document: Document) -> tuple[ExpectedDifference, ...]:
    """The expected differences of a file in which nothing is wrong."""
    return tuple(_made(entry, document.place(("expect_difference", index))) for index, entry in enumerate(entries))


def _made(entry: str | DifferenceModel, place: str) -> ExpectedDifference:
    if isinstance(entry, str):
        return ExpectedDifference(rule=entry, place=place, runners=None, releases=None, where={})
    return ExpectedDifference(
        rule=entry.rule,
        place=place,
        runners=tuple(_runners(entry)) or None,
        releases=release_range(entry.releases),
        where=entry.where,
    )


def _runners(entry: DifferenceModel) -> list[str]:
    return [entry.runner] if isinstance(entry.runner, str) else list(entry.runner or ())


def check(
    entries: Sequence[str | DifferenceModel], allowed: Sequence[str] | None, swept: Mapping[str, list[Json]]
) -> Iterator[Finding]:
    """What is wrong with the expected differences of a scenario.

    Args:
        entries: as the file has them.
        allowed: the only runners that the scenario is for; ``None``: all.
        swept: its sweep.
    """
    for index, entry in enumerate(entries):
        if isinstance(entry, DifferenceModel):
            path: Path = ("expect_difference", index)
            yield from check_where(entry.where, (*path, "where"), swept)
            yield from _check_runners(_runners(entry), allowed, (*path, "runner"))


def _check_runners(runners: Sequence[str], allowed: Sequence[str] | None, path: Path) -> Iterator[Finding]:
    for runner in runners:
        if runner == RUNNERS[0]:
            message = f"{runner} is held against no other runner: the others are held against it"
            yield Finding(path=path, message=message, hint="name the runner that differs from it, such as keras")
        elif allowed is not None and runner not in allowed:
            message = f"the scenario is not for {runner}: its runners are {', '.join(allowed)}"
            yield Finding(path=path, message=message, hint="no case of it runs there")
