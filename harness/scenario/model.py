"""The model of a scenario file, section by section; the JSON Schema is generated from it."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Discriminator, Field, PlainValidator, Tag, WithJsonSchema
from pydantic_core import PydanticCustomError

from harness.scenario.arrays import ABSENT, ArraySpec, FloatDtype, Numbers, Strict
from harness.scenario.text import got, nearest, one_of

FRONT_ENDS = ("tf1", "keras", "tf_keras")
"""Front ends that a runner may name."""
FIELDS = ("output", "gamma", "beta", "moving_mean", "moving_variance")
"""What every step observes."""

SWEPT = ("input", "inputs", "initializers", "layer", "training", "trainable", "steps")
"""Top-level keys that the field path of a sweep may begin with."""

_FIELD = f"({'|'.join(FIELDS)})"
EXPECT_KEY = re.compile(rf"{_FIELD}(\[(-?[0-9]+(, ?-?[0-9]+)*)\])?")


def _runner(value: Any) -> str:
    match = re.fullmatch(r"([^:]+)(:[a-z0-9_]+)?", value) if isinstance(value, str) else None
    if match and match[1] in FRONT_ENDS:
        return str(value)
    near = nearest(match[1], FRONT_ENDS) if match else None
    hint = f"did you mean {near}?" if near else "a runner is written front end or front end:mode"
    message = f"must name a front end ({one_of(FRONT_ENDS)}), got {got(value)}"
    raise PydanticCustomError("runner", "{message}", {"message": message, "hint": hint})


def _training(value: Any) -> bool | int | None:
    if value is None or type(value) is bool or (type(value) is int and value in (0, 1)):
        return value
    hint = "YAML 1.2 reads yes, no, on and off as text" if isinstance(value, str) else None
    message = f"must be true, false, null, 0 or 1, got {got(value)}"
    raise PydanticCustomError("training", "{message}", {"message": message, "hint": hint})


Runner: TypeAlias = Annotated[
    str,
    PlainValidator(_runner),
    WithJsonSchema({"type": "string", "pattern": rf"^({'|'.join(FRONT_ENDS)})(:[a-z0-9_]+)?$"}),
]
TrainingFlag: TypeAlias = Annotated[Any, PlainValidator(_training), WithJsonSchema({"enum": [True, False, None, 0, 1]})]
Text: TypeAlias = Annotated[str, Field(min_length=1, pattern=r"\S")]
Share: TypeAlias = Annotated[float, Field(ge=0, le=1)]
NotNegative: TypeAlias = Annotated[float, Field(ge=0)]
_OMITTED = "null, or the key left out: the argument is not passed."


class Initializers(Strict):
    """Initial values; a single number fills the parameter. A role left out keeps the layer's own default."""

    gamma: ArraySpec = Field(default=ABSENT, description="Initial scale; not used where layer.scale is false.")
    beta: ArraySpec = Field(default=ABSENT, description="Initial offset; not used where layer.center is false.")
    moving_mean: ArraySpec = Field(default=ABSENT, description="Initial moving mean.")
    moving_variance: ArraySpec = Field(default=ABSENT, description="Initial moving variance.")


class Clipping(Strict):
    """Limits of batch renormalization's correction."""

    rmax: NotNegative = Field(default=ABSENT, description="Upper limit of r.")
    rmin: NotNegative = Field(default=ABSENT, description="Lower limit of r.")
    dmax: NotNegative = Field(default=ABSENT, description="Limit of the absolute value of d.")


class Layer(Strict):
    """Arguments of the layer by the names of the Keras and tf.layers signature; only those given are passed."""

    axis: Annotated[
        Annotated[int, Tag("@one")] | Annotated[Annotated[list[int], Field(min_length=1)], Tag("@several")],
        Discriminator(lambda value: "@several" if isinstance(value, list) else "@one"),
    ] = Field(default=ABSENT, description="Dimension of the channels, or several; negative counts from the last.")
    momentum: Share = Field(default=ABSENT, description="Share of a moving statistic that an update keeps.")
    epsilon: NotNegative = Field(default=ABSENT, description="Added to the variance before its root is taken.")
    center: bool = Field(default=ABSENT, description="Whether there is a beta.")
    scale: bool = Field(default=ABSENT, description="Whether there is a gamma.")
    fused: bool | None = Field(
        default=ABSENT, description="Fused kernel: true, false, or null to let TensorFlow choose."
    )
    renorm: bool = Field(default=ABSENT, description="Batch renormalization.")
    renorm_clipping: Clipping | None = Field(default=ABSENT, description="Limits of the renormalization.")
    renorm_momentum: Share = Field(default=ABSENT, description="Momentum of the renormalization's statistics.")
    virtual_batch_size: Annotated[int, Field(ge=1)] | None = Field(
        default=ABSENT, description="Examples that share their statistics; null for the whole batch."
    )
    dtype: FloatDtype = Field(default=ABSENT, description="dtype of the layer; tf1's function has no such argument.")
    synchronized: bool = Field(default=ABSENT, description="Reduce over the replicas of a distribution strategy.")


class CallArguments(Strict):
    """What one call gets that differs from the scenario's own."""

    input: int = Field(
        default=ABSENT, ge=0, description="Index into inputs, from 0; the step's own position if left out."
    )
    training: TrainingFlag = Field(
        default=None, description="Instead of the scenario's training; null: the argument is not passed."
    )


class CallStep(Strict):
    """A forward call of the layer."""

    call: CallArguments | None = Field(description="Arguments of the call; empty for the scenario's own.")


Step: TypeAlias = Annotated[
    Annotated[Literal["call"], Tag("@word")] | Annotated[CallStep, Tag("@mapping")],
    Discriminator(lambda value: "@mapping" if isinstance(value, dict) else "@word"),
]
Steps: TypeAlias = Annotated[
    Annotated[Annotated[int, Field(ge=1, le=10_000)], Tag("@count")]
    | Annotated[Annotated[list[Step], Field(min_length=1)], Tag("@list")],
    Discriminator(lambda value: "@list" if isinstance(value, list) else "@count"),
]


class BoundModel(Strict):
    """Two numbers agree when they are at most atol + rtol * max(|a|, |b|) apart."""

    atol: NotNegative = Field(default=0.0, description="Absolute part.")
    rtol: NotNegative = Field(default=0.0, description="Part relative to the larger of the two.")


class ToleranceModel(Strict):
    """Bounds that replace the derived ones, by field, and why."""

    reason: Text = Field(default=ABSENT, description="Why the derived bounds do not do; required with any bound.")
    output: BoundModel = Field(default=ABSENT, description="Bound of the output.")
    gamma: BoundModel = Field(default=ABSENT, description="Bound of gamma.")
    beta: BoundModel = Field(default=ABSENT, description="Bound of beta.")
    moving_mean: BoundModel = Field(default=ABSENT, description="Bound of the moving mean.")
    moving_variance: BoundModel = Field(default=ABSENT, description="Bound of the moving variance.")


ExpectKey: TypeAlias = Annotated[str, Field(pattern=f"^{EXPECT_KEY.pattern}$")]


class ClaimModel(Strict):
    """A sentence that somebody published, bound to numbers."""

    says: Text = Field(description="The claim, in a sentence.")
    source: Text = Field(description="Title or URL of who says it.")
    runner: Runner = Field(default=ABSENT, description="The runner it is about; every runner if left out.")
    where: dict[str, Any] = Field(
        default={}, description="The cases it is about: swept field to one of its values; all if left out."
    )
    step: Annotated[int, Field(ge=1)] = Field(default=ABSENT, description="Step, from 1; the last if left out.")
    expect: Annotated[dict[ExpectKey, Numbers], Field(min_length=1)] = Field(
        description="Field, or field[index,...], to the published numbers; they hold to their printed digits."
    )


class ScenarioFile(Strict):
    """One experiment with BatchNormalization, possibly swept over several values."""

    title: Text = Field(description="What the scenario is, in a line.")
    why: Text = Field(description="The one thing it shows, and to whom that matters.")
    tags: list[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]] = Field(
        default=[], description="Words to select by: lower case, digits, - and _."
    )
    input: ArraySpec = Field(default=ABSENT, description="What the layer is called on in every step.")
    inputs: Annotated[list[ArraySpec], Field(min_length=1)] = Field(
        default=ABSENT, description="What the layer is called on, one per step; instead of input."
    )
    initializers: Initializers = Field(
        default=Initializers.model_construct(), description="Initial values of the variables."
    )
    layer: Layer = Field(
        default=Layer.model_construct(), description="Arguments of the layer; only those given are passed."
    )
    training: TrainingFlag = Field(default=None, description=f"The training argument of every call. {_OMITTED}")
    trainable: bool = Field(default=True, description="The trainable argument of the layer.")
    steps: Steps = Field(default=ABSENT, description="Number of calls, or a list of them; as many as inputs, else 1.")
    sweep: dict[str, Annotated[list[Any], Field(min_length=1)]] = Field(
        default={},
        description="Field path (training, layer.axis) to values; the cases are the product.",
        json_schema_extra={"propertyNames": {"pattern": rf"^({'|'.join(SWEPT)})(\..+)?$"}},
    )
    runners: Annotated[list[Runner], Field(min_length=1)] = Field(
        default=ABSENT, description="The only runners it is for; all if left out."
    )
    tolerance: ToleranceModel = Field(
        default=ToleranceModel.model_construct(), description="Bounds of its own, with the reason."
    )
    claims: list[ClaimModel] = Field(default=[], description="Published claims that these cases confirm or refute.")
