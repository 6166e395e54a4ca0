"""A project of one small scenario, recorded by hand, and the command line in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from harness import golden
from harness.case import Case
from harness.cli import main
from harness.scenario import load
from tests.unit.recorded import golden as golden_of

SCENARIO = """\
title: Momentum
why: A small sweep.
input: {values: [[0, 1], [2, 5]]}
layer: {momentum: 0.5, epsilon: 0.001}
sweep: {training: [true, false]}
"""

Run = Callable[..., tuple[int, str, str]]
Texts = Mapping[str, str]
"""By runner, what :func:`tests.unit.recorded.golden` reads: releases, and a letter for what each showed."""


def small_project(folder: Path, recorded: Sequence[Texts], scenario: str = SCENARIO) -> None:
    """Write ``flags/small`` below ``folder``, and golden of its cases."""
    path = folder / "scenarios/flags/small.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(scenario)
    cases: tuple[Case, ...] = load(path, folder / "scenarios").cases
    golden.write(folder / "golden", golden_of("flags/small", list(zip(cases, recorded, strict=True))))


def command_line(verb: str, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a verb: exit code, stdout, stderr."""

    def run(*words: str) -> tuple[int, str, str]:
        code = main([verb, *words])
        out, err = capsys.readouterr()
        return code, out, err

    return run
