"""The loop of a worker: one line in per case, one line out per case, in the same order.

First line in: ``{"runners": [...], "device": ..., "threads": ..., "eager": ...}``; first line out: the facts
about this process. Then ``{"runner": ..., "case": {...}}`` is answered by ``{"observation": {...}}``, or by
``{"failure": traceback}`` when the worker itself is at fault.

Cases of equal *structure* (everything but the values of the arrays) share one built graph or layer, whose
variables are all reset per case: building costs twenty times what running does. Sharing must never show: a
case that raises in a shared graph or layer is run again alone, and only that is its observation.
"""

import gc
import json
import traceback

from . import runtime as runtimes
from .front_keras import Keras, default_keras, legacy_keras
from .front_tf1 import Tf1
from .frontend import FrontEndRaised

_BUILDS_PER_COLLECTION = 64


def front_ends(runtime):
    """Every front end of this worker, by runner name."""
    return {
        "tf1": Tf1(runtime),
        "keras": Keras(runtime, default_keras),
        "tf_keras": Keras(runtime, legacy_keras),
    }


def serve(requests, answers):
    """Answer requests until there are no more."""
    setup = json.loads(requests.readline())
    runtime = runtimes.import_tensorflow(setup["threads"], setup["device"], setup["eager"])
    available = {name: front for name, front in front_ends(runtime).items() if name in setup["runners"]}
    reasons = {name: front.unavailable() for name, front in available.items()}
    ready = dict(runtimes.facts(runtime), unavailable=reasons)
    if not setup["device"].startswith("cpu"):
        ready["devices"] = runtimes.visible_devices(runtime)
    send(answers, ready)
    shelf = Shelf(available)
    for line in requests:
        request = json.loads(line)
        try:
            answer = {"observation": shelf.observe(request["runner"], request["case"])}
        except Exception:
            answer = {"failure": traceback.format_exc()}
        send(answers, answer)


def send(answers, message):
    """Write one line, at once."""
    answers.write(json.dumps(message) + "\n")
    answers.flush()


class Shelf(object):
    """Holds the graph or layer of the last structure per runner."""

    def __init__(self, fronts):
        self._fronts = fronts
        self._built = {}
        self._builds = 0

    def observe(self, runner, case):
        """The observation of one case, shared with the case before it where that cannot be told."""
        key = structure_key(case)
        held_key, held = self._built.get(runner, (None, None))
        if held is not None and held_key == key:
            observation = observe(held, case)
            if observation["raised"] is None:
                return observation
        self._drop(runner)
        return self._observe_alone(runner, key, case)

    def _drop(self, runner):
        _, held = self._built.pop(runner, (None, None))
        if held is not None:
            held.close()
        self._builds += 1
        if self._builds % _BUILDS_PER_COLLECTION == 0:
            gc.collect()

    def _observe_alone(self, runner, key, case):
        try:
            built = self._fronts[runner].build(case)
        except FrontEndRaised as raised:
            return as_observation([], None, raised)
        observation = observe(built, case)
        if observation["raised"] is None and built.reusable:
            self._built[runner] = (key, built)
        else:
            built.close()
        return observation


def observe(built, case):
    """Run a case on its graph or layer."""
    steps, raised = [], None
    try:
        for step in built.run(case):
            steps.append(step)
    except FrontEndRaised as error:
        raised = error
    return as_observation(steps, built if steps else None, raised)


def as_observation(steps, built, raised):
    """The wire form of an observation."""
    return {
        "steps": steps,
        "structure": built.structure() if built else None,
        "identity": built.identity() if built else None,
        "raised": {"type": raised.type, "message": raised.message} if raised else None,
    }


def structure_key(case):
    """Equal for cases that may share what is built: arguments, flags, dtypes and shapes, but no values."""

    def described(wire):
        return [wire["dtype"], wire["shape"]]

    inputs = [described(wire) for wire in case["inputs"]]
    initializers = {role: described(wire) for role, wire in case["initializers"].items()}
    parts = [inputs, initializers, case["layer"], case["trainable"], case["steps"]]
    return json.dumps(parts, sort_keys=True)
