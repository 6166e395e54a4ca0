"""Entry point of a worker: ``python .../harness/worker/main.py``, then lines of JSON over stdin and stdout.

With the argument ``host``, descriptor 0 is a socket, over which it is asked to fork workers: see host.py.

TensorFlow and its libraries write to file descriptors 1 and 2 as they please, from C++ too. So the worker
keeps private duplicates of its pipes and points descriptor 1 at stderr *before* TensorFlow is imported:
whatever is printed later is talk, never protocol.
"""

import importlib.util
import os
import sys


def load_package():
    """Import this folder as ``harness_worker``, without leaving the folder itself on ``sys.path``."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != here]
    spec = importlib.util.spec_from_file_location(
        "harness_worker", os.path.join(here, "__init__.py"), submodule_search_locations=[here]
    )
    package = importlib.util.module_from_spec(spec)
    sys.modules["harness_worker"] = package
    spec.loader.exec_module(package)


def private_pipes():
    """The protocol's own (requests, answers), leaving descriptors 0 and 1 harmless."""
    requests = os.fdopen(os.dup(0), "r", encoding="ascii", newline="\n")
    answers = os.fdopen(os.dup(1), "w", encoding="ascii", newline="\n")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return requests, answers


def main():
    """Serve until the requests end, then leave without TensorFlow's slow teardown."""
    if sys.argv[1:] == ["host"]:
        load_package()
        from harness_worker import host

        host.run()
    else:
        requests, answers = private_pipes()
        load_package()
        from harness_worker import serve

        serve.serve(requests, answers)
        answers.flush()
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
