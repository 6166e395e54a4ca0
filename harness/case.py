"""A case: one fully materialized experiment, the unit that runs and is recorded."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol, TypeAlias

from harness.steps import Load, Step, without_values
from harness.tensor import Tensor

Json: TypeAlias = None | bool | int | float | str | list[Any] | dict[str, Any]

OBSERVED = ("gradients", "trainable_variables", "update_ops", "losses", "warnings")
"""What a case may ask to observe beyond outputs and state."""


class Named(Protocol):
    """A case as far as reports name it: with its arrays, or without."""

    @property
    def id(self) -> str:
        """``topic/name`` or ``topic/name[training=true,...]``."""

    @property
    def scenario(self) -> str:
        """``topic/name``."""

    @property
    def variation(self) -> Mapping[str, Json]:
        """The swept fields of this case, field path to value."""

    @property
    def key(self) -> str:
        """What stands between the brackets of the id."""

    @property
    def sha256(self) -> str:
        """Hash of the experiment."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseName:
    """A case without its arrays: as the file of a run tells it."""

    id: str
    scenario: str
    variation: Mapping[str, Json]
    sha256: str

    @property
    def key(self) -> str:
        """As :attr:`Case.key`."""
        return key_of(self)


def key_of(case: Named) -> str:
    """What stands between the brackets of the id; empty without a sweep."""
    return case.id[len(case.scenario) :].removeprefix("[").removesuffix("]")


def adjustment_of(layer: Mapping[str, Json]) -> dict[str, Tensor]:
    """What the argument ``adjustment`` of a layer returns, ``scale`` and ``bias``; empty without one."""
    wires = layer.get("adjustment")
    if not isinstance(wires, dict):
        return {}
    return {role: Tensor.from_wire(wires[role]) for role in ("scale", "bias")}


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
        layer: arguments of the layer, by the names of the Keras and tf.layers signature; ``adjustment`` holds the
            wire forms of what it returns.
        trainable: the layer's ``trainable`` argument.
        steps: what is done, in order.
        model: specifications of the layers of the model around the layer, in the wire form; ``None``: there is
            no model, and steps act on the layer itself.
        observe: what is observed beyond output and state: any of :data:`OBSERVED`.
        mask: given to every call as ``mask``.
        replicas: under MirroredStrategy over so many logical CPUs, if more than one.
        policy: the mixed precision policy by its Keras name.
        unknown_batch: placeholders and signatures leave the first dimension open.
        repetitions: how often the whole experiment is run to find results that are no function of its input.
    """

    id: str
    scenario: str
    variation: Mapping[str, Json]
    inputs: tuple[Tensor, ...]
    initializers: Mapping[str, Tensor]
    layer: Mapping[str, Json]
    trainable: bool
    steps: tuple[Step, ...]
    model: tuple[Json, ...] | None = None
    observe: tuple[str, ...] = ()
    mask: Tensor | None = None
    replicas: int = 1
    policy: str | None = None
    unknown_batch: bool = False
    repetitions: int = 1

    @property
    def key(self) -> str:
        """The variation as it stands between the brackets of the id; empty without a sweep."""
        return key_of(self)

    def loaded(self, step: Load) -> Case:
        """The same with the arguments of the layer that ``step``, one of its own, puts in place of the first."""
        return replace(self, layer={**self.layer, **step.layer}) if step.layer else self

    def as_of(self, number: int) -> Case:
        """The same with the arguments of the layer that step ``number``, from 0, acts on."""
        loads = [step for step in self.steps[:number] if isinstance(step, Load)]
        return self.loaded(loads[-1]) if loads else self

    def to_wire(self) -> dict[str, Any]:
        """The experiment itself, as it travels to a worker: everything but how it is called."""
        return {
            "inputs": [tensor.to_wire() for tensor in self.inputs],
            "initializers": {role: tensor.to_wire() for role, tensor in sorted(self.initializers.items())},
            "layer": dict(self.layer),
            "trainable": self.trainable,
            "steps": [step.to_wire() for step in self.steps],
            **self._surroundings(),
            **({"mask": self.mask.to_wire()} if self.mask is not None else {}),
        }

    def _surroundings(self) -> dict[str, Any]:
        """What is not as usual around the layer: what is, is left out, so that it cannot change a hash."""
        told = {
            "model": None if self.model is None else list(self.model),
            "observe": list(self.observe) or None,
            "replicas": self.replicas if self.replicas > 1 else None,
            "policy": self.policy,
            "unknown_batch": self.unknown_batch or None,
            "repetitions": self.repetitions if self.repetitions > 1 else None,
        }
        return {name: value for name, value in told.items() if value is not None}

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
        steps = [without_values(step) for step in self.steps]
        mask = [self.mask.dtype, self.mask.shape] if self.mask is not None else None
        parts = [shapes, roles, dict(self.layer), self.trainable, steps, self._surroundings(), mask]
        return json.dumps(parts, sort_keys=True)
