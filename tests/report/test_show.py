from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import ArrayLike

from harness.comparison import ScenarioComparison
from harness.observation import Crashed, Outcome, Raised, TimedOut
from harness.report.arrays import Column, Frame, differing, grid, number_text
from harness.report.show import BoundsOf, render_show
from harness.report.sparkline import encodable
from harness.report.style import Style
from harness.scale import Scales
from harness.tensor import Tensor
from harness.tolerance import Bound, Tolerance
from tests.report.samples import FROZEN, TRAINED, case, f32, measured, observed, scenario
from tests.unit.each import each

EXPECTED = Path(__file__).parent / "expected"
ANSI = re.compile(r"\x1b\[\d+m")
BATCH_MEAN = [0.03249997, 0.03499997, 0.06499994, 0.02749997]
TF1 = observed({"output": f32(TRAINED), "moving_mean": f32(BATCH_MEAN)}, fused=True)
KERAS = observed({"output": f32(FROZEN), "moving_mean": f32([0.03249997, 0.03499997, 0.06499994, 0.0275])})


def article() -> ScenarioComparison:
    refused = observed(raised=Raised(type="ValueError", message="Unrecognized keyword arguments: {'fused': True}"))
    outcomes: list[dict[str, Outcome]] = [
        {"tf1": TF1, "keras": KERAS},
        {"tf1": TF1, "tf_keras": TF1, "keras": KERAS},
        {"tf1": TF1, "keras": refused},
        {"tf1": Crashed(cause="SIGKILL", stderr="the last words"), "keras": KERAS},
    ]
    flags = [(True, False), (True, True), (False, True), (False, False)]
    return scenario(
        *(
            measured(case(training=training, trainable=trainable, frozen=not trainable), ran)
            for (training, trainable), ran in zip(flags, outcomes, strict=True)
        ),
        title="The four combinations of training and trainable",
    )


def by_data(tolerance: Tolerance | None = None) -> BoundsOf:
    return lambda case, left, right: Scales(case=case, tolerance=tolerance or Tolerance())  # noqa: ARG005


def show(*outcomes: Outcome, width: int = 100, verbose: int = 0, tolerance: Tolerance | None = None) -> str:
    named = dict(zip(("tf1", "keras", "tf_keras"), outcomes, strict=False))
    compared = measured(case("x/y", inputs=[f32([[1, 2]])]), named)
    return render_show(
        scenario(compared), bounds=by_data(tolerance), width=width, verbose=verbose, color=False, blocks=True
    )


def output(values: ArrayLike, dtype: str = "float32") -> Outcome:
    return observed({"output": Tensor.of(values, dtype)})


@pytest.mark.parametrize(("width", "verbose"), [(80, 0), (120, 1)])
def test_whole_page(width: int, verbose: int) -> None:
    text = render_show(article(), bounds=by_data(), width=width, verbose=verbose, color=False, blocks=True)
    assert text == (EXPECTED / f"show-{width}{'-v' * verbose}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [40, 57, 80, 133])
def test_no_line_is_wider_than_asked(width: int) -> None:
    text = render_show(article(), bounds=by_data(), width=width, verbose=1, color=False, blocks=True)
    assert max(map(len, text.splitlines())) <= width


def test_colour_changes_no_character() -> None:
    plain = render_show(article(), bounds=by_data(), width=80, verbose=0, color=False, blocks=True)
    painted = render_show(article(), bounds=by_data(), width=80, verbose=0, color=True, blocks=True)
    assert "\x1b" not in plain
    assert plain.isascii()
    assert "\x1b[31m" in painted
    assert "\n".join(line.rstrip() for line in ANSI.sub("", painted).split("\n")) == plain


def moving(values: Sequence[float], name: str = "moving_mean") -> Outcome:
    return observed(*({name: f32([value, 7])} for value in values))


def over_steps(*outcomes: Outcome, width: int = 80, blocks: bool = True) -> str:
    named = dict(zip(("tf1", "keras", "tf_keras"), outcomes, strict=False))
    compared = measured(case("x/y", steps=500), named)
    return render_show(scenario(compared), bounds=by_data(), width=width, verbose=0, color=False, blocks=blocks)


def test_a_statistic_of_four_steps_is_drawn_on_one_scale_for_all_runners() -> None:
    text = over_steps(moving([0, 0.25, 0.5, 1]), moving([0, 0, 0, 0.5]), moving([0, 0.25, 0.5, 1]))
    assert text.endswith(
        "\n\n  moving_mean, first channel over the steps, 0 to 1\n"
        "    tf1 and tf_keras  ▁▃▅█\n    keras             ▁▁▁▅\n"
    )


def test_where_there_are_no_blocks_it_is_drawn_in_ascii() -> None:
    text = over_steps(moving([8, 4, 2, 1, 0], "moving_variance"), blocks=False)
    assert text.endswith("  moving_variance, first channel over the steps, 0 to 8\n    tf1  #=:._\n")
    assert text.isascii()


def test_three_steps_are_not_drawn() -> None:
    assert "over the steps" not in over_steps(moving([0, 1, 2]))


def test_a_statistic_that_never_moves_is_said_to_and_one_that_is_lost_is_marked() -> None:
    assert "over the steps, always 3\n    tf1  ▁▁▁▁\n" in over_steps(moving([3, 3, 3, 3]))
    assert "over the steps, 0 to 2\n    tf1  ▁▅█!\n" in over_steps(moving([0, 1, 2, np.inf]))
    assert "    tf1  !!!!\n" in over_steps(moving([np.nan] * 4))


@pytest.mark.parametrize("width", [40, 80])
def test_many_steps_are_thinned_to_the_width(width: int) -> None:
    *_, bars = over_steps(moving(range(500)), width=width).splitlines()
    assert len(bars) == width
    assert bars.startswith("    tf1  ▁▁")
    assert bars.endswith("█")


@pytest.mark.parametrize(("encoding", "can"), [("utf-8", True), ("ascii", False), ("latin-1", False), (None, False)])
def test_which_streams_take_blocks(encoding: str | None, can: bool) -> None:
    assert encodable(encoding) is can


def test_elements_beyond_the_bound_are_marked_and_counted() -> None:
    text = show(output([[1, 2, 3]]), output([[1, 2.5, 3.000001]]))
    assert "  output float32 [1, 3]: 1 of 3 differ in keras (*)\n" in text
    assert "    [0]  1 2 3     1  2.5*   3\n" in text


def test_the_scenario_s_own_bound_decides() -> None:
    wide = Tolerance(bounds={"output": Bound(atol=1.0, rtol=0.0)}, reason="for the test")
    assert "output float32 [1, 3]: all agree\n         tf1 ~ keras\n" in show(
        output([[1, 2, 3]]), output([[1, 2.5, 3.000001]]), tolerance=wide
    )


def test_differences_that_rounding_would_hide_get_more_digits() -> None:
    text = show(output([[1.23456, 7]]), output([[1.23467, 7]]))
    assert "1.2346      7   1.2347*      7\n" in text


def test_verbose_prints_every_digit() -> None:
    assert "0.0325  0.035  0.065 0.0275\n" in show(output(BATCH_MEAN))
    assert "0.03249997 0.03499997 0.06499994 0.02749997\n" in show(output(BATCH_MEAN), verbose=1)


def test_three_runners_that_agree_are_shown_once() -> None:
    text = show(output([1.5]), output([1.5]), output([1.5]))
    assert "output float32 [1]: all agree\n    tf1 = keras = tf_keras\n    1.5\n" in text


def test_the_runner_that_parts_from_two_others_stands_alone() -> None:
    text = show(output([1.5]), output([9]), output([1.5]))
    assert "output float32 [1]: 1 of 1 differ in keras (*)\n    tf1 = tf_keras   keras\n    1.5" in text


def test_nan_is_equal_to_nan_and_unlike_a_number() -> None:
    text = show(output([np.nan, np.nan, np.inf, -0.0]), output([np.nan, 1, -np.inf, 0.0]))
    assert "2 of 4 differ in keras (*)" in text
    assert "nan nan inf  -0    nan     1* -inf*    0\n" in text


def test_other_dtype_of_the_same_shape_stands_beside() -> None:
    text = show(output([1.5], "bfloat16"), output([1.5]))
    assert "output: keras has another dtype\n    tf1 (bfloat16)   keras (float32)\n    1.5" in text


def test_other_shapes_stand_below_each_other() -> None:
    text = show(output([1.5]), output([[1.5, 2]]))
    assert "output: keras has another shape\n    tf1: float32 [1]\n    1.5\n    keras: float32 [1, 2]\n    [0]" in text


def test_a_field_that_one_runner_lacks() -> None:
    text = show(observed({"output": f32([1]), "gamma": f32([2])}), output([1]))
    assert "gamma float32 [1]: keras measured none\n    tf1\n    2\n" in text


def test_arrays_without_elements_and_without_axes() -> None:
    assert "output float32 [0, 3]: all agree\n    no elements\n" in show(
        output(np.zeros((0, 3))), output(np.zeros((0, 3)))
    )
    assert "output float32 []: all agree\n    tf1 = keras\n    1.5\n" in show(output(1.5), output(1.5))


def test_integers_and_booleans_as_they_are() -> None:
    assert "    12345678        1\n" in show(output([12345678, 1], "int64"))
    assert "     True False\n" in show(output([True, False], "bool"))


def test_an_exception_is_told_where_the_numbers_end() -> None:
    raised = observed({"output": f32([1])}, raised=Raised(type="InvalidArgumentError", message="line one\nline two"))
    text = show(raised)
    assert text.endswith("\ntf1 raised InvalidArgumentError in step 2:\n    line one\n    line two\n")


def test_a_hang_is_told_with_the_end_of_stderr() -> None:
    text = show(TimedOut(seconds=60, stderr="still waiting\n"))
    assert text.endswith("\ntf1 timed out after 60 s\n    | still waiting\n")


def test_steps_of_different_length_are_all_shown() -> None:
    twice = observed({"output": f32([1])}, {"output": f32([2])})
    compared = measured(case("x/y", steps=2), {"tf1": twice, "keras": output([1])})
    text = render_show(scenario(compared), bounds=by_data(), width=80, verbose=0, color=False, blocks=True)
    assert "step 2: call with training=true\n  output float32 [1]: keras measured none\n" in text


def test_a_long_array_is_elided_and_shows_what_differs() -> None:
    values = np.arange(3 * 50 * 90, dtype=float).reshape(3, 50, 90) % 7
    other = values.copy()
    other[2, 40, 77] += 1
    text = show(output(values), output(other), width=80)
    assert "1 of 13500 differ in keras (*)" in text
    assert re.search(r"^ +\[0\] +\[1\] .* \[77\]$", text, re.MULTILINE)
    assert re.search(r"^    \[2,40\]  tf1 .*\n {12}keras .* \d\*$", text, re.MULTILINE)
    assert "(6 of 150 rows, 10 of 90 columns, 1 of 1 differing elements shown)\n" in text


@given(
    shape=st.lists(st.integers(1, 9), max_size=3).map(tuple),
    flips=st.lists(st.integers(0, 10**6), max_size=5),
    width=st.integers(48, 120),
    rows=st.integers(1, 30),
    full=st.booleans(),
)
def test_a_grid_fits_and_tells_marked_elements_apart(
    shape: tuple[int, ...], flips: list[int], width: int, rows: int, full: bool
) -> None:
    values = np.random.RandomState(7).normal(size=shape) * 1000
    other = values.copy().reshape(-1)
    for flip in flips:
        other[flip % other.size] += 0.001
    left, right = Tensor.of(values, "float64"), Tensor.of(other.reshape(shape), "float64")
    marked = differing(left, right)
    none = np.zeros(left.size, dtype=np.bool_)
    columns = [Column(header="one", tensor=left, marked=none), Column(header="two", tensor=right, marked=marked)]
    frame = Frame(width=width, rows=rows, full=full, indent="  ", style=Style(color=False))
    lines = grid(columns, frame)
    assert max(map(len, lines)) <= width
    shown = "\n".join(lines)
    if "rows," not in shown and "shown)" not in shown:
        assert shown.count("*") == int(marked.sum())
    elif marked.any():
        assert f" of {int(marked.sum())} differing" in " ".join(shown.split())


@each(
    "value, digits, text",
    [
        (1.0, 4, "1"),
        (0.03249997, 4, "0.0325"),
        (0.03249997, 17, "0.03249997"),
        (12345.678, 4, "12346"),
        (1.5e9, 4, "1.5e+09"),
        (1e-7, 4, "1e-07"),
        (-0.0, 4, "-0"),
        (2.0, 17, "2"),
        (7, 4, "7"),
        ("nan", 4, "nan"),
        (True, 4, "True"),
    ],
)
def test_number_text(value: float | int | bool | str, digits: int, text: str) -> None:
    assert number_text(value, digits) == text
