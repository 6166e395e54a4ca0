"""Scenario files: read, checked with the place of every problem, and unfolded into cases."""

from harness.scenario.load import find, load, load_all
from harness.scenario.select import choose, named, select
from harness.scenario.value import Claim, Scenario, Selection

__all__ = ["Claim", "Scenario", "Selection", "choose", "find", "load", "load_all", "named", "select"]
