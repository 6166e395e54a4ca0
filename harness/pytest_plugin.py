"""pytest runs scenarios: ``pytest --harness scenarios/``. Off until asked, and then the rest is imported."""

from __future__ import annotations

from argparse import ArgumentTypeError
from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, in a group of their own."""
    group = parser.getgroup("harness", "BatchNormalization scenarios")
    group.addoption(
        "--harness",
        action="store_true",
        help="collect the scenario files below folders called 'scenarios': a test per case and runner",
    )
    group.addoption(
        "--harness-golden",
        type=Path,
        metavar="DIR",
        help="folder of the golden files; default: golden, beside the folder of the scenarios",
    )
    group.addoption(
        "--harness-runner",
        action="append",
        default=[],
        metavar="R",
        help="tf1, keras, keras:function and so on, or all that a scenario lists: all; repeatable "
        "(default: tf1 and keras, or all where a scenario lists neither)",
    )
    group.addoption(
        "--harness-timeout",
        type=_seconds,
        default=60.0,
        metavar="SECONDS",
        help="for one case, before its worker is killed (default: 60)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Take part only when asked to."""
    if config.getoption("harness"):
        from harness.testing.plugin import Scenarios

        config.pluginmanager.register(Scenarios(config), "harness-scenarios")


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not value > 0:
        raise ArgumentTypeError(f"must be a positive number of seconds, got {text!r}")
    return value
