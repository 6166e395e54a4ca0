"""Saving a model in a folder, and what is in it into another one.

What yields a whole model returns it; what yields values only puts them into the fresh model it is given.
"""

import inspect
import os

import numpy as np

from .frontend import NotApplicable, attempt


class Files(object):
    """The files of one case, in a folder that its owner removes."""

    def __init__(self, runtime, keras, graph, folder):
        self._runtime = runtime
        self._keras = keras
        self._graph = graph
        self._folder = folder

    def save(self, form, model, fields, mode):
        """Write the model; ``fields`` are its (field, variable)."""
        getattr(self, "_save_" + form)(model, fields, mode)

    def load(self, form, fresh):
        """The model that the file holds, or what ``fresh()`` makes with the saved values.

        ``fresh`` returns (model, fields, mode).
        """
        return getattr(self, "_load_" + form)(fresh)

    def _path(self, name):
        return os.path.join(self._folder, name)

    def _save_weights(self, model, _fields, _mode):
        values = attempt(model.get_weights)
        np.savez(self._path("weights.npz"), *values)

    def _load_weights(self, fresh):
        model = fresh()[0]
        with np.load(self._path("weights.npz")) as values:
            attempt(model.set_weights, [values["arr_{}".format(index)] for index in range(len(values.files))])
        return model

    def _h5(self):
        """Keras 3 insists on the longer ending, which Keras 2.12 and later take for another format."""
        return self._path("model.weights.h5" if is_keras_3(self._keras) else "model.h5")

    def _save_h5(self, model, _fields, _mode):
        attempt(model.save_weights, self._h5())

    def _load_h5(self, fresh):
        model = fresh()[0]
        attempt(model.load_weights, self._h5())
        return model

    def _save_checkpoint(self, model, fields, mode):
        if self._graph:
            saver = attempt(self._runtime.v1.train.Saver, dict(fields))
            attempt(saver.save, mode.session, self._path("model"))
        else:
            attempt(checkpoint_class(self._runtime.tf)(model=model).save, self._path("model"))

    def _load_checkpoint(self, fresh):
        model, fields, mode = fresh()
        if self._graph:
            saver = attempt(self._runtime.v1.train.Saver, dict(fields))
            attempt(saver.restore, mode.session, self._path("model"))
        else:
            attempt(checkpoint_class(self._runtime.tf)(model=model).restore, self._path("model-1"))
        return model

    def _save_keras(self, model, _fields, _mode):
        attempt(model.save, self._path("model.keras"))

    def _load_keras(self, _fresh):
        return attempt(self._keras.models.load_model, self._path("model.keras"), compile=False)

    def _save_saved_model(self, model, _fields, _mode):
        if "save_format" not in parameters(self._keras.models.save_model):
            raise NotApplicable("this Keras saves no SavedModel that loads as a model with layers")
        attempt(model.save, self._path("model"), save_format="tf")

    def _load_saved_model(self, _fresh):
        return attempt(self._keras.models.load_model, self._path("model"), compile=False)


def parameters(function):
    """The names a function takes, also below decorators that hide them."""
    return inspect.signature(inspect.unwrap(function)).parameters


def is_keras_3(keras):
    """Whether this is Keras 3: it brings operations of its own; up to 3.2 ``tf.keras`` tells no version."""
    return hasattr(keras, "ops")


def checkpoint_class(tf):
    """What saves objects; in the core since TensorFlow 1.9."""
    found = getattr(tf.train, "Checkpoint", None)
    if found is None:
        raise NotApplicable("TensorFlow {} saves no objects in checkpoints".format(tf.__version__))
    return found
