"""What one call of a case comes to, before any arithmetic: its mode, its kernel and its dtypes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.rules import BY_ID
from harness.rules.refusals import ARGUMENTS
from harness.semantics.asking import Ask, RefusedCall, refusal
from harness.semantics.geometry import (
    BadAxis,
    Geometry,
    Subject,
    axes_of,
    cut,
    resolved_axes,
    virtual_batch_size,
)
from harness.steps import Training
from harness.tensor import FLOATS

SMALL_EPSILON = 1.001e-5
"""Epsilons below this one are what fused kernels do not always use as given."""

BESIDE_WEIGHTS = 1e-7
"""What some front ends add to the number of values that count, so as not to divide by 0."""

_HALVES = ("float16", "bfloat16")


@dataclass(frozen=True, kw_only=True, slots=True)
class Invocation:
    """One call of the layer, whatever step makes it.

    Attributes:
        shape: of the input.
        dtype: of the input.
        first: dtype of the input of the layer's first call.
        training: the argument as the front end gets it.
        trainable: the layer's flag when it is called.
        masked: whether it comes with a mask.
        mask_rank: dimensions of the mask.
        repeatable: whether the mask, with a dimension for the channels, is the end of the input's shape.
        policy: the mixed precision policy.
        in_model: whether a model calls the layer, and ``in_fit``, whether it does so to fit.
    """

    shape: tuple[int, ...]
    dtype: str
    first: str
    training: Training
    trainable: bool
    masked: bool = False
    mask_rank: int = 0
    repeatable: bool = False
    policy: str | None = None
    in_model: bool = False
    in_fit: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Kernel:
    """Which kernel computes a call.

    Attributes:
        fused: whether the front end chose the fused kernel.
        able: whether it did, or could have if it had a notion of one.
        matrix: whether it did for rank 2: a function does that which makes variables in its own order.
    """

    fused: bool
    able: bool
    matrix: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Precision:
    """The dtypes of a call: what the input is cast to first, of the variables, of the arithmetic, of the output."""

    input: str
    variables: str
    output: str

    @property
    def statistics(self) -> str:
        """The dtype that statistics are computed in."""
        return "float32" if self.variables == "float32" else self.variables


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """One call.

    Attributes:
        batch: whether it normalizes with the statistics of the batch.
        updates: whether it updates the moving statistics.
        renorms: whether it updates the running statistics of batch renormalization.
        masks: whether the statistics of the batch leave out what is masked.
        beside_weights: what is then added to the sum of the weights before it divides; ``None``: not known yet.
        adjusts: whether what is normalized is adjusted before gamma and beta.
    """

    call: Invocation
    batch: bool
    updates: bool
    renorms: bool
    masks: bool
    beside_weights: float | None
    adjusts: bool
    kernel: Kernel
    precision: Precision
    geometry: Geometry


def refuse_arguments(case: Subject, ranks: Iterable[int], ask: Ask) -> None:
    """Ask whether the layer takes its arguments at all, on inputs of ``ranks``.

    Raises:
        RefusedCall: it does not.
    """
    for name, arguments in ARGUMENTS.items():
        if any(argument in case.layer for argument in arguments):
            refusal(ask, f"argument-{name}")
    _refuse_values(case, ask)
    if isinstance(case.layer.get("axis"), list):
        refusal(ask, "axis-list")
    try:
        for rank in ranks:
            resolved_axes(case, rank)
    except BadAxis:
        refusal(ask, "axis-out-of-range")


def _refuse_values(case: Subject, ask: Ask) -> None:
    size, limits = case.layer.get("virtual_batch_size"), case.layer.get("renorm_clipping")
    # No front end is known that has the argument and takes these.
    if size is not None and (virtual_batch_size(case) is None or case.layer.get("adjustment") is not None):
        raise RefusedCall("ValueError")
    # Without renormalization nobody looks at its limits.
    if not case.layer.get("renorm") or not isinstance(limits, dict):
        return
    if not set(limits) <= {"rmin", "rmax", "dmax"}:
        raise RefusedCall("ValueError")
    rmin, rmax, dmax = (limits.get(name) for name in ("rmin", "rmax", "dmax"))
    if rmin is not None and rmax is not None and rmax < rmin:
        refusal(ask, "clipping-range")
    if dmax is not None and dmax < 0:
        refusal(ask, "clipping-dmax")


def plan(case: Subject, call: Invocation, ask: Ask) -> Plan:
    """What ``call`` comes to.

    Raises:
        RefusedCall: the front end refuses it.
    """
    training = _training(call, ask)
    # An integer is refused by the code that branches on it, which comes before any arithmetic.
    precision = precision_of(case, call.dtype, call.first, ask, call.policy)
    kernel = kernel_of(case, call, ask)
    batch = updates = renorms = training
    if training and not call.trainable:
        batch = ask("frozen-normalizes-with", {"batch": True, "moving": False})
        updates = frozen_updates(call, kernel, ask)
        renorms = batch and bool(case.layer.get("renorm")) and ask("frozen-renorm", {"yes": True, "no": False})
    if call.training in ("tensor:false", "placeholder:false"):
        updates = ask("fed-false-updates", {"no": False, "yes": True})
    mode = "training" if batch else "inference"
    kernel = _refuse_dtypes(call, kernel, precision, mode, ask, declared=case.layer.get("dtype") is not None)
    if kernel.fused and len(call.shape) > 2 and resolved_axes(case, len(call.shape)) == (1,):
        refusal(ask, "channels-first")
    cut = _geometry(case, call, mode, ask)
    refusal(ask, "eager-call")
    masks, beside = False, None
    if call.masked and call.mask_rank != len(call.shape) - 1:
        refusal(ask, "mask-rank")
        masks = batch and _short_mask(call, ask)
    elif call.masked and batch and case.layer.get("synchronized"):
        beside = ask("synchronized-mask", {"ignored": None, "weights": 0.0, "weights-and-epsilon": BESIDE_WEIGHTS})
        masks = beside is not None
    elif call.masked and batch:
        masks = ask("mask", {"ignored": False, "weighted": True, "weighted-unless-fused": not kernel.fused})
    return Plan(
        call=call,
        batch=batch,
        updates=updates,
        renorms=renorms,
        masks=masks,
        beside_weights=beside,
        adjusts=batch and case.layer.get("adjustment") is not None,
        kernel=kernel,
        precision=precision,
        geometry=cut,
    )


def frozen_updates(call: Invocation, kernel: Kernel, ask: Ask) -> bool:
    """Whether a frozen layer that is called in training updates its moving statistics."""
    return ask("frozen-updates", {"yes": True, "no": False, "fused-only": kernel.able and not call.in_fit})


def _short_mask(call: Invocation, ask: Ask) -> bool:
    """Whether a mask with too few dimensions does something to the statistics of the batch."""
    if call.repeatable:
        return ask("short-mask", {"ignored": False, "last-dimensions": True})
    refusal(ask, "unrepeatable-mask")
    return False


def _training(call: Invocation, ask: Ask) -> bool:
    given = call.training
    if isinstance(given, str):
        form, _, value = given.partition(":")
        return _training_form(form, value, ask)
    if given is None:
        does = ask("omitted-training", {name: name for name in BY_ID["omitted-training"].answer_ids})
        if does not in ("inference", "training"):
            raise RefusedCall(does)
        return does == "training"
    if not isinstance(given, bool):
        refusal(ask, "integer-training")
    return bool(given)


def _training_form(form: str, value: str, ask: Ask) -> bool:
    if form == "phase":
        refusal(ask, "phase-training")
        return value == "true"
    refusal(ask, f"{form}-training")
    return value == "true"


def kernel_of(case: Subject, call: Invocation, ask: Ask) -> Kernel:
    """The kernel that computes ``call``.

    Raises:
        RefusedCall: the front end refuses it.
    """
    asked = case.layer.get("fused", "absent")
    if asked is False:
        return Kernel(fused=False, able=False)
    if asked is None and _could_be_fused(case, call) and ask("fused-null", {"automatic": False, "plain": True}):
        return Kernel(fused=False, able=False)
    if asked is not True and len(call.shape) == _IMAGE and axes_of(case) == [_VOLUME_CHANNELS]:
        refusal(ask, "axis-of-other-rank")
    if asked == "absent":
        able = _fusable(case, call, None)
        automatic = None if _could_be_fused(case, call) else False
        chosen = ask("fused-kernel", {"when-asked": False, "automatic": automatic, "not-told": able})
        if chosen is not None:
            return Kernel(fused=False, able=chosen)
    able = _fusable(case, call, ask)
    if asked is True and not able:
        refused = ask("fused-impossible", {"falls-back": None, "ValueError": "ValueError"})
        if refused is not None:
            raise RefusedCall(refused)
    return Kernel(fused=able, able=able, matrix=able and len(call.shape) == _MATRIX)


_MATRIX, _IMAGE = 2, 4
_VOLUME_CHANNELS = -4
"""The axis of the channels in channels-first input of rank 5, counted from the end: on images it is the batch."""


def _could_be_fused(case: Subject, call: Invocation) -> bool:
    """Whether some front end's fused kernel takes the call."""
    rank = len(call.shape)
    axes = resolved_axes(case, rank)
    layer = case.layer
    plain = layer.get("renorm") or layer.get("synchronized")
    special = any(layer.get(name) is not None for name in ("virtual_batch_size", "adjustment"))
    return not plain and not special and len(axes) == 1 and axes[0] in (1, rank - 1) and rank in (2, 4, 5)


def _fusable(case: Subject, call: Invocation, ask: Ask | None) -> bool:
    """Whether a fused kernel can take the call; ``ask=None`` counts rank 5 in, as every kernel of today does."""
    if not _could_be_fused(case, call):
        return False
    rank = len(call.shape)
    if rank == 4 or ask is None:
        return rank != 2
    return ask("fused-ranks", {"4": False, "4-or-5": rank == 5, "2-or-4": rank == _MATRIX})


def precision_of(case: Subject, given: str, first: str, ask: Ask, policy: str | None = None) -> Precision:
    """The dtypes of a call on input of the dtype ``given``, when that of the first call was ``first``."""
    layer = case.layer.get("dtype")
    if policy is not None and layer is None:
        narrow = policy.removeprefix("mixed_")
        return Precision(input=narrow, variables="float32", output=narrow)
    assert layer is None or isinstance(layer, str)
    if given not in FLOATS:
        return Precision(input=layer or "float32", variables=layer or "float32", output=layer or "float32")
    # The first call fixes the dtype of a layer that has none.
    own = layer or first
    if given != (layer or "float32"):
        kept = ask("other-dtype", {"kept": True, "cast": False})
        if not kept:
            target = layer or "float32"
            return Precision(input=target, variables=_variables(target, ask), output=target)
    return Precision(input=given, variables=_variables(own, ask), output=given)


def _variables(dtype: str, ask: Ask) -> str:
    if dtype not in _HALVES:
        return dtype
    return ask("low-precision-variables", {"float32": "float32", "own": dtype})


_INTEGER_KINDS = {"int32": "int", "int64": "int", "uint16": "uint16", "uint32": "wide-uint", "uint64": "wide-uint"}


def _refuse_dtypes(
    call: Invocation, kernel: Kernel, precision: Precision, mode: str, ask: Ask, *, declared: bool
) -> Kernel:
    """``kernel``, or the plain one where the fused kernel leaves float64 to it; ``declared``: the layer has a dtype."""
    given, computed = call.dtype, precision.input
    if given not in FLOATS:
        refusal(ask, "integers-in-model" if call.in_model else f"{_INTEGER_KINDS.get(given, 'small-int')}-{mode}")
    if computed == "float64" and not kernel.able and (precision.variables != "float64" or not declared):
        refusal(ask, f"{'narrower-layer' if declared else 'undeclared-float64'}-{mode}")
    elif computed != "float32":
        refusal(ask, f"{computed}-{'fused' if kernel.able else 'plain'}-{mode}")
    elif precision.variables == "float64":
        refusal(ask, f"wider-layer-{mode}")
    if computed == "float64" and kernel.able:
        return Kernel(fused=False, able=False)
    return kernel


def _geometry(case: Subject, call: Invocation, mode: str, ask: Ask) -> Geometry:
    size = virtual_batch_size(case)
    divides = size is None or call.shape[0] % size == 0
    if not divides:
        refusal(ask, f"indivisible-{mode}")
    return cut(case, call.shape, grouped=mode == "training" and divides)
