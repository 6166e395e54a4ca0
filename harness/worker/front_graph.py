"""Experiments in TF1 graphs: built whole, then run step by step by a session.

What the layer is differs (a function of tf.layers or tf.contrib, a Keras layer); everything here is common.
``load`` and ``config`` put another layer in the place of the one before, in a graph and session of its own.
"""

import re
import shutil
import tempfile

from .asking import shareable
from .frontend import short_name
from .graph_stage import Stage


class Experiment(object):
    """The graphs and sessions of one case.

    ``make`` returns the layer of a case; it is called in each graph.
    """

    def __init__(self, runtime, case, make):
        self.reusable = shareable(case)
        self._structure = None
        self._folder = None if self.reusable else tempfile.mkdtemp()
        self._stages = []
        # The first stage of the layer that is there at the end, if loads give it other arguments.
        self._living = 0
        varies = any("layer" in step for step in case["steps"])
        for steps in parts(case["steps"]):
            before = self._stages[-1] if self._stages else None
            if varies and steps and steps[0]["step"] == "load":
                self._living = len(self._stages)
            self._stages.append(Stage(runtime, case, steps, make, before, self._folder))

    def close(self):
        """Free the sessions and what was saved."""
        for stage in self._stages:
            stage.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def run(self, case):
        """Yield the wire form of every step, from the case's initial state."""
        for stage, steps in zip(self._stages, parts(case["steps"])):
            for observed in stage.run(case, steps):
                yield observed

    def structure(self):
        """What was built, in terms that all releases share; running changes none of it."""
        if self._structure is None:
            self._structure = self._describe()
        return self._structure

    def _describe(self):
        last = self._stages[-1].layer
        trainable = [short_name(variable.name) for variable in last.trainable()]
        names = [short_name(variable.name) for variable in last.variables()]
        return {
            "trainable_variables": trainable,
            "non_trainable_variables": [name for name in names if name not in trainable],
            "update_ops": sum(len(call.offered) for stage in self._stages for call in stage.calls()),
            "fused": any(is_fused(stage.graph) for stage in self._stages[self._living :]),
        }

    def identity(self):
        """What ran, in this release's own terms."""
        return {
            "class": self._stages[-1].layer.class_name(),
            "variables": [variable.name for variable in self._stages[-1].layer.variables()],
            "device": next((stage.device for stage in self._stages if stage.device), ""),
        }


def parts(steps):
    """The steps, cut before each that puts another layer in place of the one before."""
    part = []
    for step in steps:
        if step["step"] in ("load", "config"):
            yield part
            part = []
        part.append(step)
    yield part


def is_fused(graph):
    """Whether a forward kernel is in the graph, or in a branch of it."""
    operations = graph.get_operations()
    if any(_is_kernel(operation.type) for operation in operations):
        return True
    if not any(operation.type in ("If", "StatelessIf") for operation in operations):
        return False
    functions = graph.as_graph_def().library.function
    return any(_is_kernel(node.op) for function in functions for node in function.node_def)


def _is_kernel(name):
    return re.match("FusedBatchNorm(V[0-9]+)?$", name) is not None
