"""Golden files written by hand as ``1.0.1=A 1.4.1=B``: which release shows which behaviour."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence

from harness.case import Case
from harness.golden import Behaviour, GoldenCase, GoldenFile
from harness.history import Archive, gather
from harness.observation import Observation, Raised
from harness.releases.publications import Published
from harness.releases.release import Release
from harness.scenario import Selection
from tests.report.samples import f32, observed
from tests.unit.measured import selection

PUBLISHED = Published(
    versions={
        "tensorflow": ("1.0.1", "1.3.0", "1.4.0", "1.4.1", "1.5.1", "1.6.0", "2.15.1", "2.16.1", "2.16.2", "2.21.0"),
        "keras": ("3.0.5", "3.5.0", "3.8.0", "3.9.0", "3.15.1"),
        "tf_keras": ("2.16.0", "2.21.0"),
    },
    withdrawn={"tensorflow": {}, "keras": {}, "tf_keras": {}},
    asked=datetime.date(2026, 11, 23),
)


def shown(letter: str) -> Observation:
    """What a behaviour of this letter measured; ``!`` raised, and ``b`` is ``B`` but for the fused kernel."""
    if letter == "!":
        return observed(raised=Raised(type="TypeError", message="no"))
    number = float(ord(letter.upper()))
    step = {"moving_mean": f32([0.5, number / 64]), "output": f32([number, 1])}
    return observed(step, fused=letter.islower())


def behaviours(text: str) -> tuple[Behaviour, ...]:
    """In the order of their lowest releases, as golden keeps them."""
    by_letter: dict[str, list[Release]] = {}
    for word in text.split():
        name, _, letter = word.partition("=")
        by_letter.setdefault(letter, []).append(Release.parse(name))
    ordered = sorted(by_letter.items(), key=lambda item: min(item[1]))
    return tuple(
        Behaviour(releases=tuple(map(str, sorted(releases))), observation=shown(letter)) for letter, releases in ordered
    )


def golden(scenario: str, recorded: Sequence[tuple[Case, Mapping[str, str]]]) -> GoldenFile:
    """A golden file of cases, by runner what each release shows."""
    return GoldenFile(
        scenario=scenario,
        cases={
            case.key: GoldenCase(
                sha256=case.sha256, runners={runner: behaviours(text) for runner, text in texts.items()}
            )
            for case, texts in recorded
        },
    )


def archive(recorded: Sequence[tuple[Case, Mapping[str, str]]], runners: Sequence[str] = ()) -> Archive:
    """The histories of cases, scenario by scenario."""
    cases: dict[str, list[tuple[Case, Mapping[str, str]]]] = {}
    for case, texts in recorded:
        cases.setdefault(case.scenario, []).append((case, texts))
    selections: list[Selection] = [selection([case for case, _ in found]) for found in cases.values()]
    return gather(selections, lambda name: golden(name, cases[name]), runners)
