"""What all front ends share: telling their exceptions from ours, and names that mean the same everywhere."""

import contextlib
import re

_ADDRESS = re.compile(r"0x[0-9a-fA-F]+")
# Absolute only: bn/moments/Squeeze is the name of an operation.
_PATH = re.compile(r"(?<![\w.:])(?:/[\w.+-]+){2,}")
# TensorFlow 1.13 lists them in whatever order its hash table has.
_ATTRIBUTES = re.compile(r"\s*with these attrs: \[[^\]]*\]")
_DEFINED_AT = re.compile(r"\s*\(defined at [^)]*\)")
_MESSAGE_CHARACTERS = 200


class FrontEndRaised(Exception):
    """The front end raised: the observation of the case, not a failure of the worker."""

    def __init__(self, error):
        Exception.__init__(self, repr(error))
        lines = str(error).strip().splitlines() or [""]
        self.type = type(error).__name__
        self.message = repeatable(lines[0])[:_MESSAGE_CHARACTERS]


class NotApplicable(Exception):
    """The front end has no notion of what the case asks for: nothing is observed, and nobody is at fault."""

    def __init__(self, reason):
        Exception.__init__(self, reason)
        self.reason = reason


def repeatable(message):
    """A message without what differs from run to run or machine to machine: addresses, folders, orders, lines."""
    message = _ATTRIBUTES.sub("", _ADDRESS.sub("0x...", _DEFINED_AT.sub("", message)))
    return _PATH.sub(lambda match: match.group().rsplit("/", 1)[1], message).strip()


def attempt(function, *arguments, **keywords):
    """Call into the front end; whatever it raises is what it does.

    Only calls into TensorFlow go through here: a mistake of the worker must never be recorded as a behaviour.
    """
    try:
        return function(*arguments, **keywords)
    except Exception as error:
        raise FrontEndRaised(error)


@contextlib.contextmanager
def nothing():
    """Surroundings of which there are none."""
    yield


def short_name(name):
    """``bn/gamma:0`` -> ``gamma``: the part of a variable's name that survives scopes and releases."""
    return name.split("/")[-1].split(":")[0]


def short_device(name):
    """``/job:localhost/replica:0/task:0/device:CPU:0`` and ``/cpu:0`` -> ``CPU:0``."""
    match = re.search(r"(cpu|gpu):(\d+)", name, re.IGNORECASE)
    return "{}:{}".format(match.group(1).upper(), match.group(2)) if match else name


def class_name(layer_class):
    """Module and name of a class, as an identity to report."""
    return "{}.{}".format(layer_class.__module__, layer_class.__name__)
