from pathlib import Path

import pytest

from harness.lint.too_weak import RULE
from tests.unit.lint.folders import found, write

IMAGE = """\
input: {{random: normal, seed: 3, shape: {shape}, scale: 2}}
layer: {{momentum: {momentum}, epsilon: 1e-3{more}}}
training: {training}
"""


def image(shape: str, *, momentum: float = 0.5, training: str = "true", more: str = "") -> str:
    return IMAGE.format(shape=shape, momentum=momentum, training=training, more=more)


def test_few_values_show_the_variance_estimator(tmp_path: Path) -> None:
    write(tmp_path, "topic/name", image("[2, 2, 2, 1]"))
    assert found(tmp_path, RULE) == []


def test_many_values_hide_it(tmp_path: Path) -> None:
    """16384 values: n/(n - 1) moves the variance by 6e-5 of itself, a sum of so many may err by 5e-5."""
    write(tmp_path, "topic/name", image("[1, 128, 128, 1]"))
    weak, nothing = found(tmp_path, RULE)
    assert weak.startswith("topic/name.yaml:1:8: too weak for variance-estimator: population and sample are 0."), (
        "the place is that of the title"
    )
    assert weak.endswith("bounds apart in moving_variance after step 1 of topic/name, not 10")
    assert nothing.endswith("claims nothing, and no rule's answers are apart but for those that any call tells")


def test_a_sweep_is_as_strong_as_its_strongest_case(tmp_path: Path) -> None:
    body = image("[1, 128, 128, 1]") + "sweep: {input.shape: [[1, 128, 128, 1], [2, 2, 1, 2]]}\n"
    write(tmp_path, "topic/name", body)
    assert found(tmp_path, RULE) == []


def test_a_high_momentum_hides_it_too(tmp_path: Path) -> None:
    write(tmp_path, "topic/name", image("[4, 4, 4, 1]", momentum=0.99999))
    (weak, *_) = found(tmp_path, RULE)
    assert "too weak for variance-estimator: population and sample are" in weak


def test_a_tolerance_of_its_own_can_make_it_weak(tmp_path: Path) -> None:
    wide = "tolerance: {moving_variance: {atol: 0.5}, reason: so that nothing shows}\n"
    write(tmp_path, "topic/name", image("[2, 2, 2, 1]") + wide)
    (weak, *_) = found(tmp_path, RULE)
    assert "too weak for variance-estimator" in weak


def test_what_a_scenario_does_not_ask_is_no_weakness(tmp_path: Path) -> None:
    """Inference of rank 2 asks neither for a variance nor for a kernel; an argument that some refuse is enough."""
    write(tmp_path, "topic/name", image("[4, 2]", training="false", more=", synchronized: false"))
    assert found(tmp_path, RULE) == []


def test_a_scenario_that_separates_nothing(tmp_path: Path) -> None:
    write(tmp_path, "topic/name", image("[4, 2]", training="false"))
    assert found(tmp_path, RULE) == [
        "topic/name.yaml:1:8: claims nothing, and no rule's answers are apart but for those that any call tells"
    ]


def test_what_nobody_could_measure_is_not_asked(tmp_path: Path) -> None:
    """65536 values: a tenth of a bound is not reached."""
    write(tmp_path, "topic/name", image("[4, 128, 128, 1]"))
    (only,) = found(tmp_path, RULE)
    assert only.endswith("claims nothing, and no rule's answers are apart but for those that any call tells")


@pytest.mark.parametrize(
    "says",
    [
        "claims: [{says: Gamma stays., source: The paper on it, expect: {gamma: 1}}]\n",
        "assert: [{field: output, finite: true}]\n",
    ],
)
def test_a_scenario_that_says_something_need_not_separate_anything(tmp_path: Path, says: str) -> None:
    write(tmp_path, "topic/name", image("[4, 2]", training="false") + says)
    assert found(tmp_path, RULE) == []


def test_what_is_too_large_to_be_predicted_a_hundred_times_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path, "topic/name", image("[8, 256, 256, 1]"))
    assert found(tmp_path, RULE) == []
