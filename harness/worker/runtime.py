"""TensorFlow, imported and set up once, and the facts about it that the harness records."""

import gc
import os
import platform
import sys

from .frontend import NotApplicable

LOGICAL_CPUS = 2
_RACING_THREADS = 64


class Runtime:
    """The imported TensorFlow.

    Attributes:
        tf: the module.
        v1: where the TF1 names are: ``tf.compat.v1``, or ``tf`` itself before 1.13.
        threads: for each of the intra-op and inter-op pools.
        device: ``cpu:0`` or ``gpu:0``.
        strategies: those that were made, by their number of replicas.
    """

    def __init__(self, tf, threads, device):
        self.tf = tf
        self.v1 = getattr(getattr(tf, "compat", None), "v1", None) or tf
        self.threads = threads
        self.device = device
        self.strategies = {}
        self.bfloat16 = tf.bfloat16.as_numpy_dtype

    def dtype(self, name):
        """The dtype of this name.

        Raises:
            NotApplicable: this TensorFlow has none.
        """
        found = getattr(self.tf, name, None)
        if found is None:
            raise NotApplicable("TensorFlow {} has no dtype {}".format(self.tf.__version__, name))
        return found

    def session_config(self, races=False, rewritten=False):
        """Threads fixed; grappler off unless ``rewritten``, which costs more than these graphs take to run.

        Soft placement stays off: a kernel that the device lacks has to show, not to move. With ``races`` the session
        gets many threads of its own to run operations on: one alone takes them in an order that hides races, and so
        do four on a busy machine (every fourth time in 50 runs, measured).
        """
        config = self.v1.ConfigProto(
            intra_op_parallelism_threads=self.threads,
            inter_op_parallelism_threads=self.threads,
            allow_soft_placement=False,
        )
        if races:
            config.use_per_session_threads = True
            config.inter_op_parallelism_threads = max(_RACING_THREADS, self.threads)
        rewrite = getattr(config.graph_options, "rewrite_options", None)
        if rewrite is not None and hasattr(rewrite, "disable_meta_optimizer"):
            rewrite.disable_meta_optimizer = not rewritten
        if hasattr(config, "gpu_options"):
            config.gpu_options.allow_growth = True
        return config


def import_tensorflow():
    """The module.

    The collector stays off from here on (serve.py collects at its own pace): an import and a graph make
    hundreds of thousands of objects that stay, and scanning them again and again costs a fifth of the time.
    """
    gc.disable()
    import tensorflow as tf

    return tf


def set_up(tf, threads, device, eager):
    """Fix the threads of an imported TensorFlow; with ``eager``, switch a TF 1.x to eager execution."""
    runtime = Runtime(tf, threads, device)
    # On tf itself in 1.x only. Asking executing_eagerly first would fix the context before it is configured.
    enable = getattr(tf, "enable_eager_execution", None) or (eager and contributed_eager(tf)) or None
    threading = getattr(getattr(tf, "config", None), "threading", None)
    if eager and enable is not None:
        # Without grappler the functions of TensorFlow 1.15 lose the iterator that fit hands them.
        enable(config=runtime.session_config(rewritten=True))
    elif threading is not None:
        threading.set_intra_op_parallelism_threads(threads)
        threading.set_inter_op_parallelism_threads(threads)
    if eager:
        split_cpu(tf)
    return runtime


def split_cpu(tf):
    """Divide the CPU into logical devices for replicas, which has to be done before anything runs on it.

    Nobody but a distribution strategy puts anything on the second one.
    """
    config = getattr(tf, "config", None)
    experimental = getattr(config, "experimental", None)
    put = getattr(config, "set_logical_device_configuration", None)
    put = put or getattr(experimental, "set_virtual_device_configuration", None)
    one = getattr(config, "LogicalDeviceConfiguration", None)
    one = one or getattr(experimental, "VirtualDeviceConfiguration", None)
    listed = getattr(config, "list_physical_devices", None) or getattr(experimental, "list_physical_devices", None)
    if put is not None and one is not None and listed is not None:
        put(listed("CPU")[0], [one() for _ in range(LOGICAL_CPUS)])


def contributed_eager(tf):
    """The switch to eager execution where it was not in the core yet (TensorFlow 1.5 and 1.6)."""
    if not hasattr(tf, "contrib"):
        return None
    try:
        from tensorflow.contrib import eager
    except ImportError:
        return None
    return getattr(eager, "enable_eager_execution", None)


def runs_eagerly(tf):
    """Whether this process executes eagerly by default."""
    asks = getattr(tf, "executing_eagerly", None)
    if asks is None:
        from tensorflow.python.eager import context

        asks = getattr(context, "in_eager_mode", lambda: False)
    return bool(asks())


def facts(runtime):
    """What ran where: recorded with every golden, shown in every header."""
    import numpy

    return {
        "versions": {
            "tensorflow": runtime.tf.__version__,
            "keras": None if legacy_keras() else _version("keras"),
            "tf_keras": _version("tf_keras"),
            "numpy": numpy.__version__,
            "python": platform.python_version(),
        },
        "platform": "{}-{}".format(sys.platform, platform.machine()),
        "cpu_features": _cpu_features(),
        "threads": runtime.threads,
    }


def visible_devices(runtime):
    """What TensorFlow sees, as short names."""
    config = getattr(runtime.tf, "config", None)
    listing = getattr(config, "list_physical_devices", None) or getattr(
        getattr(config, "experimental", None), "list_physical_devices", None
    )
    if listing is not None:
        return [device.name for device in listing()]
    from tensorflow.python.client import device_lib

    return [device.name for device in device_lib.list_local_devices()]


def legacy_keras():
    """Whether ``tf.keras`` is the package tf_keras: then a Keras 3 that was imported first has no part in it."""
    return os.environ.get("TF_USE_LEGACY_KERAS") == "1"


def _version(module):
    loaded = sys.modules.get(module)
    return getattr(loaded, "__version__", None)


def _cpu_features():
    interesting = ("sse4_2", "avx", "avx2", "avx512f", "avx512_vnni", "amx_tile", "fma", "asimd", "sve")
    try:
        with open("/proc/cpuinfo") as lines:
            flags = next((line for line in lines if line.lower().startswith(("flags", "features"))), "")
    except OSError:
        return []
    present = flags.split(":")[-1].split()
    return [name for name in interesting if name in present]
