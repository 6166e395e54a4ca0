"""docs/what-we-found.md is what golden says, and every report has its row."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.cli import main
from harness.scenario import Scenario
from tests.integration.shipped import shipped_scenarios

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "what-we-found.md"
MOST_BYTES = 80_000
"""What GitHub shows without a wait."""


@pytest.fixture(scope="module")
def rows() -> list[str]:
    """The lines of the table of reports."""
    text = PAGE.read_text(encoding="utf-8")
    table = text.partition("## Reports\n")[2].partition("\n## ")[0]
    return [line for line in table.splitlines() if line.startswith("| [")]


def reports() -> list[Scenario]:
    return [scenario for scenario in shipped_scenarios() if scenario.sources]


def test_the_page_is_what_golden_says(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["found", "-q", "--output", "docs/what-we-found.md", "--check"]) == 0, capsys.readouterr().err


def test_every_scenario_with_a_source_has_one_row(rows: list[str]) -> None:
    named = [match[1] for row in rows if (match := re.match(r"\| \[.*?\]\(\.\./scenarios/(\S+)\.yaml\)<br>", row))]
    assert sorted(named) == sorted(scenario.name for scenario in reports())
    assert len(named) == len(rows)


def test_every_source_is_linked_in_the_row_of_its_scenario(rows: list[str]) -> None:
    missing = [
        (scenario.name, source)
        for scenario in reports()
        for source in scenario.sources
        if not any(f"/{scenario.name}.yaml)<br>" in row and source in row for row in rows)
    ]
    assert missing == []


def test_a_judgement_of_maintainers_is_marked_where_a_claim_is_what_was_reported() -> None:
    marked = [claim for scenario in reports() for claim in scenario.claims if claim.reported]
    assert len(marked) > 30
    judged = [claim.reported for claim in marked if claim.reported and claim.reported.called]
    assert all(symptom.by and "://" in symptom.by for symptom in judged)


def test_no_claim_outside_a_report_is_marked() -> None:
    elsewhere = [scenario.name for scenario in shipped_scenarios() if not scenario.sources]
    assert [
        scenario.name
        for scenario in shipped_scenarios()
        if scenario.name in elsewhere and any(claim.reported for claim in scenario.claims)
    ] == []


def test_it_can_be_read_on_github() -> None:
    assert PAGE.stat().st_size < MOST_BYTES
