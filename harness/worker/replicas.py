"""A call under MirroredStrategy over logical CPUs, each replica with its part of the batch."""

import numpy as np

from .frontend import NotApplicable, attempt


class Replicas(object):
    """A strategy over the first ``count`` logical CPUs.

    There is one per count and process: another one would number its reductions from the start again, and one of
    the same number but another shape fails.
    """

    def __init__(self, runtime, count):
        tf = self._tf = runtime.tf
        strategy = getattr(getattr(tf, "distribute", None), "MirroredStrategy", None)
        if not (hasattr(strategy, "run") or hasattr(strategy, "experimental_run_v2")):
            raise NotApplicable("TensorFlow {} has no MirroredStrategy to run a call in".format(tf.__version__))
        if count not in runtime.strategies:
            cpus = ["cpu:%d" % index for index in range(count)]
            runtime.strategies[count] = attempt(tf.distribute.MirroredStrategy, cpus)
        self._strategy = runtime.strategies[count]
        self._count = count

    def scope(self):
        """What variables are made inside of."""
        return self._strategy.scope()

    def run(self, call, *tensors):
        """The outputs of all replicas, called on their parts of the batch, one after the other.

        ``call`` takes as many arguments as there are ``tensors``: the input, and what else has an entry per example.
        """
        tf = self._tf
        shares = [np.array_split(tensor.numpy(), self._count) for tensor in tensors]
        parts = [[tf.constant(part) for part in each] for each in zip(*shares)]

        def replica():
            number = tf.distribute.get_replica_context().replica_id_in_sync_group
            return call(*parts[int(tf.get_static_value(number) if hasattr(number, "shape") else number)])

        run = getattr(self._strategy, "run", None) or self._strategy.experimental_run_v2
        outputs = self._strategy.experimental_local_results(run(replica))
        return tf.concat([tf.convert_to_tensor(output) for output in outputs], 0)

    def first(self, variable):
        """The first replica's copy of a variable."""
        return self._strategy.experimental_local_results(variable)[0]
