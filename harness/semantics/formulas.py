"""The layer's formulas, once each, in float64 with error bounds; every array is laid out against the input.

Sources: Ioffe & Szegedy, *Batch Normalization*, 2015, algorithm 1 and section 3.1 (arXiv:1502.03167); Ioffe,
*Batch Renormalization*, 2017, algorithm 1 (arXiv:1702.03275); TensorFlow's documentation of
``tf.nn.batch_normalization``, ``tf.raw_ops.FusedBatchNormV3`` and ``tf.keras.layers.BatchNormalization``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from harness.semantics.approx import UNIT, Approx, Arithmetic, as_dtype


def moments(arithmetic: Arithmetic, x: Approx, reduced: tuple[int, ...], values: int) -> tuple[Approx, Approx]:
    """Mean and population variance of ``values`` elements along ``reduced``: algorithm 1, lines 1 and 2.

    Two passes: ``mean((x - mean(x))**2)``. A mean that is off by ``e`` adds ``e**2`` to the variance, and
    nothing to first order, because deviations from the mean add up to zero.

    Returns:
        Both with length 1 along ``reduced``; NaN of no values.
    """
    mean = arithmetic.mean(x, reduced, values)
    with np.errstate(all="ignore"):
        centred = arithmetic.rounded(x.value - mean.value, np.zeros_like(x.value))
    variance = arithmetic.mean(arithmetic.multiply(centred, centred), reduced, values)
    return mean, Approx(variance.value, variance.error + np.where(np.isfinite(variance.value), mean.error**2, 0.0))


def weighted_moments(
    arithmetic: Arithmetic, x: Approx, weights: NDArray[np.float64], reduced: tuple[int, ...], *, more: float
) -> tuple[Approx, Approx]:
    """Mean and population variance of what has weight 1 along ``reduced``, as ``tf.nn.weighted_moments`` writes them.

    Args:
        arithmetic: of the statistics.
        x: the values.
        weights: 0 or 1, of the shape of ``x``.
        reduced: dimensions that are kept with length 1.
        more: what is added to the sum of the weights before it divides.

    Returns:
        Both with length 1 along ``reduced``; NaN where nothing has weight and ``more`` is 0.
    """
    size = math.prod(x.value.shape[axis] for axis in reduced)
    heavy = Approx.exact(weights)
    total = Approx.exact(weights.sum(axis=reduced, keepdims=True) + more)
    count = Approx.exact(float(size))

    def mean_of(values: Approx) -> Approx:
        terms = arithmetic.mean(arithmetic.multiply(values, heavy), reduced, size)
        return arithmetic.divide(arithmetic.multiply(terms, count), total)

    mean = mean_of(x)
    far = arithmetic.subtract(x, mean)
    return mean, mean_of(arithmetic.multiply(far, far))


def sample_variance(arithmetic: Arithmetic, variance: Approx, values: int) -> Approx:
    """``variance * n / (n - 1)``, Bessel's correction; of one value it stays what it is (section 3.1)."""
    return arithmetic.multiply(variance, Approx.exact(values / max(values - 1, 1)))


def normalize(
    arithmetic: Arithmetic, x: Approx, mean: Approx, variance: Approx, gamma: Approx, beta: Approx, epsilon: float
) -> Approx:
    """``gamma (x - mean) / sqrt(variance + epsilon) + beta``: algorithm 1, lines 3 and 4, as one kernel does it."""
    inverse = arithmetic.reciprocal_sqrt(arithmetic.add(variance, Approx.exact(epsilon)))
    scale = arithmetic.multiply(inverse, gamma)
    return arithmetic.add(arithmetic.multiply(arithmetic.subtract(x, mean), scale), beta)


def normalize_by_parts(
    arithmetic: Arithmetic, x: Approx, mean: Approx, variance: Approx, gamma: Approx, beta: Approx, epsilon: float
) -> Approx:
    """The same, written ``x * s + (beta - mean * s)`` with ``s = gamma / sqrt(variance + epsilon)``.

    That is ``tf.nn.batch_normalization``: it rounds numbers of the size of ``x s`` instead of ``(x - mean) s``,
    and an infinite ``s`` makes NaN. The value is computed the first way, which float64 cancels less in.
    """
    inverse = arithmetic.reciprocal_sqrt(arithmetic.add(variance, Approx.exact(epsilon)))
    scale = arithmetic.multiply(inverse, gamma)
    offset = arithmetic.subtract(beta, arithmetic.multiply(mean, scale))
    by_parts = arithmetic.add(arithmetic.multiply(x, scale), offset)
    with np.errstate(all="ignore"):
        centred = (x.value - mean.value) * scale.value + beta.value
    return Approx(np.where(np.isfinite(by_parts.value), centred, by_parts.value), by_parts.error)


def decrement(arithmetic: Arithmetic, old: Approx, new: Approx, momentum: float, *, narrow: bool) -> Approx:
    """``old - (old - new) (1 - momentum)``: the moving average as ``assign_moving_average`` writes it.

    Args:
        arithmetic: of the variable.
        old: the moving statistic.
        new: the batch's.
        momentum: share that is kept.
        narrow: ``1 - momentum`` passes through float32, whatever the variable is.
    """
    _, taken = _shares(arithmetic.dtype, momentum, narrow)
    return arithmetic.subtract(old, arithmetic.multiply(arithmetic.subtract(old, new), taken))


def weighted(arithmetic: Arithmetic, old: Approx, new: Approx, momentum: float, *, narrow: bool) -> Approx:
    """``old momentum + new (1 - momentum)``: the moving average as Keras 3 and the fused kernel write it.

    Arguments as of :func:`decrement`; ``narrow`` rounds both shares to float32.
    """
    kept, taken = _shares(arithmetic.dtype, momentum, narrow)
    return arithmetic.add(arithmetic.multiply(old, kept), arithmetic.multiply(new, taken))


def share(dtype: str, momentum: float, *, narrow: bool) -> Approx:
    """``1 - momentum`` as a moving average of ``dtype`` takes it; arguments as of :func:`decrement`."""
    return _shares(dtype, momentum, narrow)[1]


@lru_cache(maxsize=256)
def _shares(dtype: str, momentum: float, narrow: bool) -> tuple[Approx, Approx]:
    """What a moving average of ``dtype`` keeps and takes, ``momentum`` and ``1 - momentum``; narrow: as float32.

    Front ends subtract in float64 and round, or subtract what is rounded: in float32 the second makes 1 - 0.99
    wrong by 1e-6 of itself. Where both come out exact, as with a momentum of 0.5, neither errs.
    """
    inside = "float32" if narrow else dtype
    kept, taken = np.asarray(momentum), np.asarray(1.0 - momentum)
    early = as_dtype(1.0 - as_dtype(kept, inside), inside)
    error = np.maximum(np.abs(early - taken), np.abs(as_dtype(taken, inside) - taken))
    if narrow:
        # Known to the digit, because no error of float64 could hide a decay of float32.
        kept, taken, error = as_dtype(kept, inside), as_dtype(taken, inside), np.zeros(())
    return Approx(kept, UNIT[dtype] * np.abs(kept)), Approx(taken, error)


def corrections(
    arithmetic: Arithmetic,
    mean: Approx,
    deviation: Approx,
    running_mean: Approx,
    running_deviation: Approx,
    clipping: Mapping[str, float],
) -> tuple[Approx, Approx]:
    """``r`` and ``d`` of batch renormalization, algorithm 1.

    ``r = deviation / running_deviation`` clipped to ``[rmin, rmax]`` and
    ``d = (mean - running_mean) / running_deviation`` clipped to ``[-dmax, dmax]``; a limit that is absent from
    ``clipping`` does not clip.
    """
    r = arithmetic.divide(deviation, running_deviation)
    d = arithmetic.divide(arithmetic.subtract(mean, running_mean), running_deviation)
    dmax = clipping.get("dmax")
    limited = arithmetic.clip(r, clipping.get("rmin"), clipping.get("rmax"))
    return limited, arithmetic.clip(d, None if dmax is None else -dmax, dmax)
