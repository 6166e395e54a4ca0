"""The layer's variables between calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from harness.semantics.approx import Approx, Arithmetic, as_dtype
from harness.semantics.asking import Ask
from harness.semantics.geometry import Subject

_DEFAULTS = (("gamma", 1.0), ("beta", 0.0), ("moving_mean", 0.0), ("moving_variance", 1.0))
_UNLESS = {"gamma": "scale", "beta": "center"}
_WEIGHTED = ("renorm_mean", "renorm_mean_weight", "renorm_stddev", "renorm_stddev_weight")
_UNWEIGHTED = ("moving_stddev", "renorm_mean", "renorm_stddev")


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """Variables by name, in the order of creation but for gamma and beta; each in its own shape.

    Attributes:
        weighted: whether renormalization keeps its running statistics with weights.
    """

    variables: Mapping[str, Approx]
    dtype: str
    weighted: bool

    def spread(self, name: str, shape: tuple[int, ...]) -> Approx:
        """A variable laid out against the input."""
        return self.variables[name].reshape(shape)

    def affine(self, shape: tuple[int, ...]) -> tuple[Approx, Approx]:
        """Gamma and beta laid out against the input: 1 and 0 where the layer has none."""
        gamma = self.spread("gamma", shape) if "gamma" in self.variables else Approx.exact(1.0)
        beta = self.spread("beta", shape) if "beta" in self.variables else Approx.exact(0.0)
        return gamma, beta


def variable_names(case: Subject, *, weighted: bool) -> tuple[str, ...]:
    """The variables that the layer of ``case`` has, in the order of creation but for gamma and beta."""
    names = [name for name, _ in _DEFAULTS if case.layer.get(_UNLESS.get(name, "")) is not False]
    if case.layer.get("renorm"):
        names += _WEIGHTED if weighted else _UNWEIGHTED
    return tuple(names)


def keeps_weights(case: Subject, ask: Ask) -> bool:
    """Whether batch renormalization, if the layer does it, keeps its running statistics with weights."""
    return bool(case.layer.get("renorm")) and ask("renorm-state", {"weights": True, "moving-stddev": False})


def initial_state(case: Subject, shape: tuple[int, ...], dtype: str, *, weighted: bool) -> State:
    """The variables, of ``shape`` and ``dtype``, before the first call."""
    variables: dict[str, Approx] = {}
    for name, default in _DEFAULTS:
        given = case.initializers.get(name)
        values = np.full(shape, default) if given is None else given.float64().reshape(shape)
        variables[name] = Approx.exact(as_dtype(values, dtype))
    deviation = Arithmetic(dtype).sqrt(variables["moving_variance"])
    starts = {
        "moving_stddev": deviation,
        "renorm_mean": Approx.exact(np.zeros(shape)) if weighted else variables["moving_mean"],
        "renorm_stddev": Approx.exact(np.zeros(shape)) if weighted else deviation,
        "renorm_mean_weight": Approx.exact(0.0),
        "renorm_stddev_weight": Approx.exact(0.0),
    }
    every = {**variables, **starts}
    kept = {name: every[name] for name in variable_names(case, weighted=weighted)}
    return State(variables=kept, dtype=dtype, weighted=weighted)
