"""Runner ``tf1``: tf.layers.batch_normalization in a graph of its own, run by a session.

``training`` is a Python value, as in the code people migrate from. Every step is one Session.run of the
output together with the update operations that this very call registered under UPDATE_OPS.
"""

import re

from .frontend import attempt, class_name, short_device, short_name
from .wire import decode, encode


class Tf1(object):
    """Builds graphs for cases."""

    def __init__(self, runtime):
        self._runtime = runtime

    def unavailable(self):
        """Why this release has no such front end; None when it has."""
        layers = getattr(self._runtime.v1, "layers", None)
        try:
            getattr(layers, "batch_normalization")  # noqa: B009 - on Keras 3 the attribute itself raises
        except AttributeError as error:
            return str(error).splitlines()[0]
        return None

    def build(self, case):
        """The graph of a case; cases of equal structure may run in it one after the other."""
        return Graph(self._runtime, case)


class Graph(object):
    """One built graph and its session: layer calls keyed by what a call is built for."""

    reusable = True

    def __init__(self, runtime, case):
        self._runtime = runtime
        v1 = runtime.v1
        self._graph = v1.Graph()
        self._calls = {}
        self._device = None
        self._structure = None
        with self._graph.as_default(), v1.device("/" + runtime.device):
            for step in case["steps"]:
                key = self._key(case, step)
                if key not in self._calls:
                    self._calls[key] = attempt(self._call, case, step)
            self._variables = list(v1.global_variables())
            self._trainable = list(v1.trainable_variables())
            self._initializers = [variable.initializer for variable in self._variables]
            # Asked for in here: outside of its graph an eager process refuses the property.
            self._initial_values = [variable.initial_value for variable in self._variables]
        self._session = v1.Session(graph=self._graph, config=runtime.session_config())

    def close(self):
        """Free the session."""
        self._session.close()

    def _key(self, case, step):
        tensor = case["inputs"][step["input"]]
        return repr((tensor["dtype"], tensor["shape"], step["training"]))

    def _call(self, case, step):
        """Call the layer once: (placeholder, output, the update operations this call added)."""
        v1 = self._runtime.v1
        wire = case["inputs"][step["input"]]
        placeholder = v1.placeholder(getattr(self._runtime.tf, wire["dtype"]), wire["shape"])
        arguments = dict(case["layer"], trainable=case["trainable"], name="bn")
        for role, initial in case["initializers"].items():
            value = decode(initial, self._runtime.bfloat16)
            arguments[role + "_initializer"] = v1.constant_initializer(value)
        if step["training"] is not None:
            arguments["training"] = step["training"]
        if self._calls:
            arguments["reuse"] = True
        before = len(v1.get_collection(v1.GraphKeys.UPDATE_OPS))
        output = v1.layers.batch_normalization(placeholder, **arguments)
        updates = v1.get_collection(v1.GraphKeys.UPDATE_OPS)[before:]
        return placeholder, output, updates

    def run(self, case):
        """Yield the wire form of every step, from the case's initial state."""
        attempt(self._session.run, self._initializers, self._initial(case))
        for step in case["steps"]:
            placeholder, output, updates = self._calls[self._key(case, step)]
            feed = {placeholder: decode(case["inputs"][step["input"]], self._runtime.bfloat16)}
            observed = {"output": encode(self._step(output, updates, feed))}
            values = self._session.run(self._variables)
            for variable, value in zip(self._variables, values):
                observed[short_name(variable.name)] = encode(value)
            yield observed

    def _initial(self, case):
        """Feeds that put the case's own values where the constant initializers of the graph stand."""
        feed = {}
        for variable, initial_value in zip(self._variables, self._initial_values):
            wire = case["initializers"].get(short_name(variable.name))
            if wire is not None:
                value = decode(wire, self._runtime.bfloat16)
                if initial_value.shape.as_list() != list(value.shape):
                    # Fed nevertheless, the session would raise: our mistake in the guise of an observation.
                    shapes = (variable.name, initial_value.shape.as_list(), list(value.shape))
                    raise ValueError("{} has shape {}, the case has {}".format(*shapes))
                feed[initial_value] = value.astype(initial_value.dtype.as_numpy_dtype)
        return feed

    def _step(self, output, updates, feed):
        if self._device is not None:
            return attempt(self._session.run, [output, updates], feed)[0]
        # The first run of a graph also asks where its nodes were placed.
        options = self._runtime.v1.RunOptions(output_partition_graphs=True)
        metadata = self._runtime.v1.RunMetadata()
        value = attempt(self._session.run, [output, updates], feed, options, metadata)[0]
        self._device = placement(metadata)
        return value

    def structure(self):
        """What was built, in terms that all releases share; running changes none of it."""
        if self._structure is None:
            self._structure = self._describe()
        return self._structure

    def _describe(self):
        trainable = [short_name(variable.name) for variable in self._trainable]
        names = [short_name(variable.name) for variable in self._variables]
        operations = self._graph.get_operations()
        return {
            "trainable_variables": trainable,
            "non_trainable_variables": [name for name in names if name not in trainable],
            "update_ops": sum(len(updates) for _, _, updates in self._calls.values()),
            "fused": any(re.match("FusedBatchNorm(V[0-9]+)?$", operation.type) for operation in operations),
        }

    def identity(self):
        """What ran, in this release's own terms."""
        function = self._runtime.v1.layers.batch_normalization
        return {
            "class": class_name(function),
            "variables": [variable.name for variable in self._variables],
            "device": self._device or "",
        }


def placement(metadata):
    """The devices that the nodes of a run were placed on, as the runtime reports after the fact."""
    nodes = [node for graph in metadata.partition_graphs for node in graph.node]
    return "+".join(sorted({short_device(node.device) for node in nodes if node.device}))
