"""A TensorFlow of a page: its layer does what Keras 3's does, so that programs run without TensorFlow."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.observation import Observation, Raised, Structure
from harness.tensor import Tensor

AFFINE = ("gamma", "beta")
STATISTICS = ("moving_mean", "moving_variance")
DEFAULTS = {"gamma": 1.0, "beta": 0.0, "moving_mean": 0.0, "moving_variance": 1.0}


class Array(np.ndarray):
    """An array that is asked for its values as a tensor is."""

    def numpy(self) -> NDArray[np.float32]:
        return np.asarray(self)


def constant(values: Any, shape: Any = None, dtype: str = "float32") -> Array:
    array = np.asarray(values, dtype=dtype)
    return (array if shape is None else array.reshape(shape)).view(Array)


class Variable:
    def __init__(self, name: str, value: Any, trainable: bool) -> None:
        self.name = name
        self.trainable = trainable
        self.value = np.asarray(value, dtype="float32")

    def numpy(self) -> NDArray[np.float32]:
        return self.value

    def assign(self, value: Any) -> None:
        self.value = np.asarray(value, dtype="float32")

    def __rmul__(self, factor: float) -> NDArray[np.float32]:
        return np.asarray(np.float32(factor) * self.value)

    def __sub__(self, other: Any) -> NDArray[np.float32]:
        return np.asarray(self.value - other)


class BatchNormalization:
    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        trainable: bool = True,
        **initializers: float | NDArray[np.float32],
    ) -> None:
        unknown = {name: value for name, value in initializers.items() if not name.endswith("_initializer")}
        if unknown:
            raise ValueError(f"Unrecognized keyword arguments passed to BatchNormalization: {unknown}")
        self.axis = axis
        self.momentum = momentum
        self.epsilon = epsilon
        self._initializers = initializers
        self._by_name: dict[str, Variable] = {}
        self.trainable = trainable

    def __getattr__(self, name: str) -> Variable:
        return self.__dict__["_by_name"][name]  # type: ignore[no-any-return]

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "trainable":
            for variable in AFFINE:
                if variable in self._by_name:
                    self._by_name[variable].trainable = value
        super().__setattr__(name, value)

    def build(self, shape: tuple[int, ...]) -> None:
        for name in () if self._by_name else (*AFFINE, *STATISTICS):
            initial = np.broadcast_to(self._initializers.get(f"{name}_initializer", DEFAULTS[name]), shape[self.axis])
            self._by_name[name] = Variable(name, initial, self.trainable and name in AFFINE)

    @property
    def variables(self) -> list[Variable]:
        return list(self._by_name.values())

    @property
    def trainable_variables(self) -> list[Variable]:
        return [variable for variable in self.variables if self.trainable and variable.trainable]

    def get_weights(self) -> list[NDArray[np.float32]]:
        return [variable.value.copy() for variable in self.variables]

    def set_weights(self, weights: list[NDArray[np.float32]]) -> None:
        for variable, value in zip(self.variables, weights, strict=True):
            variable.assign(value)

    def __call__(self, x: Array, training: bool | None = None) -> Array:
        self.build(x.shape)
        axes = tuple(axis for axis in range(x.ndim) if axis != self.axis % x.ndim)
        moving = self._by_name["moving_mean"], self._by_name["moving_variance"]
        mean, variance = (statistic.value for statistic in moving)
        with np.errstate(all="ignore"):
            if training and self.trainable:
                mean, variance = x.mean(axis=axes), x.var(axis=axes)
                for statistic, batch in zip(moving, (mean, variance), strict=True):
                    statistic.assign(statistic.value * self.momentum + batch * (1 - self.momentum))
            shape = [length if axis not in axes else 1 for axis, length in enumerate(x.shape)]
            centred = (x - mean.reshape(shape)) / np.sqrt(variance.reshape(shape) + self.epsilon)
            gamma, beta = (self._by_name[name].value.reshape(shape) for name in AFFINE)
            return (centred * gamma + beta).astype("float32").view(Array)


def install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make ``import tensorflow`` find this for the length of a test."""
    tensorflow: Any = ModuleType("tensorflow")
    tensorflow.constant = constant
    tensorflow.reshape = lambda x, shape: x.reshape(shape)
    tensorflow.transpose = lambda x, order: x.transpose(order)
    tensorflow.zeros = lambda shape, dtype: np.zeros(shape, dtype).view(Array)
    tensorflow.keras = SimpleNamespace(
        layers=SimpleNamespace(BatchNormalization=BatchNormalization),
        initializers=SimpleNamespace(Constant=lambda value: value),
    )
    monkeypatch.setitem(sys.modules, "tensorflow", tensorflow)


def ask(program: Mapping[str, Any]) -> Observation:
    """What a worker would observe of a program; :func:`install` first."""
    space: dict[str, Any] = {}
    steps = []
    try:
        exec(program["setup"], space)
        for text, times in program["steps"]:
            for _ in range(times):
                exec(text, space)
                steps.append({"output": space["output"], **{one.name: one.value for one in space["layer"].variables}})
    except (TypeError, ValueError) as error:
        return Observation(steps=(), structure=None, raised=Raised(type=type(error).__name__, message=str(error)))
    layer = space["layer"]
    trainable = [variable.name for variable in layer.trainable_variables]
    return Observation(
        steps=tuple({name: Tensor.of(value, "float32") for name, value in step.items()} for step in steps),
        structure=Structure(
            trainable_variables=tuple(trainable),
            non_trainable_variables=tuple(one.name for one in layer.variables if one.name not in trainable),
            update_ops=None,
            fused=None,
        ),
        raised=None,
    )
