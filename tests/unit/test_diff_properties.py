"""Whatever two observations are: comparing them is symmetric, and each is like itself."""

from __future__ import annotations

import math
from dataclasses import replace

import hypothesis.strategies as st
from hypothesis import given, settings

from harness.diff import Difference, diff
from harness.observation import Observation, Raised
from harness.scale import Scales
from harness.tensor import DTYPES, Tensor, storage_dtype
from tests.unit.observed import CASE, NONE, STRUCTURE, compare

SMALL = st.sampled_from([(), (1,), (2,), (2, 2), (0, 2)])


@st.composite
def observations(draw: st.DrawFn) -> Observation:
    steps = []
    for _ in range(draw(st.integers(0, 2))):
        fields = draw(st.lists(st.sampled_from(["output", "gamma", "moving_mean"]), unique=True))
        steps.append({field: draw(tensors()) for field in fields})
    raised = draw(st.sampled_from([None, Raised(type="ValueError", message=""), Raised(type="TypeError", message="")]))
    structure = draw(st.sampled_from([None, STRUCTURE, replace(STRUCTURE, update_ops=None)]))
    return Observation(steps=tuple(steps), structure=structure, raised=raised)


@st.composite
def tensors(draw: st.DrawFn) -> Tensor:
    dtype, shape = draw(st.sampled_from(["float32", "bfloat16", "int8", *DTYPES])), draw(SMALL)
    size = math.prod(shape)
    width = storage_dtype(dtype).itemsize
    few = [b"\0" * width, b"\1" + b"\0" * (width - 1), b"\0" * (width - 1) + b"\1"]
    elements = (
        st.sampled_from(few)
        if dtype == "bool"
        else st.one_of(st.sampled_from(few), st.binary(min_size=width, max_size=width))
    )
    return Tensor(dtype, shape, b"".join(draw(st.lists(elements, min_size=size, max_size=size))))


def mirrored(difference: Difference) -> Difference:
    return replace(difference, left=difference.right, right=difference.left)


@given(observations(), observations(), st.booleans())
@settings(max_examples=80)
def test_diff_is_symmetric(left: Observation, right: Observation, same_runner: bool) -> None:
    one, other = (
        diff(*sides, Scales(case=CASE, tolerance=NONE), same_runner=same_runner)
        for sides in ((left, right), (right, left))
    )
    assert one == replace(other, differences=tuple(map(mirrored, other.differences)))


@given(observations())
@settings(max_examples=25)
def test_every_observation_equals_itself_through_the_slow_path_too(observation: Observation) -> None:
    copy = replace(observation, steps=tuple(dict(step) for step in observation.steps))
    assert compare(observation, copy).identical
