"""Every lint rule there is, as data."""

from __future__ import annotations

from harness.lint import (
    claim_without_source,
    duplicate_experiment,
    golden_without_scenario,
    missing_why,
    name_mismatch,
    tolerance_without_reason,
    too_weak,
    unused_input,
)
from harness.lint.rule import LintRule

RULES: tuple[LintRule, ...] = (
    missing_why.RULE,
    duplicate_experiment.RULE,
    too_weak.RULE,
    tolerance_without_reason.RULE,
    claim_without_source.RULE,
    golden_without_scenario.RULE,
    unused_input.RULE,
    name_mismatch.RULE,
)
"""In the order in which they run."""
