"""Which cases a ``where`` of a claim or an assertion is about."""

from __future__ import annotations

from collections.abc import Mapping

from harness.case import Json, Named
from harness.scenario.text import compact


def about(where: Mapping[str, Json], case: Named) -> bool:
    """Whether the case has every value that ``where`` names."""
    return all(path in case.variation and alike(case.variation[path], value) for path, value in where.items())


def alike(left: Json, right: Json) -> bool:
    """Whether two values of a sweep are the same: 1, 1.0 and true are not."""
    # As text they differ, which Python calls equal; bare strings could pass for other values.
    return isinstance(left, str) == isinstance(right, str) and compact(left) == compact(right)
