"""Which workers a release needs, and what a runner ran on is called."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.execution.plan import LEGACY_RUNNERS, RUNNERS, Interpreter, release_label, worker_specs
from harness.scenario import arguments

ALL = ("tf1", "keras", "tf_keras")


def plan(
    tensorflow: str, keras: str | None, runners: tuple[str, ...] = ALL
) -> list[tuple[tuple[str, ...], bool, bool]]:
    interpreter = Interpreter(python=Path("/python"), tensorflow=tensorflow, keras=keras)
    specs = worker_specs(interpreter, runners, device="cpu", threads=1)
    return [(spec.runners, spec.legacy_keras, spec.eager) for spec in specs]


def test_keras_3_and_the_legacy_keras_run_side_by_side() -> None:
    assert plan("2.21.0", "3.15.1") == [(("tf1", "tf_keras"), True, True), (("keras",), False, True)]


def test_one_worker_serves_a_tensorflow_with_one_keras() -> None:
    assert plan("2.15.1", "2.15.0") == [(ALL, False, True)]
    assert plan("2.2.0", None) == [(ALL, False, True)]


def test_a_tensorflow_1_never_runs_graphs_in_an_eager_process() -> None:
    assert plan("1.15.5", None) == [(("tf1", "tf_keras"), False, False), (("keras",), False, True)]


def test_the_legacy_keras_serves_all_that_is_made_of_it() -> None:
    legacy, modern = plan("2.21.0", "3.15.1", tuple(RUNNERS))
    assert legacy == (LEGACY_RUNNERS, True, True)
    assert modern == (("keras", "keras:function", "keras:xla", "keras:graph"), False, True)


def test_a_tensorflow_1_runs_every_kind_of_graph_in_one_process() -> None:
    graphs, eager = plan("1.15.5", None, ("contrib", "keras_v1", "keras:function"))
    assert graphs == (("contrib", "keras_v1"), False, False)
    assert eager == (("keras:function",), False, True)


def test_scenarios_may_name_what_can_run() -> None:
    assert tuple(RUNNERS) == arguments.RUNNERS


def test_no_worker_is_started_for_nothing() -> None:
    assert plan("2.21.0", "3.15.1", ("keras",)) == [(("keras",), False, True)]


@pytest.mark.parametrize(
    ("tensorflow", "keras", "tf_keras", "label"),
    [
        ("2.21.0", "3.15.1", None, "2.21.0+keras-3.15.1"),
        ("2.21.0", None, "2.21.0", "2.21.0+tf_keras-2.21.0"),
        ("2.15.1", "2.15.0", None, "2.15.1"),
        ("1.0.1", None, None, "1.0.1"),
    ],
)
def test_the_keras_line_is_named_where_it_floats(
    tensorflow: str, keras: str | None, tf_keras: str | None, label: str
) -> None:
    assert release_label({"tensorflow": tensorflow, "keras": keras, "tf_keras": tf_keras}) == label
