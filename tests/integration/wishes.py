"""Cases for the fake Python, which does what they wish."""

from __future__ import annotations

import numpy as np

from harness.case import Case, Json
from harness.steps import Call
from harness.tensor import Tensor


def make_case(number: int, wish: str | None = None, size: int = 2) -> Case:
    layer: dict[str, Json] = {"wish": wish} if wish else {}
    return Case(
        id=f"t/case[{number}]",
        scenario="t/case",
        variation={},
        inputs=(Tensor.of(np.full(size, number), "float32"),),
        initializers={},
        layer=layer,
        trainable=True,
        steps=(Call(input=0, training=True),),
    )
