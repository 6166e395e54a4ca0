"""A recipe as Python that can be pasted. Pure."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from packaging.version import Version

from harness.case import Case, Json
from harness.semantics.geometry import resolved_axes
from harness.semantics.recipes import Extra, Recipe, calls_of, case_of, initializers_of
from harness.semantics.updates import DEFAULT_MOMENTUM
from harness.steps import Training
from harness.tensor import Tensor

_COLUMNS = 100
_INLINE = 60
_AROUND = "    "


@dataclass(frozen=True, kw_only=True, slots=True)
class Front:
    """Where the layer is found.

    Attributes:
        module: ``tf.keras`` or ``tf_keras``.
        tensorflow: its version.
    """

    module: str
    tensorflow: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """Lines that leave what a call returned in ``output``, done so many ``times``; ``says`` which steps they are."""

    text: str
    times: int
    says: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Program:
    """Python that leaves the layer in ``layer`` and each call's result in ``output``."""

    setup: str
    steps: tuple[Step, ...]

    def to_wire(self) -> dict[str, Any]:
        """The form that a worker executes, step by step."""
        return {"setup": self.setup, "steps": [[step.text, step.times] for step in self.steps]}

    @property
    def text(self) -> str:
        """The form to paste: the very lines that a worker executes; ends in a newline."""
        return "\n".join([self.setup.rstrip(), "", *(_pasted(step) for step in self.steps)])


def _pasted(step: Step) -> str:
    if step.times == 1:
        return f"# {step.says}\n{step.text}"
    return f"for _ in range({step.times}):  # {step.says}\n{textwrap.indent(step.text, _AROUND)}"


def program(case: Case, recipe: Recipe, front: Front) -> Program:
    """What ``recipe`` says, with the inputs and initial values of ``case`` as literals.

    Raises:
        InvalidOption: the case does not consist of calls.
    """
    writer = _Writer(case, recipe, front)
    return Program(setup=writer.setup(), steps=tuple(writer.steps()))


class _Writer:
    def __init__(self, case: Case, recipe: Recipe, front: Front) -> None:
        self._case = case
        self._recipe = recipe
        self._front = front
        self._calls = calls_of(case)
        self._used = sorted({call.input for call in self._calls})

    def setup(self) -> str:
        """Imports, inputs, the layer, and what has to be done to it before it is called."""
        body = [line for index in self._used for line in self._input(index)] + ["", *self._layer()]
        if self._recipe.extras & {Extra.FREEZE_VARIABLES, Extra.RESTORE, Extra.SAMPLE_VARIANCE}:
            body.append(f"layer.build({self._argument(self._calls[0].input)}.shape)")
        if Extra.FREEZE_VARIABLES in self._recipe.extras:
            body += [f"layer.{name}.trainable = False" for name in self._affine()]
        return "\n".join([*self._imports("\n".join(body)), "", *body]) + "\n"

    def _imports(self, body: str) -> Iterator[str]:
        if "np." in body:
            yield "import numpy as np"
        yield "import tensorflow as tf"
        if self._front.module != "tf.keras":
            yield f"import {self._front.module}"
        yield from _eager(Version(self._front.tensorflow))

    def _affine(self) -> list[str]:
        unless = (("gamma", "scale"), ("beta", "center"))
        return [name for name, argument in unless if self._recipe.layer.get(argument) is not False]

    def _name(self, index: int) -> str:
        return "x" if len(self._used) == 1 else f"x{index + 1}"

    def _argument(self, index: int) -> str:
        """What the layer is called on."""
        return f"merged_{self._name(index)}" if self._merges() else self._name(index)

    def _merges(self) -> bool:
        return Extra.MERGE_AXES in self._recipe.extras

    def _input(self, index: int) -> Iterator[str]:
        tensor = self._case.inputs[index]
        yield f"{self._name(index)} = {_constant(tensor)}"
        if self._merges():
            order, merged, _ = self._merging(index)
            yield f"{self._argument(index)} = tf.reshape({_transposed(self._name(index), order)}, {merged})"

    def _merging(self, index: int) -> tuple[list[int], list[int], list[int]]:
        """The order of the axes with the channels' last, the shape with those merged, and the shape before that."""
        shape = self._case.inputs[index].shape
        channels = resolved_axes(self._case, len(shape))
        order = [axis for axis in range(len(shape)) if axis not in channels] + list(channels)
        ordered = [shape[axis] for axis in order]
        apart = len(shape) - len(channels)
        return order, [*ordered[:apart], math.prod(ordered[apart:])], ordered

    def _layer(self) -> Iterator[str]:
        yield f"layer = {self._front.module}.layers.BatchNormalization("
        for name, value in self._recipe.layer.items():
            yield f"{_AROUND}{name}={literal(value)},{self._was(name, value)}"
        was = "" if self._recipe.trainable is self._case.trainable else f"  # was {self._case.trainable}"
        yield f"{_AROUND}trainable={self._recipe.trainable},{was}"
        for role, initial in initializers_of(self._case, self._recipe).items():
            value = _initial(initial)
            yield f"{_AROUND}{role}_initializer={self._front.module}.initializers.Constant({value}),"
        yield ")"

    def _was(self, name: str, value: Json) -> str:
        if name not in self._case.layer:
            return "  # was left out"
        before = self._case.layer[name]
        return "" if before == value else f"  # was {literal(before)}"

    def steps(self) -> Iterator[Step]:
        """Calls, those next to each other that are equal together."""
        done = 0
        calls = zip(self._calls, self._recipe.trainings, strict=True)
        for (index, training), group in groupby((call.input, training) for call, training in calls):
            times = len(list(group))
            says = f"step {done + 1}" if times == 1 else f"steps {done + 1} to {done + times}"
            done += times
            yield Step(text="\n".join(self._call(index, training)) + "\n", times=times, says=says)

    def _call(self, index: int, training: Training) -> Iterator[str]:
        extras = self._recipe.extras if training else frozenset()
        n = self._values(index) if Extra.SAMPLE_VARIANCE in extras else 1
        if Extra.THAW_AROUND_CALLS in extras:
            yield "layer.trainable = True"
        if Extra.RESTORE in extras:
            yield "weights = layer.get_weights()"
        if n > 1:
            momentum = self._recipe.layer.get("momentum", DEFAULT_MOMENTUM)
            yield f"kept = {literal(momentum)} * layer.moving_variance"
        flag = "" if training is None else f", training={training}"
        yield f"output = layer({self._argument(index)}{flag})"
        if n > 1:
            yield f"added = (layer.moving_variance - kept) * {n} / {n - 1}  # n / (n - 1), n = {n}"
            yield "layer.moving_variance.assign(kept + added)"
        if Extra.RESTORE in extras:
            yield "layer.set_weights(weights)"
        if Extra.THAW_AROUND_CALLS in extras:
            yield "layer.trainable = False"
        if self._merges():
            order, _, ordered = self._merging(index)
            back = [order.index(axis) for axis in range(len(order))]
            yield f"output = {_transposed(f'tf.reshape(output, {ordered})', back)}"

    def _values(self, index: int) -> int:
        """How many values a statistic of this input reduces."""
        shape = self._case.inputs[index].shape
        cut = self._case if self._merges() else case_of(self._case, self._recipe)
        channels = resolved_axes(cut, len(shape))
        return math.prod(length for place, length in enumerate(shape) if place not in channels)


def _eager(version: Version) -> Iterator[str]:
    """Lines that switch TensorFlow 1 to eager execution, where that has not been done: it may be done once only."""
    if version.major < 2:
        core = version >= Version("1.7")
        where, asks = ("tf", "executing_eagerly") if core else ("tf.contrib.eager", "in_eager_mode")
        yield ""
        yield f"if not {where}.{asks}():"
        yield f"{_AROUND}{where}.enable_eager_execution()"


def _transposed(text: str, order: Sequence[int]) -> str:
    return text if list(order) == sorted(order) else f"tf.transpose({text}, {list(order)})"


def literal(value: Json) -> str:
    """``value`` as Python writes it; NaN and infinities as calls of ``float``."""
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{literal(name)}: {literal(item)}' for name, item in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(literal(item) for item in value)}]"
    return repr(value)


def _constant(tensor: Tensor) -> str:
    """A tensor of exactly these values."""
    if tensor.size == 0:
        return f'tf.zeros({list(tensor.shape)}, dtype="{tensor.dtype}")'
    # Not every release makes a bfloat16 of decimals; float32 holds the same values.
    exact = _widened(tensor)
    numbers = _numbers(exact)
    shape = f", shape={list(tensor.shape)}" if len(tensor.shape) != 1 else ""
    made = f'tf.constant({numbers}{shape}, dtype="{exact.dtype}")'
    return made if exact is tensor else f"tf.cast({made}, tf.bfloat16)"


def _initial(tensor: Tensor) -> str:
    """An initial value: one number where all are the same."""
    exact = _widened(tensor)
    if tensor.size and len(set(map(repr, exact.decimals()))) == 1:
        return _number(exact.decimals()[0])
    shape = "" if len(tensor.shape) == 1 else f".reshape({list(tensor.shape)})"
    return f'np.array({_numbers(exact)}, dtype="{exact.dtype}"){shape}'


def _widened(tensor: Tensor) -> Tensor:
    return Tensor.of(tensor.float64(), "float32") if tensor.dtype == "bfloat16" else tensor


def _numbers(tensor: Tensor) -> str:
    """A flat list, on lines of its own where it is long."""
    items = ", ".join(_number(value) for value in tensor.decimals())
    if len(items) < _INLINE:
        return f"[{items}]"
    return f"[\n{textwrap.fill(items, _COLUMNS, initial_indent=_AROUND, subsequent_indent=_AROUND)}\n]"


def _number(value: float | int | bool | str) -> str:
    return f'float("{value}")' if isinstance(value, str) else repr(value)
