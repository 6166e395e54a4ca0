"""Cases that share a built graph or layer, or an import of TensorFlow, observe what they observe alone, bit for bit."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.case import Case, Json
from harness.execution.host import Host
from harness.execution.plan import installed_interpreter, worker_specs
from harness.execution.process import Worker
from harness.steps import Assign, Call, Training
from harness.tensor import Tensor

ROLES = ("gamma", "beta", "moving_mean", "moving_variance")


def make_case(number: int, structure: int) -> Case:
    draw = np.random.RandomState(number)
    shape = ((8, 4), (3, 2, 2, 4))[structure % 2]
    layer: dict[str, Json] = {"momentum": 0.9, "epsilon": 0.001, "center": structure != 2}
    training: tuple[Training, ...] = ((True, False), (None, True), (1, 0))[structure % 3]
    # Structure 3 leaves two initial values to the layer, which therefore cannot be reset from the case.
    roles = ROLES if structure != 3 else ROLES[2:]
    # Structure 4 assigns a value before it calls, and leaves another one behind than it started from.
    assigned = [Assign(values={"moving_mean": Tensor.of(draw.normal(0, 1, 4), "float32")})] if structure == 4 else []
    return Case(
        id=f"sharing/case[{number}]",
        scenario="sharing/case",
        variation={},
        inputs=(Tensor.of(draw.normal(3, 2, shape), "float32"),),
        initializers={
            role: Tensor.of(draw.uniform(0.5, 1.5, 4), "float32") for role in roles if role != "beta" or layer["center"]
        },
        layer=layer,
        trainable=structure != 1,
        steps=(*assigned, *(Call(input=0, training=value) for value in training)),
    )


CASES = [make_case(number, number % 5) for number in range(20)]
RUNNERS = ["tf1", "keras", "keras:function", "keras:graph", "tf_keras", "keras_v1", "shim"]


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with Host(Path(sys.executable), device="cpu", threads=1) as started:
        yield started


@pytest.fixture(scope="module", params=RUNNERS)
def served(
    request: pytest.FixtureRequest, host: Host, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Worker]]:
    runner: str = request.param
    worker = start(runner, tmp_path_factory.mktemp("scratch"), host)
    yield runner, worker
    worker.close()


def start(runner: str, scratch: Path, host: Host | None) -> Worker:
    (spec,) = worker_specs(installed_interpreter(Path(sys.executable)), [runner], device="cpu", threads=1)
    worker = Worker(spec, scratch, host)
    worker.ready()
    return worker


def observe(served: tuple[str, Worker], cases: Sequence[Case]) -> dict[str, Any]:
    runner, worker = served
    worker.send([{"runner": runner, "case": case.to_wire()} for case in cases])
    answers = {case.id: worker.receive(60) for case in cases}
    for answer in answers.values():
        assert "failure" not in answer, answer["failure"]
        # Scopes count up with every layer a process builds: an identity, not a measurement.
        answer["observation"]["identity"]["variables"] = None
    return answers


def test_sharing_is_invisible(served: tuple[str, Worker]) -> None:
    # No two neighbours of equal structure: every case is built alone.
    alone = observe(served, CASES)
    shared = observe(served, sorted(CASES, key=lambda case: case.structure))
    shuffled = CASES.copy()
    random.Random(0).shuffle(shuffled)
    assert shared == alone
    assert observe(served, shuffled) == alone
    backwards = CASES[::-1]
    assert observe(served, sorted(backwards, key=lambda case: case.structure)) == alone


def test_a_fork_observes_what_a_process_of_its_own_does(served: tuple[str, Worker], tmp_path: Path) -> None:
    runner, forked = served
    own = start(runner, tmp_path, None)
    try:
        assert own.ready() == forked.ready()
        assert observe((runner, own), CASES) == observe(served, CASES)
    finally:
        own.close()


def test_cases_differ_so_that_a_stale_value_would_show(served: tuple[str, Worker]) -> None:
    answers = observe(served, CASES)
    steps = [str(answer["observation"]["steps"]) for answer in answers.values()]
    assert len(set(steps)) == len(CASES)


def test_a_case_that_raises_does_not_spoil_its_neighbours(served: tuple[str, Worker]) -> None:
    good, bad = CASES[0], CASES[0].to_wire()
    bad["layer"] = {**bad["layer"], "axis": 7}
    runner, worker = served
    before = observe(served, [good])
    worker.send([{"runner": runner, "case": bad}])
    raised = worker.receive(60)["observation"]["raised"]
    # AutoGraph wraps what is raised while a function is traced.
    assert raised["type"] in ("ValueError", "IndexError", "StagingError")
    assert observe(served, [good]) == before
