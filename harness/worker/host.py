"""A process that imports TensorFlow once and forks workers: half of the time of two that import it each.

Forking a process that has threads would lose them, and locks they hold. So a host builds nothing that starts
one (no graph, no session, no eager context; importing TensorFlow starts none) and counts its threads before
every fork: with a second one it refuses, and workers are started by themselves.

It is asked over a socket, a line of JSON each way, in with the file descriptors that the fork gets:

- ``{"prepare": setup}`` and a socket: forks a host for the runners of the setup (see serve.py), which chooses
  the Keras and the execution mode, and says over that socket what a worker says first. Answer: ``{"pid": ...}``.
- ``{"work": true}``, requests, answers and stderr: forks a worker off a prepared host. Answer: ``{"pid": ...}``.
- ``{"wait": pid}``: waits for a fork to end, which only its parent can. Answer: ``{"status": ...}``.

``{"refused": reason}`` instead of an answer means that nothing can be forked here.
"""

import array
import importlib.util
import json
import os
import socket
import sys

from . import runtime as runtimes
from . import serve

_MOST_DESCRIPTORS = 3
_MOST_BYTES = 1 << 16


def run():
    """Be a host, and in each fork what the fork is for; returns when there is nothing more to do."""
    control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, os.dup(0))
    silence_standard_pipes()
    fronts, tf = None, runtimes.import_tensorflow()
    while True:
        asked, descriptors = fork_until_asked(control)
        control.close()
        if asked is None:
            return
        if "work" in asked:
            work(fronts, *descriptors)
            return
        control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, descriptors[0])
        fronts, ready = prepare(tf, asked["prepare"])
        reply(control, ready)


def silence_standard_pipes():
    """Leave descriptors 0 and 1 harmless; what is printed goes to stderr."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)


def fork_until_asked(control):
    """Serve the socket; returns in every fork with (its message, its descriptors), at the end with (None, [])."""
    while True:
        asked, descriptors = receive(control)
        if asked is None:
            return None, []
        if "wait" in asked:
            reply(control, {"status": os.waitpid(asked["wait"], 0)[1]})
            continue
        reason = why_not_fork()
        pid = None if reason else os.fork()
        if pid == 0:
            return asked, descriptors
        for descriptor in descriptors:
            os.close(descriptor)
        reply(control, {"refused": reason} if reason else {"pid": pid})


def why_not_fork():
    """Why forking this process would be unsafe; None when it is not."""
    threads = len(os.listdir("/proc/self/task"))
    return None if threads == 1 else "importing TensorFlow started {} threads".format(threads - 1)


def prepare(tf, setup):
    """Choose the Keras and the execution mode of an imported TensorFlow: (front ends, what to say first)."""
    if setup["legacy_keras"]:
        # Read by TensorFlow when tf.keras or tf.compat.v1.layers is first used: not before, in a host.
        os.environ["TF_USE_LEGACY_KERAS"] = "1"
    fronts, ready = serve.prepare(tf, setup)
    if setup["legacy_keras"] and "tf_keras" not in sys.modules and importlib.util.find_spec("tf_keras"):
        return None, {"refused": "this TensorFlow chooses its Keras when it is imported"}
    return fronts, ready


def work(fronts, requests, answers, stderr):
    """Be a worker."""
    os.dup2(stderr, 1)
    os.dup2(stderr, 2)
    lines = os.fdopen(requests, "r", encoding="ascii", newline="\n")
    with os.fdopen(answers, "w", encoding="ascii", newline="\n") as out:
        serve.answer_all(fronts, lines, out)


def receive(control):
    """The next message and its descriptors; (None, []) when the harness is gone."""
    line, descriptors = b"", array.array("i")
    while not line.endswith(b"\n"):
        data, ancillary, _, _ = control.recvmsg(
            _MOST_BYTES, socket.CMSG_SPACE(_MOST_DESCRIPTORS * descriptors.itemsize)
        )
        if not data:
            return None, []
        line += data
        for _, _, carried in ancillary:
            descriptors.frombytes(carried)
    return json.loads(line.decode("ascii")), list(descriptors)


def reply(control, message):
    """Answer with one line."""
    control.sendall((json.dumps(message) + "\n").encode("ascii"))
