"""Searches without TensorFlow: from a tf1 that the oracle plays to the fake Keras."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from harness.case import Case
from harness.migration.code import Front
from harness.migration.search import Destination, Migration, Source, migrate
from harness.observation import Observation, Outcome
from harness.semantics.oracle import predict
from harness.tolerance import Tolerance
from tests.unit.migration import fake_keras
from tests.unit.semantics.samples import article, tf1

FRONT = Front(module="tf.keras", tensorflow="2.21.0")


def source(observation: Observation) -> Source:
    return Source(runner="tf1", release="1.15.5", observation=observation, recorded=True)


def search(
    of: Case,
    observation: Observation | None = None,
    ask: Callable[[Mapping[str, Any]], Outcome] = fake_keras.ask,
) -> Migration:
    target = Destination(runner="keras", release="2.21.0+keras-3.15.1", front=FRONT, ask=ask)
    return migrate(of, source(observation or predict(of, tf1()).as_observation()), target, Tolerance())


@cache
def searched(*, training: bool = True, trainable: bool = True) -> Migration:
    """What is found for the article, once for all tests that look at it."""
    return search(article(training=training, trainable=trainable))
