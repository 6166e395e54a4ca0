"""Scenario files: read, checked with the place of every problem, and unfolded into cases."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.scenario.files import find
    from harness.scenario.loading import load, load_all
    from harness.scenario.selecting import choose, named, outlined, select
    from harness.scenario.value import Claim, Scenario, Selection

_HOMES = {
    "Claim": "value",
    "Scenario": "value",
    "Selection": "value",
    "choose": "selecting",
    "find": "files",
    "load": "loading",
    "load_all": "loading",
    "named": "selecting",
    "outlined": "selecting",
    "select": "selecting",
}

__all__ = ["Claim", "Scenario", "Selection", "choose", "find", "load", "load_all", "named", "outlined", "select"]


def __getattr__(name: str) -> object:
    """What is asked for: NumPy and pydantic take longer to import than a listing may."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"harness.scenario.{_HOMES[name]}"), name)
