"""The layers of a small model: made from their specifications, put together, and told apart by name.

A layer exists from the start, its variables only once the model is put together: what is done to it in
between is an experiment of its own.
"""

from .arguments import initial_values, keras_arguments
from .frontend import NotApplicable, attempt, short_name
from .wire import decode


class Layers(object):
    """The layers of one model, and the model.

    Attributes:
        own: the layer that the case is about; what ``set`` acts on.
        model: the functional model; ``None`` until it is put together.
    """

    def __init__(self, runtime, keras, case):
        self._runtime = runtime
        self._keras = keras
        self._case = case
        self._counts = {}
        self._named = []
        self.own = None
        self.model = None
        self._chain = [self._make(spec) for spec in case["model"]]
        if self.own is None:
            raise ValueError("the model has no bn: {}".format(case["model"]))

    def built(self):
        """The model, put together if it was not yet: for inputs like the first, with any number of rows."""
        if self.model is None:
            wire = self._case["inputs"][0]
            self.model = self._connected(self._chain, wire["shape"], wire["dtype"], "model")
        return self.model

    def _connected(self, chain, shape, dtype, name):
        start = attempt(self._keras.layers.Input, shape=tuple(shape[1:]), dtype=dtype)
        tensor = start
        for layer in chain:
            if isinstance(layer, list):
                inner = self._connected(layer, static_shape(tensor), dtype_name(tensor), self._number("model", 1))
                tensor = attempt(inner, tensor)
            else:
                tensor = attempt(layer, tensor)
        return attempt(self._keras.models.Model, start, tensor, name=name)

    def adopt(self, model):
        """Go on with the layers of that name in ``model``, which was made from a file or a configuration."""
        found = dict(_flattened(model))
        self._named = [(prefix, found[layer.name]) for prefix, layer in self._named]
        self.own = found[self.own.name]
        self.model = model

    def all(self):
        """Every layer that may have variables, each once."""
        return [layer for _, layer in self._named]

    def updates(self):
        """The update operations that the layers offer: a model leaves out those of inputs that it was not made of."""
        return [update for layer in self.all() for update in attempt(getattr, layer, "updates")]

    def fields(self):
        """(field, variable) of all that is built: ``gamma`` of the case's own layer, ``dense/kernel``, ..."""
        return [
            (prefix + short_name(variable.name), variable)
            for prefix, layer in self._named
            for variable in layer.weights
        ]

    def _make(self, spec):
        """A layer, or the list of those of a nested model; a second ``bn`` is the same layer again."""
        kind, arguments = next(iter(spec.items())) if isinstance(spec, dict) else (spec, None)
        if kind == "model":
            return [self._make(inner) for inner in arguments]
        if spec == "bn":
            if self.own is None:
                self.own = self._own()
                self._named.append(("", self.own))
            return self.own
        layer = getattr(self, "_" + kind)(arguments)
        self._named.append((layer.name + "/", layer))
        return layer

    def _number(self, kind, first=0):
        """``dense``, ``dense_1``, ...: as Keras would, but counted from nought in every case."""
        count = self._counts.get(kind, first)
        self._counts[kind] = count + 1
        return "{}_{}".format(kind, count) if count else kind

    def _layer(self, name):
        layers = self._keras.layers
        preprocessing = getattr(getattr(layers, "experimental", None), "preprocessing", None)
        found = getattr(layers, name, None) or getattr(preprocessing, name, None)
        if found is None:
            raise NotApplicable("this Keras has no layer {}".format(name))
        return found

    def _constant(self, wire):
        return self._keras.initializers.Constant(decode(wire, self._runtime.bfloat16))

    def _own(self):
        arguments = keras_arguments(self._runtime.tf, self._keras, self._case["layer"])
        arguments.update(initial_values(self._runtime, self._case, self._keras.initializers.Constant))
        arguments.update(trainable=self._case["trainable"], name="bn")
        return attempt(self._layer("BatchNormalization"), **arguments)

    def _bn(self, spec):
        arguments = keras_arguments(self._runtime.tf, self._keras, spec)
        return attempt(self._layer("BatchNormalization"), name=self._number("bn", 1), **arguments)

    def _dense(self, spec):
        units = spec["kernel"]["shape"][-1]
        return attempt(self._layer("Dense"), units, name=self._number("dense"), **self._weights(spec))

    def _conv2d(self, spec):
        shape = spec["kernel"]["shape"]
        arguments = dict(self._weights(spec), strides=spec.get("strides", 1), padding=spec.get("padding", "valid"))
        return attempt(self._layer("Conv2D"), shape[-1], shape[:2], name=self._number("conv2d"), **arguments)

    def _weights(self, spec):
        """What kernel and bias take: constants, so that a configuration starts from the same values."""
        arguments = {"trainable": spec.get("trainable", True), "use_bias": "bias" in spec}
        for role in ("kernel", "bias"):
            if role in spec:
                arguments[role + "_initializer"] = self._constant(spec[role])
        return arguments

    def _embedding(self, spec):
        rows, width = spec["table"]["shape"]
        table = self._constant(spec["table"])
        arguments = {"trainable": spec.get("trainable", True), "mask_zero": spec.get("mask_zero", False)}
        arguments.update(embeddings_initializer=table, name=self._number("embedding"))
        return attempt(self._layer("Embedding"), rows, width, **arguments)

    def _activation(self, function):
        return attempt(self._layer("Activation"), function, name=self._number("activation"))

    def _flatten(self, _):
        return attempt(self._layer("Flatten"), name=self._number("flatten"))

    def _masking(self, spec):
        return attempt(self._layer("Masking"), mask_value=spec["value"], name=self._number("masking"))

    def _resizing(self, spec):
        return attempt(self._layer("Resizing"), spec["height"], spec["width"], name=self._number("resizing"))


def static_shape(tensor):
    """The shape as a list, ``None`` where it is open."""
    shape = tensor.shape
    return list(shape.as_list() if hasattr(shape, "as_list") else shape)


def dtype_name(tensor):
    """``float32`` of a tensor of TensorFlow or of Keras 3."""
    return getattr(tensor.dtype, "name", tensor.dtype)


def _flattened(model):
    """(name, layer) of all layers, also of those in nested models."""
    for layer in model.layers:
        yield layer.name, layer
        if hasattr(layer, "layers"):
            for inner in _flattened(layer):
                yield inner
