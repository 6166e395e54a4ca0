"""The format of a run's JSON: its models, which check what is read and generate the committed schema."""

from __future__ import annotations

import json
from functools import cache
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue

from harness.releases.ranges import Range

FORMAT = 1

_DIALECT = "https://json-schema.org/draft/2020-12/schema"

Number: TypeAlias = float | Literal["inf", "-inf", "nan"]
Words: TypeAlias = tuple[str, ...]
RangeText: TypeAlias = Annotated[str, AfterValidator(lambda text: Range.parse(text).text)]


class Strict(BaseModel):
    """Nothing is let through that the format does not name."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class ProblemModel(Strict):
    """What kept a target from being measured."""

    place: str
    message: str
    hint: str | None


class StructureModel(Strict):
    """What the front end built."""

    trainable_variables: Words
    non_trainable_variables: Words
    update_ops: int | None
    fused: bool | None


class RaisedModel(Strict):
    """The exception that ended the experiment."""

    type: str
    message: str


class IdentityModel(Strict):
    """What ran: reported, never compared."""

    layer_class: str
    variables: Words
    device: str


class SpreadModel(Strict):
    """A field that repetitions did not agree on: its values at one element, with how many showed each."""

    step: int | None = Field(description="From 1; null for how the experiment ended.")
    field: str
    index: tuple[int, ...]
    values: tuple[tuple[str, int], ...]


class MeasuredModel(Strict):
    """A measurement, without its arrays; steps is how many there were."""

    kind: Literal["measured"]
    steps: int = Field(ge=0)
    structure: StructureModel | None
    raised: RaisedModel | None
    identity: IdentityModel | None
    nondeterministic: bool = Field(description="Repeating the experiment gives several results, or golden says so.")
    spreads: tuple[SpreadModel, ...]


class CrashedModel(Strict):
    """The worker died; stderr is the end of what it said."""

    kind: Literal["crashed"]
    cause: str
    stderr: str


class TimedOutModel(Strict):
    """The worker was killed at its deadline; stderr is the end of what it said."""

    kind: Literal["timed out"]
    seconds: float
    stderr: str


class UnavailableModel(Strict):
    """The runner is not there, or the front end has no notion of what the case asks for."""

    kind: Literal["unavailable", "not applicable"]
    reason: str


Outcome: TypeAlias = Annotated[
    MeasuredModel | CrashedModel | TimedOutModel | UnavailableModel, Field(discriminator="kind")
]


class DifferenceModel(Strict):
    """A field that differs; of a value, the element farthest beyond its bound. Numbers that differ are decimals."""

    kind: Literal["raised", "steps", "results", "structure", "missing", "dtype", "shape", "value"]
    step: int | None = Field(description="From 1; null for what concerns the whole observation.")
    field: str
    index: tuple[int, ...] | None = Field(description="The element; null unless kind is value or results.")
    left: str = Field(description="The value on the left side: of a result, what was measured.")
    right: str = Field(description="The value on the right side: of a result, what golden holds.")
    error: Number | None
    bound: Number | None = Field(description="What the error had to stay within.")
    source: Literal["from the oracle", "from the scale of the data", "from the scenario"] | None = Field(
        description="Who gave the bound."
    )
    ulps: Number | None
    elements: int = Field(description="How many elements are beyond their bounds.")
    size: int = Field(description="Of how many.")
    passing: Number | None = Field(description="The smallest multiple of the bounds that would have passed.")


class ClosestModel(Strict):
    """The element that came nearest to its bound, or went farthest beyond it."""

    step: int
    field: str
    index: tuple[int, ...]
    error: Number
    bound: Number
    ulps: Number | None


class DiffModel(Strict):
    """All that differs; identical: nothing does and every value has the same bits."""

    identical: bool
    differences: tuple[DifferenceModel, ...]
    closest: ClosestModel | None


class ChangeModel(Strict):
    """A rule whose answer is not the same on both sides, with a number that this moves."""

    rule: str
    left: Words = Field(min_length=1, description="The answers that fit the left side: of a result, golden.")
    right: Words = Field(min_length=1, description="The answers that fit the right side: of a result, measured.")
    says: tuple[str, str] = Field(description="What the answers mean, left and right.")
    number: DifferenceModel | None


class FactsModel(Strict):
    """What one side of a case comes to."""

    values: tuple[int, ...]
    initial_weight: Number | None
    fused: bool | None
    update_ops: int | None


class ResidualModel(Strict):
    """The fact in which a measurement is farthest from what the oracle predicts."""

    side: Literal["left", "right"]
    step: int | None
    field: str
    predicted: str
    measured: str
    error: Number
    bound: Number


class ExplanationModel(Strict):
    """Why two observations differ: any one of the sets of changes; two are left where the case cannot tell."""

    explained: bool
    differences: int = Field(description="How many differences there were to explain.")
    sets: tuple[tuple[ChangeModel, ...], ...]
    facts: tuple[FactsModel, FactsModel] | None
    unexplained: ResidualModel | None


class ResultModel(Strict):
    """One runner's outcome of one case, against golden."""

    runner: str
    release: str | None
    verdict: Literal[
        "match",
        "nondeterministic",
        "changed",
        "new",
        "stale",
        "crashed",
        "timed out",
        "unavailable",
        "not applicable",
    ]
    baseline: str | None = Field(description="The recorded release whose behaviour was expected.")
    reason: str
    outcome: Outcome
    diff: DiffModel | None
    explanation: ExplanationModel | None
    reproduce: str = Field(description="The command that runs just this again.")


class BetweenModel(Strict):
    """Two runners' measurements of one case."""

    left: str
    right: str
    relation: Literal["same", "differs", "UNEXPLAINED"]
    diff: DiffModel
    explanation: ExplanationModel | None
    reproduce: str = Field(description="The command that runs just this again.")


class ClaimModel(Strict):
    """A published claim held against one measurement; holds is null where that could not be told."""

    says: str
    source: str
    runner: str
    holds: bool | None
    detail: str


class AssertionModel(Strict):
    """An assertion of the scenario held against one measurement; holds is null where that could not be told."""

    says: str
    place: str
    runner: str
    holds: bool | None
    detail: str


class CaseModel(Strict):
    """Everything about one case."""

    id: str
    variation: dict[str, JsonValue]
    sha256: str
    results: tuple[ResultModel, ...]
    between: tuple[BetweenModel, ...]
    claims: tuple[ClaimModel, ...]
    assertions: tuple[AssertionModel, ...]


class ScenarioModel(Strict):
    """One scenario; its title stands on that line of the file at path."""

    name: str
    title: str
    path: str
    line: int = Field(ge=1)
    cases: tuple[CaseModel, ...]


class StaleModel(Strict):
    """Something recorded that no scenario stands for any more."""

    what: str
    reason: str


class UnexpectedModel(Strict):
    """A difference between two runners of a case by rules that its scenario does not expect."""

    case: str
    left: str
    right: str
    rules: Words


class ReleasesModel(Strict):
    """Releases by their TensorFlow and the Keras 3 beside it, as a scenario writes them; null: any."""

    tensorflow: RangeText | None
    keras: RangeText | None


class VanishedModel(Strict):
    """An expected difference that no case and runner shows any more."""

    scenario: str
    rule: str
    place: str
    runners: Words | None
    releases: ReleasesModel | None
    where: dict[str, JsonValue]
    compared: int


class GateModel(Strict):
    """Whether runners differ as their scenarios expect: of --fail-on difference."""

    compared: int
    expected: int
    unexplained: int
    unexpected: tuple[UnexpectedModel, ...]
    vanished: tuple[VanishedModel, ...]


class MachineModel(Strict):
    """What a worker ran on."""

    platform: str
    cpu_features: Words
    threads: int


class EnvironmentModel(Strict):
    """What ran, on what: versions by package name, the device asked for, the options a rerun has to repeat."""

    versions: dict[str, str]
    device: str
    machines: tuple[MachineModel, ...]
    runners: Words
    program: Words
    arguments: Words


class ComparisonModel(Strict):
    """One environment's measurements against golden and against each other."""

    environment: EnvironmentModel
    seconds: float = Field(ge=0)
    scenarios: tuple[ScenarioModel, ...]
    stale: tuple[StaleModel, ...]
    gate: GateModel | None


class PartModel(Strict):
    """Which shards of a split selection are here, and the ids of all its cases."""

    count: int = Field(ge=1)
    indices: tuple[int, ...]
    cases: Words


class TargetModel(Strict):
    """One target; shard is null where the whole selection is here, comparison where nothing was measured."""

    target: str
    exit_code: int
    problems: tuple[ProblemModel, ...]
    shard: PartModel | None
    comparison: ComparisonModel | None


class RunModel(Strict):
    """A run of `harness compare`, or several that `harness merge` put together."""

    format: Literal[1]
    harness: str = Field(description="The version that wrote the file.")
    exit_code: int
    targets: tuple[TargetModel, ...]


@cache
def run_schema_text() -> str:
    """The JSON Schema of a run's file as canonical JSON, with a newline at the end."""
    schema = {**RunModel.model_json_schema(), "$schema": _DIALECT, "title": "BatchNormalization harness run"}
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=True) + "\n"
