"""Runners ``keras`` and ``tf_keras``: the release's own BatchNormalization class, called eagerly."""

from .frontend import attempt, class_name, short_device, short_name
from .runtime import runs_eagerly
from .wire import decode, encode


class Keras(object):
    """Builds layers for cases.

    ``find`` returns the module that holds ``layers`` and ``initializers``; it may raise ImportError or
    AttributeError, which is the reason why the runner is unavailable.
    """

    def __init__(self, runtime, find):
        self._runtime = runtime
        self._find = find

    def unavailable(self):
        """Why this release has no such front end; None when it has."""
        try:
            self._find(self._runtime).layers.BatchNormalization  # noqa: B018 - early releases lack it
        except (ImportError, AttributeError) as error:
            return str(error).splitlines()[0]
        if not runs_eagerly(self._runtime.tf):
            return "TensorFlow {} has no eager execution".format(self._runtime.tf.__version__)
        return None

    def build(self, case):
        """The layer of a case, not yet called."""
        return Layer(self._runtime, self._find(self._runtime), case)


class Layer(object):
    """One layer; its first call builds it, later cases of equal structure assign their initial values."""

    def __init__(self, runtime, keras, case):
        self._runtime = runtime
        self._device = None
        self._variables = None
        self._structure = None
        # Named, because a default name counts the layers of the process and stands in messages.
        arguments = dict(case["layer"], trainable=case["trainable"], name="bn")
        for role, initial in case["initializers"].items():
            value = decode(initial, runtime.bfloat16)
            arguments[role + "_initializer"] = keras.initializers.Constant(value)
        self._layer = attempt(keras.layers.BatchNormalization, **arguments)

    @property
    def reusable(self):
        """Whether every variable has a value in the case, so that a later case can start from its own."""
        return self._all_given

    def close(self):
        """Nothing to free: the layer goes with its last reference."""

    def run(self, case):
        """Yield the wire form of every step, from the case's initial state."""
        self._reset(case)
        for step in case["steps"]:
            tf = self._runtime.tf
            array = decode(case["inputs"][step["input"]], self._runtime.bfloat16)
            arguments = {} if step["training"] is None else {"training": step["training"]}
            with tf.device("/" + self._runtime.device):
                output = attempt(self._layer, tf.constant(array), **arguments)
            self._device = short_device(output.device)
            observed = {"output": encode(output.numpy())}
            for name, variable in self._stored_variables():
                observed[name] = encode(variable.numpy())
            self._all_given = set(observed) <= set(case["initializers"]) | {"output"}
            yield observed

    def _reset(self, case):
        if self._device is None:
            return
        for name, variable in self._stored_variables():
            variable.assign(decode(case["initializers"][name], self._runtime.bfloat16))

    def _stored_variables(self):
        """(short name, TensorFlow variable), asked of the layer once it is built and then kept.

        Keras 3 wraps each variable; reading and assigning what is inside costs half.
        """
        if self._variables is None:
            self._variables = [(short_name(one.name), inner(one)) for one in self._layer.variables]
        return self._variables

    def structure(self):
        """What was built, in terms that all releases share; a call changes none of it."""
        if self._structure is None:
            self._structure = self._describe()
        return self._structure

    def _describe(self):
        trainable = [short_name(variable.name) for variable in self._layer.trainable_variables]
        frozen = [short_name(variable.name) for variable in self._layer.non_trainable_variables]
        return {
            "trainable_variables": trainable,
            "non_trainable_variables": frozen,
            "update_ops": None,
            "fused": getattr(self._layer, "fused", None),
        }

    def identity(self):
        """What ran, in this release's own terms."""
        return {
            "class": class_name(type(self._layer)),
            "variables": [getattr(variable, "path", variable.name) for variable in self._layer.variables],
            "device": self._device or "",
        }


def inner(variable):
    """The TensorFlow variable that a Keras variable is, or holds: ``value`` is a method of the one only."""
    return variable if callable(variable.value) else variable.value


def default_keras(runtime):
    """The Keras that this process gets as ``tf.keras``."""
    return runtime.tf.keras


def legacy_keras(runtime):
    """The Keras 2 line beside Keras 3: the package tf_keras (TensorFlow 2.16 and later)."""
    import tf_keras

    return tf_keras
