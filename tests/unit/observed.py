"""Two observations of one small case, held against each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.case import Case
from harness.diff import Diff, diff
from harness.observation import Observation, Structure
from harness.scale import Scales
from harness.steps import Call
from harness.tensor import Tensor
from harness.tolerance import Tolerance

NONE = Tolerance()
STRUCTURE = Structure(
    trainable_variables=("gamma", "beta"),
    non_trainable_variables=("moving_mean", "moving_variance"),
    update_ops=2,
    fused=True,
)


def case_of(
    values: Any = ((0.0, 1.0), (2.0, 3.0)),
    dtype: str = "float32",
    layer: Mapping[str, Any] | None = None,
    **initializers: Any,
) -> Case:
    roles = {role: Tensor.of(initial, "float32") for role, initial in initializers.items()}
    return Case(
        id="flags/x",
        scenario="flags/x",
        variation={},
        inputs=(Tensor.of(values, dtype),),
        initializers=roles,
        layer=layer or {},
        trainable=True,
        steps=(Call(input=0, training=True), Call(input=0, training=True)),
    )


CASE = case_of()


def compare(left: Observation, right: Observation, case: Case = CASE, tolerance: Tolerance = NONE) -> Diff:
    return diff(left, right, Scales(case=case, tolerance=tolerance))
