"""One graph and its session: the steps of a case on one layer, built first and then run."""

import os
import warnings

import numpy as np

from .asking import called_inputs, loaded_into, observes, output_name, training_form
from .frontend import attempt, short_device, short_name
from .graph_training import Training
from .wire import decode, encode


class Call(object):
    """One call of the layer in the graph.

    ``offered`` are the update operations that it added to those the front end offers, ``collected`` those that it
    added to UPDATE_OPS; ``flag`` is the placeholder of the training flag, if it is fed.
    """

    def __init__(self, placeholder, flag, output, offered, collected):
        self.placeholder = placeholder
        self.flag = flag
        self.output = output
        self.offered = offered
        self.collected = collected

    def updates(self, policy):
        """The update operations that run with the output."""
        if policy == "run":
            return self.offered
        return self.collected if policy == "collection" else []


class Prepared(object):
    """What one step has in the graph.

    ``built`` tells whether the layer has its variables by then; ``counts`` are what was observed while building.
    """

    def __init__(self):
        self.calls = []
        self.training = None
        self.saver = None
        self.built = False
        self.counts = {}
        self.losses = None


class Stage(object):
    """The steps up to one that replaces the layer, in a graph of their own.

    ``before`` is the stage whose layer is replaced by the first step, ``folder`` where things are saved.
    """

    def __init__(self, runtime, case, steps, make, before, folder):
        self._runtime = runtime
        self._case = case
        self._calls = {}
        self._folder = folder
        # The first run is from the case's initial values; what replaces a layer starts from the layer's own.
        self._first = before is None
        self._is_built = False
        self._optimizers = {}
        self._taken = {
            "call": self._call_step,
            "train": self._train,
            "assign": self._assign,
            "save": self._save,
            "load": self._load,
        }
        self.device = None
        self.graph = runtime.v1.Graph()
        with self.graph.as_default(), runtime.v1.device("/" + runtime.device):
            self.layer = make(loaded_into(case, steps[0]) if steps else case)
            if steps and steps[0]["step"] == "config":
                self.layer = before.layer.again()
            self._prepared = [self._watched(self._prepare, step) for step in steps]
            self._note_variables()
        repeats = case.get("repetitions", 1) > 1
        self._session = runtime.v1.Session(graph=self.graph, config=runtime.session_config(races=repeats))

    def close(self):
        """Free the session."""
        self._session.close()

    def calls(self):
        """Every call of the layer that is in the graph."""
        return self._calls.values()

    def _note_variables(self):
        self._variables = self.layer.variables()
        known = {id(variable) for variable in self._variables}
        others = [variable for variable in self._runtime.v1.global_variables() if id(variable) not in known]
        self._initializers = [variable.initializer for variable in self._variables + others]
        # Asked for in here: outside of its graph an eager process refuses the property.
        self._initial_values = [variable.initial_value for variable in self._variables]

    def _watched(self, prepare, step):
        """What a step has in the graph, with what the case asks to observe about that."""
        if not observes(self._case, "warnings"):
            prepared = prepare(step)
        else:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                prepared = prepare(step)
            prepared.counts["warnings"] = len({one.category for one in caught})
        if observes(self._case, "trainable_variables"):
            prepared.counts["trainable_variables"] = len(self.layer.trainable()) if self._is_built else 0
        if observes(self._case, "update_ops") and prepared.calls:
            prepared.counts["update_ops"] = sum(len(call.offered) for call in prepared.calls)
        if observes(self._case, "losses"):
            prepared.losses = list(self.layer.losses()) if self._is_built else []
        return prepared

    def _prepare(self, step):
        prepared = Prepared()
        word = step["step"]
        if word in ("call", "train"):
            places = enumerate(called_inputs(step))
            prepared.calls = [self._call(index, step["training"], position) for position, index in places]
            self._is_built = True
        elif word == "set":
            self.layer.freeze(step["trainable"])
        else:
            self._ensure_built()
        if word == "train":
            prepared.training = Training(
                self._runtime, self._case, step, prepared.calls[0], self.layer, self._optimizers
            )
        if step.get("format") == "checkpoint":
            named = {short_name(variable.name): variable for variable in self.layer.variables()}
            prepared.saver = attempt(self._runtime.v1.train.Saver, named)
        prepared.built = self._is_built
        return prepared

    def _ensure_built(self):
        if not self._is_built:
            self.layer.build(self._placeholder(0))
            self._is_built = True

    def _placeholder(self, index):
        wire = self._case["inputs"][index]
        shape = self._static_shape(wire)
        return self._runtime.v1.placeholder(self._runtime.dtype(wire["dtype"]), shape)

    def _static_shape(self, wire):
        return [None] + wire["shape"][1:] if self._case.get("unknown_batch") else wire["shape"]

    def _call(self, index, training, position):
        """The call for an input; one that is there already, if nothing tells the two apart."""
        wire = self._case["inputs"][index]
        form, value = training_form(training)
        told = form if form in ("placeholder", "phase") else training
        key = repr((wire["dtype"], self._static_shape(wire), told, position, self.layer.generation))
        if key not in self._calls:
            self._calls[key] = self._new_call(index, form, value)
        return self._calls[key]

    def _new_call(self, index, form, value):
        v1, arguments, flag = self._runtime.v1, {}, None
        if form == "placeholder":
            flag = arguments["training"] = v1.placeholder(self._runtime.tf.bool, [])
        elif form == "phase":
            flag = self.layer.learning_phase()
        elif form != "omitted":
            made = {"numpy": np.bool_, "tensor": v1.constant}.get(form, lambda literal: literal)
            arguments["training"] = made(value)
        if "mask" in self._case:
            arguments["mask"] = v1.constant(decode(self._case["mask"], self._runtime.bfloat16))
        placeholder = self._placeholder(index)
        offered, collected = self.layer.offered(), self._collected()
        output = self.layer.call(placeholder, arguments)
        return Call(
            placeholder, flag, output, added(self.layer.offered(), offered), added(self._collected(), collected)
        )

    def _collected(self):
        return self.graph.get_collection(self._runtime.v1.GraphKeys.UPDATE_OPS)

    def run(self, case, steps):
        """Yield the wire form of every step."""
        attempt(self._session.run, self._initializers, self._initial(case["initializers"]) if self._first else {})
        for step, prepared in zip(steps, self._prepared):
            # The others are done once the graph is built.
            take = self._taken.get(step["step"])
            observed = take(case, step, prepared) or {} if take else {}
            if prepared.built:
                values = self._session.run(self._variables)
                for variable, value in zip(self._variables, values):
                    observed[short_name(variable.name)] = encode(value)
            for name, count in prepared.counts.items():
                observed[name] = encode(np.int32(count))
            if prepared.losses is not None:
                losses = self._session.run(prepared.losses) if prepared.losses else []
                observed["losses"] = encode(np.float32(sum(losses)))
            yield observed

    def _initial(self, values):
        """Feeds that put values where the constant initializers of the graph stand."""
        feed = {}
        for variable, initial_value in zip(self._variables, self._initial_values):
            wire = values.get(short_name(variable.name))
            if wire is not None:
                value = decode(wire, self._runtime.bfloat16)
                if initial_value.shape.as_list() != list(value.shape):
                    # Fed nevertheless, the session would raise: our mistake in the guise of an observation.
                    shapes = (variable.name, initial_value.shape.as_list(), list(value.shape))
                    raise ValueError("{} has shape {}, the case has {}".format(*shapes))
                feed[initial_value] = value.astype(initial_value.dtype.as_numpy_dtype)
        return feed

    def _feed(self, case, step, calls):
        feed = {}
        for index, call in zip(called_inputs(step), calls):
            feed[call.placeholder] = decode(case["inputs"][index], self._runtime.bfloat16)
            if call.flag is not None:
                feed[call.flag] = training_form(step["training"])[1]
        return feed

    def _call_step(self, case, step, prepared):
        updates = [one for call in prepared.calls for one in call.updates(step.get("updates", "run"))]
        fetched = [[call.output for call in prepared.calls], updates]
        outputs = self._run(fetched, self._feed(case, step, prepared.calls))[0]
        return {output_name(position): encode(value) for position, value in enumerate(outputs)}

    def _train(self, case, step, prepared):
        feed = self._feed(case, step, prepared.calls)
        target = prepared.training.target
        if target is not None:
            feed[target] = decode(case["inputs"][step["target"]], self._runtime.bfloat16)
        return prepared.training.observed(self._run(prepared.training.fetched, feed))

    def _run(self, fetched, feed):
        if self.device is not None:
            return attempt(self._session.run, fetched, feed)
        # The first run of a graph also asks where its nodes were placed.
        options = self._runtime.v1.RunOptions(output_partition_graphs=True)
        metadata = self._runtime.v1.RunMetadata()
        values = attempt(self._session.run, fetched, feed, options, metadata)
        self.device = placement(metadata)
        return values

    def _assign(self, _case, step, _prepared):
        # A variable's initializer, fed, assigns whatever is fed.
        feed = self._initial(step["values"])
        names = [short_name(variable.name) for variable in self._variables]
        chosen = [one for name, one in zip(names, self._initializers) if name in step["values"]]
        attempt(self._session.run, chosen, feed)

    def _save(self, _case, _step, prepared):
        with self._session.as_default(), self.graph.as_default():
            if prepared.saver is not None:
                attempt(prepared.saver.save, self._session, self._path("saved"))
            else:
                np.savez(self._path("weights.npz"), *self.layer.get_weights())

    def _load(self, _case, _step, prepared):
        with self._session.as_default(), self.graph.as_default():
            if prepared.saver is not None:
                attempt(prepared.saver.restore, self._session, self._path("saved"))
            else:
                with np.load(self._path("weights.npz")) as saved:
                    self.layer.set_weights([saved["arr_%d" % index] for index in range(len(saved.files))])

    def _path(self, name):
        return os.path.join(self._folder, name)


def added(after, before):
    """What is in ``after`` and was not in ``before``, by identity: tensors and variables may compare by value."""
    known = {id(one) for one in before}
    return [one for one in after if id(one) not in known]


def placement(metadata):
    """The devices that the nodes of a run were placed on, as the runtime reports after the fact."""
    nodes = [node for graph in metadata.partition_graphs for node in graph.node]
    return "+".join(sorted({short_device(node.device) for node in nodes if node.device}))
