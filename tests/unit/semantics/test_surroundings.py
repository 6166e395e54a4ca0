"""What surrounds a layer in the oracle: losses over masks, axes of other ranks, and the calls of a model."""

from dataclasses import replace

import numpy as np
import pytest

from harness.case import Case
from harness.semantics.approx import Approx, Arithmetic
from harness.semantics.asking import BeyondTheOracle
from harness.semantics.backward import weighted_loss
from harness.semantics.oracle import plans_of, predict
from harness.steps import (
    Build,
    Call,
    Compile,
    Fit,
    Loss,
    Method,
    Optimizer,
    Run,
    Set,
    Step,
)
from harness.tensor import Tensor
from tests.unit.each import each
from tests.unit.semantics.samples import answers, case, keras

PADDED = [[[1.0, 2.0], [3.0, 4.0], [0.0, 0.0]], [[5.0, 1.0], [0.0, 0.0], [0.0, 0.0]]]
X4 = [[1.0], [2.0], [3.0], [4.0]]


def padded(*, rate: float = 0.5) -> Case:
    """Three of six steps are masked in front of a frozen layer that changes nothing."""
    one = case([PADDED], trainable=False, epsilon=0.0)
    compiled = Compile(loss=Loss.MEAN_SQUARE, optimizer=Optimizer.SGD, rate=rate)
    steps = (compiled, Run(method=Method.TRAIN_ON_BATCH, input=0))
    return replace(one, steps=steps, model=({"masking": {"value": 0}}, "bn"))


@pytest.mark.parametrize(("answer", "expected"), [("ignored", 56 / 12), ("kept", 56 / 6), ("all", 56 / 12)])
def test_what_a_masked_loss_is_the_mean_of(answer: str, expected: float) -> None:
    predicted = predict(padded(), keras(masked_loss=answer))
    assert float(predicted.steps[1]["loss"].number.value) == pytest.approx(expected, rel=1e-12)


def test_masked_outputs_count_in_a_loss_that_ignores_the_mask() -> None:
    start = {"beta": Tensor.of(np.asarray([1.0, 1.0]), "float32")}
    moved = replace(padded(), initializers=start)
    losses = {
        answer: float(predict(moved, keras(masked_loss=answer)).steps[1]["loss"].number.value)
        for answer in ("ignored", "kept", "all")
    }
    squares = [(x + 1) ** 2 for x in (1, 2, 3, 4, 5, 1)]
    assert losses["all"] == pytest.approx(sum(squares) / 12)
    assert losses["kept"] == pytest.approx(sum(squares) / 6)
    assert losses["ignored"] == pytest.approx((sum(squares) + 6) / 12)


@pytest.mark.parametrize("kind", [Loss.MEAN_SQUARE, Loss.MEAN_ABSOLUTE])
def test_the_slope_of_a_weighted_loss_is_what_finite_differences_say(kind: Loss) -> None:
    output, weights, step = np.asarray([[1.0, -2.0], [0.5, 3.0]]), np.asarray([[2.0, 2.0], [0.0, 0.0]]), 1e-6
    exact, target = Arithmetic("float64"), Approx.exact(np.zeros((2, 2)))
    slope = weighted_loss(kind, exact, Approx.exact(output), target, weights)[1].value
    for place in np.ndindex(2, 2):
        moved = output.copy()
        moved[place] += step
        values = [
            float(weighted_loss(kind, exact, Approx.exact(one), target, weights)[0].value) for one in (output, moved)
        ]
        assert slope[place] == pytest.approx((values[1] - values[0]) / step, abs=1e-5)


def test_of_a_weighted_sum_nobody_knows() -> None:
    one = Approx.exact(np.ones((1, 1)))
    with pytest.raises(BeyondTheOracle, match="weighted sum"):
        weighted_loss(Loss.SUM, Arithmetic("float32"), one, one, np.ones((1, 1)))


@each(
    "shape, axis, asked",
    [
        ((2, 2, 2, 2), -4, True),
        ((2, 2, 2, 2), -3, False),
        ((2, 2, 2, 2), 2, False),
        ((2, 2, 2, 2, 2), 3, False),
        ((2, 2, 2, 2, 2), -3, False),
        ((2, 2, 2, 2, 2), -4, False),
        ((2, 2, 2), -3, False),
    ],
)
def test_an_axis_of_another_rank_may_be_refused(shape: tuple[int, ...], axis: int, asked: bool) -> None:
    predicted = predict(case([np.ones(shape)], axis=axis), answers(axis_of_other_rank="ValueError"))
    assert (predicted.raised == "ValueError") is asked


def test_the_calls_of_a_model_are_those_of_its_layer() -> None:
    one = replace(case([X4]), steps=(Call(input=0, training=True), Call(input=0, training=False)), model=("bn",))
    assert [each.geometry.values for each in plans_of(one, keras())] == [4, 4]
    assert [each.updates for each in plans_of(one, keras())] == [True, False]
    compiled = Compile(loss=Loss.MEAN_SQUARE, optimizer=Optimizer.SGD, rate=0.5)
    fitted = replace(one, steps=(compiled, Fit(input=0, epochs=3)))
    assert [each.updates for each in plans_of(fitted, keras())] == [True] * 3


def test_of_two_layers_in_a_model_nobody_knows_whose_calls_are_meant() -> None:
    one = replace(case([X4]), steps=(Call(input=0, training=True),), model=("bn", {"bn": {}}))
    assert plans_of(one, keras()) == ()


def test_replicas_reduce_their_own_part_of_the_batch() -> None:
    alone = replace(case([X4]), replicas=2)
    together = replace(case([X4], synchronized=True), replicas=2)
    assert [each.geometry.values for each in plans_of(alone, keras())] == [2]
    assert [each.geometry.values for each in plans_of(together, keras())] == [4]


TRAIN = Run(method=Method.TRAIN_ON_BATCH, input=0)
TEST = Run(method=Method.TEST_ON_BATCH, input=0)
COMPILE = Compile(loss=Loss.MEAN_SQUARE, optimizer=Optimizer.SGD, rate=0.5)


def told(*steps: Step, **changed: str) -> list[float]:
    """The loss after every step that tells one."""
    one = replace(case([X4], momentum=0.5), steps=steps, model=("bn",))
    return [float(fields["loss"].number.value) for fields in predict(one, keras(**changed)).steps if "loss" in fields]


def test_the_loss_of_a_batch_may_be_a_running_mean() -> None:
    own = told(COMPILE, TRAIN, TRAIN, TEST)
    assert told(COMPILE, TRAIN, TRAIN, TEST, batch_loss="running-mean") == pytest.approx(
        [own[0], sum(own[:2]) / 2, sum(own) / 3]
    )


@pytest.mark.parametrize("reset", [COMPILE, Run(method=Method.EVALUATE, input=0), Fit(input=0, epochs=2)])
def test_what_resets_a_running_mean(reset: Step) -> None:
    own = told(COMPILE, TRAIN, reset, TRAIN)
    means = told(COMPILE, TRAIN, reset, TRAIN, batch_loss="running-mean")
    kept = [] if isinstance(reset, Compile) else own[1:2]
    assert means[-1] == pytest.approx((sum(kept) + own[-1]) / (len(kept) + 1))


@each("answer, mean", [("running-mean", 4.875), ("running-mean-of-examples", 6.45)])
def test_a_running_mean_may_count_batches_or_their_examples(answer: str, mean: float) -> None:
    frozen = replace(case([X4, [[1.5]]], trainable=False, epsilon=0.0), model=("bn",))
    batches = tuple(Run(method=Method.TEST_ON_BATCH, input=index) for index in (0, 1))
    predicted = predict(replace(frozen, steps=(COMPILE, *batches)), keras(batch_loss=answer))
    told = [float(fields["loss"].number.value) for fields in predicted.steps if "loss" in fields]
    assert told == pytest.approx([7.5, mean])


def test_a_model_that_trains_variables_made_by_a_frozen_layer_counts_their_penalty() -> None:
    penalized = case([X4], trainable=False, gamma_regularizer={"l1": 0.5})
    one = replace(penalized, steps=(COMPILE,), model=("bn",), observe=("losses",))
    for answer, losses in (("reaches", 0.0), ("misses", 0.5)):
        predicted = predict(one, keras(freeze_unbuilt=answer, frozen_penalty="none"))
        assert float(predicted.steps[0]["losses"].number.value) == losses


@each("eagerly", [False, True])
def test_when_weights_are_gathered_is_another_question_where_a_model_runs_eagerly(eagerly: bool) -> None:
    compiled = replace(COMPILE, eagerly=eagerly)
    one = replace(case([X4]), steps=(compiled, Set(trainable=False), TRAIN), model=("bn",))
    told = keras(fit_gathers_weights="compile", eager_fit_gathers_weights="every-step", fit_reads_frozen="compile")
    moved = float(predict(one, told).steps[2]["gamma"].number.value[0]) != 1.0
    assert moved is not eagerly


def test_fit_runs_no_updates_of_a_frozen_layer_that_a_call_runs_for_the_fused_kernel() -> None:
    image = case([np.arange(4.0).reshape(1, 2, 2, 1)], trainable=False, momentum=0.5)
    told = answers(fused_kernel="automatic", frozen_updates="fused-only", updates_run_by="call")
    fitted = replace(image, steps=(COMPILE, TRAIN), model=("bn",))
    assert predict(fitted, told).steps[-1]["moving_mean"].number.value == pytest.approx([0.0])
    called = replace(image, steps=(Call(input=0, training=True),), model=("bn",))
    assert predict(called, told).steps[-1]["moving_mean"].number.value == pytest.approx([0.75])


def test_variables_made_by_a_frozen_layer_may_be_trained() -> None:
    steps = (Set(trainable=False), COMPILE, TRAIN)
    one = replace(case([X4]), steps=steps, model=("bn",), observe=("trainable_variables",))
    for answer, count in (("reaches", 0), ("misses", 2)):
        predicted = predict(one, keras(freeze_unbuilt=answer))
        assert float(predicted.steps[2]["trainable_variables"].number.value) == count
        assert (float(predicted.steps[2]["gamma"].number.value[0]) == 1.0) is (count == 0)
        assert predicted.structure["trainable_variables"] == ()


def test_a_layer_frozen_once_it_has_variables_is_not_trained() -> None:
    one = replace(case([X4]), steps=(Build(), Set(trainable=False), COMPILE, TRAIN), model=("bn",))
    assert float(predict(one, keras(freeze_unbuilt="misses")).steps[3]["gamma"].number.value[0]) == 1.0


@pytest.mark.parametrize(("answer", "done"), [("when-built", 0), ("when-called", 1)])
def test_when_a_model_refuses_what_its_layer_refuses(answer: str, done: int) -> None:
    integers = replace(case([[[1], [2]]], dtype="int32"), steps=(Build(), Call(input=0, training=True)), model=("bn",))
    refuses = {"integers_in_model": "TypeError", "refused_call_in_model": answer}
    predicted = predict(integers, keras(**refuses))
    assert (predicted.raised, len(predicted.steps)) == ("TypeError", done)


def test_a_short_mask_may_be_repeated_and_divide_by_its_own_sum() -> None:
    x = np.arange(16.0).reshape(2, 2, 2, 2)
    short = Tensor.of(np.asarray([[1, 0], [1, 1]]), "bool")
    one = replace(case([x], momentum=0.5), mask=short)
    predicted = predict(one, answers(short_mask="last-dimensions", mask_denominator="weights"))
    kept = np.broadcast_to(np.asarray([[1.0, 0.0], [1.0, 1.0]])[..., np.newaxis], x.shape)
    mean = (x * kept).sum(axis=(0, 1, 2)) / 3
    variance = (kept * (x - mean) ** 2).sum(axis=(0, 1, 2)) / 3
    assert predicted.steps[0]["moving_mean"].number.value == pytest.approx(0.5 * mean)
    assert predicted.steps[0]["moving_variance"].number.value == pytest.approx(0.5 + 0.5 * variance)
    ignored = predict(one, answers(short_mask="ignored"))
    assert ignored.steps[0]["moving_mean"].number.value == pytest.approx(0.5 * x.mean(axis=(0, 1, 2)))


def test_a_short_mask_that_is_not_the_end_of_the_shape_is_not_repeated() -> None:
    one = replace(case([np.ones((2, 2, 1, 2, 2))]), mask=Tensor.of(np.ones((2, 2)), "bool"))
    predicted = predict(one, answers(short_mask="last-dimensions"))
    assert predicted.steps[0]["moving_mean"].number.value == pytest.approx([0.01, 0.01])


def test_repeating_a_mask_that_is_not_the_end_of_the_shape_may_be_refused_where_statistics_are_taken() -> None:
    training, inference = (
        replace(case([np.ones((2, 2, 1, 2, 2))], training=flag), mask=Tensor.of(np.ones((2, 2)), "bool"))
        for flag in (True, False)
    )
    refuses = answers(unrepeatable_mask="InvalidArgumentError")
    assert predict(training, refuses).raised == "InvalidArgumentError"
    assert predict(inference, refuses).raised is None


@each("answer, mean", [("ignored", 0.5), ("weights", np.nan), ("weights-and-epsilon", 0.0)])
def test_what_a_synchronized_layer_makes_of_a_mask(answer: str, mean: float) -> None:
    one = replace(case([X4], momentum=0.8, synchronized=True), mask=Tensor.of(np.zeros(4), "bool"))
    told = answers(synchronized_mask=answer, mask="weighted", mask_denominator="weights")
    moved = predict(one, told).steps[0]["moving_mean"].number.value
    assert moved == pytest.approx([mean], nan_ok=True), "whatever the rules of a layer that is not synchronized say"


def test_under_a_policy_variables_may_be_read_in_16_bits() -> None:
    start = {"moving_mean": [2049.0], "moving_variance": [1.0], "gamma": [1.0], "beta": [0.0]}
    one = replace(case([[[3.0], [4.0]]], momentum=0.5, initializers=start), policy="mixed_bfloat16")
    kept = predict(one, keras()).steps[0]["moving_mean"].number
    lost = predict(one, keras(variables_read_in="policy")).steps[0]["moving_mean"].number
    assert float(kept.value[0]) == 1026.25
    assert abs(float(lost.value[0]) - 1024.0) <= float(lost.error[0])
    assert float(kept.error[0]) < 0.01 < float(lost.error[0]) < 32


@each("answer, within", [("variable", False), ("policy", True)])
def test_what_is_read_in_16_bits_may_be_rounded_before_it_shifts(answer: str, within: bool) -> None:
    one = replace(case([[[1.0], [1.0]]], initializers={"beta": [0.3]}, epsilon=1.0), policy="mixed_bfloat16")
    shown = predict(one, keras(variables_read_in=answer)).steps[0]["output"].number
    # Two roundings to bfloat16 below 0.3, where numbers are 2**-9 apart: one more than that of the output.
    assert bool((np.abs(shown.value - 0.296875) <= shown.error).all()) is within


@pytest.mark.parametrize(("answer", "dtype"), [("empty-float32", "float32"), ("empty", "bfloat16")])
def test_the_fused_kernel_may_return_nothing_of_bfloat16(answer: str, dtype: str) -> None:
    image = case([np.ones((1, 2, 2, 1))], training=False, dtype="bfloat16")
    told = {"fused_kernel": "automatic", "other_dtype": "kept", "bfloat16_fused_output": answer}
    output = predict(image, answers(**told)).steps[0]["output"]
    assert (output.dtype, output.number.value.shape) == (dtype, (0,))


def test_replicas_may_average_their_statistics() -> None:
    one = replace(case([[[1.0], [3.0], [16.0], [24.0]]], momentum=0.5), replicas=2)
    found = {
        answer: float(predict(one, keras(replica_statistics=answer)).steps[0]["moving_mean"].number.value[0])
        for answer in ("own", "mean")
    }
    assert found == {"own": 1.0, "mean": 5.5}
