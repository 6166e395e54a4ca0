"""Runners ``keras:graph``, ``tf_keras:graph`` and ``keras_v1``: a Keras layer in a v1 graph, run by a session.

Every call step runs the output together with the updates that this very call added to ``layer.updates``, unless
the step says otherwise: Keras registers nothing under UPDATE_OPS.
"""

from .arguments import initial_values, keras_arguments
from .asking import Vocabulary
from .front_graph import Experiment
from .front_model import Model
from .frontend import attempt, class_name
from .keras_parts import inner, missing, with_policy
from .model_modes import learning_phase


class KerasGraph(object):
    """Builds graphs of Keras layers.

    ``find`` returns the module that holds ``layers``; ``least`` is the first major version of TensorFlow that
    such a front end is of.
    """

    vocabulary = Vocabulary(
        "a Keras layer",
        ("call", "build", "set", "assign", "train", "save", "load", "config"),
        ("weights", "checkpoint"),
        ("placeholder", "phase", "mask", "policy", "unknown_batch"),
    )

    def __init__(self, runtime, find, least=1):
        self._runtime = runtime
        self._find = find
        self._least = least

    def unavailable(self):
        """Why this release has no such front end; None when it has."""
        version = self._runtime.tf.__version__
        if int(version.split(".")[0]) < self._least:
            return "TensorFlow {} runs graphs anyway: its Keras in a graph is keras_v1".format(version)
        return missing(self._runtime, self._find)

    def around(self, case):
        """What the case is built and run inside of."""
        return with_policy(self._find(self._runtime), case)

    def build(self, case):
        """The graph of a case, or of the model around the layer."""
        keras = self._find(self._runtime)
        if case.get("model") is not None:
            return Model(self._runtime, keras, case, True)
        self.vocabulary.check(case)
        return Experiment(self._runtime, case, lambda case: new_layer(self._runtime, keras, case))


def new_layer(runtime, keras, case):
    """The layer of a case, in the default graph."""
    arguments = dict(keras_arguments(runtime.tf, keras, case["layer"]), trainable=case["trainable"], name="bn")
    arguments.update(initial_values(runtime, case, keras.initializers.Constant))
    return GraphLayer(keras, attempt(keras.layers.BatchNormalization, **arguments), runtime.v1)


class GraphLayer(object):
    """A Keras layer in a graph; ``generation`` counts what makes a later call another one."""

    def __init__(self, keras, layer, v1):
        self._keras = keras
        self._layer = layer
        self._v1 = v1
        self.generation = 0

    def again(self):
        """A layer made from the configuration of this one, in the default graph."""
        made = attempt(type(self._layer).from_config, attempt(self._layer.get_config))
        return GraphLayer(self._keras, made, self._v1)

    def call(self, tensor, arguments):
        """The output."""
        return attempt(self._layer, tensor, **arguments)

    def build(self, tensor):
        """Make the variables."""
        attempt(self._layer.build, tensor.shape)

    def freeze(self, trainable):
        """Set ``trainable``, which only later calls see."""
        attempt(setattr, self._layer, "trainable", trainable)
        self.generation += 1

    def offered(self):
        """The updates so far; Keras 3 keeps none."""
        return list(getattr(self._layer, "updates", ()))

    def variables(self):
        """The layer's variables, in its order."""
        return [inner(variable) for variable in self._layer.variables]

    def trainable(self):
        """Those that an optimizer would be given."""
        return [inner(variable) for variable in self._layer.trainable_variables]

    def losses(self):
        """The penalties of the regularizers."""
        return attempt(getattr, self._layer, "losses")

    def learning_phase(self):
        """The tensor to feed."""
        return learning_phase(self._keras)

    def get_weights(self):
        """The values, from the default session."""
        return attempt(self._layer.get_weights)

    def set_weights(self, values):
        """Likewise."""
        attempt(self._layer.set_weights, values)

    def class_name(self):
        """What ran, in this release's own terms."""
        return class_name(type(self._layer))
