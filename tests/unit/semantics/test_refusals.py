"""Which rule a refusal of a dtype, of a kernel or of a constraint is asked under: one for each circumstance."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from harness.case import Case, Json
from harness.rules.refusals import INTEGERS
from harness.semantics.oracle import predict
from harness.steps import Build, Loss, Optimizer, Train
from tests.unit.each import each
from tests.unit.semantics.samples import answers, case, keras

MATRIX, IMAGE = np.ones((4, 1)), np.ones((1, 2, 2, 1))


def refuse(*rules: str) -> dict[str, str]:
    """Answers of a layer without a fused kernel that casts nothing and refuses by ``rules`` only."""
    return answers(**{rule.replace("-", "_"): "InvalidArgumentError" for rule in rules})


def raised(one: Case, told: dict[str, str]) -> str | None:
    return predict(one, told).raised


def with_layer(one: Case, arguments: Mapping[str, Json]) -> Case:
    return replace(one, layer={**one.layer, **arguments})


@each(
    "dtype, kind",
    [
        ("int32", "int"),
        ("int64", "int"),
        ("int8", "small-int"),
        ("int16", "small-int"),
        ("uint8", "small-int"),
        ("uint16", "uint16"),
        ("uint32", "wide-uint"),
        ("uint64", "wide-uint"),
    ],
)
def test_every_integer_is_of_one_kind_and_each_kind_has_its_rule_by_mode(dtype: str, kind: str) -> None:
    for mode, training in (("training", True), ("inference", False)):
        one = case([MATRIX], dtype=dtype, training=training)
        others = {f"{other}-{each}" for other in INTEGERS for each in ("training", "inference")} - {f"{kind}-{mode}"}
        assert raised(one, refuse(f"{kind}-{mode}")) == "InvalidArgumentError"
        assert raised(one, refuse(*others, "integers-in-model")) is None


def test_integers_in_a_model_are_a_question_of_their_own() -> None:
    one = replace(case([MATRIX], dtype="uint8"), steps=(Build(),), model=("bn",))
    assert raised(one, answers(integers_in_model="TypeError")) == "TypeError"
    assert raised(one, refuse(*(f"{kind}-{mode}" for kind in INTEGERS for mode in ("training", "inference")))) is None


@each(
    "given, layer, rule",
    [
        ("float64", {}, "undeclared-float64"),
        ("float64", {"dtype": "float64"}, "float64-plain"),
        ("float64", {"dtype": "float32"}, "narrower-layer"),
        ("float64", {"dtype": "float16"}, "narrower-layer"),
        ("float32", {"dtype": "float64"}, "wider-layer"),
        ("float16", {"dtype": "float64"}, "float16-plain"),
    ],
)
def test_float64_is_refused_by_the_dtype_that_the_layer_was_given(given: str, layer: dict[str, str], rule: str) -> None:
    known = ("undeclared-float64", "float64-plain", "narrower-layer", "wider-layer", "float16-plain")
    for mode, training in (("training", True), ("inference", False)):
        one = with_layer(case([MATRIX], dtype=given, training=training), layer)
        assert raised(one, refuse(f"{rule}-{mode}")) == "InvalidArgumentError"
        assert raised(one, refuse(*(f"{other}-{mode}" for other in known if other != rule))) is None


@each("values, fused", [(MATRIX, False), (IMAGE, True)])
def test_what_a_kernel_refuses_is_refused_where_it_would_run_told_or_not(
    values: NDArray[np.float64], fused: bool
) -> None:
    one = case([values], dtype="bfloat16")
    for kind in ("automatic", "not-told"):
        told = {**refuse("bfloat16-fused-training"), "fused-kernel": kind}
        assert (raised(one, told) is not None) is fused
        told = {**refuse("bfloat16-plain-training"), "fused-kernel": kind}
        assert (raised(one, told) is None) is fused


@each(
    "layer, trainable, refused",
    [
        ({"gamma_constraint": "non_neg"}, True, True),
        ({"beta_constraint": {"max_norm": 1}}, True, True),
        ({"gamma_constraint": "unit_norm"}, True, False),
        ({"gamma_constraint": "non_neg", "scale": False}, True, False),
        ({"gamma_constraint": "non_neg"}, False, False),
    ],
)
def test_a_constraint_that_multiplies_may_be_refused_in_a_step(
    layer: dict[str, Json], trainable: bool, refused: bool
) -> None:
    step = Train(input=0, training=True, optimizer=Optimizer.SGD, rate=0.5, loss=Loss.MEAN_SQUARE)
    one = with_layer(replace(case([MATRIX], trainable=trainable), steps=(step,)), layer)
    assert (raised(one, keras(multiplying_constraint="RuntimeError")) == "RuntimeError") is refused
