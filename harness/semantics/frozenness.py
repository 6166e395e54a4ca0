"""The flags of a model, and the moments at which a front end looks at them for its compiled training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from harness.semantics.asking import Ask
from harness.semantics.course import is_graph
from harness.semantics.model import Flags
from harness.steps import Loss, Optimizer

_UNTRAINED = ("moving_", "renorm_")


@dataclass(frozen=True, kw_only=True, slots=True)
class Frozenness:
    """The flags of a model at one moment.

    Attributes:
        layers: ``trainable`` by the prefix of the layer.
        model: the model's own.
        unreached: layers that were frozen before they had variables, which do not know it.
    """

    layers: Mapping[str, bool]
    model: bool = True
    unreached: frozenset[str] = frozenset()

    def trains(self, name: str) -> bool:
        """Whether a weight, by the name it is observed under, is among the model's trainable ones."""
        prefix, slash, own = name.rpartition("/")
        unreached = prefix + slash in self.unreached and not own.startswith(_UNTRAINED)
        return self.model and (unreached or self.of_layer(name))

    def with_layer(self, prefix: str, *, trainable: bool) -> Frozenness:
        """With the flag of one layer set, and with it those of its variables."""
        return replace(self, layers={**self.layers, prefix: trainable}, unreached=self.unreached - {prefix})

    def of_layer(self, name: str) -> bool:
        """Whether its layer has a weight among its trainable ones, whatever the model around it."""
        prefix, slash, own = name.rpartition("/")
        return self.layers[prefix + slash] and not own.startswith(_UNTRAINED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Compiled:
    """How the model was compiled, and the flags at the moments since at which they may have been read."""

    loss: Loss
    optimizer: Optimizer
    rate: float
    eagerly: bool
    at_compile: Frozenness
    at_first: Frozenness | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Moments:
    """The moments at which a front end may look at the flags for a step of the compiled training."""

    compiled: Compiled
    build: Frozenness
    now: Frozenness
    ask: Ask

    def flags(self) -> Flags:
        """By which batch normalization normalizes, and by which its updates are run."""
        normalizing = self._read("fit-reads-frozen", {"build": self.build, "compile": self.compiled.at_compile})
        updating = normalizing
        if is_graph(self.ask):
            updating = self._read("fit-gathers-updates", {"compile": self.compiled.at_compile})
        if not updating.model and any(updating.layers.values()):
            updates = self.ask("thawed-in-frozen-model", {"updates": True, "stands": False})
            updating = updating if updates else replace(updating, layers=dict.fromkeys(updating.layers, False))
        return Flags(normalizing=normalizing.layers, updating=updating.layers, in_fit=True)

    def gathering(self) -> Frozenness:
        """By which the weights are gathered that the optimizer moves."""
        rule = "eager-fit-gathers-weights" if self.compiled.eagerly else "fit-gathers-weights"
        return self._read(rule, {"compile": self.compiled.at_compile})

    def _read(self, rule: str, early: Mapping[str, Frozenness]) -> Frozenness:
        first = self.now if self.compiled.eagerly else self.compiled.at_first or self.now
        moments = {**early, "first-step": first, "every-step": self.now}
        # Moments with equal flags cannot be told apart: the first of them stands for all.
        names = {name: next(one for one in moments if moments[one] == flags) for name, flags in moments.items()}
        return moments[self.ask(rule, names)]
