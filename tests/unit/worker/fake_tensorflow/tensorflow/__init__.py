"""Stands in for TensorFlow where only the protocol is tested: chatters on both pipes, has no layers."""

import os

import numpy

os.write(1, b"chatter from C++ on stdout\n")
print("chatter from Python on stdout", flush=True)
os.write(2, b"chatter on stderr\n")

__version__ = "9.9.9"


class bfloat16:  # noqa: N801 - TensorFlow's own name
    """The dtype as TensorFlow names it; any dtype of 16 bits serves here."""

    as_numpy_dtype = numpy.uint16
