"""Experiments with a layer that is called eagerly, whatever wraps the call."""

import contextlib
import os
import shutil
import tempfile
import warnings

import numpy as np

from .asking import called_inputs, loaded_into, observes, output_name, shareable, training_form
from .frontend import NotApplicable, attempt, class_name, nothing, short_device, short_name
from .keras_parts import inner
from .model_modes import SetPhase, gradient_tape
from .model_training import loss_of
from .replicas import Replicas
from .tracing import Traced
from .wire import decode, encode


class EagerLayer(object):
    """One layer; its first call builds it, later cases of equal structure assign their initial values.

    ``maker`` makes the layer and its optimizers; ``mode`` is ``eager``, ``function`` or ``xla``.
    """

    def __init__(self, runtime, maker, case, mode):
        self._runtime = runtime
        self._maker = maker
        self._case = case
        self._mode = mode
        self._device = None
        self._all_given = False
        self._folder = None
        self._structure = None
        self._phase = None
        self._shareable = shareable(case)
        self._replicas = Replicas(runtime, case["replicas"]) if "replicas" in case else None
        self._take(self._made(case))

    def _made(self, case):
        with self._replicas.scope() if self._replicas else nothing():
            return self._maker.make(case)

    def _take(self, layer):
        """Go on with this layer."""
        self._layer = layer
        self._variables = None
        self._optimizers = {}
        self._traced = None
        if self._mode != "eager":
            compiled = self._mode == "xla"
            self._traced = Traced(self._runtime.tf, layer, compiled, self._case.get("unknown_batch", False))

    @property
    def reusable(self):
        """Whether every variable has a value in the case, so that a later case can start from its own."""
        return self._shareable and self._all_given

    def close(self):
        """Undo what is global, remove what was saved; the layer goes with its last reference."""
        if self._phase is not None:
            self._phase.undo()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def run(self, case):
        """Yield the wire form of every step, from the case's initial state."""
        self._reset(case)
        self._case = case
        taken = {"call": self._call, "train": self._train, "assign": self._assign, "set": self._set}
        taken.update(build=self._build, save=self._save, load=self._load, config=self._config)
        for step in case["steps"]:
            with self._observed_warnings() as counted:
                observed = taken[step["step"]](step)
            names = set()
            for name, variable in self._stored_variables():
                names.add(name)
                observed[name] = encode(self._value(variable))
            self._all_given = bool(names) and names <= set(case["initializers"])
            observed.update(counted)
            if "observe" in case:
                observed.update(self._counts())
            yield observed

    def _reset(self, case):
        if self._device is None:
            return
        for name, variable in self._stored_variables():
            variable.assign(decode(case["initializers"][name], self._runtime.bfloat16))

    def _value(self, variable):
        return (self._replicas.first(variable) if self._replicas else variable).numpy()

    def _stored_variables(self):
        """(short name, TensorFlow variable), asked of the layer once it is built and then kept.

        Keras 3 wraps each variable; reading and assigning what is inside costs half.
        """
        if not self._variables:
            self._variables = [(short_name(one.name), inner(one)) for one in self._layer.variables]
        return self._variables

    def _tensor(self, index):
        return self._runtime.tf.constant(decode(self._case["inputs"][index], self._runtime.bfloat16))

    def _placed(self):
        return self._runtime.tf.device("/" + self._runtime.device)

    def _forward(self, tensor, training):
        """The output of the layer, called as the mode has it."""
        tf = self._runtime.tf
        form, value = training_form(training)
        arguments = {}
        if "mask" in self._case:
            arguments["mask"] = tf.constant(decode(self._case["mask"], self._runtime.bfloat16))
        if form == "phase":
            if self._phase is not None:
                self._phase.undo()
            self._phase = SetPhase(self._maker.keras, value)
        elif form in ("literal", "numpy"):
            arguments["training"] = np.bool_(value) if form == "numpy" else value
        if self._replicas and "mask" in arguments:
            mask = arguments.pop("mask")
            return self._replicas.run(
                lambda part, share: self._called(form, value, dict(arguments, mask=share))(part), tensor, mask
            )
        if self._replicas:
            return self._replicas.run(self._called(form, value, arguments), tensor)
        return self._called(form, value, arguments)(tensor)

    def _called(self, form, value, arguments):
        if self._traced is not None:
            return lambda tensor: self._traced(tensor, form, value, arguments)
        if form == "tensor":
            arguments = dict(arguments, training=self._runtime.tf.constant(value))
        return lambda tensor: attempt(self._layer, tensor, **arguments)

    def _call(self, step):
        observed = {}
        for position, index in enumerate(called_inputs(step)):
            with self._placed():
                output = self._forward(self._tensor(index), step["training"])
            self._device = short_device(output.device)
            observed[output_name(position)] = encode(output.numpy())
        return observed

    def _train(self, step):
        if self._replicas:
            raise NotApplicable("an optimizer step is taken without replicas only")
        with self._placed():
            tensor = self._tensor(step["input"])
            target = self._tensor(step["target"]) if "target" in step else None
            with gradient_tape(self._runtime.tf) as tape:
                tape.watch(tensor)
                output = self._forward(tensor, step["training"])
                loss = loss_of(self._runtime.tf, step["loss"], output, target)
            trainable = list(self._layer.trainable_variables)
            sources = [tensor] + [inner(variable) for variable in trainable]
            gradients = attempt(tape.gradient, loss, sources)
            optimizer = self._optimizer(step["optimizer"], step["rate"])
            attempt(optimizer.apply_gradients, list(zip(gradients[1:], trainable)))
        self._device = short_device(output.device)
        observed = {"output": encode(output.numpy()), "loss": encode(loss.numpy().astype(np.float32))}
        names = ["input"] + [short_name(variable.name) for variable in trainable]
        for name, gradient in zip(names, gradients if observes(self._case, "gradients") else []):
            if gradient is not None:
                observed["gradient_" + name] = encode(gradient.numpy())
        return observed

    def _optimizer(self, kind, rate):
        """The optimizer of that kind and rate, which goes on from step to step."""
        if (kind, rate) not in self._optimizers:
            self._optimizers[kind, rate] = self._maker.optimizer(kind, rate)
        return self._optimizers[kind, rate]

    def _build(self, _step):
        self._ensure_built()
        return {}

    def _ensure_built(self):
        """Make the variables for the shape of input 0, if they are not there."""
        if not self._stored_variables():
            self._build_layer(self._layer)

    def _build_layer(self, layer):
        shape = list(self._case["inputs"][0]["shape"])
        open_shape = [None] + shape[1:] if self._case.get("unknown_batch") else shape
        with self._placed(), self._replicas.scope() if self._replicas else nothing():
            attempt(layer.build, self._runtime.tf.TensorShape(open_shape))

    def _set(self, step):
        attempt(setattr, self._layer, "trainable", step["trainable"])
        return {}

    def _assign(self, step):
        self._ensure_built()
        for name, variable in self._stored_variables():
            if name in step["values"]:
                attempt(variable.assign, decode(step["values"][name], self._runtime.bfloat16))
        return {}

    def _config(self, _step):
        config = attempt(self._layer.get_config)
        with self._replicas.scope() if self._replicas else nothing():
            self._take(attempt(type(self._layer).from_config, config))
        self._ensure_built()
        return {}

    def _path(self, name):
        if self._folder is None:
            self._folder = tempfile.mkdtemp()
        return os.path.join(self._folder, name)

    def _checkpoint(self):
        checkpoint = getattr(self._runtime.tf.train, "Checkpoint", None)
        if checkpoint is None:
            raise NotApplicable("TensorFlow {} has no tf.train.Checkpoint".format(self._runtime.tf.__version__))
        return attempt(checkpoint, layer=self._layer)

    def _save(self, step):
        self._ensure_built()
        if step["format"] == "checkpoint":
            attempt(self._checkpoint().save, self._path("checkpoint"))
        else:
            np.savez(self._path("weights.npz"), *attempt(self._layer.get_weights))
        return {}

    def _load(self, step):
        fresh = self._made(loaded_into(self._case, step))
        # Built before it takes the place of the other: one that refuses to be built takes no place.
        self._build_layer(fresh)
        self._take(fresh)
        if step["format"] == "checkpoint":
            # The first save of a Checkpoint appends its number.
            attempt(self._checkpoint().restore, self._path("checkpoint-1"))
        else:
            with np.load(self._path("weights.npz")) as saved:
                attempt(self._layer.set_weights, [saved["arr_%d" % index] for index in range(len(saved.files))])
        return {}

    @contextlib.contextmanager
    def _observed_warnings(self):
        counted = {}
        if not observes(self._case, "warnings"):
            yield counted
            return
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield counted
        counted["warnings"] = encode(np.int32(len({one.category for one in caught})))

    def _counts(self):
        """What the case asks to observe beside output and state."""
        counts = {}
        built = bool(self._stored_variables())
        if observes(self._case, "trainable_variables"):
            counts["trainable_variables"] = encode(np.int32(len(self._layer.trainable_variables) if built else 0))
        if observes(self._case, "losses"):
            losses = attempt(getattr, self._layer, "losses") if built else []
            counts["losses"] = encode(np.float32(sum(float(loss.numpy()) for loss in losses)))
        return counts

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
