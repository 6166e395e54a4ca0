"""The model of a scenario file, section by section; the JSON Schema is generated from it."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Discriminator, Field, PlainValidator, Tag, WithJsonSchema
from pydantic_core import PydanticCustomError

from harness.releases.ranges import FORMS
from harness.scenario.arguments import Constraint, MaskSpec, Regularizer, Runner, TrainingFlag
from harness.scenario.arrays import ABSENT, ArraySpec, Finite, FloatDtype, Numbers, Strict
from harness.scenario.claim_model import (
    Changed,
    ExceptionName,
    Normalized,
    Releases,
    SameCase,
    Symptom,
    Versions,
)
from harness.scenario.difference_model import Difference
from harness.scenario.text import got

FIELDS = ("output", "gamma", "beta", "moving_mean", "moving_variance")
"""What every call observes."""
MEASURED = (
    *FIELDS,
    "renorm_mean",
    "renorm_stddev",
    "loss",
    "losses",
    "gradient_input",
    "gradient_gamma",
    "gradient_beta",
    "trainable_variables",
    "update_ops",
)
"""What a step may observe; besides, ``output_1`` and so on, and the variables of other layers: ``dense/kernel``."""
FIELD = rf"({'|'.join(MEASURED)}|output_[1-9][0-9]*|[a-z0-9_]+/[a-z0-9_]+)"
"""Pattern of all of them."""

SWEPT = (
    "input",
    "inputs",
    "initializers",
    "layer",
    "training",
    "trainable",
    "steps",
    "model",
    "mask",
    "observe",
    "replicas",
    "policy",
    "unknown_batch",
)
"""Top-level keys that the field path of a sweep may begin with."""

EXPECT_KEY = re.compile(rf"{FIELD}(\[(-?[0-9]+(, ?-?[0-9]+)*)\])?")

Text: TypeAlias = Annotated[str, Field(min_length=1, pattern=r"\S")]
Share: TypeAlias = Annotated[float, Field(ge=0, le=1)]
NotNegative: TypeAlias = Annotated[float, Field(ge=0)]
Observed: TypeAlias = Literal["gradients", "trainable_variables", "update_ops", "losses", "warnings"]
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


class Unchecked(Strict):
    """Arguments that are passed as they stand, for what a layer does with values that mean nothing."""

    virtual_batch_size: int = Field(default=ABSENT, description="Any integer; under layer it is at least 1.")
    renorm_clipping: dict[str, Finite] = Field(
        default=ABSENT, description="Any keys and numbers; under layer they are rmax, rmin and dmax of at least 0."
    )


class Adjustment(Strict):
    """What a callable returns that is passed: in training, what is normalized becomes scale * normalized + bias."""

    scale: ArraySpec = Field(description="Factor, of a shape that broadcasts to the input's.")
    bias: ArraySpec = Field(description="What is added, likewise; gamma and beta are applied after it.")


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
    gamma_regularizer: Regularizer = Field(default=ABSENT, description="Penalty on gamma: {l1: x}, {l2: x} or both.")
    beta_regularizer: Regularizer = Field(default=ABSENT, description="Penalty on beta: {l1: x}, {l2: x} or both.")
    gamma_constraint: Constraint = Field(default=ABSENT, description="On gamma: non_neg, unit_norm or {max_norm: x}.")
    beta_constraint: Constraint = Field(default=ABSENT, description="On beta: non_neg, unit_norm or {max_norm: x}.")
    adjustment: Adjustment | None = Field(
        default=ABSENT, description="Per-example adjustment in training; Keras 3 has no such argument."
    )
    unchecked: Unchecked = Field(
        default=ABSENT, description="Arguments whose values the layer itself has to refuse; not checked here."
    )


def _steps(value: Any) -> int | list[Any]:
    if isinstance(value, list) and value:
        return value
    if type(value) is int and 1 <= value <= MOST_STEPS:
        return value
    if type(value) is int:
        message = f"must be between 1 and {MOST_STEPS}, got {value}"
    elif value == []:
        message = "must not be empty"
    else:
        message = f"must be a number of calls or a list of steps, got {got(value)}"
    raise PydanticCustomError("argument", "{message}", {"message": message, "hint": _STEPS})


MOST_STEPS = 10_000
"""Most steps that a case may have, repetitions written out."""
STEPS = {"$comment": "steps"}
"""Stands for a list of steps in the schema: see ``schema.py``."""
MODEL = {"$comment": "model"}
"""Likewise, for a list of layers."""
_STEPS = "Number of calls, or a list of steps; as many calls as inputs if left out, else 1."
_COUNT = {"type": "integer", "minimum": 1, "maximum": MOST_STEPS}
Steps: TypeAlias = Annotated[Any, PlainValidator(_steps), WithJsonSchema({"anyOf": [_COUNT, STEPS]})]
ASSERTIONS = {"$comment": "assertions"}
"""Likewise, for a list of assertions."""
Assertions: TypeAlias = Annotated[list[Any], WithJsonSchema(ASSERTIONS)]
Layers: TypeAlias = Annotated[list[Any], Field(min_length=1), WithJsonSchema(MODEL)]


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
    loss: BoundModel = Field(default=ABSENT, description="Bound of the loss.")
    gradient_input: BoundModel = Field(default=ABSENT, description="Bound of the gradient of the input.")
    gradient_gamma: BoundModel = Field(default=ABSENT, description="Bound of the gradient of gamma.")
    gradient_beta: BoundModel = Field(default=ABSENT, description="Bound of the gradient of beta.")


ExpectKey: TypeAlias = Annotated[str, Field(pattern=f"^{EXPECT_KEY.pattern}$")]


class ClaimModel(Strict):
    """A sentence that somebody published, bound to what can be measured: all that is claimed has to hold."""

    says: Text = Field(description="The claim, in a sentence.")
    source: Text = Field(description="Title or URL of who says it.")
    runner: Annotated[
        Annotated[Runner, Tag("@one")] | Annotated[Annotated[list[Runner], Field(min_length=1)], Tag("@several")],
        Discriminator(lambda value: "@several" if isinstance(value, list) else "@one"),
    ] = Field(default=ABSENT, description="The runner it is about, or several; every runner if left out.")
    releases: Releases = Field(
        default=ABSENT, description="The releases it is meant for: 1.0..1.15, '>=2.0'; all if left out."
    )
    where: dict[str, Any] = Field(
        default={}, description="The cases it is about: swept field to one of its values; all if left out."
    )
    step: Annotated[int, Field(ge=1)] = Field(default=ABSENT, description="Step, from 1; the last if left out.")
    expect: Annotated[dict[ExpectKey, Numbers], Field(min_length=1)] = Field(
        default=ABSENT,
        description="Field, or field[index,...], to the published numbers; they hold to their printed digits.",
    )
    normalized_by: Normalized = Field(
        default=ABSENT, description="With what: batch, moving, or nothing: the output is gamma * input + beta."
    )
    moving_statistics: Changed = Field(default=ABSENT, description="What the step does to mean and variance.")
    gamma: Changed = Field(default=ABSENT, description="What the step does to gamma.")
    beta: Changed = Field(default=ABSENT, description="What the step does to beta.")
    same_as: SameCase = Field(
        default=ABSENT, description="The case that it equals: its key, or {where: {trainable: false}, fields: [...]}."
    )
    trainable_variables: Annotated[int, Field(ge=0)] = Field(
        default=ABSENT, description="How many trainable variables the layer has."
    )
    nondeterministic: bool = Field(
        default=ABSENT, description="Whether repeating the experiment gives several results; needs repetitions."
    )
    raises: ExceptionName = Field(default=ABSENT, description="The exception type that ends the experiment; alone.")
    reported: Symptom = Field(
        default=ABSENT,
        description="That this is what was reported: true, or what its maintainers called it and where.",
    )


class ScenarioFile(Strict):
    """One experiment with BatchNormalization, possibly swept over several values."""

    title: Text = Field(description="What the scenario is, in a line.")
    why: Text = Field(description="The one thing it shows, and to whom that matters.")
    tags: list[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]] = Field(
        default=[], description="Words to select by: lower case, digits, - and _."
    )
    source: Annotated[
        Annotated[Text, Tag("@one")] | Annotated[Annotated[list[Text], Field(min_length=1)], Tag("@several")],
        Discriminator(lambda value: "@several" if isinstance(value, list) else "@one"),
    ] = Field(default=ABSENT, description="Where it was reported: title or URL, or several.")
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
    model: Layers = Field(
        default=ABSENT, description="Layers of a model, one after the other, the layer under test among them as bn."
    )
    mask: MaskSpec = Field(default=ABSENT, description="Given to every call as mask: true or 1 where a value counts.")
    steps: Steps = Field(default=ABSENT, description=_STEPS)
    observe: list[Observed] = Field(default=ABSENT, description="What is observed beyond output and state.")
    replicas: Annotated[int, Field(ge=1, le=8)] = Field(
        default=1, description="Logical CPUs that a MirroredStrategy divides the batch over; 1: no strategy."
    )
    policy: Literal["mixed_float16", "mixed_bfloat16"] | None = Field(
        default=None, description="Mixed precision policy of Keras; null for none."
    )
    unknown_batch: bool = Field(
        default=False, description="Whether placeholders and signatures leave the first dimension open."
    )
    repetitions: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=1, description="How often all of it is run, to find results that are no function of the input."
    )
    sweep: dict[str, Annotated[list[Any], Field(min_length=1)]] = Field(
        default={},
        description="Field path (training, layer.axis) to values; the cases are the product.",
        json_schema_extra={"propertyNames": {"pattern": rf"^({'|'.join(SWEPT)})(\..+)?$"}},
    )
    runners: Annotated[list[Runner], Field(min_length=1)] = Field(
        default=ABSENT, description="The only runners it is for; all if left out."
    )
    releases: Versions = Field(default=ABSENT, description=f"The only TensorFlow releases it is for: {FORMS}.")
    tolerance: ToleranceModel = Field(
        default=ToleranceModel.model_construct(), description="Bounds of its own, with the reason."
    )
    expect_difference: list[Difference] = Field(
        default=[], description="Rules by which runners may differ where compare fails on differences."
    )
    claims: list[ClaimModel] = Field(default=[], description="Published claims that these cases confirm or refute.")
    assertions: Assertions = Field(
        default=[], alias="assert", description="Relations and properties that have to hold in what is measured."
    )
