"""Folders of scenarios for the linter, and what a rule finds in them."""

from __future__ import annotations

from pathlib import Path

from harness.lint.rule import LintRule
from harness.lint.run import lint
from harness.lint.shelf import shelf

WHY = "It shows one thing that matters to somebody"
BODY = "input: {values: [[1, -2], [3, 0.5], [-1, 4]]}\nlayer: {momentum: 0.5}\ntraining: true\n"
IMAGE = BODY.replace("[-1, 4]]}", "[-1, 4]], shape: [1, 3, 1, 2]}")
"""The same as an image, on which the variance estimator shows."""


def write(root: Path, name: str, body: str = BODY, *, why: str | None = None, title: str = "A title") -> Path:
    """A scenario with ``body``; its why is its own, unless it is given. ``body`` begins in line 3."""
    path = root / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    reason = f"{WHY}, and {name} alone shows it" if why is None else why
    path.write_text(f"title: {title}\nwhy: {reason}\n{body}", encoding="utf-8")
    return path


def found(root: Path, rule: LintRule, *words: str, golden: Path = Path("nothing")) -> list[str]:
    """What ``rule`` finds, without the folder in front: ``topic/name.yaml:1:2: message``."""
    problems = [one.problem for one in lint(shelf(root, golden, words), [rule])]
    return [f"{problem.place}: {problem.message}".replace(f"{root.as_posix()}/", "") for problem in problems]
