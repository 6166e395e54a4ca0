"""A small functional model with the layer in it: put together, compiled, fitted, saved, called.

The layers exist from the start; the model is put together by ``build``, or by the first step that needs it.
"""

import contextlib
import gc
import tempfile
import warnings

import numpy as np

from .asking import called_inputs, loaded_into, observes, output_name
from .frontend import NotApplicable, attempt, class_name, short_device
from .keras_parts import set_policy
from .model_files import Files, is_keras_3
from .model_layers import Layers
from .model_modes import Eager, Graph
from .model_training import keras_loss, scalar
from .replicas import Replicas
from .wire import decode, encode


class Model(object):
    """The model of one case, and what its steps do to it."""

    reusable = False

    def __init__(self, runtime, keras, case, graph):
        self._runtime = runtime
        self._keras = keras
        self._case = case
        self._files = None
        self._is_graph = graph
        # What Keras counts and keeps would stand in messages and grow from case to case. TensorFlow 1.5 goes on to
        # make a placeholder, and refuses to when eager.
        with contextlib.suppress(RuntimeError):
            keras.backend.clear_session()
        # Keras 3 forgets the policy with the session.
        set_policy(keras, case)
        self._mode = self._new_mode()
        with self._mode.scope(), self._mode.making():
            self._layers = Layers(runtime, keras, case)

    def _new_mode(self):
        case = self._case
        if not self._is_graph:
            replicas = Replicas(self._runtime, case["replicas"]) if "replicas" in case else None
            return Eager(self._runtime, self._keras, replicas)
        if is_keras_3(self._keras):
            raise NotApplicable("Keras 3 runs no model in a graph of TensorFlow 1")
        if "replicas" in case:
            raise NotApplicable("a model in a graph has no replicas")
        races = case.get("repetitions", 1) > 1
        return Graph(self._runtime, self._keras, case.get("unknown_batch", False), races)

    def close(self):
        """Free what the mode holds, and the iterators of ``fit``: to collect fifty at once never ended in 2.16."""
        self._mode.close()
        self._layers = None
        gc.collect()

    def run(self, case):
        """Yield the wire form of every step."""
        with tempfile.TemporaryDirectory() as folder:
            self._files = Files(self._runtime, self._keras, self._is_graph, folder)
            for step in case["steps"]:
                with self._mode.scope(), self._warnings() as counted:
                    observed = getattr(self, "_" + step["step"])(step)
                # A step may put another mode in place of the one that it began in.
                with self._mode.scope():
                    observed.update(self._state())
                    observed.update(self._counts())
                observed.update(counted)
                yield {field: encode(value) for field, value in observed.items()}

    @contextlib.contextmanager
    def _warnings(self):
        """How many kinds of warnings a step raises, if the case asks for it; known afterwards."""
        counted = {}
        if not observes(self._case, "warnings"):
            yield counted
            return
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield counted
        counted["warnings"] = np.int32(len({one.category for one in caught}))

    def structure(self):
        """What was built, in terms that all releases share."""
        with self._mode.scope():
            fields = self._layers.fields()
            trainable = {id(one) for layer in self._layers.all() for one in layer.trainable_weights}
            return {
                "trainable_variables": [field for field, variable in fields if id(variable) in trainable],
                "non_trainable_variables": [field for field, variable in fields if id(variable) not in trainable],
                "update_ops": len(self._layers.updates()) if self._is_graph else None,
                "fused": getattr(self._layers.own, "fused", None),
            }

    def identity(self):
        """What ran, in this release's own terms."""
        return {
            "class": class_name(type(self._layers.own)),
            "variables": [getattr(one, "path", one.name) for _, one in self._layers.fields()],
            "device": short_device(self._runtime.device),
        }

    def _array(self, index):
        return decode(self._case["inputs"][index], self._runtime.bfloat16)

    def _mask(self):
        return decode(self._case["mask"], self._runtime.bfloat16) if "mask" in self._case else None

    def _target(self, step):
        """What the output is compared with: zeros where the step names nothing."""
        if "target" in step:
            return self._array(step["target"])
        return self._zeros(step["input"])

    def _zeros(self, index):
        """A target for an input, of the output's shape."""
        shape = self._put_together().outputs[0].shape
        rest = list(shape.as_list() if hasattr(shape, "as_list") else shape)[1:]
        return np.zeros([self._case["inputs"][index]["shape"][0]] + rest, np.float32)

    def _state(self):
        """Every variable that there is by now."""
        fields = self._layers.fields()
        values = self._mode.read([variable for _, variable in fields]) if fields else []
        return {field: value for (field, _), value in zip(fields, values)}

    def _counts(self):
        """What the case asks to observe beside output and state; nothing of what is not put together."""
        counts, model = {}, self._layers.model
        if observes(self._case, "trainable_variables"):
            counts["trainable_variables"] = np.int32(len(model.trainable_weights) if model else 0)
        if observes(self._case, "update_ops") and self._is_graph:
            v1 = self._runtime.v1
            counts["update_ops"] = np.int32(len(v1.get_collection(v1.GraphKeys.UPDATE_OPS)))
        if observes(self._case, "losses"):
            counts["losses"] = np.float32(sum(self._mode.losses(model)) if model else 0)
        return counts

    def _put_together(self):
        with self._mode.making():
            return self._layers.built()

    def _build(self, _step):
        self._put_together()
        return {}

    def _set(self, step):
        target = self._put_together() if step.get("on") == "model" else self._layers.own
        attempt(setattr, target, "trainable", step["trainable"])
        return {}

    def _compile(self, step):
        arguments = {"run_eagerly": True} if step.get("eagerly") else {}
        if arguments and not hasattr(self._keras.models.Model, "run_eagerly"):
            raise NotApplicable("this Keras compiles no model to run eagerly")
        model = self._put_together()
        with self._mode.making():
            optimizer = self._mode.optimizer(step["optimizer"], step["rate"])
            attempt(model.compile, optimizer, keras_loss(self._runtime.tf, step["loss"]), **arguments)
        return {}

    def _fit(self, step):
        array = self._array(step["input"])
        arguments = {"batch_size": len(array), "epochs": step["epochs"], "shuffle": False, "verbose": 0}
        if "validation" in step:
            index = step["validation"]
            arguments["validation_data"] = (self._array(index), self._zeros(index))
        history = attempt(self._put_together().fit, array, self._target(step), **arguments).history
        told = {"loss": "loss", "val_loss": "val_loss"} if "validation" in step else {"loss": "loss"}
        return {field: scalar(history[name][-1]) for field, name in told.items()}

    def _train_on_batch(self, step):
        return self._loss(self._put_together().train_on_batch, step)

    def _test_on_batch(self, step):
        return self._loss(self._put_together().test_on_batch, step)

    def _evaluate(self, step):
        batch = self._case["inputs"][step["input"]]["shape"][0]
        return self._loss(self._put_together().evaluate, step, batch_size=batch, verbose=0)

    def _loss(self, method, step, **arguments):
        return {"loss": scalar(attempt(method, self._array(step["input"]), self._target(step), **arguments))}

    def _predict(self, step):
        array = self._array(step["input"])
        return {"output": attempt(self._put_together().predict, array, batch_size=len(array), verbose=0)}

    def _call(self, step):
        arrays = [self._array(index) for index in called_inputs(step)]
        self._put_together()
        outputs = self._mode.call(self._layers, arrays, step, self._mask())
        return {output_name(position): output for position, output in enumerate(outputs)}

    def _train(self, step):
        model, array = self._put_together(), self._array(step["input"])
        target = self._array(step["target"]) if "target" in step else None
        names = {id(variable): field for field, variable in self._layers.fields()}
        names = ["input"] + [names[id(variable)] for variable in model.trainable_weights]
        output, loss, gradients = self._mode.train(self._layers, array, target, step, self._mask())
        observed = {"output": output, "loss": scalar(loss)}
        if observes(self._case, "gradients"):
            for name, gradient in zip(names, gradients):
                if gradient is not None:
                    observed["gradient_" + name] = gradient
        return observed

    def _assign(self, step):
        self._put_together()
        variables = dict(self._layers.fields())
        for field, wire in sorted(step["values"].items()):
            value = decode(wire, self._runtime.bfloat16)
            shape = [int(size) for size in variables[field].shape]
            self._mode.write(variables[field], np.broadcast_to(value, shape))
        return {}

    def _config(self, _step):
        config = attempt(self._put_together().get_config)
        self._mode = self._mode.fresh()
        with self._mode.scope(), self._mode.making():
            self._layers.adopt(attempt(self._keras.models.Model.from_config, config))
        return {}

    def _save(self, step):
        self._files.save(step["format"], self._put_together(), self._layers.fields(), self._mode)
        return {}

    def _load(self, step):
        self._mode = self._mode.fresh()
        with self._mode.scope(), self._mode.making():
            case = loaded_into(self._case, step)
            self._layers.adopt(self._files.load(step["format"], lambda: self._fresh(case)))
        return {}

    def _fresh(self, case):
        """A new model of ``case``: (model, fields, mode)."""
        layers = Layers(self._runtime, self._keras, case)
        model = layers.built()
        self._layers = layers
        return model, layers.fields(), self._mode
