from dataclasses import replace
from fractions import Fraction
from itertools import product
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray

from harness.semantics.oracle import predict
from harness.semantics.prediction import Prediction
from harness.tensor import Tensor
from tests.unit.each import each
from tests.unit.semantics.samples import answers, article, case, keras, tf1

Array = NDArray[np.float64]


def value(prediction: Prediction, name: str, step: int = 0) -> Array:
    return prediction.steps[step][name].number.value


def error(prediction: Prediction, name: str, step: int = 0) -> Array:
    field = prediction.steps[step][name].number
    return np.broadcast_to(field.error, field.value.shape)


def channels(values: Array, axes: tuple[int, ...]) -> dict[tuple[int, ...], list[Fraction]]:
    """The values of every channel, by the channel's place along ``axes``: one by one, nothing vectorized."""
    found: dict[tuple[int, ...], list[Fraction]] = {}
    for place in np.ndindex(values.shape):
        found.setdefault(tuple(place[axis] for axis in axes), []).append(Fraction(float(values[place])))
    return found


def exact_moments(values: list[Fraction]) -> tuple[Fraction, Fraction]:
    mean = sum(values, Fraction(0)) / len(values)
    return mean, sum(((each - mean) ** 2 for each in values), Fraction(0)) / len(values)


SHAPES: list[tuple[tuple[int, ...], int | list[int]]] = [
    ((4, 2), -1),
    ((2, 4), 0),
    ((2, 3, 2), 1),
    ((2, 2, 2, 3), 3),
    ((2, 3, 2, 2), 1),
    ((2, 1, 2, 2, 3), 4),
    ((2, 3, 2, 2), [1, 3]),
    ((4, 2, 3), [-2, -1]),
    ((3, 2, 2), [2]),
]


@each("shape, axis", SHAPES)
def test_statistics_and_output_are_those_of_rational_arithmetic(shape: tuple[int, ...], axis: int | list[int]) -> None:
    values = np.random.RandomState(5).randint(-8, 9, size=shape).astype(np.float64)
    listed = axis if isinstance(axis, list) else [axis]
    axes = tuple(sorted(each % len(shape) for each in listed))
    experiment = case([values], axis=axis, momentum=0.5, epsilon=0.25)
    prediction = predict(experiment, answers())
    mean, variance = value(prediction, "moving_mean"), value(prediction, "moving_variance")
    for place, members in channels(values, axes).items():
        exact_mean, exact_variance = exact_moments(members)
        index = place if len(axes) == 1 else tuple(place[axes.index(i)] if i in axes else 0 for i in range(len(shape)))
        assert mean[index] == pytest.approx(float(exact_mean / 2), rel=1e-15)
        assert variance[index] == pytest.approx(float((1 + exact_variance) / 2), rel=1e-15)
    for place in np.ndindex(shape):
        members = channels(values, axes)[tuple(place[each] for each in axes)]
        exact_mean, exact_variance = exact_moments(members)
        squared = (Fraction(float(values[place])) - exact_mean) ** 2 / (exact_variance + Fraction(1, 4))
        output = float(value(prediction, "output")[place])
        assert output**2 == pytest.approx(float(squared), rel=1e-14)
        assert np.sign(output) == np.sign(float(values[place]) - float(exact_mean))


def test_the_numbers_printed_in_the_article() -> None:
    prediction = predict(article(), tf1())
    printed_mean, printed_variance = (
        [0.03249997, 0.03499997, 0.06499994, 0.02749997],
        [1.0791667, 1.1266665, 1.1, 1.0925],
    )
    assert value(prediction, "moving_mean") == pytest.approx(printed_mean, abs=1e-7)
    assert value(prediction, "moving_variance") == pytest.approx(printed_variance, abs=3e-7)
    assert np.round(value(prediction, "output")[0, 0, 0]).tolist() == [2.0, 2.0, 3.0, -1.0]


def test_the_sample_variance_is_n_over_n_minus_1_times_the_population_variance() -> None:
    population = value(predict(article(), tf1(variance_estimator="population")), "moving_variance")
    sample = value(predict(article(), tf1()), "moving_variance")
    assert (sample - 0.99) == pytest.approx((population - 0.99) * 4 / 3, rel=1e-12)


def test_of_one_value_the_sample_variance_is_0_and_not_a_division_by_zero() -> None:
    single = case([np.array([[[[3.0, -2.0]]]])], momentum=0.5)
    assert value(predict(single, tf1()), "moving_variance").tolist() == [0.5, 0.5]


def test_inference_uses_and_keeps_the_moving_statistics() -> None:
    start = {"moving_mean": [1.0, 2.0], "moving_variance": [4.0, 9.0], "gamma": [2.0, 1.0], "beta": [0.5, 0.0]}
    prediction = predict(case([[[3.0, 5.0]]], training=False, epsilon=0.0, initializers=start), answers())
    assert value(prediction, "output").tolist() == [[2.5, 1.0]]
    assert value(prediction, "moving_mean").tolist() == [1.0, 2.0]
    assert error(prediction, "moving_mean").tolist() == [0.0, 0.0]


def test_virtual_batches_interleave_the_examples() -> None:
    """Six examples in virtual batches of two: the first goes with the fourth, the second with the fifth."""
    values = np.array([[1.0], [10.0], [100.0], [3.0], [30.0], [300.0]])
    prediction = predict(case([values], virtual_batch_size=2, epsilon=0.0, momentum=0.0), answers())
    assert value(prediction, "output").reshape(-1) == pytest.approx([-1, -1, -1, 1, 1, 1])
    assert value(prediction, "moving_mean").reshape(-1) == pytest.approx([(2 + 20 + 200) / 3])
    assert value(prediction, "moving_variance").reshape(-1) == pytest.approx([(1 + 100 + 10000) / 3])
    assert value(prediction, "moving_mean").shape == (1, 1, 1)


def test_weighted_renormalization_does_not_correct_the_first_batch() -> None:
    values = np.array([[1.0, 2.0], [3.0, 8.0]])
    plain = predict(case([values]), answers())
    renormed = predict(case([values], renorm=True), answers(renorm_state="weights"))
    assert value(renormed, "output") == pytest.approx(value(plain, "output"), rel=1e-12)
    assert value(renormed, "renorm_mean") == pytest.approx([0.02, 0.05], rel=1e-12)
    assert value(renormed, "renorm_mean_weight") == pytest.approx(0.01, rel=1e-12)


def test_renormalization_clipped_to_nothing_is_batch_normalization() -> None:
    values = np.array([[1.0, 2.0], [3.0, 8.0]])
    clipped = case([values], renorm=True, renorm_clipping={"rmin": 1, "rmax": 1, "dmax": 0})
    plain = value(predict(case([values]), answers()), "output")
    assert value(predict(clipped, keras()), "output") == pytest.approx(plain, rel=1e-12)


def test_renormalization_without_limits_normalizes_with_the_running_statistics() -> None:
    start = {"moving_mean": [1.0], "moving_variance": [4.0]}
    experiment = case(
        [[[2.0], [6.0]]], renorm=True, epsilon=0.0, momentum=0.5, renorm_momentum=0.25, initializers=start
    )
    prediction = predict(experiment, keras())
    assert value(prediction, "output").reshape(-1) == pytest.approx([(2 - 1) / 2, (6 - 1) / 2])
    assert value(prediction, "renorm_mean") == pytest.approx([0.25 * 1 + 0.75 * 4])
    assert value(prediction, "moving_variance") == pytest.approx([2.0**2])


def test_renormalization_does_not_divide_by_a_deviation_of_zero() -> None:
    experiment = case([[[2.0], [6.0]]], renorm=True, epsilon=0.25, initializers={"moving_variance": [0.0]})
    output = value(predict(experiment, keras()), "output").reshape(-1)
    assert output == pytest.approx([2 / 0.5, 6 / 0.5])


@pytest.mark.parametrize("renorms", ["yes", "no"])
def test_a_frozen_layer_may_update_the_running_statistics_alone(renorms: str) -> None:
    frozen = case([[[2.0], [6.0]]], renorm=True, momentum=0.5, renorm_momentum=0.5, trainable=False)
    prediction = predict(frozen, tf1(frozen_renorm=renorms))
    assert value(prediction, "moving_mean").tolist() == [0.0]
    assert value(prediction, "renorm_mean").tolist() == [2.0 if renorms == "yes" else 0.0]


@pytest.mark.parametrize(("form", "second"), [("decrement", "nan"), ("weighted", "inf")])
def test_a_second_infinite_batch_tells_how_the_moving_average_is_written(form: str, second: str) -> None:
    experiment = case([[[1.0], [np.inf]]], steps=2, momentum=0.5)
    prediction = predict(experiment, answers(moving_average=form))
    assert str(value(prediction, "moving_mean", 0)[0]) == "inf"
    assert str(value(prediction, "moving_mean", 1)[0]) == second


def test_no_values_make_nan_statistics() -> None:
    prediction = predict(case([np.zeros((0, 2))]), answers())
    assert np.isnan(value(prediction, "moving_mean")).all()
    assert np.isnan(value(prediction, "moving_variance")).all()


def test_a_refusal_ends_the_experiment_before_anything_is_built() -> None:
    prediction = predict(case([[[1.0]]], fused=True), answers(argument_fused="ValueError"))
    assert (prediction.raised, prediction.steps, prediction.structure) == ("ValueError", (), {})


def test_update_operations_are_counted_once_per_call_that_is_built() -> None:
    small, large = np.zeros((2, 2)), np.zeros((3, 2))
    assert predict(case([small, large, small]), answers()).structure["update_ops"] == 4
    assert predict(case([small], training=False), answers()).structure["update_ops"] == 0
    assert predict(case([small]), answers(updates_run_by="call")).structure["update_ops"] is None


batches = st.integers(0, 2**32 - 1).flatmap(
    lambda seed: st.sampled_from([(6, 2), (2, 3, 2), (2, 2, 2, 2)]).map(
        lambda shape: np.random.RandomState(seed).normal(size=shape).astype(np.float32).astype(np.float64)
    )
)


@given(batches, st.sampled_from([-64.0, -1.0, 0.5, 8.0]))
def test_shifting_the_input_moves_the_mean_and_nothing_else(values: Array, shift: float) -> None:
    plain = predict(case([values], momentum=0.0, dtype="float64"), answers())
    shifted = predict(case([values + shift], momentum=0.0, dtype="float64"), answers())
    assert value(shifted, "output") == pytest.approx(value(plain, "output"), abs=1e-12)
    assert value(shifted, "moving_mean") == pytest.approx(value(plain, "moving_mean") + shift, abs=1e-12)
    assert value(shifted, "moving_variance") == pytest.approx(value(plain, "moving_variance"), rel=1e-12)


@given(batches, st.sampled_from([-2.0, 0.25, 16.0]))
def test_scaling_the_input_scales_the_statistics_and_not_the_output(values: Array, factor: float) -> None:
    plain = predict(case([values], momentum=0.0, epsilon=0.0), answers())
    scaled = predict(case([values * factor], momentum=0.0, epsilon=0.0), answers())
    assert value(scaled, "output") == pytest.approx(np.sign(factor) * value(plain, "output"), rel=1e-12)
    assert value(scaled, "moving_variance") == pytest.approx(factor**2 * value(plain, "moving_variance"), rel=1e-12)


@given(batches, st.randoms(use_true_random=False))
def test_examples_and_channels_may_be_permuted(values: Array, random: Any) -> None:
    rows, columns = list(range(values.shape[0])), list(range(values.shape[-1]))
    random.shuffle(rows)
    random.shuffle(columns)
    plain = predict(case([values]), answers())
    permuted = predict(case([values[rows][..., columns]]), answers())
    assert value(permuted, "output") == pytest.approx(value(plain, "output")[rows][..., columns], rel=1e-12)
    assert value(permuted, "moving_mean") == pytest.approx(value(plain, "moving_mean")[columns], rel=1e-12)


@given(batches, st.sampled_from([0.0, 3.0, 500.0]), st.sampled_from(["float32", "float64"]))
def test_no_correct_implementation_in_the_dtype_is_outside_of_the_bound(values: Array, mean: float, dtype: str) -> None:
    """The layer written down in NumPy in ``dtype``, summed forwards, backwards and in one go."""
    stored = Tensor.of(values + mean, dtype).float64()
    experiment = case([stored], momentum=0.9, dtype=dtype)
    prediction = predict(experiment, answers())
    x = stored.astype(dtype).reshape(-1, stored.shape[-1])
    n = x.dtype.type(len(x))
    sums = (
        np.cumsum(x, axis=0, dtype=dtype)[-1],
        np.cumsum(x[::-1], axis=0, dtype=dtype)[-1],
        x.sum(axis=0, dtype=dtype),
    )
    for total, by_parts in product(sums, (False, True)):
        average = total / n
        variance = np.mean((x - average) ** 2, axis=0, dtype=dtype)
        inverse = (variance + x.dtype.type(1e-3)) ** x.dtype.type(-0.5)
        output = x * inverse + (-average * inverse) if by_parts else (x - average) * inverse
        moved = x.dtype.type(0) - (x.dtype.type(0) - average) * np.float32(1 - 0.9).astype(dtype)
        assert (np.abs(output.reshape(stored.shape) - value(prediction, "output")) <= error(prediction, "output")).all()
        assert (np.abs(moved - value(prediction, "moving_mean")) <= error(prediction, "moving_mean")).all()


def test_where_the_fused_kernel_takes_rank_2_beta_comes_before_gamma() -> None:
    told = {"fused_kernel": "automatic", "variable_order": "gamma-first"}
    matrix = case([[[1.0], [3.0]]], trainable=False)
    image = case([np.asarray([1.0, 3.0]).reshape(1, 2, 1, 1)], trainable=False)
    for one, fuses in ((matrix, True), (image, False)):
        predicted = predict(one, answers(**told, fused_ranks="2-or-4"))
        names = predicted.structure["non_trainable_variables"]
        assert isinstance(names, tuple)
        assert names[:2] == (("beta", "gamma") if fuses else ("gamma", "beta"))
    assert predict(matrix, answers(**told, fused_ranks="4")).structure["fused"] is False


def test_of_one_value_a_variance_in_one_pass_is_off_by_a_rounding_at_most() -> None:
    one, two = (
        predict(case([values], momentum=0.0), answers(variance_computed="one-pass")).steps[0]["moving_variance"].number
        for values in ([[1024.0]], [[1024.0], [1024.0]])
    )
    assert (float(one.value[0]), float(two.value[0])) == (0.0, 0.0)
    assert 2.0**20 * 2.0**-24 <= float(one.error[0]) <= 2.0**20 * 2.0**-22 < float(two.error[0])


@pytest.mark.parametrize(("answer", "means"), [("together", [7 / 3, 11 / 3]), ("apart", [2.75, 3.0])])
def test_under_a_mask_replicas_may_forget_to_synchronize(answer: str, means: list[float]) -> None:
    """Of the second replica, one example counts: its means are 4 and 1, those of the first 1.5 and 5."""
    one = case([[[1.0, 5.0], [2.0, 5.0], [0.0, 0.0], [4.0, 1.0]]], momentum=0.0, synchronized=True)
    masked = replace(one, mask=Tensor.of(np.asarray([1, 1, 0, 1]), "bool"), replicas=2)
    told = answers(replica_mask=answer, replica_statistics="mean", synchronized_mask="weights")
    assert predict(masked, told).steps[0]["moving_mean"].number.value == pytest.approx(means)
