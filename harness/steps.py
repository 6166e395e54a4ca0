"""Steps: what an experiment does to the layer, one after the other; each value with the JSON form that travels.

The JSON form is hashed into the case: a default is left out of it, so that a step keeps its form, and a golden
stays valid, when steps learn something new.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, ClassVar, TypeAlias

from harness.tensor import Tensor

Training: TypeAlias = bool | int | str | None
"""``True``, ``False``, ``0``, ``1``; ``None`` where the argument is omitted; or text such as ``tensor:true``.

The text names how the value gets there: ``numpy`` (a NumPy bool), ``tensor`` (a constant tensor), ``placeholder``
(a tensor fed per step) or ``phase`` (the argument is omitted and the global learning phase is set).
"""

TRAINING_FORMS = ("numpy", "tensor", "placeholder", "phase")
"""What may stand before the colon of a textual :data:`Training`."""


class Updates(Enum):
    """What happens to the update operations of a call in a graph; eagerly the call itself updates."""

    RUN = "run"
    """Those that the front end offers run with the output: UPDATE_OPS, or ``layer.updates`` of Keras."""
    SKIP = "skip"
    """None runs."""
    COLLECTION = "collection"
    """Those in the graph's UPDATE_OPS run, whatever the front end offers."""
    TRAIN_OP = "train_op"
    """The train operation is built under control dependencies of UPDATE_OPS."""


class Loss(Enum):
    """A scalar of the output ``y`` and the target ``t``."""

    MEAN_SQUARE = "mean_square"
    """``mean((y - t)**2)``."""
    MEAN_ABSOLUTE = "mean_absolute"
    """``mean(|y - t|)``."""
    SUM = "sum"
    """``sum(y - t)``."""


class Optimizer(Enum):
    """How gradients move the trainable variables; what is not named here has the front end's default."""

    SGD = "sgd"
    MOMENTUM = "momentum"
    """With momentum 0.9."""
    ADAM = "adam"


class Format(Enum):
    """What a layer or model is saved as."""

    WEIGHTS = "weights"
    """The list of ``get_weights``."""
    CHECKPOINT = "checkpoint"
    """tf.train.Checkpoint, or a Saver in graphs."""
    H5 = "h5"
    """A weights file of Keras."""
    KERAS = "keras"
    """The whole model as a .keras file."""
    SAVED_MODEL = "saved_model"


class Target(Enum):
    """What ``trainable`` is set on."""

    LAYER = "layer"
    MODEL = "model"


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One forward call of the layer.

    Attributes:
        input: index into the inputs of the case.
        training: the argument as the front end gets it; ``None``: it does not get one.
        updates: which update operations run with it.
        beside: further inputs that the layer is called on in the very same run.
    """

    word: ClassVar[str] = "call"
    input: int
    training: Training
    updates: Updates = Updates.RUN
    beside: tuple[int, ...] = ()

    def to_wire(self) -> dict[str, Any]:
        """The JSON form that travels and is hashed."""
        wire: dict[str, Any] = {"step": self.word, "input": self.input, "training": self.training}
        if self.updates is not Updates.RUN:
            wire["updates"] = self.updates.value
        if self.beside:
            wire["with"] = list(self.beside)
        return wire


@dataclass(frozen=True, kw_only=True, slots=True)
class Build:
    """The variables are made for the shape of input 0; of a model, the model is put together."""

    word: ClassVar[str] = "build"

    def to_wire(self) -> dict[str, Any]:
        """The JSON form that travels and is hashed."""
        return {"step": self.word}


@dataclass(frozen=True, kw_only=True, slots=True)
class Set:
    """``trainable`` is assigned, on the layer or on the model around it."""

    word: ClassVar[str] = "set"
    trainable: bool
    on: Target = Target.LAYER

    def to_wire(self) -> dict[str, Any]:
        """The JSON form that travels and is hashed."""
        wire: dict[str, Any] = {"step": self.word, "trainable": self.trainable}
        return wire if self.on is Target.LAYER else {**wire, "on": self.on.value}


@dataclass(frozen=True, kw_only=True, slots=True)
class Assign:
    """Variables get new values, by role, each of the parameters' shape."""

    word: ClassVar[str] = "assign"
    values: Mapping[str, Tensor]

    def to_wire(self) -> dict[str, Any]:
        """The JSON form that travels and is hashed."""
        return {"step": self.word, "values": {role: value.to_wire() for role, value in sorted(self.values.items())}}


@dataclass(frozen=True, kw_only=True, slots=True)
class Train:
    """One step of an optimizer that is made for it: forward, backward, update.

    Attributes:
        input: index into the inputs of the case.
        target: likewise; ``None``: zeros, which is to say that the loss is of the output alone.
        rate: the learning rate.
        updates: which update operations run with it.
    """

    word: ClassVar[str] = "train"
    input: int
    training: Training
    loss: Loss
    target: int | None = None
    optimizer: Optimizer
    rate: float
    updates: Updates = Updates.RUN

    def to_wire(self) -> dict[str, Any]:
        """The JSON form that travels and is hashed."""
        wire: dict[str, Any] = {"step": self.word, "input": self.input, "training": self.training}
        wire.update(loss=self.loss.value, optimizer=self.optimizer.value, rate=self.rate)
        if self.target is not None:
            wire["target"] = self.target
        if self.updates is not Updates.RUN:
            wire["updates"] = self.updates.value
        return wire


@dataclass(frozen=True, kw_only=True, slots=True)
class Compile:
    """The model is compiled; ``eagerly`` with ``run_eagerly=True``."""

    word: ClassVar[str] = "compile"
    loss: Loss
    optimizer: Optimizer
    rate: float
    eagerly: bool = False

    def to_wire(self) -> dict[str, Any]:
        """The JSON form that travels and is hashed."""
        wire: dict[str, Any] = {"step": self.word, "loss": self.loss.value}
        wire.update(optimizer=self.optimizer.value, rate=self.rate)
        return {**wire, "eagerly": True} if self.eagerly else wire


@dataclass(frozen=True, kw_only=True, slots=True)
class Fit:
    """``model.fit`` on the whole input as one batch, unshuffled; ``validation`` indexes the inputs."""

    word: ClassVar[str] = "fit"
    input: int
    target: int | None = None
    epochs: int = 1
    validation: int | None = None

    def to_wire(self) -> dict[str, Any]:
        """The JSON form that travels and is hashed."""
        wire: dict[str, Any] = {"step": self.word, "input": self.input, "epochs": self.epochs}
        if self.target is not None:
            wire["target"] = self.target
        return wire if self.validation is None else {**wire, "validation": self.validation}


class Method(Enum):
    """A method of a model that takes one batch."""

    TRAIN_ON_BATCH = "train_on_batch"
    TEST_ON_BATCH = "test_on_batch"
    EVALUATE = "evaluate"
    PREDICT = "predict"


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """A method of the model, on the whole input as one batch.

    Attributes:
        target: index into the inputs; ``None``: zeros of the output's shape. ``predict`` takes none.
    """

    method: Method
    input: int
    target: int | None = None

    @property
    def word(self) -> str:
        """The step's name: that of the method."""
        return self.method.value

    def to_wire(self) -> dict[str, Any]:
        """The JSON form that travels and is hashed."""
        wire: dict[str, Any] = {"step": self.word, "input": self.input}
        return wire if self.target is None else {**wire, "target": self.target}


@dataclass(frozen=True, kw_only=True, slots=True)
class Save:
    """The layer or the model is saved."""

    word: ClassVar[str] = "save"
    format: Format

    def to_wire(self) -> dict[str, Any]:
        """The JSON form that travels and is hashed."""
        return {"step": self.word, "format": self.format.value}


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """What was saved is put into a freshly made layer or model, which takes the place of the old one.

    Attributes:
        layer: arguments of the new layer in place of those of the case, by name.
    """

    word: ClassVar[str] = "load"
    format: Format
    layer: Mapping[str, Any] = field(default_factory=dict)

    def to_wire(self) -> dict[str, Any]:
        """The JSON form that travels and is hashed."""
        wire: dict[str, Any] = {"step": self.word, "format": self.format.value}
        return {**wire, "layer": dict(self.layer)} if self.layer else wire


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """The layer is replaced by one made ``from_config(get_config())`` and built for the shape of input 0."""

    word: ClassVar[str] = "config"

    def to_wire(self) -> dict[str, Any]:
        """The JSON form that travels and is hashed."""
        return {"step": self.word}


Step: TypeAlias = Call | Build | Set | Assign | Train | Compile | Fit | Run | Save | Load | Config
"""What a case does, one after the other."""


def without_values(step: Step) -> dict[str, Any]:
    """The JSON form of a step with dtypes and shapes in place of the arrays."""
    if not isinstance(step, Assign):
        return step.to_wire()
    return {"step": step.word, "values": {role: [one.dtype, one.shape] for role, one in sorted(step.values.items())}}


def input_of(step: Step) -> int | None:
    """Index of the input that a step runs on; ``None`` where it runs on none."""
    return step.input if isinstance(step, Call | Train | Fit | Run) else None
