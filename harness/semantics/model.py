"""A model with the layer in it: its layers in order, their weights, and one pass forward and backward."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from harness.case import Case, Json
from harness.semantics.approx import Approx, Arithmetic
from harness.semantics.asking import Ask, RefusedCall
from harness.semantics.backward import backward
from harness.semantics.forward import forward
from harness.semantics.geometry import cut
from harness.semantics.network import Passed, Pullback, passed, weights_of
from harness.semantics.plan import Invocation, Plan, plan
from harness.semantics.state import State, initial_state, keeps_weights
from harness.steps import Training
from harness.tensor import FLOATS, Tensor

_ROLES = ("gamma", "beta", "moving_mean", "moving_variance")
_AFFINE = ("gamma", "beta")


@dataclass(frozen=True, kw_only=True, slots=True)
class Placed:
    """A layer of the model.

    Attributes:
        prefix: what its variables are observed under: nothing for the case's own, else ``dense/``.
        kind: ``bn``, ``dense`` ...
        spec: its specification, in the wire form.
        layer: arguments, of batch normalization.
        initializers: likewise.
        trainable: as it was made.
        nested: whether it stands in a model in the model.
    """

    prefix: str
    kind: str
    spec: Json
    layer: Mapping[str, Json]
    initializers: Mapping[str, Tensor]
    trainable: bool
    nested: bool = False


def chain(case: Case) -> tuple[Placed, ...]:
    """The layers of the case's model in the order in which they run; a layer used twice stands there twice."""
    counts: dict[str, int] = {}
    own = Placed(
        prefix="",
        kind="bn",
        spec=None,
        layer=case.layer,
        initializers=case.initializers,
        trainable=case.trainable,
    )
    found = ((_placed(kind, spec, own, counts), nested) for kind, spec, nested in _flat(case.model or ()))
    return tuple(replace(placed, nested=nested) for placed, nested in found)


def _flat(specs: tuple[Json, ...] | list[Json], nested: bool = False) -> Iterator[tuple[str, Json, bool]]:
    for spec in specs:
        if not isinstance(spec, dict):
            yield str(spec), None, nested
            continue
        ((kind, arguments),) = spec.items()
        if kind == "model":
            assert isinstance(arguments, list)
            yield from _flat(arguments, nested=True)
        else:
            yield kind, arguments, nested


def _placed(kind: str, spec: Json, own: Placed, counts: dict[str, int]) -> Placed:
    if kind == "bn" and spec is None:
        return own
    count = counts.get(kind, 1 if kind == "bn" else 0)
    counts[kind] = count + 1
    prefix = f"{kind}_{count}/" if count else f"{kind}/"
    arguments = dict(spec) if isinstance(spec, dict) else {}
    trainable = bool(arguments.pop("trainable", True))
    initializers = {}
    if kind == "bn":
        initializers = {role: Tensor.from_wire(arguments.pop(role)) for role in _ROLES if role in arguments}
    return Placed(prefix=prefix, kind=kind, spec=spec, layer=arguments, initializers=initializers, trainable=trainable)


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """The model, put together.

    Attributes:
        chain: its layers.
        weights: by the name that they are observed under.
        weighted: whether renormalization keeps its running statistics with weights.
    """

    chain: tuple[Placed, ...]
    weights: Mapping[str, Approx]
    weighted: bool

    @property
    def layers(self) -> tuple[Placed, ...]:
        """Each layer once, in order."""
        return tuple({one.prefix: one for one in self.chain}.values())

    def of(self, placed: Placed) -> dict[str, Approx]:
        """The weights of one layer, by their own names."""
        return {
            name.removeprefix(placed.prefix): value
            for name, value in self.weights.items()
            if name.rpartition("/")[0] == placed.prefix.rstrip("/")
        }

    def with_weights(self, changed: Mapping[str, Approx]) -> Made:
        """The model with some weights changed."""
        return replace(self, weights={**self.weights, **changed})


def made(case: Case, ask: Ask) -> Made:
    """The model as it is put together for inputs like the first."""
    placed = chain(case)
    model = Made(chain=placed, weights={}, weighted=False)
    weights: dict[str, Approx] = {}
    x = Approx.exact(case.inputs[0].float64())
    mask: NDArray[np.bool_] | None = None
    for each in placed:
        if each.kind != "bn":
            for name, tensor in weights_of(each.kind, each.spec).items():
                weights.setdefault(each.prefix + name, Approx.exact(tensor.float64()))
            if each.kind == "dense" and isinstance(each.spec, dict) and "bias" in each.spec:
                weights.setdefault(each.prefix + "bias", Approx.exact(Tensor.from_wire(each.spec["bias"]).float64()))
            before = passed(each.kind, each.spec, x, replace(model, weights=weights).of(each), mask)
            x, mask = before.output, before.mask
            continue
        parameter = _parameter(each, x, _dtype_of(case.inputs[0].dtype, each, placed), ask)
        if each.prefix + "moving_mean" not in weights:
            weighted = keeps_weights_of(each, case, ask)
            state = initial_state(each, parameter, "float32", weighted=weighted)
            weights |= {each.prefix + name: value for name, value in state.variables.items()}
    return Made(chain=placed, weights=weights, weighted=bool(case.layer.get("renorm")) and keeps_weights(case, ask))


def _parameter(placed: Placed, x: Approx, dtype: str, ask: Ask) -> tuple[int, ...]:
    """The shape of a layer's variables.

    Raises:
        RefusedCall: a call that the layer refuses keeps the model from being put together.
    """
    try:
        return _plan(placed, x, False, dtype=dtype, trainable=True, ask=ask).geometry.parameter
    except RefusedCall:
        if ask("refused-call-in-model", {"when-built": True, "when-called": False}):
            raise
        return cut(placed, x.value.shape, grouped=False).parameter


def keeps_weights_of(placed: Placed, case: Case, ask: Ask) -> bool:
    """Whether a layer keeps renormalization's statistics with weights."""
    return bool(placed.layer.get("renorm")) and keeps_weights(case, ask)


def _dtype_of(given: str, placed: Placed, every: tuple[Placed, ...]) -> str:
    """The dtype of what a layer gets: float32, or integers that nothing before it has turned into numbers."""
    before = every[: every.index(placed)]
    return given if given not in FLOATS and all(one.kind == "flatten" for one in before) else "float32"


def _plan(
    placed: Placed,
    x: Approx,
    training: Training,
    *,
    trainable: bool,
    ask: Ask,
    dtype: str = "float32",
    masked: bool = False,
    in_fit: bool = False,
) -> Plan:
    call = Invocation(
        shape=x.value.shape,
        dtype=dtype,
        first="float32",
        training=training,
        trainable=trainable,
        masked=masked,
        mask_rank=len(x.value.shape) - 1,
        in_model=True,
        in_fit=in_fit,
    )
    return plan(placed, call, ask)


@dataclass(frozen=True, kw_only=True, slots=True)
class Flags:
    """What a pass goes by: which layers count as frozen when they normalize, and which when they update.

    Attributes:
        in_fit: whether it is a step of the compiled training.
    """

    normalizing: Mapping[str, bool]
    updating: Mapping[str, bool]
    in_fit: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Through:
    """A pass forward.

    Attributes:
        output: of the model, as float32 holds it.
        back: from the derivative by the output to those by the input and by every weight.
        updated: weights after the updates of the moving statistics.
        plans: of every batch normalization.
        mask: which of the leading entries of the output count; ``None``: all.
    """

    output: Approx
    back: Pullback
    updated: Mapping[str, Approx]
    plans: tuple[Plan, ...]
    mask: NDArray[np.bool_] | None


def through(model: Made, given: Approx, training: Training, flags: Flags, ask: Ask, dtype: str = "float32") -> Through:
    """The model called on ``given``, which is of ``dtype``."""
    backs: list[tuple[str, Pullback]] = []
    plans: list[Plan] = []
    updated: dict[str, Approx] = {}
    x, mask = given, None
    for each in model.chain:
        if each.kind == "bn":
            now = model.with_weights(updated).of(each)
            met = _Met(x=x, mask=mask, dtype=_dtype_of(dtype, each, model.chain))
            step, after, planned = _normalized(each, model, now, met, training, flags, ask)
            updated |= {each.prefix + name: value for name, value in after.items()}
            plans.append(planned)
            x = step.output
        else:
            step = passed(each.kind, each.spec, x, model.of(each), mask)
            x, mask = step.output, step.mask
        backs.append((each.prefix, step.back))
    stored = Arithmetic("float32").stored(x)
    return Through(output=stored, back=_chained(backs), updated=updated, plans=tuple(plans), mask=mask)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Met:
    """What a layer gets: its input, which of it counts, and the dtype that it comes in."""

    x: Approx
    mask: NDArray[np.bool_] | None
    dtype: str


def _normalized(
    placed: Placed,
    model: Made,
    weights: Mapping[str, Approx],
    met: _Met,
    training: Training,
    flags: Flags,
    ask: Ask,
) -> tuple[Passed, dict[str, Approx], Plan]:
    x, mask = met.x, met.mask

    def plan_for(trainable: bool) -> Plan:
        masked, in_fit = mask is not None, flags.in_fit
        return _plan(placed, x, training, trainable=trainable, ask=ask, dtype=met.dtype, masked=masked, in_fit=in_fit)

    planned = plan_for(flags.normalizing[placed.prefix])
    if flags.updating[placed.prefix] != flags.normalizing[placed.prefix]:
        other = plan_for(flags.updating[placed.prefix])
        planned = replace(planned, updates=other.updates and planned.batch)
    state = State(variables=weights, dtype="float32", weighted=model.weighted)
    done = forward(placed, planned, x, state, ask, mask)
    output = Arithmetic("float32").stored(done.output.reshape(planned.geometry.shape))

    def back(dy: Approx) -> tuple[Approx, dict[str, Approx]]:
        found = backward(planned, done, dy)
        return found.input, {name: getattr(found, name) for name in _AFFINE if name in weights}

    after = {name: value for name, value in done.after.variables.items() if name not in _AFFINE}
    return Passed(output=output, back=back), after, planned


def _chained(backs: list[tuple[str, Pullback]]) -> Pullback:
    def back(dy: Approx) -> tuple[Approx, dict[str, Approx]]:
        found: dict[str, Approx] = {}
        for prefix, each in reversed(backs):
            dy, gradients = each(dy)
            for name, gradient in gradients.items():
                key = prefix + name
                known = found.get(key)
                found[key] = gradient if known is None else Arithmetic("float32").add(known, gradient)
        return dy, found

    return back
