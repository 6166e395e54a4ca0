"""``harness.check`` in a user's own test."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import harness as public
from harness.comparison import Comparison, Verdict
from harness.errors import InvalidOption, NothingSelected
from tests.integration.edits import edit

Run = Callable[..., tuple[int, str, str]]


def verdicts(comparison: Comparison) -> dict[str, Verdict]:
    return {f"{one.case.id} {result.runner}": result.verdict for one in comparison.cases() for result in one.results}


@pytest.mark.usefixtures("project")
def test_what_is_recorded_matches(capfd: pytest.CaptureFixture[str]) -> None:
    comparison = public.check("flags/frozen")
    assert set(verdicts(comparison).values()) == {Verdict.MATCH}
    assert len(verdicts(comparison)) == 8
    assert public.exit_code(comparison) == 0
    assert "8 match" in public.report_text(comparison)
    assert capfd.readouterr() == ("", "")


def test_a_change_raises_nothing_and_is_told_as_the_program_tells_it(
    harness: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    edit(project / "golden/flags/frozen.json", '"values": [0.5, 1.5]', '"values": [0.5, 1.6]')
    comparison = public.check(Path("scenarios/flags/frozen.yaml"))
    assert public.exit_code(comparison) == 1
    _, told, _ = harness("compare", "flags/frozen")
    # The second line tells the time.
    assert public.report_text(comparison, width=120).splitlines()[2:] == told.splitlines()[2:]


def test_a_case_on_named_runners_of_folders_elsewhere(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    name = "flags/frozen[training=true,trainable=false]"
    comparison = public.check(
        name,
        runners=["tf_keras"],
        timeout=30,
        scenarios=project / "scenarios",
        golden=str(project / "golden"),
    )
    assert verdicts(comparison) == {f"{name} tf_keras": Verdict.MATCH}
    assert comparison.arguments == (
        *("--scenarios", str(project / "scenarios")),
        *("--golden", str(project / "golden")),
        *("--timeout", "30"),
    )


@pytest.mark.usefixtures("project")
def test_what_cannot_be_checked_is_raised() -> None:
    with pytest.raises(NothingSelected, match=r"flags/frozn: .*\n.*did you mean 'flags/frozen'"):
        public.check("flags/frozn")
    with pytest.raises(InvalidOption, match="runners: must be one of tf1"):
        public.check("flags/frozen", runners=["tf2"])
    with pytest.raises(InvalidOption, match="timeout: must be a positive number of seconds, got 0"):
        public.check("flags/frozen", timeout=0)
