"""What front ends ask of a Keras module, whichever it is."""

import contextlib

from .frontend import NotApplicable, attempt


def missing(runtime, find):
    """Why this release has no such Keras; None when it has."""
    try:
        find(runtime).layers.BatchNormalization  # noqa: B018 - early releases lack it
    except (ImportError, AttributeError) as error:
        return str(error).splitlines()[0]
    return None


def default_keras(runtime):
    """The Keras that this process gets as ``tf.keras``."""
    return runtime.tf.keras


def legacy_keras(runtime):
    """The Keras 2 line beside Keras 3: the package tf_keras (TensorFlow 2.16 and later)."""
    import tf_keras

    return tf_keras


def first_keras(runtime):
    """Keras as TensorFlow 1 has it: ``tf.compat.v1.keras``, or ``tf.keras`` itself."""
    return runtime.v1.keras


def inner(variable):
    """The TensorFlow variable that a Keras variable is, or holds: ``value`` is a method of the one only."""
    return variable if callable(variable.value) else variable.value


@contextlib.contextmanager
def with_policy(keras, case):
    """The mixed precision policy of the case as the global one.

    Raises:
        NotApplicable: this Keras has none.
    """
    if "policy" not in case:
        yield
        return
    get, put = _policy_functions(keras)
    before = get()
    set_policy(keras, case)
    try:
        yield
    finally:
        put(before)


def set_policy(keras, case):
    """Make the policy of the case, if it has one, the global one."""
    if "policy" in case:
        attempt(_policy_functions(keras)[1], case["policy"])


def _policy_functions(keras):
    """(the global policy, its setter): experimental until TensorFlow 2.4."""
    mixed = getattr(keras, "mixed_precision", None)
    experimental = getattr(mixed, "experimental", None)
    if hasattr(mixed, "set_global_policy"):
        return getattr(mixed, "global_policy", None) or mixed.dtype_policy, mixed.set_global_policy
    if hasattr(experimental, "set_policy"):
        return experimental.global_policy, experimental.set_policy
    raise NotApplicable("this Keras has no mixed precision policy")
