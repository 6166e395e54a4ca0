"""One layer called on two batches in one run, and what its two updates came to: one after the other, or at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from harness.case import Case
from harness.observation import Observation, Result
from harness.semantics.examiner import Examiner
from harness.semantics.oracle import predict
from harness.steps import Call
from harness.tensor import Tensor
from tests.unit.semantics.samples import case, keras, tf1

REPETITIONS = 50
SEQUENTIAL = {"moving_mean": [10.25], "moving_variance": [50.5]}
AT_ONCE = {"moving_mean": [10.5], "moving_variance": [50.5]}
OTHER_ORDER = {"moving_mean": [5.5], "moving_variance": [25.75]}


def racing_case(calls: int = 1, repetitions: int = REPETITIONS) -> Case:
    """Batches (0, 2) and (10, 30): means 1 and 20, population variances 1 and 100."""
    start = {"gamma": [1.0], "beta": [0.0], "moving_mean": [0.0], "moving_variance": [1.0]}
    made = case([[[0], [2]], [[10], [30]]], initializers=start, momentum=0.5)
    steps = (Call(input=0, training=True, beside=(1,)), *(Call(input=1, training=False) for _ in range(calls - 1)))
    return replace(made, steps=steps, repetitions=repetitions)


RACING = racing_case()


def layer(**changed: str) -> dict[str, str]:
    """Answers of a graph that computes the population variance."""
    return tf1(**{"variance_estimator": "population", **changed})


def eager() -> dict[str, str]:
    """Answers of a layer that updates in order."""
    return keras()


def in_order(given: Mapping[str, str] | None = None, which: Case = RACING) -> Observation:
    """What is measured where updates are made one after the other."""
    return predict(which, given or layer()).as_observation()


def result(moved: Mapping[str, list[float]], times: int = 1, which: Case = RACING) -> Result:
    """What some repetitions showed: ``moved``, and all else as if nothing raced."""
    found = in_order(which=which)
    tensors = {name: Tensor.of(values, "float32") for name, values in moved.items()}
    steps = tuple({**step, **tensors} for step in found.steps)
    return Result(observation=replace(found, steps=steps), times=times)


def repeated(*results: Result) -> Observation:
    """As a worker answers: the first result, with all of them."""
    return replace(results[0].observation, results=results)


def raced(*results: Result, which: Case = RACING) -> Observation:
    """Measured as nondeterministic: by default with two results."""
    return Examiner(which).settled(repeated(*(results or (result(AT_ONCE, 30), result(OTHER_ORDER, 20)))))


def recorded(observation: Observation) -> Observation:
    """As golden keeps it."""
    return replace(observation, identity=None, results=())
