"""Moving statistics over steps: lines that are measured, circles of the oracle."""

from __future__ import annotations

import re
from collections.abc import Sequence

from harness.case import Case
from harness.history import History
from harness.report.html.measured import Seen
from harness.report.html.plot import plots
from harness.semantics.examiner import Examiner
from harness.semantics.oracle import predict
from tests.report.samples import f32, observed
from tests.unit.recorded import behaviours
from tests.unit.semantics.samples import case as made
from tests.unit.semantics.samples import keras


def drawn(case: Case, *courses: Sequence[Sequence[float]]) -> list[str]:
    """The figures of measurements whose moving mean went so."""
    history = History(examiner=Examiner(case), runner="tf1", behaviours=behaviours("1.0.1=A"))
    seen = [
        Seen(
            behaviours=((history, 0),),
            observation=observed(*({"moving_mean": f32(values)} for values in course)),
            prediction=predict(case, keras()),
        )
        for course in courses
    ]
    return list(plots(case, seen))


def lines(figure: str) -> list[tuple[str, str]]:
    return re.findall(r"<path class=(c\d) d=\"([^\"]*)\"", figure)


def test_a_single_step_is_no_line() -> None:
    assert drawn(made([[[1.0], [3.0]]], momentum=0.5), [[1.0]]) == []


def test_measurements_are_lines_from_the_initial_value_on_and_the_oracle_is_circles() -> None:
    case = made([[[1.0], [3.0]]], steps=2, momentum=0.5)
    (figure,) = drawn(case, [[1.0], [1.5]])
    # From 0 by half of the way to 2, twice; the oracle says the same.
    assert lines(figure) == [("c0", "M4 78L120 30L236 6")]
    assert re.findall(r"cx=(\d+) cy=(\d+)", figure) == [("120", "30"), ("236", "6")]
    assert "moving_mean over 2 steps, from 0 to 1.5" in figure


def test_measurements_that_look_alike_share_a_line_and_others_do_not() -> None:
    case = made([[[1.0], [3.0]]], steps=2, momentum=0.5)
    (figure,) = drawn(case, [[1.0], [1.5]], [[1.0], [1.500001]], [[0.0], [0.0]])
    assert [name for name, _ in lines(figure)] == ["c0", "c2"]
    assert "</i> 1..2;" in figure


def test_the_channel_in_which_measurements_part_is_drawn() -> None:
    case = made([[[1.0, 1.0], [3.0, 9.0]]], steps=2, momentum=0.5)
    (figure,) = drawn(case, [[1.0, 2.5], [1.5, 3.75]], [[1.0, 2.5], [1.4, 3.75]])
    assert "moving_mean[0] over" in figure


def test_a_line_is_broken_where_a_value_is_not_finite_and_ends_with_the_experiment() -> None:
    case = made([[[1.0], [3.0]]], steps=4, momentum=0.5)
    (figure,) = drawn(case, [[float("nan")], [1.5], [1.75]])
    assert lines(figure)[0][1].count("M") == 2
    assert lines(figure)[0][1].count("L") == 1
