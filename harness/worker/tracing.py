"""tf.function around a layer's call: traced once for every shape and every way of giving the training flag."""

import inspect

from .frontend import attempt


def xla_option(tf):
    """The argument of tf.function that compiles, by its name in this release; None where it has none."""
    names = inspect.signature(tf.function).parameters
    return next((name for name in ("jit_compile", "experimental_compile") if name in names), None)


class Traced(object):
    """Calls a layer through tf.function, keeping what was traced as long as the layer lives."""

    def __init__(self, tf, call, compiled, unknown_batch):
        self._tf = tf
        self._call = call
        self._options = {xla_option(tf): True} if compiled else {}
        self._unknown_batch = unknown_batch
        self._functions = {}

    def __call__(self, tensor, form, value, arguments):
        """The output; a ``placeholder`` flag is an argument of the function, any other a part of it."""
        fed = [self._tf.constant(value)] if form == "placeholder" else []
        told = (form, None if fed else value)
        if told not in self._functions:
            self._functions[told] = self._function(tensor, form, value, arguments)
        return attempt(self._functions[told], tensor, *fed)

    def _function(self, tensor, form, value, arguments):
        tf, call = self._tf, self._call

        def plain(x):
            given = dict(arguments, training=tf.constant(value)) if form == "tensor" else arguments
            return call(x, **given)

        def fed(x, training):
            return call(x, training=training, **arguments)

        options = dict(self._options)
        if self._unknown_batch:
            signature = [tf.TensorSpec([None] + tensor.shape.as_list()[1:], tensor.dtype)]
            options["input_signature"] = signature + ([tf.TensorSpec([], tf.bool)] if form == "placeholder" else [])
        return attempt(tf.function, fed if form == "placeholder" else plain, **options)
