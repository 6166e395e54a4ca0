"""The loop of a worker: one line in per case, one line out per case, in the same order.

First line in: ``{"runners": [...], "device": ..., "threads": ..., "eager": ...}``; first line out: the facts
about this process. Then ``{"runner": ..., "case": {...}}``, or ``{"program": {...}}`` (program.py), is answered by
``{"observation": {...}}``, by ``{"not_applicable": reason}`` when the front end has no notion of what is asked, or
by ``{"failure": traceback}`` when the worker itself is at fault.

Cases of equal *structure* (everything but the values of the arrays) share one built graph or layer, whose
variables are all reset per case: building costs twenty times what running does. Sharing must never show: a
case that raises in a shared graph or layer is run again alone, and only that is its observation.
"""

import gc
import json
import traceback

from . import runtime as runtimes
from .front_keras import Keras
from .front_keras_graph import KerasGraph
from .front_shim import Shim
from .front_tf1 import Contrib, Tf1
from .frontend import FrontEndRaised, NotApplicable
from .keras_parts import default_keras, first_keras, legacy_keras
from .program import Program

_BUILDS_PER_COLLECTION = 64
_USUAL = {"inputs", "initializers", "layer", "trainable", "steps"}


def front_ends(runtime):
    """Every front end of this worker, by runner name."""
    return {
        "tf1": Tf1(runtime),
        "keras": Keras(runtime, default_keras),
        "keras:function": Keras(runtime, default_keras, "function"),
        "keras:xla": Keras(runtime, default_keras, "xla"),
        "keras:graph": KerasGraph(runtime, default_keras, least=2),
        "tf_keras": Keras(runtime, legacy_keras),
        "tf_keras:function": Keras(runtime, legacy_keras, "function"),
        "tf_keras:xla": Keras(runtime, legacy_keras, "xla"),
        "tf_keras:graph": KerasGraph(runtime, legacy_keras, least=2),
        "keras_v1": KerasGraph(runtime, first_keras),
        "contrib": Contrib(runtime),
        "shim": Shim(runtime),
    }


def serve(requests, answers):
    """Import TensorFlow, then answer requests until there are no more."""
    setup = json.loads(requests.readline())
    fronts, ready = prepare(runtimes.import_tensorflow(), setup)
    send(answers, ready)
    answer_all(fronts, requests, answers)


def prepare(tf, setup):
    """What it takes to serve, as the setup line asks: (front ends by runner, the facts to answer with)."""
    runtime = runtimes.set_up(tf, setup["threads"], setup["device"], setup["eager"])
    fronts = {name: front for name, front in front_ends(runtime).items() if name in setup["runners"]}
    reasons = {name: front.unavailable() for name, front in fronts.items()}
    ready = dict(runtimes.facts(runtime), unavailable=reasons)
    if not setup["device"].startswith("cpu"):
        ready["devices"] = runtimes.visible_devices(runtime)
    if hasattr(gc, "freeze"):
        # What is imported by now stays; a collection need not look at it, nor write to pages that forks share.
        gc.freeze()
    return fronts, ready


def answer_all(fronts, requests, answers):
    """Answer requests until there are no more."""
    shelf = Shelf(fronts)
    for line in requests:
        request = json.loads(line)
        try:
            answer = shelf.answer(request)
        except NotApplicable as error:
            answer = {"not_applicable": error.reason}
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

    def answer(self, request):
        """The observation that a request asks for; where repeating it showed others, those and how often each came."""
        if "program" in request:
            self._count_build()
            return {"observation": observe(Program(request["program"]), None)}
        runner, case = request["runner"], request["case"]
        distinct, times = [], []
        for _ in range(case.get("repetitions", 1)):
            again = self.observe(runner, case)
            known = [place for place, one in enumerate(distinct) if same(again, one)]
            if known:
                times[known[0]] += 1
            else:
                distinct.append(again)
                times.append(1)
        answer = {"observation": distinct[0]}
        return dict(answer, others=distinct[1:], times=times) if distinct[1:] else answer

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
        self._count_build()

    def _count_build(self):
        self._builds += 1
        if self._builds % _BUILDS_PER_COLLECTION == 0:
            gc.collect()

    def _observe_alone(self, runner, key, case):
        try:
            return self._observe_surrounded(runner, key, case)
        except FrontEndRaised as raised:
            return as_observation([], None, raised)

    def _observe_surrounded(self, runner, key, case):
        """Raises FrontEndRaised: nothing was built, or not even what a case surrounds it with."""
        front = self._fronts[runner]
        with front.around(case):
            built = front.build(case)
            keep = False
            try:
                observation = observe(built, case)
                keep = observation["raised"] is None and built.reusable
            finally:
                if not keep:
                    built.close()
        if keep:
            self._built[runner] = (key, built)
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


def same(one, other):
    """Whether two observations of one case are the same; scopes count up, so they may be called otherwise."""
    return all(one[part] == other[part] for part in ("steps", "structure", "raised"))


def structure_key(case):
    """Equal for cases that may share what is built: arguments, flags, dtypes and shapes, but no values."""
    inputs = [described(wire) for wire in case["inputs"]]
    initializers = {role: described(wire) for role, wire in case["initializers"].items()}
    steps = [without_values(step) for step in case["steps"]]
    parts = [inputs, initializers, case["layer"], case["trainable"], steps]
    parts += [[name, case[name]] for name in sorted(set(case) - _USUAL)]
    return json.dumps(parts, sort_keys=True)


def described(wire):
    """An array without its values."""
    return [wire["dtype"], wire["shape"]]


def without_values(step):
    """A step without the values of its arrays."""
    if step["step"] != "assign":
        return step
    return {"step": "assign", "values": {name: described(wire) for name, wire in step["values"].items()}}
