"""Losses and optimizers, as Keras takes them and as operations."""

import numpy as np

_MOMENTUM = 0.9


def keras_loss(tf, name):
    """What ``compile`` takes as its loss."""
    if name == "sum":
        return lambda target, output: tf.reduce_sum(output - target)
    return {"mean_square": "mse", "mean_absolute": "mae"}[name]


def loss_of(tf, name, output, target):
    """The scalar of an output and a target; ``None``: against zeros."""
    difference = output if target is None else output - target
    if name == "sum":
        return tf.reduce_sum(difference)
    return tf.reduce_mean(tf.square(difference) if name == "mean_square" else tf.abs(difference))


def keras_optimizer(optimizers, name, rate):
    """The optimizer of Keras; the rate is its first argument, whose name changed."""
    if name == "adam":
        return optimizers.Adam(rate)
    return optimizers.SGD(rate, momentum=_MOMENTUM if name == "momentum" else 0.0)


def graph_optimizer(keras, name, rate):
    """The optimizer of Keras for a graph; from TensorFlow 2.11 on only the legacy one runs there."""
    optimizers = keras.optimizers
    legacy = not hasattr(optimizers.SGD, "get_updates") and getattr(optimizers, "legacy", None)
    return keras_optimizer(legacy or optimizers, name, rate)


def native_optimizer(v1, name, rate):
    """The optimizer of TensorFlow 1."""
    if name == "momentum":
        return v1.train.MomentumOptimizer(rate, _MOMENTUM)
    return {"sgd": v1.train.GradientDescentOptimizer, "adam": v1.train.AdamOptimizer}[name](rate)


def eager_optimizer(runtime, keras, name, rate):
    """The optimizer of Keras where it runs eagerly; before TensorFlow 1.13 only those of TensorFlow do."""
    if hasattr(keras.optimizers.SGD, "apply_gradients"):
        return keras_optimizer(keras.optimizers, name, rate)
    return native_optimizer(runtime.v1, name, rate)


def scalar(value):
    """A loss as it is told: Python float, NumPy scalar, tensor, or a list with the loss first."""
    return np.float32(np.ravel(np.asarray(value))[0])
