"""Values of arguments that mean nothing, refused or not, against numbers by hand.

One channel. The input is [0, 2]: mean 1, variance 1, so that without epsilon it normalizes to [-1, 1].
"""

from dataclasses import replace
from typing import Any

from harness.semantics.oracle import predict
from harness.steps import Build
from tests.unit.each import each
from tests.unit.semantics.samples import case, keras, tf1

X = [[0.0], [2.0]]
START = {"gamma": [2.0], "beta": [1.0], "moving_mean": [3.0], "moving_variance": [4.0]}
LIMITS: dict[str, Any] = {"renorm": True, "renorm_momentum": 0.5}


@each(
    "rule, layer",
    [
        ("clipping-range", {**LIMITS, "renorm_clipping": {"rmax": 0.25, "rmin": 0.5}}),
        ("clipping-dmax", {**LIMITS, "renorm_clipping": {"dmax": -1}}),
    ],
)
def test_a_value_that_means_nothing_is_refused_by_its_own_rule(rule: str, layer: dict[str, Any]) -> None:
    refusing = {**tf1(), rule: "ValueError"}
    prediction = predict(case([X], initializers=START, **layer), refusing)
    assert (prediction.raised, prediction.steps) == ("ValueError", ())


@each(
    "layer",
    [
        {"virtual_batch_size": 0},
        {"virtual_batch_size": -1},
        {**LIMITS, "renorm_clipping": {"rmx": 3}},
    ],
)
def test_what_every_front_end_refuses_is_no_question(layer: dict[str, Any]) -> None:
    assert predict(case([X], initializers=START, **layer), tf1()).raised == "ValueError"


@each(
    "layer, output",
    [
        # r = 1/2 and d = -1 where nothing limits them.
        ({**LIMITS, "renorm_clipping": {"rmax": 0.25, "rmin": 0.75}}, [-1.5, -0.5]),
        ({**LIMITS, "renorm_clipping": {"dmax": -3}}, [-6.0, -4.0]),
    ],
)
def test_a_value_that_is_taken_all_the_same_has_a_meaning(layer: dict[str, Any], output: list[float]) -> None:
    prediction = predict(case([X], epsilon=0.0, initializers=START, **layer), tf1())
    assert prediction.steps[0]["output"].number.value.ravel().tolist() == output


def test_without_renormalization_nobody_looks_at_its_limits() -> None:
    limits: dict[str, Any] = {"rmx": 3, "rmax": 0, "rmin": 1, "dmax": -1}
    assert predict(case([X], renorm_clipping=limits), tf1()).raised is None
    assert predict(case([X], renorm_clipping=limits, **LIMITS), tf1()).raised == "ValueError"


def test_a_further_layer_of_a_model_may_be_what_is_refused() -> None:
    around = replace(case([X]), model=("bn", {"bn": {"virtual_batch_size": -1}}), steps=(Build(),))
    assert predict(around, keras()).raised == "ValueError"
