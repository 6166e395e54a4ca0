"""Every rule there is, as data.

A rule knows nothing about releases: a release is the profile of answers that measurement infers for it, and the
oracle is told answers, never versions.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from harness.rules.meaning import MEANING
from harness.rules.refusals import REFUSALS
from harness.rules.rule import COMPUTES, Answer, Rule, Topic

__all__ = ["BY_ID", "COMPUTES", "RULES", "Answer", "Rule", "Topic"]

RULES: tuple[Rule, ...] = (*MEANING, *REFUSALS)
"""In the order of tables."""

BY_ID: Mapping[str, Rule] = MappingProxyType({rule.id: rule for rule in RULES})
