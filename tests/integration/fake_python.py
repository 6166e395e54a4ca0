#!/usr/bin/env python3
"""Stands in for a Python with TensorFlow: speaks the worker's protocol and does what the case's layer says.

Started as ``fake_python.py .../worker/main.py``, it is a worker; with ``host`` after that, it refuses to be one.
"""

import json
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

READY: dict[str, Any] = {
    "versions": {
        "tensorflow": os.environ.get("FAKE_TENSORFLOW", "2.99.0"),
        "keras": None,
        "tf_keras": None,
        "numpy": "1.0",
        "python": "3.10",
    },
    "platform": "linux-x86_64",
    "cpu_features": ["avx2"],
    "threads": 1,
    "unavailable": {"keras": "no Keras here"},
}


def observation(case: dict[str, Any]) -> dict[str, Any]:
    """An observation that echoes the first input, so that a test can tell whose answer it got."""
    # Every fourth minor another behaviour, as releases have them.
    field = ("output", "moving_mean")[int(READY["versions"]["tensorflow"].split(".")[1]) // 4 % 2]
    step = {field: case["inputs"][0]}
    wish = case["layer"].get("wish", "")
    identity = {"class": "Layer", "variables": [], "device": wish} if wish.endswith(":0") else None
    return {"steps": [step], "structure": None, "identity": identity, "raised": None}


def act(case: dict[str, Any]) -> None:
    """Misbehave as the case asks."""
    wish = case["layer"].get("wish")
    if wish == "die":
        print("about to die", file=sys.stderr, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    if wish == "exit":
        sys.exit(3)
    if wish == "hang":
        time.sleep(600)


def answer(case: dict[str, Any]) -> dict[str, Any]:
    """The line for one case."""
    if case["layer"].get("wish") == "fail":
        return {"failure": "Traceback: the worker's own mistake"}
    if case["layer"].get("wish") == "refuse":
        return {"not_applicable": "no such notion"}
    if case["layer"].get("wish") == "waver":
        other = {**observation(case), "steps": []}
        return {"observation": observation(case), "others": [other], "times": [1, 2]}
    return {"observation": observation(case)}


def main() -> None:
    """Serve like the real worker."""
    if sys.argv[2:] == ["host"]:
        with socket.socket(fileno=0) as control:
            control.recv(1 << 16)
            control.sendall(b'{"refused": "a fake does not fork"}\n')
        return
    setup = json.loads(sys.stdin.readline())
    home = Path(os.environ["PYTHONUSERBASE"])
    started_before = (home / "started").exists()
    if (home / "start-fails").exists() or ((home / "start-fails-again").exists() and started_before):
        print("cannot import", file=sys.stderr, flush=True)
        sys.exit(1)
    (home / "started").touch()
    unavailable = {name: READY["unavailable"].get(name) for name in setup["runners"]}
    devices = ["CPU:0", "GPU:0"] if (home / "has-gpu").exists() else ["CPU:0"]
    print(json.dumps(dict(READY, unavailable=unavailable, devices=devices)), flush=True)
    for line in sys.stdin:
        case = json.loads(line)["case"]
        act(case)
        print(json.dumps(answer(case)), flush=True)


main()
