"""Every command of the README runs, and its table is what the program prints."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.cli import main
from tests.integration.clones import ROOT, make_clone, needs_an_environment, run

README = (ROOT / "README.md").read_text()
COMMANDS = re.findall(r"^    (\.venv/bin/harness .*)$", README, re.MULTILINE)
MAKE = re.findall(r"(?:^    |`)(make [a-z]+(?: [A-Z]+=[\w.]+)?)", README, re.MULTILINE)
ELSEWHERE = {
    "make compare": ".ci/run",
    "make test": ".ci/run",
    "make bench": "benchmarks are run by hand: they judge nothing",
    "make compare TF=2.15.1": "test_make_passes_the_release_on",
    "make upgrade TF=2.16.1": "tests/integration/test_upgrade.py",
}
EXIT_CODES = {
    ".venv/bin/harness compare flags/mine": 4,
    ".venv/bin/harness compare flags/seed-article --tf 2.21.0 --baseline 2.15.1": 1,
}


def check(command: str, folder: Path) -> None:
    ran = run(command, folder)
    assert ran.returncode == EXIT_CODES.get(command, 0), ran.stdout + ran.stderr
    assert ran.stdout


def test_commands_on_the_installed_tensorflow_run_one_after_the_other(tmp_path: Path) -> None:
    clone = make_clone(tmp_path)
    for command in COMMANDS:
        if "--tf" not in command:
            check(command, clone)


@pytest.mark.parametrize("command", [command for command in COMMANDS if "--tf" in command])
def test_commands_on_a_release_run(command: str, tmp_path: Path) -> None:
    if missing := needs_an_environment(command):
        pytest.skip(f"no environment for {missing} here, and tests make none")
    check(command, make_clone(tmp_path))


def test_commands_are_found() -> None:
    assert len(COMMANDS) >= 10


def test_make_targets_run_somewhere() -> None:
    assert set(MAKE) == set(ELSEWHERE)
    gate = (ROOT / ".ci" / "run").read_text()
    assert all(target in gate for target, where in ELSEWHERE.items() if where == ".ci/run")


def test_make_passes_the_release_on() -> None:
    command = ["make", "--dry-run", "--old-file=.venv/.ready", "compare", "TF=2.15.1", "ARGS=-q"]
    ran = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True, env={**os.environ, "MAKEFLAGS": ""}
    )
    assert ".venv/bin/harness compare --tf '2.15.1' -q" in ran.stdout


def test_the_table_is_what_the_program_prints(tmp_path: Path) -> None:
    shown = README.partition("<!-- table: harness compare flags -->\n")[2].partition("<!-- end -->")[0]
    printed = run(".venv/bin/harness compare flags", make_clone(tmp_path))
    assert printed.returncode == 0, printed.stdout
    # The first two lines name versions and seconds of the run.
    assert _table(shown.strip().splitlines()[2:]) == _table(printed.stdout.splitlines()[2:])


def test_its_tables_of_changes_are_what_golden_says(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "<!-- what changed: " in README
    monkeypatch.chdir(ROOT)
    assert main(["matrix", "--readme", "README.md", "--check"]) == 0, capsys.readouterr().err


def _table(lines: Sequence[str]) -> list[str]:
    """Lines without their layout, and without the marks of bit identity, which depend on the CPU."""
    return [" ".join(line.replace("~ ", "= ").split()) for line in lines if line.strip()]
