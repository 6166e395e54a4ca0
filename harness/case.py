"""A case: one fully materialized experiment, the unit that runs and is recorded."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

from harness.tensor import Tensor

Json: TypeAlias = None | bool | int | float | str | list[Any] | dict[str, Any]
Training: TypeAlias = bool | int | None
"""``True``, ``False``, ``0``, ``1``, or ``None`` where the argument is omitted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One forward call of the layer.

    Attributes:
        input: index into the inputs of the case.
        training: the argument as the front end gets it; ``None``: it does not get one.
    """

    input: int
    training: Training

    def to_wire(self) -> dict[str, Any]:
        """The JSON form that travels and is hashed."""
        return {"step": "call", "input": self.input, "training": self.training}


@dataclass(frozen=True, kw_only=True)
class Case:
    """One experiment with literal arrays.

    Attributes:
        id: ``topic/name`` or ``topic/name[training=true,...]``.
        scenario: ``topic/name``.
        variation: the swept fields of this case, field path to value; empty without a sweep.
        inputs: the inputs that steps refer to.
        initializers: initial values by role (``gamma``, ``beta``, ``moving_mean``, ``moving_variance``), each
            of the parameters' shape; a role that is absent keeps the layer's own default.
        layer: arguments of the layer, by the names of the Keras and tf.layers signature.
        trainable: the layer's ``trainable`` argument.
        steps: what is done, in order.
    """

    id: str
    scenario: str
    variation: Mapping[str, Json]
    inputs: tuple[Tensor, ...]
    initializers: Mapping[str, Tensor]
    layer: Mapping[str, Json]
    trainable: bool
    steps: tuple[Call, ...]

    @property
    def key(self) -> str:
        """The variation as it stands between the brackets of the id; empty without a sweep."""
        return self.id[len(self.scenario) :].removeprefix("[").removesuffix("]")

    def to_wire(self) -> dict[str, Any]:
        """The experiment itself, as it travels to a worker: everything but how it is called."""
        return {
            "inputs": [tensor.to_wire() for tensor in self.inputs],
            "initializers": {role: tensor.to_wire() for role, tensor in sorted(self.initializers.items())},
            "layer": dict(self.layer),
            "trainable": self.trainable,
            "steps": [step.to_wire() for step in self.steps],
        }

    @cached_property
    def sha256(self) -> str:
        """Hash of the experiment: a golden recorded under another one is stale."""
        canonical = json.dumps(self.to_wire(), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(canonical.encode("ascii")).hexdigest()

    @cached_property
    def structure(self) -> str:
        """What is built, as opposed to fed: cases of equal structure may share one graph or layer."""
        shapes = [[tensor.dtype, tensor.shape] for tensor in self.inputs]
        roles = {role: [tensor.dtype, tensor.shape] for role, tensor in self.initializers.items()}
        steps = [step.to_wire() for step in self.steps]
        return json.dumps([shapes, roles, dict(self.layer), self.trainable, steps], sort_keys=True)
