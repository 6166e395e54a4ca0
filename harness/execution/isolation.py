"""The environment variables of a worker: nothing of the user's that TensorFlow or Keras would read.

The variables start from nothing, not from the user's: a list of what to remove would miss the one that the
next release reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

_KEPT = (
    "PATH", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TZ", "USER", "LOGNAME",
    "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONPATH", "VIRTUAL_ENV",
)  # fmt: skip
"""What the interpreter needs to start and to find the packages that the user runs with."""

FLAGS = {
    "KERAS_BACKEND": "tensorflow",
    # oneDNN's fused kernels change last bits with the number of threads (docs/decisions/0002-tolerances.md).
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "TF_CPP_MIN_LOG_LEVEL": "1",
    "PYTHONHASHSEED": "0",
}
"""Set for every worker, and recorded."""


def worker_environment(
    user: Mapping[str, str], *, scratch: Path, device: str, threads: int, legacy_keras: bool
) -> dict[str, str]:
    """The whole environment of a worker.

    Args:
        user: the environment of the harness.
        scratch: an empty folder of this run; HOME and KERAS_HOME are in it, so that no keras.json is read.
        device: ``cpu``, ``gpu`` or ``gpu:N``; N counts among the devices the user made visible.
        threads: size of the intra-op and inter-op pools.
        legacy_keras: whether ``tf.keras`` is the package tf_keras (read by TensorFlow 2.16 and later).
    """
    environment = {name: user[name] for name in _KEPT if name in user}
    environment.update(FLAGS)
    environment["HOME"] = environment["KERAS_HOME"] = str(scratch)
    # HOME also decides where packages installed with `pip install --user` are.
    environment["PYTHONUSERBASE"] = user.get("PYTHONUSERBASE") or str(Path(user.get("HOME", "")) / ".local")
    environment["CUDA_VISIBLE_DEVICES"] = _visible_gpus(user.get("CUDA_VISIBLE_DEVICES"), device)
    # Not for TensorFlow: NumPy's own threads, which nothing here needs, would forbid to fork (host.py).
    environment["OPENBLAS_NUM_THREADS"] = "1"
    for pool in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"):
        environment[pool] = str(threads)
    if legacy_keras:
        environment["TF_USE_LEGACY_KERAS"] = "1"
    return environment


def gpu_index(device: str) -> int | None:
    """``cpu`` -> None, ``gpu`` -> 0, ``gpu:2`` -> 2."""
    kind, _, number = device.partition(":")
    return None if kind == "cpu" else int(number or 0)


def _visible_gpus(allowed: str | None, device: str) -> str:
    index = gpu_index(device)
    if index is None:
        return "-1"
    if not allowed:
        return str(index)
    names = allowed.split(",")
    return names[index] if index < len(names) else "-1"
