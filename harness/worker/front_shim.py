"""Runner ``shim``: tf.layers inside track_tf1_style_variables, the way that the migration guide keeps TF1 code."""

from .arguments import function_arguments, initial_values
from .asking import Vocabulary
from .eager_layer import EagerLayer
from .frontend import attempt, nothing
from .model_training import eager_optimizer
from .runtime import runs_eagerly


class Shim(object):
    """Builds modules whose call is tf.layers.batch_normalization."""

    vocabulary = Vocabulary("tf.layers", ("call", "assign", "train", "save", "load"), ("checkpoint",))

    def __init__(self, runtime):
        self._runtime = runtime

    def unavailable(self):
        """Why this release has no such front end; None when it has."""
        v1 = self._runtime.v1
        try:
            v1.keras.utils.track_tf1_style_variables  # noqa: B018 - TensorFlow 2.7 and later
            v1.layers.batch_normalization  # noqa: B018 - on Keras 3 the attribute itself raises
        except (ImportError, AttributeError) as error:
            return str(error).splitlines()[0]
        return None if runs_eagerly(self._runtime.tf) else "this process has no eager execution"

    def around(self, _case):
        """What the case is built and run inside of."""
        return nothing()

    def build(self, case):
        """The module of a case, not yet called."""
        self.vocabulary.check(case)
        return EagerLayer(self._runtime, ShimMaker(self._runtime), case, "eager")


class ShimMaker(object):
    """Makes modules."""

    def __init__(self, runtime):
        self._runtime = runtime

    def make(self, case):
        """The module of a case."""
        runtime = self._runtime
        arguments = dict(function_arguments(runtime.tf, case["layer"]), trainable=case["trainable"], name="bn")
        arguments.update(initial_values(runtime, case, runtime.v1.constant_initializer))
        return module(runtime, arguments, case["inputs"][0])

    def optimizer(self, kind, rate):
        """An optimizer that works eagerly."""
        return attempt(eager_optimizer, self._runtime, self._runtime.tf.keras, kind, rate)


def module(runtime, arguments, first_input):
    """A tf.Module that keeps the variables of the function that it calls."""
    tf, v1 = runtime.tf, runtime.v1

    class Module(tf.Module):
        """TF1 code, wrapped."""

        @v1.keras.utils.track_tf1_style_variables
        def __call__(self, tensor, **flag):
            return v1.layers.batch_normalization(tensor, **dict(arguments, **flag))

        @property
        def losses(self):
            """The penalties of the regularizers, where the documentation of the decorator says to look for them."""
            return [penalty() for penalty in self._tf1_style_var_store._regularizers.values()]

        def build(self, shape):
            """Make the variables, by a call that leaves them as they are."""
            self(tf.zeros(shape, first_input["dtype"]), training=False)

    return attempt(Module)
