from pathlib import Path

import pytest

from harness.lint.name_mismatch import RULE, WORDS
from tests.unit.lint.folders import BODY, found, write


@pytest.mark.parametrize(
    ("name", "more", "means"),
    [
        ("frozen-rows", "", "trainable: false"),
        ("training-omitted", "", "a call without training"),
        ("integer-input", "", "an integer as input or as training"),
        ("empty-batch", "", "an input without values"),
        ("channels-first-fused", "", "layer.fused, or an input of rank 4 or 5"),
        ("virtual-batch", "", "layer.virtual_batch_size"),
        ("pytorch-rank-3", "", "an input of rank 3"),
        ("fit-losses", "", "a fit or train_on_batch step"),
        ("float16", "", "anything in float16"),
        ("momentum-by-rank", "", "another rank than the rest"),
        ("dtypes", "", "another dtype than the rest"),
        ("adam", "", "a step of adam"),
    ],
)
def test_a_name_that_says_what_no_case_does(tmp_path: Path, name: str, more: str, means: str) -> None:
    write(tmp_path, f"topic/{name}", BODY + more)
    (word,) = [word.word for word in WORDS if f"-{word.word}-" in f"-{name}-"]
    expected = f"topic/{name}.yaml:1:1: the name {name} says {word}, but no case has {means}"
    assert found(tmp_path, RULE) == [expected]


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("frozen", BODY + "sweep: {trainable: [true, false]}\n"),
        ("frozen", BODY + "steps: [call, {set: {trainable: false}}, call]\n"),
        ("omitted", BODY.replace("training: true", "training: null")),
        ("integer", BODY.replace("training: true", "training: 1")),
        ("integer", BODY.replace("0.5], [-1, 4]]", "5], [-1, 4]], dtype: int32")),
        ("empty", "input: {full: 0, shape: [0, 3]}\n"),
        ("non-finite", BODY.replace("-2]", ".nan]")),
        ("non-finite-start", BODY + "initializers: {moving_mean: .inf}\n"),
        ("fused", BODY + "sweep: {input.shape: [[1, 3, 1, 2]]}\n"),
        (
            "synchronized",
            BODY + "steps: [{save: {format: weights}}, {load: {format: weights, layer: {synchronized: true}}}]\n",
        ),
        ("rank-2-by-default", BODY),
        ("by-rank", BODY + "sweep: {input.shape: [[3, 2], [1, 3, 2]]}\n"),
        ("rank", BODY),
        ("dtypes", BODY + "sweep: {layer.dtype: [float32, float64]}\n"),
        ("bfloat16", BODY + "sweep: {layer.dtype: [bfloat16]}\n"),
        ("frozenness", BODY),
        ("unknown-word", BODY),
    ],
)
def test_a_name_that_is_right(tmp_path: Path, name: str, body: str) -> None:
    write(tmp_path, f"topic/{name}", body)
    assert found(tmp_path, RULE) == []


def test_tags_are_names(tmp_path: Path) -> None:
    write(tmp_path, "topic/name", BODY + "tags: [momentum, frozen]\n")
    expected = "topic/name.yaml:6:18: the tag frozen says frozen, but no case has trainable: false"
    assert found(tmp_path, RULE) == [expected]
