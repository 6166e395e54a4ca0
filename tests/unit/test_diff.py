import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from harness.case import Case
from harness.diff import Diff, Difference, DifferenceKind, diff
from harness.observation import Observation, Raised
from harness.scale import Scales
from harness.steps import Call, Format, Load, Save
from harness.tensor import Tensor
from harness.tolerance import Bound, Tolerance
from tests.unit.each import each
from tests.unit.observed import CASE, NONE, STRUCTURE, case_of, compare


def seen(*steps: Mapping[str, Tensor], **changes: Any) -> Observation:
    return replace(Observation(steps=steps, structure=STRUCTURE, raised=None), **changes)


def output(values: Any, dtype: str = "float32") -> Observation:
    return seen({"output": Tensor.of(values, dtype)})


def only(result: Diff) -> Difference:
    (difference,) = result.differences
    return difference


def test_bit_identical_observations() -> None:
    result = compare(output([[1.0, math.nan]]), output([[1.0, math.nan]]))
    assert result == Diff(differences=(), identical=True, closest=None)


def test_the_worst_element_is_the_one_farthest_beyond_its_bound() -> None:
    # Element [1, 0] errs most, but its magnitude allows more; [0, 1] is farthest beyond.
    left, right = [[1.0, 0.0], [1024.0, 1.0]], [[1.0, 0.015625], [1024.0625, 1.0]]
    found = only(compare(output(left), output(right)))
    assert (found.kind, found.step, found.field, found.index) == (DifferenceKind.VALUE, 1, "output", (0, 1))
    assert (found.left, found.right) == ("0.0", "0.015625")
    assert (found.error, found.bound) == (0.015625, 2e-5 + 2e-5 * 0.015625)
    assert (found.elements, found.size) == (2, 4)
    assert found.passing == 0.015625 / (2e-5 + 2e-5 * 0.015625)


def test_passing_is_the_multiple_that_passes() -> None:
    left, right = output([[0.0, 3.0]]), output([[0.25, 4.0]])
    tolerance = Tolerance(bounds={"output": Bound(atol=0.125, rtol=0.0)}, reason="exact in binary")
    assert only(compare(left, right, tolerance=tolerance)).passing == 8.0
    for factor, passes in ((8.0, True), (7.9999, False)):
        wider = Tolerance(bounds={"output": Bound(atol=0.125 * factor, rtol=0.0)}, reason="exact in binary")
        assert (not compare(left, right, tolerance=wider).differences) is passes


def test_an_error_of_exactly_the_bound_passes_and_is_the_closest() -> None:
    tolerance = Tolerance(bounds={"output": Bound(atol=0.5, rtol=0.0)}, reason="exact in binary")
    result = compare(output([1.0, 2.0]), output([1.25, 2.5]), tolerance=tolerance)
    assert result.differences == ()
    assert not result.identical
    assert result.closest is not None
    assert (result.closest.field, result.closest.index) == ("output", (1,))
    assert (result.closest.error, result.closest.bound) == (0.5, 0.5)


@pytest.mark.parametrize(
    ("left", "right", "error"),
    [
        (math.nan, 1.0, math.inf),
        (math.inf, -math.inf, math.inf),
        (math.inf, 3e38, math.inf),
        (-math.inf, math.nan, math.inf),
    ],
)
def test_no_bound_makes_non_finite_values_equal_to_others(left: float, right: float, error: float) -> None:
    tolerance = Tolerance(bounds={"output": Bound(atol=math.inf, rtol=1.0)}, reason="as wide as it gets")
    found = only(compare(output([left]), output([right]), tolerance=tolerance))
    assert (found.error, found.passing, found.ulps) == (error, None, None)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_non_finite_values_equal_themselves(value: float) -> None:
    result = compare(output([value, 1.0]), output([value, 1.0 + 2.0**-23]))
    assert result.differences == ()
    assert result.closest is not None
    assert result.closest.index == (1,)


def test_nan_payloads_do_not_count_and_signs_of_zero_do_for_identity() -> None:
    negative_nan = seen({"output": Tensor("float32", (1,), b"\x01\x00\xc0\xff")})
    assert compare(negative_nan, output([math.nan])).identical
    zeros = compare(output([-0.0]), output([0.0]))
    assert (zeros.differences, zeros.identical, zeros.closest) == ((), False, None)


@each(
    "left, right, dtypes, ulps",
    [
        (1.0, 1 + 2.0**-23, ("float32", "float32"), 1.0),
        (1.0, 1 - 2.0**-24, ("float32", "float32"), 0.5),
        (-1.0, 1.0, ("float32", "float32"), 2.0**24),
        (3.0, 3 + 2.0**-21, ("float32", "float32"), 2.0),
        (2.0**-149, 3 * 2.0**-149, ("float32", "float32"), 2.0),
        (1.0, 1 + 2.0**-10, ("float16", "float16"), 1.0),
        (0.0, 2.0**-24, ("float16", "float16"), 1.0),
        (1.0, 1 + 2.0**-7, ("bfloat16", "bfloat16"), 1.0),
        (1.0, 1 + 2.0**-52, ("float64", "float64"), 1.0),
        (0.0, 5e-324, ("float64", "float64"), 1.0),
        (1.0, 1 + 2.0**-12, ("float16", "float32"), 0.25),
        (1.0, 1 + 2.0**-10, ("bfloat16", "float16"), 0.125),
    ],
)
def test_ulps(left: float, right: float, dtypes: tuple[str, str], ulps: float) -> None:
    tolerance = Tolerance(bounds={"output": Bound(atol=0.0, rtol=0.0)}, reason="to see them")
    one, other = output([left], dtypes[0]), output([right], dtypes[1])
    for result in (compare(one, other, tolerance=tolerance), compare(other, one, tolerance=tolerance)):
        assert result.differences[-1].ulps == ulps


def test_texts_are_the_shortest_decimals_of_their_dtypes() -> None:
    result = compare(output([0.1], "float16"), output([0.2], "bfloat16"))
    assert [difference.kind for difference in result.differences] == [DifferenceKind.DTYPE, DifferenceKind.VALUE]
    assert (result.differences[0].left, result.differences[0].right) == ("float16", "bfloat16")
    assert (result.differences[1].left, result.differences[1].right) == ("0.1", "0.2")


def test_another_dtype_is_a_difference_even_of_equal_values() -> None:
    assert only(compare(output([1.0]), output([1.0], "float64"))).kind is DifferenceKind.DTYPE


def test_another_shape_is_a_difference() -> None:
    found = only(compare(output([[1.0]]), output([1.0])))
    assert (found.kind, found.left, found.right) == (DifferenceKind.SHAPE, "[1, 1]", "[1]")


def test_a_field_missing_on_either_side_is_a_difference() -> None:
    full = seen({"output": Tensor.of([1.0], "float32"), "beta": Tensor.of([1.0], "float32")})
    found = only(compare(output([1.0]), full))
    assert (found.kind, found.field, found.left, found.right) == (
        DifferenceKind.MISSING,
        "beta",
        "nothing",
        "float32[1]",
    )
    assert only(compare(full, output([1.0]))).left == "float32[1]"


def test_empty_tensors_compare() -> None:
    empty = case_of(np.zeros((0, 4)))
    assert compare(output(np.zeros((0, 4))), output(np.zeros((0, 4))), empty).identical
    state = seen({"moving_mean": Tensor.of([math.nan] * 4, "float32")})
    assert compare(state, seen({"moving_mean": Tensor.of([0.0] * 4, "float32")}), empty).fields == ("moving_mean",)


@pytest.mark.parametrize(
    ("dtype", "left", "right", "error"),
    [("int64", 2**62 + 1, 2**62, 1.0), ("uint64", 2**64 - 1, 0, 2.0**64), ("bool", True, False, 1.0)],
)
def test_integers_compare_exactly(dtype: str, left: int, right: int, error: float) -> None:
    one, other = seen({"output": Tensor.of([left], dtype)}), seen({"output": Tensor.of([right], dtype)})
    found = only(compare(one, other))
    assert (found.error, found.bound, found.ulps, found.passing) == (error, 0.0, None, None)
    assert (found.left, found.right) == (str(left), str(right))


def test_copied_fields_are_exact() -> None:
    one, other = Tensor.of([1.0], "float32"), Tensor.of([1 + 2.0**-23], "float32")
    assert compare(seen({"gamma": one}), seen({"gamma": other})).fields == ("gamma",)


def test_fields_are_unique_and_in_order() -> None:
    steps = [{"output": Tensor.of([v], "float32"), "beta": Tensor.of([v], "float32")} for v in (1.0, 2.0)]
    result = compare(seen(*steps), seen(*reversed(steps)))
    assert result.fields == ("output", "beta")
    assert [difference.step for difference in result.differences] == [1, 1, 2, 2]


# What concerns the whole observation.


def test_exceptions_compare_by_type_only() -> None:
    one = seen(structure=None, raised=Raised(type="ValueError", message="a"))
    other = seen(structure=None, raised=Raised(type="ValueError", message="b"))
    third = seen(structure=None, raised=Raised(type="TypeError", message="a"))
    assert compare(one, other).identical
    assert (only(compare(one, third)).left, only(compare(one, third)).right) == ("ValueError", "TypeError")


def test_raising_against_measuring_is_one_difference() -> None:
    raised = seen(structure=None, raised=Raised(type="ValueError", message="a"))
    found = only(compare(raised, output([1.0])))
    assert (found.kind, found.field) == (DifferenceKind.RAISED, "raised")
    assert (found.left, found.right) == ("ValueError", "no exception")


def test_the_number_of_steps_counts() -> None:
    step = {"output": Tensor.of([1.0], "float32")}
    found = only(compare(seen(step), seen(step, step)))
    assert (found.kind, found.left, found.right) == (DifferenceKind.STEPS, "1", "2")


def test_structure_facts_count() -> None:
    frozen = replace(STRUCTURE, trainable_variables=(), update_ops=0)
    result = compare(seen(), seen(structure=frozen))
    assert result.fields == ("trainable_variables", "update_ops")
    assert (result.differences[0].left, result.differences[0].right) == ("gamma, beta", "none")
    assert only(compare(seen(), seen(structure=None))).field == "structure"


def test_between_runners_a_notion_that_one_lacks_is_not_compared() -> None:
    keras = seen(structure=replace(STRUCTURE, update_ops=None, fused=False))
    result = diff(seen(), keras, Scales(case=CASE, tolerance=NONE), same_runner=False)
    assert result.fields == ("fused",)
    assert compare(seen(), keras).fields == ("update_ops", "fused")


# Bounds that follow from the case.


def atol_seen(case: Case, field: str, values: Sequence[Any] | np.ndarray[Any, Any]) -> list[float]:
    """The bound at each element of ``values``, where the other side is zero, less its relative part."""
    shape = np.shape(values)
    found = []
    for index in np.ndindex(shape):
        other = np.zeros(shape)
        other[index] = 2.0**-4
        result = compare(
            seen({field: Tensor.of(np.zeros(shape), "float32")}), seen({field: Tensor.of(other, "float32")}), case
        )
        assert result.closest is not None
        assert result.closest.index == index
        found.append(result.closest.bound)
    return found


def test_gamma_scales_the_bound_of_its_own_channel() -> None:
    case = case_of([[0.0, 1.0], [2.0, 3.0]], gamma=[1.0, 8.0])
    relative = 2e-5 * 2.0**-4
    assert atol_seen(case, "output", np.zeros((2, 2))) == [2e-5 + relative, 16e-5 + relative] * 2


def test_an_ill_conditioned_channel_widens_only_itself() -> None:
    # Channel 0: no scatter, epsilon 1: the ratio is |mean| = 4095; two values.
    case = case_of([[4095.0, 1.0], [4095.0, 3.0]], layer={"epsilon": 1.0})
    wide = 2.0**-23 * (4 + math.sqrt(2)) * 4096
    relative = 2e-5 * 2.0**-4
    assert atol_seen(case, "output", np.zeros((2, 2))) == [wide + relative, 2e-5 + relative] * 2


def test_the_channel_axis_is_the_layers() -> None:
    case = case_of([[4095.0, 4095.0], [1.0, 3.0]], layer={"epsilon": 1.0, "axis": [0]})
    bounds = atol_seen(case, "output", np.zeros((2, 2)))
    assert bounds[0] == bounds[1] > 100 * bounds[2]
    assert bounds[2] == bounds[3] == 2e-5 + 2e-5 * 2.0**-4


@pytest.mark.parametrize("axis", [7, "channels", [0, 9], None])
def test_an_axis_that_is_none_of_the_input_makes_it_one_channel(axis: Any) -> None:
    case = case_of([[4095.0, 4095.0], [4095.0, 4095.0]], layer={"epsilon": 1.0, "axis": axis})
    wide = 2.0**-23 * (4 + 2) * 4096
    assert atol_seen(case, "output", np.zeros((1, 1))) == [wide + 2e-5 * 2.0**-4]


@pytest.mark.parametrize("column", [(math.nan, 1.0), (math.inf, 1.0), (5.0, 5.0), (1e300, -1e300)])
def test_a_channel_without_finite_statistics_keeps_the_base_bound(column: tuple[float, float]) -> None:
    case = case_of([[column[0]], [column[1]]], dtype="float64", layer={"epsilon": 0.0}, gamma=[math.inf])
    assert atol_seen(case, "output", np.zeros((2, 1))) == [2e-5 + 2e-5 * 2.0**-4] * 2


def test_statistics_scale_with_the_largest_mean_of_their_channel() -> None:
    case = case_of([[0.0, 64.0], [0.0, 64.0]], moving_mean=[16.0, 0.0])
    relative = 2e-6 * 2.0**-4
    for field in ("moving_mean", "moving_variance"):
        assert atol_seen(case, field, np.zeros(2)) == [32e-6 + relative, 128e-6 + relative]


def test_float16_input_does_not_widen_float32_statistics() -> None:
    case = case_of([[0.0, 1.0], [1.0, 0.0]], dtype="float16")
    assert atol_seen(case, "moving_mean", np.zeros(2)) == pytest.approx([2e-6 * 0.5**0.5 + 2e-6 * 2.0**-4] * 2)


def test_a_scenarios_own_bound_wins() -> None:
    tolerance = Tolerance(bounds={"gamma": Bound(atol=1.0, rtol=0.0)}, reason="a reason")
    one, other = seen({"gamma": Tensor.of([1.0], "float32")}), seen({"gamma": Tensor.of([2.0], "float32")})
    assert compare(one, other, tolerance=tolerance).differences == ()


def two_inputs() -> Case:
    """Step 1 is well-conditioned, step 2 is not: ratio and mean are 4095."""
    calm, wild = ([[0.0], [1.0]], [[4095.0], [4095.0]])
    inputs = tuple(Tensor.of(values, "float32") for values in (calm, wild))
    steps = (Call(input=0, training=True), Call(input=1, training=True))
    return replace(case_of(layer={"epsilon": 1.0}), inputs=inputs, steps=steps)


def bounds_by_step(field: str, shape: tuple[int, ...]) -> list[float]:
    steps = [{field: Tensor.of(np.full(shape, value), "float32")} for value in (0.0, 1.0)]
    result = compare(seen(steps[0], steps[0]), seen(steps[1], steps[1]), two_inputs())
    return [difference.bound for difference in result.differences if difference.bound is not None]


def test_the_bound_of_an_output_is_that_of_its_steps_input() -> None:
    wide = 2.0**-23 * (4 + math.sqrt(2)) * 4096
    assert bounds_by_step("output", (2, 1)) == [2e-5 + 2e-5, wide + 2e-5]


def test_statistics_have_seen_every_input() -> None:
    assert bounds_by_step("moving_mean", (1,)) == [2e-6 * 4095 + 2e-6] * 2


def test_a_count_that_only_one_front_end_has_is_compared_within_a_runner_alone() -> None:
    left = output([1.0])
    counted = replace(left, steps=tuple({**step, "update_ops": Tensor.of(2, "int32")} for step in left.steps))
    scales = Scales(case=CASE, tolerance=NONE)
    assert diff(counted, left, scales, same_runner=False).differences == ()
    assert {one.field for one in diff(counted, left, scales).differences} == {"update_ops"}


def test_the_least_epsilon_of_all_layers_sets_the_bounds() -> None:
    form, made = Format.CHECKPOINT, case_of(((4095.0, 4095.0), (4096.0, 4096.0)), layer={"epsilon": 1e3})
    saved = replace(made, steps=(*made.steps, Save(format=form)))
    loads = [Load(format=form, layer={"epsilon": epsilon}) for epsilon in (2e3, 0.0)]

    def bound(case: Case) -> float:
        found = Scales(case=case, tolerance=NONE).bounds(0, "output", ("float32", "float32"), made.inputs[0].shape)
        return float(np.max(found.atol))

    more, less = [bound(replace(saved, steps=(*saved.steps, load))) for load in loads]
    assert more == bound(made) < less == bound(replace(made, layer={"epsilon": 0.0}))
