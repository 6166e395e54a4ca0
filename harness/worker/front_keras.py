"""Runners ``keras`` and ``tf_keras``, also in their modes ``function`` and ``xla``: a Keras layer, called eagerly.

With a mode the layer's call is wrapped in tf.function; all else happens eagerly around it.
"""

from .arguments import initial_values, keras_arguments
from .asking import Vocabulary
from .eager_layer import EagerLayer
from .front_model import Model
from .frontend import NotApplicable, attempt
from .keras_parts import missing, with_policy
from .model_training import eager_optimizer
from .runtime import runs_eagerly
from .tracing import xla_option

_WORDS = ("call", "build", "set", "assign", "train", "save", "load", "config")
_FORMATS = ("weights", "checkpoint")
_SURROUNDINGS = ("phase", "mask", "policy", "replicas")
VOCABULARIES = {
    "eager": Vocabulary("an eager call", _WORDS, _FORMATS, _SURROUNDINGS),
    "function": Vocabulary("a tf.function", _WORDS, _FORMATS, _SURROUNDINGS + ("placeholder", "unknown_batch")),
}
VOCABULARIES["xla"] = VOCABULARIES["function"]


class Keras(object):
    """Builds layers for cases.

    ``find`` returns the module that holds ``layers`` and ``initializers``; it may raise ImportError or
    AttributeError, which is the reason why the runner is unavailable. ``mode`` is ``eager``, ``function`` or ``xla``.
    """

    def __init__(self, runtime, find, mode="eager"):
        self._runtime = runtime
        self._find = find
        self._mode = mode

    def unavailable(self):
        """Why this release has no such front end; None when it has."""
        tf = self._runtime.tf
        lacking = missing(self._runtime, self._find)
        if lacking is not None:
            return lacking
        if not runs_eagerly(tf):
            return "TensorFlow {} has no eager execution".format(tf.__version__)
        if self._mode != "eager" and not hasattr(tf, "function"):
            return "TensorFlow {} has no tf.function".format(tf.__version__)
        if self._mode == "xla" and xla_option(tf) is None:
            return "tf.function of TensorFlow {} does not compile".format(tf.__version__)
        return None

    def around(self, case):
        """What the case is built and run inside of."""
        return with_policy(self._find(self._runtime), case)

    def build(self, case):
        """The layer of a case, not yet called, or the model around it."""
        keras = self._find(self._runtime)
        if case.get("model") is not None:
            if self._mode != "eager":
                raise NotApplicable("this mode wraps the call of a layer, not of a model")
            return Model(self._runtime, keras, case, False)
        VOCABULARIES[self._mode].check(case)
        return EagerLayer(self._runtime, KerasMaker(self._runtime, keras), case, self._mode)


class KerasMaker(object):
    """Makes layers and what belongs to them, from one Keras."""

    def __init__(self, runtime, keras):
        self._runtime = runtime
        self.keras = keras

    def make(self, case):
        """The layer of a case."""
        # Named, because a default name counts the layers of the process and stands in messages.
        arguments = dict(
            keras_arguments(self._runtime.tf, self.keras, case["layer"]), trainable=case["trainable"], name="bn"
        )
        arguments.update(initial_values(self._runtime, case, self.keras.initializers.Constant))
        return attempt(self.keras.layers.BatchNormalization, **arguments)

    def optimizer(self, kind, rate):
        """An optimizer that works eagerly."""
        return attempt(eager_optimizer, self._runtime, self.keras, kind, rate)
