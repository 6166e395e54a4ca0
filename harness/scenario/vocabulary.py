"""The steps that a scenario may list, by word, each with the model of its arguments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field

from harness.scenario.arguments import TrainingFlag
from harness.scenario.arrays import ABSENT, Strict
from harness.scenario.model import Layer, NotNegative

LossWord: TypeAlias = Literal["mean_square", "mean_absolute", "sum"]
OptimizerWord: TypeAlias = Literal["sgd", "momentum", "adam"]
FormatWord: TypeAlias = Literal["weights", "checkpoint", "h5", "keras", "saved_model"]
CallUpdates: TypeAlias = Literal["run", "skip", "collection"]
TrainUpdates: TypeAlias = Literal["run", "skip", "collection", "train_op"]
Index: TypeAlias = Annotated[int, Field(ge=0)]

_INPUT = "Index into inputs, from 0; the step's own position among those that take an input if left out."
_TRAINING = "Instead of the scenario's training; null: the argument is not passed."
_TARGET = "Index into inputs; zeros of the output's shape if left out, which is to say the output alone."
_LOSS = "mean_square: mean((y - t)**2); mean_absolute: mean(|y - t|); sum: sum(y - t)."
_OPTIMIZER = "sgd; momentum, which is sgd with momentum 0.9; or adam."
_RATE = "Learning rate; 0.1 if left out."
_FORMAT = (
    "weights: get_weights; checkpoint: tf.train.Checkpoint, or a Saver in graphs; h5: a weights file; "
    "keras: the .keras file; saved_model."
)


class CallArguments(Strict):
    """A forward call of the layer, or of the model around it."""

    input: Index = Field(default=ABSENT, description=_INPUT)
    training: TrainingFlag = Field(default=None, description=_TRAINING)
    updates: CallUpdates = Field(
        default="run",
        description="Update operations that run with it in a graph: run, what the front end offers; skip, none; "
        "collection, those in UPDATE_OPS.",
    )
    beside: Annotated[list[Index], Field(min_length=1)] = Field(
        default=ABSENT, alias="with", description="Indices of further inputs that are called in the very same run."
    )


class BuildArguments(Strict):
    """The variables are made for the shape of the first input; with a model, the model is put together."""


class SetArguments(Strict):
    """trainable is assigned."""

    trainable: bool = Field(description="What trainable becomes.")
    on: Literal["layer", "model"] = Field(default="layer", description="layer, or model: the model around it.")


class TrainArguments(Strict):
    """One step of an optimizer that is made for it: forward, backward, update."""

    input: Index = Field(default=ABSENT, description=_INPUT)
    training: TrainingFlag = Field(default=None, description=_TRAINING)
    loss: LossWord = Field(default="mean_square", description=_LOSS)
    target: Index = Field(default=ABSENT, description=_TARGET)
    optimizer: OptimizerWord = Field(default="sgd", description=_OPTIMIZER)
    rate: NotNegative = Field(default=0.1, description=_RATE)
    updates: TrainUpdates = Field(
        default="run",
        description="Update operations that run with it in a graph: as for call, or train_op: the train operation "
        "depends on those in UPDATE_OPS.",
    )


class CompileArguments(Strict):
    """The model is compiled."""

    loss: LossWord = Field(default="mean_square", description=_LOSS)
    optimizer: OptimizerWord = Field(default="sgd", description=_OPTIMIZER)
    rate: NotNegative = Field(default=0.1, description=_RATE)
    eagerly: bool = Field(default=False, description="Whether it is compiled with run_eagerly=True.")


class FitArguments(Strict):
    """model.fit on the whole input as one batch, not shuffled."""

    input: Index = Field(default=ABSENT, description=_INPUT)
    target: Index = Field(default=ABSENT, description=_TARGET)
    epochs: Annotated[int, Field(ge=1, le=10_000)] = Field(default=1, description="How often it sees the input.")
    validation: Index = Field(default=ABSENT, description="Index into inputs of what it is validated on.")


class BatchArguments(Strict):
    """A method of the model, on the whole input as one batch."""

    input: Index = Field(default=ABSENT, description=_INPUT)
    target: Index = Field(default=ABSENT, description=_TARGET)


class PredictArguments(Strict):
    """model.predict on the whole input as one batch."""

    input: Index = Field(default=ABSENT, description=_INPUT)


class SaveArguments(Strict):
    """The layer or the model is saved."""

    format: FormatWord = Field(description=_FORMAT)


class LoadArguments(Strict):
    """What was saved is put into a freshly made layer or model, which replaces the old one."""

    format: FormatWord = Field(description=_FORMAT)
    layer: Layer = Field(
        default=ABSENT,
        description="Arguments of the new layer in place of the scenario's; only such as leave its variables the same.",
    )


class ConfigArguments(Strict):
    """The layer is replaced by one made from_config(get_config())."""


class RepeatArguments(Strict):
    """Steps that are done several times over."""

    times: Annotated[int, Field(ge=1, le=10_000)] = Field(description="How often.")
    steps: list[Any] = Field(description="What is repeated: a list of steps.", min_length=1)


ARGUMENTS: Mapping[str, type[Strict]] = {
    "call": CallArguments,
    "build": BuildArguments,
    "set": SetArguments,
    "train": TrainArguments,
    "compile": CompileArguments,
    "fit": FitArguments,
    "train_on_batch": BatchArguments,
    "evaluate": BatchArguments,
    "test_on_batch": BatchArguments,
    "predict": PredictArguments,
    "save": SaveArguments,
    "load": LoadArguments,
    "config": ConfigArguments,
    "repeat": RepeatArguments,
}
"""The arguments of every step but ``assign``, whose keys are names of variables."""

WORDS = (*ARGUMENTS, "assign")
"""Every step that can be written."""

OF_A_MODEL = ("compile", "fit", "train_on_batch", "evaluate", "test_on_batch", "predict")
"""Steps that only a model has."""


def arguments_of(word: str) -> tuple[str, ...]:
    """The names of a step's arguments, as they are written."""
    fields = ARGUMENTS[word].model_fields if word in ARGUMENTS else {}
    return tuple(field.alias or name for name, field in fields.items())


def required(word: str) -> tuple[str, ...]:
    """The arguments that cannot be left out; then the bare word is no step."""
    fields = ARGUMENTS[word].model_fields if word in ARGUMENTS else {}
    return tuple(name for name, field in fields.items() if field.is_required())


def takers_of(argument: str) -> Iterator[str]:
    """The steps that have an argument of this name."""
    return (word for word in ARGUMENTS if argument in arguments_of(word))
