"""How a recipe reads as Python: exact numbers, changes told in place, steps together."""

from __future__ import annotations

import numpy as np
import pytest

from harness.case import Case
from harness.migration.code import Front, literal, program
from harness.semantics.alternatives import recipes
from harness.semantics.recipes import Extra, Recipe, same_call
from harness.steps import Call
from harness.tensor import Tensor
from tests.unit.semantics.samples import article, case

KERAS = Front(module="tf.keras", tensorflow="2.21.0")


def text(of: Case, recipe: Recipe | None = None, front: Front = KERAS) -> str:
    return program(of, recipe or same_call(of), front).text


def with_extras(of: Case, *extras: Extra) -> Recipe:
    return next(recipe for recipe in recipes(of) if recipe.extras == set(extras))


SEED = """\
import tensorflow as tf

x = tf.constant([
    4.0, 5.0, 9.0, 0.0, 0.0, 0.0, 2.0, 0.0, 2.0, 1.0, 6.0, 5.0, 7.0, 8.0, 9.0, 6.0
], shape=[1, 2, 2, 4], dtype="float32")

layer = tf.keras.layers.BatchNormalization(
    momentum=1.0,  # was 0.99
    epsilon=0.001,
    trainable=True,  # was False
    beta_initializer=tf.keras.initializers.Constant(1.0),
    gamma_initializer=tf.keras.initializers.Constant(2.0),
    moving_mean_initializer=tf.keras.initializers.Constant(0.0),
    moving_variance_initializer=tf.keras.initializers.Constant(1.0),
)
layer.build(x.shape)
layer.gamma.trainable = False
layer.beta.trainable = False

for _ in range(2):  # steps 1 to 2
    output = layer(x, training=True)
"""


def test_the_whole_text_of_one_recipe() -> None:
    of = article(trainable=False)
    recipe = next(one for one in recipes(of) if one.layer["momentum"] == 1.0 and Extra.FREEZE_VARIABLES in one.extras)
    assert text(of, recipe) == SEED


def test_what_a_worker_executes_is_what_is_pasted() -> None:
    for recipe in recipes(article(trainable=False)):
        made = program(article(trainable=False), recipe, KERAS)
        wire = made.to_wire()
        assert made.text.startswith(wire["setup"])
        body = "".join(line.removeprefix("    ") for line in made.text.splitlines(keepends=True))
        assert all(step in body for step, _ in wire["steps"])
        assert sum(times for _, times in wire["steps"]) == 2
        compile(made.text, "advice", "exec")


def test_statistics_are_kept_and_put_back_around_the_call() -> None:
    of = case([[[1.0, 2.0], [3.0, 5.0]]], trainable=False)
    recipe = with_extras(of, Extra.THAW_AROUND_CALLS, Extra.RESTORE)
    assert text(of, recipe).endswith("""\
layer.build(x.shape)

# step 1
layer.trainable = True
weights = layer.get_weights()
output = layer(x, training=True)
layer.set_weights(weights)
layer.trainable = False
""")


def test_the_factor_counts_the_values_of_every_input() -> None:
    of = case([np.zeros((2, 2, 1, 3)), np.zeros((1, 1, 1, 3)), np.zeros((3, 1, 1, 3))], momentum=0.5)
    shown = text(of, with_extras(of, Extra.SAMPLE_VARIANCE))
    assert "kept = 0.5 * layer.moving_variance\noutput = layer(x1, training=True)\n" in shown
    assert "* 4 / 3  # n / (n - 1), n = 4\n" in shown
    assert "# step 2\noutput = layer(x2, training=True)\n\n# step 3\n" in shown
    assert "* 3 / 2  # n / (n - 1), n = 3\n" in shown
    assert "layer.build(x1.shape)\n" in shown


def test_calls_in_inference_are_left_alone() -> None:
    of = case([np.zeros((2, 2, 1, 3))] * 2, momentum=0.5)
    mixed = Case(**{**vars(of), "steps": (Call(input=0, training=True), Call(input=0, training=False))})
    shown = text(mixed, with_extras(mixed, Extra.SAMPLE_VARIANCE))
    assert shown.endswith("layer.moving_variance.assign(kept + added)\n\n# step 2\noutput = layer(x, training=False)\n")


@pytest.mark.parametrize(("training", "shown"), [(None, "layer(x)"), (1, "layer(x, training=1)")])
def test_the_flag_is_written_as_it_is_passed(training: int | None, shown: str) -> None:
    assert f"output = {shown}\n" in text(case([[[1.0], [2.0]]], training=training))


def test_a_fed_flag_becomes_its_value() -> None:
    assert "layer(x, training=True)" in text(case([[[1.0], [2.0]]], training="placeholder:true"))


def test_numbers_are_exact_whatever_they_are() -> None:
    values = [[0.1, float("nan")], [float("-inf"), -0.0]]
    assert 'x = tf.constant([0.1, float("nan"), float("-inf"), -0.0], shape=[2, 2], dtype="float32")' in text(
        case([values])
    )
    assert "[1.0, 3.0]" in text(case([[[1.0], [3.0]]]))


def test_bfloat16_takes_its_way_by_float32() -> None:
    of = case([[[0.1], [2.0]]], dtype="bfloat16")
    assert 'x = tf.cast(tf.constant([0.100097656, 2.0], shape=[2, 1], dtype="float32"), tf.bfloat16)' in text(of)


def test_nothing_has_a_shape_too() -> None:
    assert 'x = tf.zeros([0, 3], dtype="float32")' in text(case([np.zeros((0, 3))]))


def test_variables_get_one_number_or_all_of_theirs() -> None:
    of = case([[[1.0, 2.0]]], initializers={"gamma": [2.0, 2.0], "beta": [1.0, -1.0]})
    shown = text(of)
    assert shown.startswith("import numpy as np\nimport tensorflow as tf\n")
    assert "gamma_initializer=tf.keras.initializers.Constant(2.0)," in shown
    assert 'beta_initializer=tf.keras.initializers.Constant(np.array([1.0, -1.0], dtype="float32")),' in shown


def test_several_axes_keep_the_shape_of_their_variables() -> None:
    start = {"beta": np.arange(6.0).reshape(1, 2, 3)}
    shown = text(case([np.zeros((4, 2, 3))], axis=[1, 2], initializers=start))
    assert 'np.array([0.0, 1.0, 2.0, 3.0, 4.0, 5.0], dtype="float32").reshape([1, 2, 3])' in shown


@pytest.mark.parametrize(
    ("front", "shown"),
    [
        (Front(module="tf_keras", tensorflow="2.21.0"), "import tf_keras\n\nx = "),
        (Front(module="tf.keras", tensorflow="1.15.5"), "if not tf.executing_eagerly():\n    tf.enable_eager"),
        (Front(module="tf.keras", tensorflow="1.6.0"), "if not tf.contrib.eager.in_eager_mode():\n    tf.contrib"),
    ],
)
def test_the_release_decides_what_is_imported(front: Front, shown: str) -> None:
    of = case([[[1.0], [2.0]]])
    assert shown in text(of, front=front)
    assert f"layer = {front.module}.layers.BatchNormalization(" in text(of, front=front)


def test_arguments_are_python() -> None:
    clipping: dict[str, object] = {"rmax": 1.25, "dmax": float("inf")}
    assert literal({"dmax": float("inf"), "name": "x"}) == '{"dmax": float("inf"), "name": "x"}'
    assert literal([1, None, True]) == "[1, None, True]"
    shown = text(case([[[1.0], [2.0]]], renorm=True, renorm_clipping=clipping))
    assert 'renorm_clipping={"rmax": 1.25, "dmax": float("inf")},\n' in shown


def test_values_of_an_input_survive_their_text() -> None:
    values = np.random.RandomState(0).normal(size=(40, 3)).astype("float32")
    shown = text(case([values]))
    inside = shown.partition("tf.constant([")[2].partition("]")[0]
    read = np.array([float(word) for word in inside.split(",")])
    assert Tensor.of(read.reshape(40, 3), "float32") == Tensor.of(values, "float32")
    assert max(map(len, shown.splitlines())) <= 110
