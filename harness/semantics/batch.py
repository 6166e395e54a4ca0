"""The statistics of the batch that a recorded step saw, computed anew from the case's input."""

from __future__ import annotations

from dataclasses import dataclass

from harness.semantics.approx import Approx, Arithmetic, as_dtype
from harness.semantics.formulas import moments
from harness.semantics.geometry import BadAxis, Geometry, geometry, virtual_batch_size
from harness.semantics.judgement import Shown
from harness.steps import Call, Train
from harness.tensor import FLOATS


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """What a call or a train step saw.

    Attributes:
        whole: the input as one batch.
        cut: as virtual batches where the layer has such, else as ``whole``.
        x: the input, as it is cast, in its own shape.
        dtype: that the output is computed in.
        mean: of the batch, laid out against ``cut``.
        variance: likewise; the population's.
    """

    whole: Geometry
    cut: Geometry
    x: Approx
    dtype: str
    mean: Approx
    variance: Approx


def seen(shown: Shown, step: int) -> Seen | None:
    """What ``step``, counted from 1, saw; ``None`` of a step whose input, or what is done with it, is not known here.

    That is any but a call or a train step, all of them with a model, a mask, several replicas or an adjustment, and
    an axis that is no dimension of the input.
    """
    case, done = shown.case, shown.case.steps[step - 1]
    around = case.model is not None or case.mask is not None or case.replicas > 1
    if not isinstance(done, Call | Train) or around or case.layer.get("adjustment") is not None:
        return None
    fields, tensor, size = shown.fields(step), case.inputs[done.input], virtual_batch_size(case)
    try:
        whole = geometry(case, done.input, grouped=False)
        cut = geometry(case, done.input, grouped=size is None or tensor.shape[0] % size == 0)
    except BadAxis:
        return None
    # Where it is cast at all, the input is cast to the dtype that comes out.
    dtype = fields["output"].dtype if "output" in fields else tensor.dtype
    dtype = dtype if dtype in FLOATS else "float64"
    x = Approx.exact(as_dtype(tensor.float64(), dtype))
    variables = fields["moving_mean"].dtype if "moving_mean" in fields else "float32"
    mean, variance = moments(Arithmetic(variables), x.reshape(cut.work), cut.reduced, cut.values)
    return Seen(whole=whole, cut=cut, x=x, dtype=dtype, mean=mean, variance=variance)


def overall(batch: Seen, arithmetic: Arithmetic) -> tuple[Approx, Approx]:
    """Mean and population variance that the moving statistics follow: of virtual batches the means over them."""
    if not batch.cut.grouped or batch.cut.work[1] == 1:
        return batch.mean, batch.variance
    groups = batch.cut.work[1]
    return arithmetic.mean(batch.mean, (1,), groups), arithmetic.mean(batch.variance, (1,), groups)
