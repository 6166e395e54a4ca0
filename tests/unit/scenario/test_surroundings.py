"""What else a scenario may say: masks, what is observed, replicas, policies, penalties, releases, sources."""

from __future__ import annotations

from pathlib import Path

import pytest
from numpy.typing import ArrayLike

from harness.tensor import Tensor
from tests.unit.each import each
from tests.unit.scenario.writing import loaded, only_case, problems

INPUT = "input: {full: 1, shape: [2, 4, 3]}\n"


@each(
    "mask, expected",
    [
        ("[true, false]", [True, False]),
        ("[[1, 0, true, false], [0, 0, 0, 0]]", [[True, False, True, False], [False] * 4]),
        ("{full: 0, shape: [2]}", [False, False]),
        ("{values: [1, 0, 1, 1, 0, 1, 1, 1], shape: [2, 4]}", [[True, False, True, True], [False, True, True, True]]),
        ("{random: randint, seed: 7, high: 2, shape: [2]}", [True, False]),
    ],
)
def test_a_mask(tmp_path: Path, mask: str, expected: ArrayLike) -> None:
    case = only_case(tmp_path, f"{INPUT}mask: {mask}\n")
    assert case.mask == Tensor.of(expected, "bool")
    assert case.to_wire()["mask"] == Tensor.of(expected, "bool").to_wire()
    assert Tensor.from_wire(case.to_wire()["mask"]) == case.mask


@each(
    "mask, problem",
    [
        ("[true, 2]", "4:7: mask must be 0 or 1 everywhere\n"
         "  hint: true or 1 where a value counts, false or 0 where it does not"),
        ("{values: [1, 0.5]}", "4:16: mask must be 0 or 1 everywhere\n"
         "  hint: true or 1 where a value counts, false or 0 where it does not"),
        ("[true, x]", "4:14: mask[1] must be a number, got 'x'"),
        ("{values: [1, 0], dtype: int8}", "4:24: dtype is for inputs only\n"
         "  hint: a mask is of booleans: leave it out"),
        ("{full: 1}", "4:7: shape is missing\n  hint: full needs a shape here: shape: [2, 3]"),
        ("[true, false, true]", "4:7: mask has shape [3], which does not begin the input's shape [2, 4, 3]\n"
         "  hint: a mask of shape [2, 4] has a value for every place"),
        ("true", "4:7: mask has shape [], which does not begin the input's shape [2, 4, 3]\n"
         "  hint: a mask of shape [2, 4] has a value for every place"),
    ],
)  # fmt: skip
def test_what_is_no_mask(tmp_path: Path, mask: str, problem: str) -> None:
    assert problems(tmp_path, f"{INPUT}mask: {mask}\n") == [problem]


def test_a_mask_fits_every_input_that_is_called(tmp_path: Path) -> None:
    text = "inputs: [[[1], [2]], [[1], [2], [3]]]\nmask: [true, false]\n"
    assert only_case(tmp_path, text + "steps: [call]\n").mask is not None
    assert "does not begin the input's shape [3, 1]" in problems(tmp_path, text)[0]


def test_the_rest_and_its_wire_form(tmp_path: Path) -> None:
    text = "observe: [losses, gradients]\nreplicas: 2\npolicy: mixed_bfloat16\nunknown_batch: true\nrepetitions: 7\n"
    case = only_case(tmp_path, INPUT + text)
    told = {
        "observe": ["losses", "gradients"],
        "replicas": 2,
        "policy": "mixed_bfloat16",
        "unknown_batch": True,
        "repetitions": 7,
    }
    assert case.to_wire().items() >= told.items()


def test_what_is_as_usual_does_not_change_the_hash(tmp_path: Path) -> None:
    text = "replicas: 1\npolicy: null\nunknown_batch: false\nrepetitions: 1\nobserve: []\nsource: x\nreleases: all\n"
    assert only_case(tmp_path, INPUT + text).sha256 == only_case(tmp_path, INPUT).sha256


def test_all_of_it_can_be_swept(tmp_path: Path) -> None:
    text = INPUT + (
        "sweep: {mask: [[true, false], [0, 1]], observe: [[], [losses]], replicas: [1, 2], "
        "policy: [null, mixed_float16], unknown_batch: [true, false], model: [[bn], [{activation: relu}, bn]]}\n"
    )
    assert len({case.sha256 for case in loaded(tmp_path, text).cases}) == 64


def test_penalties(tmp_path: Path) -> None:
    text = "layer: {gamma_regularizer: {l2: 1, l1: 0.5}, beta_regularizer: null, gamma_constraint: non_neg, "
    layer = only_case(tmp_path, f"{INPUT}{text}beta_constraint: {{max_norm: 2}}}}\n").layer
    assert layer == {
        "gamma_regularizer": {"l1": 0.5, "l2": 1.0},
        "beta_regularizer": None,
        "gamma_constraint": "non_neg",
        "beta_constraint": {"max_norm": 2.0},
    }


@each(
    "text, problem",
    [
        ("observe: [gradient]", "4:11: observe[0] must be gradients, trainable_variables, update_ops, losses or "
         "warnings, got 'gradient'\n  hint: did you mean gradients?"),
        ("observe: [losses, losses]", "4:19: observe lists losses twice\n  hint: once is enough"),
        ("replicas: 0", "4:11: replicas must be between 1 and 8, got 0\n  hint: Logical CPUs that a MirroredStrategy "
         "divides the batch over; 1: no strategy."),
        ("replicas: 4", "4:11: 4 replicas cannot share the 2 examples of input 0 equally\n"
         "  hint: replicas must divide 2"),
        ("policy: float16", "4:9: policy must be mixed_float16 or mixed_bfloat16, got 'float16'\n"
         "  hint: did you mean mixed_float16?"),
        ("unknown_batch: 1", "4:16: unknown_batch must be true or false, got 1\n"
         "  hint: Whether placeholders and signatures leave the first dimension open."),
        ("repetitions: 0", "4:14: repetitions must be between 1 and 1000, got 0\n"
         "  hint: How often all of it is run, to find results that are no function of the input."),
        ("layer: {gamma_regularizer: l2}", "4:28: gamma_regularizer must be null or a mapping with l1, l2 or both, "
         "got 'l2'\n  hint: {l2: 0.01}"),
        ("layer: {beta_regularizer: {l2: -1}}", "4:27: beta_regularizer must give l2 a number of at least 0, got -1\n"
         "  hint: {l2: 0.01}"),
        ("layer: {gamma_constraint: non_negative}", "4:27: gamma_constraint must be null, non_neg, unit_norm or a "
         "mapping with max_norm, got 'non_negative'\n  hint: did you mean non_neg?"),
        ("layer: {beta_constraint: {max_norm: x}}", "4:26: beta_constraint must be null, non_neg, unit_norm or a "
         "mapping with max_norm, got a mapping with max_norm\n  hint: {max_norm: 2} keeps the norm at 2 or below"),
        ("source: ''", "4:9: source must not be empty\n  hint: Where it was reported: title or URL, or several."),
        ("source: []", "4:9: source must not be empty\n  hint: Where it was reported: title or URL, or several."),
        ("releases: 2.1", "4:11: releases must be text such as '1.0..1.15', got 2.1\n"
         "  hint: quote it: 2.10 without quotes is the number 2.1"),
        ("releases: newer", "4:11: releases names no releases: not a version, got 'newer'\n  hint: expected a version "
         "(2.15.1), a minor (2.15), a range (1.8..1.15), a specifier ('>=2.16'), or all"),
        ("releases: 2.0..1.15", "4:11: releases ends before it begins, got '2.0..1.15'\n"
         "  hint: the lower version comes first: 1.0..1.15"),
    ],
)  # fmt: skip
def test_what_means_nothing(tmp_path: Path, text: str, problem: str) -> None:
    assert problems(tmp_path, f"{INPUT}{text}\n") == [problem]


@pytest.mark.parametrize(
    ("text", "covered", "not_covered"),
    [("'>=2.16'", "2.21.0", "2.15.1"), ("1.4..1.15", "1.15.5", "2.0.4"), ("..1.3", "1.0.1", "1.4.1")],
)
def test_the_releases_it_is_for(tmp_path: Path, text: str, covered: str, not_covered: str) -> None:
    releases = loaded(tmp_path, f"{INPUT}releases: {text}\n").releases
    assert releases is not None
    assert releases.covers(covered)
    assert not releases.covers(not_covered)


def test_without_releases_it_is_for_all(tmp_path: Path) -> None:
    assert loaded(tmp_path, INPUT).releases is None


@pytest.mark.parametrize(
    ("text", "expected"), [("", ()), ("source: one\n", ("one",)), ("source: [one, two]\n", ("one", "two"))]
)
def test_where_it_was_reported(tmp_path: Path, text: str, expected: tuple[str, ...]) -> None:
    assert loaded(tmp_path, INPUT + text).sources == expected
