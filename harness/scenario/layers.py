"""The layers of a model around the layer under test: as they are written, their wire form, what shapes they make."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from pydantic import ValidationError

from harness.case import Json
from harness.scenario.arrays import Strict, given
from harness.scenario.findings import Finding, from_validation
from harness.scenario.layer_arguments import layer_arguments
from harness.scenario.layer_models import ACTIVATIONS, BARE, MODELS, Masking
from harness.scenario.materialize import Materializer
from harness.scenario.model import Layer
from harness.scenario.parameters import parameter_dtype
from harness.scenario.text import Path, got, name_of, nearest, one_of
from harness.scenario.unusable import Unusable
from harness.tensor import Tensor

Shape: TypeAlias = tuple[int, ...]
WORDS = (*MODELS, "activation", "flatten", "model")
_HINT = "model: [{dense: {kernel: [[1, 2]]}}, bn] puts bn behind a dense layer"


@dataclass(frozen=True, kw_only=True, slots=True)
class Flow:
    """What goes through a model.

    Attributes:
        shape: of the tensor; ``None`` where it is not known.
        dtype: likewise.
    """

    shape: Shape | None
    dtype: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """A model around the layer.

    Attributes:
        wire: the layers, as they travel.
        shape: of what the layer under test gets where it first stands, for an input of the shape asked about;
            ``None`` where that is not known.
        dtype: likewise.
        output: shape of what the model makes of it.
        variables: the shapes of the weights given, by layer name and weight.
    """

    wire: tuple[Json, ...]
    shape: Shape | None
    dtype: str
    output: Shape | None
    variables: Mapping[str, Shape]


def surroundings(
    entries: list[Any], first: Tensor, arrays: Materializer, findings: list[Finding]
) -> Surroundings | None:
    """The model that ``entries`` mean for an input like ``first``; ``None``, and findings, where they mean none."""
    reader = _Reader(arrays, findings)
    before = len(findings)
    flow = Flow(shape=first.shape, dtype=first.dtype)
    wire, flow = reader.sequence(entries, ("model",), flow)
    if len(findings) == before and reader.entry is None:
        findings.append(Finding(path=("model",), message="bn is not among the layers of the model", hint=_HINT))
    if len(findings) > before or reader.entry is None:
        return None
    entry = reader.entry
    return Surroundings(
        wire=tuple(wire), shape=entry.shape, dtype=entry.dtype, output=flow.shape, variables=reader.variables
    )


class _Reader:
    """Reads layers one after the other, following what flows through them."""

    def __init__(self, arrays: Materializer, findings: list[Finding]) -> None:
        self._arrays = arrays
        self._findings = findings
        self._names: dict[str, int] = {}
        self.entry: Flow | None = None
        self.variables: dict[str, Shape] = {}

    def sequence(self, entries: list[Any], path: Path, flow: Flow) -> tuple[list[Json], Flow]:
        wire: list[Json] = []
        for index, entry in enumerate(entries):
            try:
                spec, flow = self._layer(entry, (*path, index), flow)
                wire.append(spec)
            except ValidationError as error:
                (word,) = entry
                self._findings += from_validation(error, (*path, index, word))
                flow = Flow(shape=None, dtype="float32")
            except Unusable as unusable:
                self._findings.append(unusable.finding((*path, index)))
                flow = Flow(shape=None, dtype="float32")
        return wire, flow

    def _layer(self, entry: Any, path: Path, flow: Flow) -> tuple[Json, Flow]:
        if isinstance(entry, str) and entry in BARE:
            return self._bare(entry, flow)
        if not isinstance(entry, dict) or len(entry) != 1 or next(iter(entry)) not in WORDS:
            raise _no_layer(entry, path)
        ((word, value),) = entry.items()
        if word == "activation":
            return _activation(value), flow
        if word == "model":
            return self._nested(value, (*path, word), flow)
        if word == "flatten":
            raise Unusable("flatten has no arguments", path=(word,), hint="write the word alone: flatten")
        arguments = MODELS[word].model_validate({} if value is None else value)
        if isinstance(arguments, Layer):
            self._named("bn")
            shapes = [] if flow.shape is None else [flow.shape]
            dtype = parameter_dtype(flow.dtype, arguments.dtype)
            told = layer_arguments(arguments, (*path, "bn"), shapes, dtype, self._arrays, self._findings)
            return {"bn": told}, flow
        return self._weighted(word, arguments, flow)

    def _bare(self, word: str, flow: Flow) -> tuple[Json, Flow]:
        if word == "flatten":
            shape = flow.shape
            flat = None if shape is None or not shape else (shape[0], math.prod(shape[1:]))
            return word, Flow(shape=flat, dtype=flow.dtype)
        if self.entry is None:
            self.entry = flow
            self._names.setdefault("bn", 1)
        return word, flow

    def _nested(self, value: Any, path: Path, flow: Flow) -> tuple[Json, Flow]:
        if not isinstance(value, list) or not value:
            raise Unusable(f"model must be a list of layers, got {got(value)}", path=("model",), hint=_HINT)
        wire, flow = self.sequence(value, path, flow)
        return {"model": wire}, flow

    def _named(self, word: str) -> str:
        count = self._names.get(word, 1 if word == "bn" else 0)
        self._names[word] = count + 1
        return f"{word}_{count}" if count else word

    def _weighted(self, word: str, arguments: Strict, flow: Flow) -> tuple[Json, Flow]:
        weights: dict[str, Tensor] = {
            name: self._weight(getattr(arguments, name), (word, name))
            for name in ("kernel", "bias", "table")
            if name in arguments.model_fields_set
        }
        name = self._named(word)
        self.variables.update({f"{name}/{_VARIABLES.get(one, one)}": weight.shape for one, weight in weights.items()})
        plain = {key: value for key, value in given(arguments).items() if key not in weights}
        if isinstance(arguments, Masking):
            plain = {"value": float(arguments.value)}
        shape = None if flow.shape is None else _after(word, flow.shape, weights, plain)
        _check_bias(word, weights)
        dtype = "float32" if word == "embedding" else flow.dtype
        wire = {**{one: weight.to_wire() for one, weight in weights.items()}, **plain}
        return {word: wire}, Flow(shape=shape, dtype=dtype)

    def _weight(self, spec: Any, path: Path) -> Tensor:
        try:
            return self._arrays.initializer(spec, None, "float32")
        except Unusable as unusable:
            message = f"{name_of(path)} {unusable.message}" if unusable.about_value else unusable.message
            inside = (*path, *unusable.path)
            raise Unusable(message, path=inside, hint=unusable.hint, at_key=unusable.at_key) from None


_VARIABLES = {"table": "embeddings"}


def _no_layer(entry: Any, path: Path) -> Unusable:
    if isinstance(entry, dict) and len(entry) > 1:
        hint = "every layer is an entry of its own in the list"
        return Unusable(f"a layer has one word, got {', '.join(entry)}", path=(), hint=hint)
    word = next(iter(entry)) if isinstance(entry, dict) and entry else entry
    if isinstance(word, str) and word in WORDS:
        example = {"activation": "relu", "model": "[bn]"}.get(word, "{...}")
        return Unusable(f"{word} needs arguments", path=(), hint=f"{{{word}: {example}}}")
    near = nearest(word, WORDS) if isinstance(word, str) else None
    message = f"{name_of(path)} must be a layer ({one_of(WORDS)}), got {got(entry)}"
    return Unusable(message, hint=f"did you mean {near}?" if near else _HINT)


def _activation(value: Any) -> Json:
    if value in ACTIVATIONS:
        return {"activation": value}
    near = nearest(value, ACTIVATIONS) if isinstance(value, str) else None
    message = f"activation must be {one_of(ACTIVATIONS)}, got {got(value)}"
    raise Unusable(message, path=("activation",), hint=f"did you mean {near}?" if near else "{activation: relu}")


def _check_bias(word: str, weights: Mapping[str, Tensor]) -> None:
    if "bias" in weights and weights["bias"].shape != weights["kernel"].shape[-1:]:
        units = list(weights["kernel"].shape[-1:])
        message = f"bias has shape {list(weights['bias'].shape)}, the kernel makes it {units}"
        raise Unusable(message, path=(word, "bias"), hint="one number for each unit")


def _after(word: str, shape: Shape, weights: Mapping[str, Tensor], plain: Mapping[str, Any]) -> Shape:
    """The shape that the layer makes of ``shape``.

    Raises:
        Unusable: it cannot take it.
    """
    if word == "dense":
        kernel = _kernel(word, weights, 2, shape[-1] if shape else 0, shape)
        return (*shape[:-1], kernel[1])
    if word == "embedding":
        return (*shape, _ranked(word, "table", weights["table"].shape, 2)[1])
    if word in ("conv2d", "resizing") and len(shape) != 4:
        raise Unusable(f"{word} takes images, rank 4, and gets shape {list(shape)}", path=(word,))
    if word == "resizing":
        return (shape[0], plain["height"], plain["width"], shape[3])
    if word == "conv2d":
        kernel = _kernel(word, weights, 4, shape[3], shape)
        stride, same = plain.get("strides", 1), plain.get("padding") == "same"
        sides = [-(-(side if same else side - kernel[at] + 1) // stride) for at, side in enumerate(shape[1:3])]
        if min(sides) < 1:
            raise Unusable(f"the kernel is larger than the images of shape {list(shape)}", path=(word, "kernel"))
        return (shape[0], *sides, kernel[3])
    return shape


def _kernel(word: str, weights: Mapping[str, Tensor], rank: int, channels: int, shape: Shape) -> Shape:
    kernel = _ranked(word, "kernel", weights["kernel"].shape, rank)
    if kernel[-2] != channels:
        message = f"kernel has shape {list(kernel)}, and {word} gets shape {list(shape)}"
        raise Unusable(message, path=(word, "kernel"), hint=f"dimension {rank - 2} of the kernel must be {channels}")
    return kernel


def _ranked(word: str, name: str, shape: Shape, rank: int) -> Shape:
    if len(shape) != rank:
        description = MODELS[word].model_fields[name].description
        message = f"{name} must have {rank} dimensions, got shape {list(shape)}"
        raise Unusable(message, path=(word, name), hint=description)
    return shape
