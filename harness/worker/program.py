"""Runs a program of a few lines that builds a layer and calls it, and observes it as a front end is observed.

The program is what somebody else is going to run: only that very text may have been measured.
"""

from .frontend import attempt, class_name, short_device, short_name
from .keras_parts import inner
from .wire import encode


class Program(object):
    """A text that leaves the layer in ``layer``, then texts that each leave what a call returned in ``output``.

    ``setup`` is run once, then every ``[text, times]`` of ``steps`` so many times, all in one namespace. Whatever
    the program raises is its observation.
    """

    def __init__(self, program):
        self._setup = program["setup"]
        self._steps = program["steps"]
        self._namespace = {"__name__": "__main__"}

    def run(self, _case):
        """Yield the wire form of every step."""
        self._execute(self._setup)
        for text, times in self._steps:
            for _ in range(times):
                self._execute(text)
                observed = {"output": encode(self._namespace["output"].numpy())}
                for variable in self._layer.variables:
                    observed[short_name(variable.name)] = encode(inner(variable).numpy())
                yield observed

    def _execute(self, text):
        attempt(exec, compile(text, "program", "exec"), self._namespace)

    @property
    def _layer(self):
        return self._namespace["layer"]

    def structure(self):
        """What the program's layer is once the program has run, in terms that all releases share."""
        return {
            "trainable_variables": [short_name(variable.name) for variable in self._layer.trainable_variables],
            "non_trainable_variables": [short_name(variable.name) for variable in self._layer.non_trainable_variables],
            "update_ops": None,
            "fused": getattr(self._layer, "fused", None),
        }

    def identity(self):
        """What ran, in this release's own terms."""
        return {
            "class": class_name(type(self._layer)),
            "variables": [getattr(variable, "path", variable.name) for variable in self._layer.variables],
            "device": short_device(self._namespace["output"].device),
        }
