"""Cases and complete sets of answers for the tests of this folder."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from harness.case import Case
from harness.observation import Observation
from harness.rules import COMPUTES, RULES
from harness.semantics.examiner import Examiner
from harness.semantics.infer import Inference
from harness.steps import Call, Training
from harness.tensor import Tensor

_ARTICLE = [[[[4, 5, 9, 0], [0, 0, 2, 0]], [[2, 1, 6, 5], [7, 8, 9, 6]]]]


def answers(**changed: str) -> dict[str, str]:
    """Answers to every rule: nothing is refused, and otherwise the first, but for ``changed`` (``_`` for ``-``)."""
    every = {rule.id: COMPUTES if COMPUTES in rule.answer_ids else rule.answer_ids[0] for rule in RULES}
    return {**every, **{name.replace("_", "-"): answer for name, answer in changed.items()}}


def tf1(**changed: str) -> dict[str, str]:
    """A layer like tf.layers at the end of TensorFlow 1."""
    own = {"fused_kernel": "automatic", "variance_estimator": "sample", "epsilon_floor": "1-001e-5"}
    return answers(**{**own, "renorm_state": "moving-stddev", "frozen_updates": "no", "frozen_renorm": "no", **changed})


def keras(**changed: str) -> dict[str, str]:
    """A layer like Keras 3's."""
    own = {"fused_kernel": "not-told", "frozen_normalizes_with": "moving", "frozen_updates": "no"}
    numbers = {"moving_average": "weighted", "decay_precision": "full", "renorm_state": "moving-stddev"}
    return answers(**{**own, **numbers, "updates_run_by": "call", "other_dtype": "cast", **changed})


def case(
    inputs: Sequence[Any],
    *,
    training: Training = True,
    steps: int | None = None,
    trainable: bool = True,
    initializers: Mapping[str, Any] | None = None,
    dtype: str = "float32",
    **layer: Any,
) -> Case:
    """A case; one call per input, or ``steps`` calls on the first."""
    tensors = tuple(Tensor.of(np.asarray(values), dtype) for values in inputs)
    calls = tuple(Call(input=0, training=training) for _ in range(steps)) if steps else ()
    kept = "float64" if dtype == "float64" else "float32"
    return Case(
        id="topic/name",
        scenario="topic/name",
        variation={},
        inputs=tensors,
        initializers={role: Tensor.of(np.asarray(values), kept) for role, values in (initializers or {}).items()},
        layer={"momentum": 0.99, "epsilon": 1e-3, **layer},
        trainable=trainable,
        steps=calls or tuple(Call(input=index, training=training) for index in range(len(tensors))),
    )


def article(*, training: Training = True, trainable: bool = True) -> Case:
    """The image of the article that the seed scenario reconstructs: four values in each of four channels."""
    start = {"beta": [1.0] * 4, "gamma": [2.0] * 4, "moving_mean": [0.0] * 4, "moving_variance": [1.0] * 4}
    return case([_ARTICLE], training=training, trainable=trainable, steps=2, initializers=start)


def infer(experiment: Case, observation: Observation) -> Inference:
    """What one observation says."""
    return Examiner(experiment).inference(observation)
