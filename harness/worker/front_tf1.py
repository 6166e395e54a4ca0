"""Runners ``tf1`` and ``contrib``: the batch normalization functions of TensorFlow 1, in a graph run by a session.

Every call step is one Session.run of the output together with the update operations that this very call
registered under UPDATE_OPS, unless the step says otherwise.
"""

from .arguments import function_arguments, initial_values
from .asking import Vocabulary
from .front_graph import Experiment
from .frontend import NotApplicable, attempt, class_name, nothing

_WORDS = ("call", "assign", "train", "save", "load")


class Tf1(object):
    """Builds graphs of tf.layers.batch_normalization."""

    vocabulary = Vocabulary("tf.layers", _WORDS, ("checkpoint",), ("placeholder", "unknown_batch"))

    def __init__(self, runtime):
        self._runtime = runtime

    def unavailable(self):
        """Why this release has no such front end; None when it has."""
        layers = getattr(self._runtime.v1, "layers", None)
        try:
            getattr(layers, "batch_normalization")  # noqa: B009 - on Keras 3 the attribute itself raises
        except AttributeError as error:
            return str(error).splitlines()[0]
        return None

    def around(self, _case):
        """What the case is built and run inside of."""
        return nothing()

    def build(self, case):
        """The graph of a case; cases of equal structure may run in it one after the other."""
        self.vocabulary.check(case)
        return Experiment(self._runtime, case, self._layer)

    def _layer(self, case):
        runtime = self._runtime
        arguments = dict(function_arguments(runtime.v1, case["layer"]), trainable=case["trainable"], name="bn")
        arguments.update(initial_values(runtime, case, runtime.v1.constant_initializer))
        return Function(runtime.v1, runtime.v1.layers.batch_normalization, arguments)


class Contrib(object):
    """Builds graphs of tf.contrib.layers.batch_norm."""

    vocabulary = Vocabulary("tf.contrib.layers", _WORDS, ("checkpoint",), ("placeholder", "unknown_batch"))

    def __init__(self, runtime):
        self._runtime = runtime

    def unavailable(self):
        """Why this release has no such front end; None when it has."""
        # Not asked further: the package is imported on first use, and that takes seconds.
        if hasattr(self._runtime.tf, "contrib"):
            return None
        return "TensorFlow {} has no tf.contrib".format(self._runtime.tf.__version__)

    def around(self, _case):
        """What the case is built and run inside of."""
        return nothing()

    def build(self, case):
        """The graph of a case."""
        self.vocabulary.check(case)
        return Experiment(self._runtime, case, self._layer)

    def _layer(self, case):
        arguments = contributed_arguments(self._runtime.v1, case)
        values = initial_values(self._runtime, case, self._runtime.v1.constant_initializer)
        if values:
            arguments["param_initializers"] = {name[: -len("_initializer")]: one for name, one in values.items()}
        arguments.update(trainable=case["trainable"], scope="bn")
        return Function(self._runtime.v1, self._runtime.tf.contrib.layers.batch_norm, arguments, flag="is_training")


_CONTRIBUTED = {
    "momentum": "decay",
    "epsilon": "epsilon",
    "center": "center",
    "scale": "scale",
    "fused": "fused",
    "renorm": "renorm",
    "renorm_clipping": "renorm_clipping",
    "renorm_momentum": "renorm_decay",
}
"""What tf.contrib.layers.batch_norm calls the arguments that it has."""


def contributed_arguments(v1, case):
    """The layer's arguments as tf.contrib.layers.batch_norm takes them."""
    arguments, penalties = {}, {}
    for name, value in function_arguments(v1, case["layer"]).items():
        if name in _CONTRIBUTED:
            arguments[_CONTRIBUTED[name]] = value
        elif name == "axis":
            arguments.update(_data_format(value, len(case["inputs"][0]["shape"])))
        elif name.endswith("_regularizer"):
            penalties[name[: -len("_regularizer")]] = value
        else:
            raise NotApplicable("tf.contrib.layers.batch_norm has no {}".format(name))
    if penalties:
        arguments["param_regularizers"] = penalties
    return arguments


def _data_format(axis, rank):
    """The layout that has its channels there; no other axis can be asked for."""
    if axis in (-1, rank - 1):
        return {}
    if axis in (1, 1 - rank):
        return {"data_format": "NCHW"}
    raise NotApplicable("tf.contrib.layers.batch_norm has no axis, only NHWC and NCHW")


class Function(object):
    """A function that makes its variables in its first call and finds them again by their scope."""

    generation = 0

    def __init__(self, v1, function, arguments, flag="training"):
        self._v1 = v1
        self._graph = v1.get_default_graph()
        self._function = function
        self._arguments = arguments
        self._flag = flag
        self._called = False
        self._variables = []

    def call(self, tensor, arguments):
        """The output."""
        given = dict(self._arguments)
        if "training" in arguments:
            given[self._flag] = arguments["training"]
        if self._called:
            given["reuse"] = True
        before = {id(variable) for variable in self._v1.global_variables()}
        output = attempt(self._function, tensor, **given)
        self._called = True
        self._variables += [one for one in self._v1.global_variables() if id(one) not in before]
        return output

    def build(self, tensor):
        """Make the variables: a call that nobody runs."""
        self.call(tensor, {})

    def offered(self):
        """The update operations so far."""
        return self._graph.get_collection(self._v1.GraphKeys.UPDATE_OPS)

    def variables(self):
        """The layer's variables, in order of their making."""
        return list(self._variables)

    def trainable(self):
        """Those that an optimizer would find."""
        return self._graph.get_collection(self._v1.GraphKeys.TRAINABLE_VARIABLES)

    def losses(self):
        """The penalties of the regularizers."""
        return self._graph.get_collection(self._v1.GraphKeys.REGULARIZATION_LOSSES)

    def class_name(self):
        """What ran, in this release's own terms."""
        return class_name(self._function)
