"""Scenario files for tests: a sound head, the text under test, and what comes of it."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from harness.case import Case
from harness.errors import InvalidScenario
from harness.scenario import Scenario, load

HEAD = "title: A title\nwhy: A reason\n"
"""Two lines: what a test writes behind it begins in line 3."""


def write(root: Path, text: str, name: str = "topic/name", head: str = HEAD) -> Path:
    path = root / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(head + dedent(text).lstrip("\n"), encoding="utf-8")
    return path


def loaded(root: Path, text: str) -> Scenario:
    return load(write(root, text), root)


def only_case(root: Path, text: str) -> Case:
    (case,) = loaded(root, text).cases
    return case


def problems(root: Path, text: str, head: str = HEAD) -> list[str]:
    """The problems of the file, each as it is printed, without the folder in front."""
    path = write(root, text, head=head)
    with pytest.raises(InvalidScenario) as caught:
        load(path, root)
    assert caught.value.exit_code == 2
    return [str(problem).replace(f"{path.as_posix()}:", "") for problem in caught.value.problems]
