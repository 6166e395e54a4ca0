"""The two ways in which operations of a model run: as they are called, or in a graph by a session.

Each mode forwards, trains, reads and writes; methods like ``fit`` run by themselves inside :meth:`scope`.
"""

import contextlib
import sys

import numpy as np

from .asking import training_form
from .frontend import NotApplicable, attempt, nothing
from .model_training import eager_optimizer, graph_optimizer, loss_of, native_optimizer


class Eager(object):
    """Operations run as they are called, under ``replicas`` if they are not None."""

    def __init__(self, runtime, keras, replicas):
        self._runtime = runtime
        self._keras = keras
        self._replicas = replicas
        self._optimizers = {}

    def scope(self):
        """What every step runs inside of; no device, which the iterators of ``fit`` could not stand."""
        return nothing()

    def making(self):
        """What layers, models and optimizers are made inside of."""
        return self._replicas.scope() if self._replicas else nothing()

    def fresh(self):
        """Where a model goes that takes the place of another."""
        return Eager(self._runtime, self._keras, self._replicas)

    def close(self):
        """Nothing to free."""

    def optimizer(self, name, rate):
        """What ``compile`` takes."""
        return attempt(eager_optimizer, self._runtime, self._keras, name, rate)

    def read(self, variables):
        """The values of variables."""
        first = self._replicas.first if self._replicas else lambda variable: variable
        return [first(variable).numpy() for variable in variables]

    def write(self, variable, value):
        """Give a variable another value."""
        attempt(variable.assign, value)

    def losses(self, model):
        """The model's regularization losses."""
        return [loss.numpy() for loss in attempt(getattr, model, "losses")]

    def call(self, layers, arrays, step, mask):
        """The output for each of the arrays."""
        with self._placed(), self._training(step["training"]) as arguments:
            return [self._forward(layers.model, array, arguments, mask).numpy() for array in arrays]

    def train(self, layers, array, target, step, mask):
        """One optimizer step: (output, loss, gradients of the input and of each trainable variable or None)."""
        tf = self._runtime.tf
        if self._replicas:
            raise NotApplicable("an optimizer step is taken without replicas only")
        with self._placed():
            tensor, variables = tf.constant(array), list(layers.model.trainable_weights)
            # Indices of an embedding have no gradient.
            watched = [tensor] if tensor.dtype.is_floating else []
            with self._training(step["training"]) as arguments, gradient_tape(tf) as tape:
                for one in watched:
                    tape.watch(one)
                output = self._forward(layers.model, tensor, arguments, mask)
                loss = loss_of(tf, step["loss"], output, None if target is None else tf.constant(target))
            gradients = attempt(tape.gradient, loss, watched + variables)
            moved = gradients[len(watched) :]
            key = (step["optimizer"], step["rate"])
            if key not in self._optimizers:
                self._optimizers[key] = self.optimizer(*key)
            attempt(self._optimizers[key].apply_gradients, list(zip(moved, variables)))
            told = (gradients[0] if watched else None,) + tuple(moved)
            values = [one if one is None else tf.convert_to_tensor(one).numpy() for one in told]
            return output.numpy(), loss.numpy(), values

    def _placed(self):
        return self._runtime.tf.device("/" + self._runtime.device)

    def _forward(self, model, array, arguments, mask):
        tf = self._runtime.tf
        if mask is not None:
            arguments = dict(arguments, mask=tf.constant(mask))
        if self._replicas:
            return self._replicas.run(lambda part: attempt(model, part, **arguments), tf.constant(array))
        return attempt(model, tf.convert_to_tensor(array), **arguments)

    @contextlib.contextmanager
    def _training(self, wanted):
        """The arguments that say whether to train."""
        form, value = training_form(wanted)
        if form == "placeholder":
            raise NotApplicable("nothing is fed where operations run as they are called")
        if form != "phase":
            yield training_argument(form, value, self._runtime.tf.constant)
            return
        phase = SetPhase(self._keras, value)
        try:
            yield {}
        finally:
            phase.undo()


class Graph(object):
    """A graph of its own and its session, which Keras finds as the default ones."""

    def __init__(self, runtime, keras, unknown_batch, races):
        self._runtime = runtime
        self._keras = keras
        self._unknown_batch = unknown_batch
        self._races = races
        self._optimizers = {}
        self._graph = runtime.v1.Graph()
        self._session = runtime.v1.Session(graph=self._graph, config=runtime.session_config(races=races))

    @contextlib.contextmanager
    def scope(self):
        """What every step runs inside of."""
        with self._graph.as_default(), self._session.as_default(), self._runtime.v1.device("/" + self._runtime.device):
            yield

    def making(self):
        """What layers, models and optimizers are made inside of."""
        return nothing()

    def fresh(self):
        """Where a model goes that takes the place of another."""
        self.close()
        return Graph(self._runtime, self._keras, self._unknown_batch, self._races)

    def close(self):
        """Free the session."""
        self._session.close()

    def optimizer(self, name, rate):
        """What ``compile`` takes."""
        return attempt(graph_optimizer, self._keras, name, rate)

    @property
    def session(self):
        """The session; asking Keras for it also gives new variables their initial values."""
        return attempt(self._keras_backend().get_session)

    def _keras_backend(self):
        """TensorFlow 2 keeps what concerns sessions under the names of TensorFlow 1."""
        backend = self._keras.backend
        return backend if hasattr(backend, "get_session") else self._runtime.v1.keras.backend

    def read(self, variables):
        """The values of variables."""
        return self.session.run(list(variables))

    def write(self, variable, value):
        """Give a variable another value."""
        session = self.session
        placeholder = self._runtime.v1.placeholder(self._runtime.tf.as_dtype(value.dtype), value.shape)
        session.run(variable.assign(placeholder), {placeholder: value})

    def losses(self, model):
        """The model's regularization losses."""
        return attempt(self.session.run, list(attempt(getattr, model, "losses")))

    def call(self, layers, arrays, step, mask):
        """The output for each of the arrays, all from one run."""
        before = self._snapshot(layers)
        feed, arguments = self._training(step["training"])
        outputs = []
        for array in arrays:
            placeholder = self._placeholder(array)
            feed[placeholder] = array
            outputs.append(self._forward(layers.model, placeholder, arguments, mask))
        updates = self._updates(layers, before, step.get("updates", "run"))
        return attempt(self.session.run, [outputs, updates], feed)[0]

    def train(self, layers, array, target, step, mask):
        """One optimizer step: (output, loss, gradients of the input and of each trainable variable or None)."""
        v1 = self._runtime.v1
        before = self._snapshot(layers)
        feed, arguments = self._training(step["training"])
        placeholder, variables = self._placeholder(array), list(layers.model.trainable_weights)
        feed[placeholder] = array
        output = self._forward(layers.model, placeholder, arguments, mask)
        loss = loss_of(v1, step["loss"], output, None if target is None else v1.constant(target))
        gradients = attempt(v1.gradients, loss, [placeholder] + variables)
        moved = list(zip(gradients[1:], variables))
        gradients = [one if one is None else v1.convert_to_tensor(one) for one in gradients]
        known = [one for one in gradients if one is not None]
        updates = self._updates(layers, before, step.get("updates", "run"))
        # A variable may be moved in place: what is observed has to be computed before.
        first = [output, loss] + known + (updates if step.get("updates") == "train_op" else [])
        moves = self._apply(moved, first, step)
        made = [one for one in v1.global_variables() if id(one) not in before["variables"]]
        self.session.run(v1.variables_initializer(made))
        output, loss, found = attempt(self.session.run, [output, loss, known, updates, moves], feed)[:3]
        values = iter(found)
        return output, loss, [one if one is None else next(values) for one in gradients]

    def _apply(self, moved, first, step):
        key = (step["optimizer"], step["rate"])
        if key not in self._optimizers:
            self._optimizers[key] = native_optimizer(self._runtime.v1, *key)
        with self._runtime.v1.control_dependencies(first):
            return attempt(self._optimizers[key].apply_gradients, moved)

    def _snapshot(self, layers):
        """What is in the graph already, by identity: tensors and variables may compare by their values."""
        v1 = self._runtime.v1
        return {
            "updates": {id(one) for one in layers.updates()},
            "collection": {id(one) for one in v1.get_collection(v1.GraphKeys.UPDATE_OPS)},
            "variables": {id(one) for one in v1.global_variables()},
        }

    def _updates(self, layers, before, policy):
        """The update operations that came since, as far as the policy lets them run."""
        v1 = self._runtime.v1
        if policy == "skip":
            return []
        if policy == "run":
            return [one for one in layers.updates() if id(one) not in before["updates"]]
        return [one for one in v1.get_collection(v1.GraphKeys.UPDATE_OPS) if id(one) not in before["collection"]]

    def _placeholder(self, array):
        shape = [None] + list(array.shape[1:]) if self._unknown_batch else array.shape
        return self._runtime.v1.placeholder(self._runtime.tf.as_dtype(array.dtype), shape)

    def _forward(self, model, tensor, arguments, mask):
        if mask is not None:
            arguments = dict(arguments, mask=self._runtime.v1.constant(mask))
        return attempt(model, tensor, **arguments)

    def _training(self, wanted):
        """(what is fed, the arguments that say whether to train)."""
        v1 = self._runtime.v1
        form, value = training_form(wanted)
        if form == "phase":
            return {learning_phase(self._keras): value}, {}
        if form == "placeholder":
            placeholder = v1.placeholder(self._runtime.tf.bool, [])
            return {placeholder: value}, {"training": placeholder}
        return {}, training_argument(form, value, v1.constant)


def training_argument(form, value, constant):
    """What says whether to train, among the arguments of a call."""
    if form == "omitted":
        return {}
    return {"training": {"numpy": np.bool_, "tensor": constant}.get(form, lambda literal: literal)(value)}


def check_learning_phase(keras):
    """Raise NotApplicable where there is none."""
    if not hasattr(keras.backend, "learning_phase"):
        raise NotApplicable("this Keras has no global learning phase")


class SetPhase(object):
    """The global learning phase, set until it is undone.

    Keras has no function that unsets it, and to set it to 0 is not the same: TensorFlow 1.5 and 1.6 refuse a call that
    says nothing of training only while nobody has set it. So what Keras remembers is put back.
    """

    def __init__(self, keras, value):
        check_learning_phase(keras)
        self._keras = keras
        self._module = sys.modules[keras.backend.set_learning_phase.__module__]
        self._before = dict(self._remembered())
        attempt(keras.backend.set_learning_phase, int(value))

    def undo(self):
        """Leave no trace of it."""
        remembered = self._remembered()
        remembered.clear()
        remembered.update(self._before)

    def _remembered(self):
        # Asked for anew: some functions of Keras exchange it.
        return self._module._GRAPH_LEARNING_PHASES


def learning_phase(keras):
    """The global learning phase: in a graph the tensor to feed."""
    check_learning_phase(keras)
    return attempt(keras.backend.learning_phase)


def gradient_tape(tf):
    """What records gradients; in the core since TensorFlow 1.7."""
    if hasattr(tf, "GradientTape"):
        return tf.GradientTape()
    from tensorflow.python.eager import backprop

    return backprop.GradientTape()
