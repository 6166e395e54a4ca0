"""Arguments of the layer: what travels as numbers becomes the objects that a front end takes."""

from .frontend import attempt
from .wire import decode


def initial_values(runtime, case, constant):
    """``gamma_initializer`` and the like; ``constant`` is the front end's class of constant initializers."""
    return {
        role + "_initializer": constant(decode(wire, runtime.bfloat16)) for role, wire in case["initializers"].items()
    }


def keras_arguments(tf, keras, given):
    """The arguments with Keras' own regularizers and constraints, and callables, in place of their wire forms."""
    made = {}
    for name, value in given.items():
        if name.endswith("_regularizer") and value is not None:
            value = attempt(keras.regularizers.l1_l2, l1=value.get("l1", 0.0), l2=value.get("l2", 0.0))
        elif name.endswith("_constraint") and value is not None:
            value = _keras_constraint(keras.constraints, value)
        elif name == "adjustment" and value is not None:
            value = _adjustment(tf, value)
        made[name] = value
    return made


def _keras_constraint(constraints, value):
    if isinstance(value, dict):
        return attempt(constraints.max_norm, value["max_norm"])
    return attempt(getattr(constraints, value))


def function_arguments(tf, given):
    """Likewise for functions of TensorFlow 1, which take any callable."""
    made = {}
    for name, value in given.items():
        if name.endswith("_regularizer") and value is not None:
            value = _penalty(tf, value)
        elif name.endswith("_constraint") and value is not None:
            value = _projection(tf, value)
        elif name == "adjustment" and value is not None:
            value = _adjustment(tf, value)
        made[name] = value
    return made


def _adjustment(tf, wires):
    """What is called with the shape of the input; the constants belong to the graph in which it is."""
    # No bfloat16 among them: variables are float32 or float64.
    scale, bias = (decode(wires[role], None) for role in ("scale", "bias"))
    return lambda _shape: (tf.constant(scale), tf.constant(bias))


def _penalty(tf, factors):
    def penalty(variable):
        return factors.get("l1", 0.0) * tf.reduce_sum(tf.abs(variable)) + factors.get("l2", 0.0) * tf.reduce_sum(
            tf.square(variable)
        )

    return penalty


def _projection(tf, constraint):
    def norm(variable):
        # Keras adds its epsilon to the norm that it divides by.
        return tf.sqrt(tf.reduce_sum(tf.square(variable)))

    def unit_norm(variable):
        return variable / (1e-7 + norm(variable))

    def max_norm(variable):
        length = norm(variable)
        return variable * (tf.minimum(length, constraint["max_norm"]) / (1e-7 + length))

    named = {"non_neg": lambda variable: tf.maximum(variable, 0.0), "unit_norm": unit_norm}
    return max_norm if isinstance(constraint, dict) else named[constraint]
