"""The model of expected differences: the rules by which runners may differ, and where."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic import Discriminator, Field, PlainValidator, Tag, WithJsonSchema
from pydantic_core import PydanticCustomError

from harness.rules import BY_ID
from harness.scenario.arguments import Runner
from harness.scenario.arrays import ABSENT, Strict
from harness.scenario.claim_model import Releases
from harness.scenario.text import got, nearest


def _rule(value: Any) -> str:
    if isinstance(value, str) and value in BY_ID:
        return value
    near = nearest(value, BY_ID) if isinstance(value, str) else None
    hint = f"did you mean {near}?" if near else "`harness rules` lists them"
    message = f"must be the id of a rule, got {got(value)}"
    raise PydanticCustomError("argument", "{message}", {"message": message, "hint": hint})


RuleId: TypeAlias = Annotated[str, PlainValidator(_rule), WithJsonSchema({"enum": list(BY_ID)})]
Runners: TypeAlias = Annotated[
    Annotated[Runner, Tag("@one")] | Annotated[Annotated[list[Runner], Field(min_length=1)], Tag("@several")],
    Discriminator(lambda value: "@several" if isinstance(value, list) else "@one"),
]


class DifferenceModel(Strict):
    """A rule by which a runner may differ from the one it is held against, in some cases only."""

    rule: RuleId = Field(description="Id of the rule, see `harness rules`.")
    where: dict[str, Any] = Field(
        default={}, description="The cases it is about: swept field to one of its values; all if left out."
    )
    runner: Runners = Field(
        default=ABSENT, description="The runner that differs from its reference, or several; every one if left out."
    )
    releases: Releases = Field(
        default=ABSENT, description="The releases it is meant for: 1.0..1.15, '>=2.0'; all if left out."
    )


Difference: TypeAlias = Annotated[
    Annotated[RuleId, Tag("@word")] | Annotated[DifferenceModel, Tag("@mapping")],
    Discriminator(lambda value: "@mapping" if isinstance(value, dict) else "@word"),
]
