"""One optimizer step in a graph: forward, backward, update, in this order whatever the executor would like."""

import numpy as np

from .asking import observes
from .frontend import attempt, short_name
from .model_training import loss_of, native_optimizer
from .wire import encode


class Training(object):
    """The operations of one train step on a call of the layer.

    ``target`` is the placeholder of the target, if there is one; ``fetched`` is what a session runs.
    ``optimizers`` holds those of the layer, which go on from step to step.
    """

    def __init__(self, runtime, case, step, call, layer, optimizers):
        v1 = runtime.v1
        self.target = None
        if "target" in step:
            wire = case["inputs"][step["target"]]
            shape = [None] + wire["shape"][1:] if case.get("unknown_batch") else wire["shape"]
            self.target = v1.placeholder(runtime.dtype(wire["dtype"]), shape)
        loss = loss_of(v1, step["loss"], call.output, self.target)
        variables = layer.trainable()
        gradients = attempt(v1.gradients, loss, [call.placeholder] + variables)
        names = ["input"] + [short_name(variable.name) for variable in variables]
        found = [(name, one) for name, one in zip(names, gradients) if one is not None]
        shown = found if observes(case, "gradients") else []
        self._names = ["gradient_" + name for name, _ in shown]
        policy = step.get("updates", "run")
        # A variable is moved in place: what is observed has to be computed before.
        first = [call.output, loss] + [one for _, one in shown] + (call.collected if policy == "train_op" else [])
        key = (step["optimizer"], step["rate"])
        if key not in optimizers:
            optimizers[key] = native_optimizer(v1, *key)
        with v1.control_dependencies(first):
            moved = attempt(optimizers[key].apply_gradients, list(zip(gradients[1:], variables)))
        self.fetched = [call.output, loss, [one for _, one in shown], call.updates(policy), moved]

    def observed(self, values):
        """The wire form of what a session fetched."""
        output, loss, gradients = values[:3]
        observed = {"output": encode(output), "loss": encode(np.asarray(loss).astype(np.float32))}
        observed.update((name, encode(value)) for name, value in zip(self._names, gradients))
        return observed
