"""Arguments of the layer that are not plain values: what is passed unchecked."""

from __future__ import annotations

from pathlib import Path

from tests.unit.each import each
from tests.unit.scenario.writing import loaded, only_case, problems

INPUT = "input: [[1, 2], [3, 4]]\n"


def test_what_is_not_checked_travels_as_it_stands(tmp_path: Path) -> None:
    unchecked = "layer: {renorm: true, unchecked: {virtual_batch_size: -1, renorm_clipping: {rmx: -3, rmin: 1.5}}}"
    case = only_case(tmp_path, INPUT + unchecked)
    assert case.layer == {"renorm": True, "virtual_batch_size": -1, "renorm_clipping": {"rmx": -3, "rmin": 1.5}}


def test_it_is_the_same_experiment_checked_or_not(tmp_path: Path) -> None:
    start = "initializers: {gamma: [3, 4]}\nlayer: "
    one = only_case(tmp_path, INPUT + start + "{virtual_batch_size: 2}")
    other = only_case(tmp_path, INPUT + start + "{unchecked: {virtual_batch_size: 2}}")
    assert one.sha256 == other.sha256
    assert other.initializers["gamma"].shape == (1, 1, 2)


def test_what_is_not_checked_can_be_swept(tmp_path: Path) -> None:
    swept = loaded(tmp_path, INPUT + "sweep: {layer.unchecked.virtual_batch_size: [-1, 0, 1]}")
    assert [case.layer["virtual_batch_size"] for case in swept.cases] == [-1, 0, 1]


@each(
    "text, problem",
    [
        (
            "layer: {renorm_clipping: {rmx: 3}}",
            "4:27: unknown key 'rmx'\n  hint: did you mean 'rmax'?",
        ),
        (
            "layer: {unchecked: {virtual_batch_szie: -1}}",
            "4:21: unknown key 'virtual_batch_szie'\n  hint: did you mean 'virtual_batch_size'?",
        ),
        (
            "layer: {uncheckd: {virtual_batch_size: -1}}",
            "4:9: unknown key 'uncheckd'\n  hint: did you mean 'unchecked'?",
        ),
        (
            "layer: {unchecked: {virtual_batch_size: -0.5}}",
            "4:41: virtual_batch_size must be an integer, got -0.5\n  hint: Any integer; under layer it is at least 1.",
        ),
        (
            "layer: {unchecked: {renorm_clipping: {dmx: all}}}",
            "4:44: dmx must be a number, got 'all'",
        ),
        (
            "layer: {virtual_batch_size: 2, unchecked: {virtual_batch_size: -1}}",
            "4:44: virtual_batch_size is given under layer as well\n  hint: leave one of them out",
        ),
        (
            "model: [bn, {bn: {unchecked: {virtual_batch_size: 1}, virtual_batch_size: 1}}]",
            "4:31: virtual_batch_size is given under layer as well\n  hint: leave one of them out",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, text: str, problem: str) -> None:
    assert problems(tmp_path, INPUT + text) == [problem]
