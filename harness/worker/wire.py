"""Arrays to and from the wire form: ``{"dtype", "shape", "base64"}``, little-endian, C order."""

import base64

import numpy as np


def decode(wire, bfloat16):
    """The array of a wire object; ``bfloat16`` is TensorFlow's NumPy dtype for it, which NumPy lacks."""
    data = base64.b64decode(wire["base64"])
    if wire["dtype"] == "bfloat16":
        return np.frombuffer(data, dtype="<u2").astype(np.uint16).view(bfloat16).reshape(wire["shape"])
    little = np.dtype(wire["dtype"]).newbyteorder("<")
    return np.frombuffer(data, dtype=little).astype(wire["dtype"]).reshape(wire["shape"])


def encode(array):
    """The wire object of an array; inverse of :func:`decode`."""
    array = np.asarray(array)
    name = array.dtype.name
    bits = np.ascontiguousarray(array).reshape(array.shape)
    if name == "bfloat16":
        bits = bits.view(np.uint16)
    little = bits.astype(bits.dtype.newbyteorder("<"), copy=False)
    encoded = base64.b64encode(little.tobytes()).decode("ascii")
    return {"dtype": name, "shape": list(array.shape), "base64": encoded}
