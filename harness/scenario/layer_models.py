"""The models of layers that may stand around the layer under test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from harness.scenario.arrays import ABSENT, ArraySpec, Finite, Strict
from harness.scenario.model import Layer

_TRAINABLE = "trainable of this layer; true if left out."
_BIAS = "The bias; none if left out."


class Dense(Strict):
    """A dense layer."""

    kernel: ArraySpec = Field(description="The kernel, of shape [inputs, units].")
    bias: ArraySpec = Field(default=ABSENT, description=_BIAS)
    trainable: bool = Field(default=ABSENT, description=_TRAINABLE)


class Conv2D(Strict):
    """A convolution over images with the channels last."""

    kernel: ArraySpec = Field(description="The kernel, of shape [height, width, channels in, channels out].")
    bias: ArraySpec = Field(default=ABSENT, description=_BIAS)
    strides: Annotated[int, Field(ge=1)] = Field(default=ABSENT, description="Strides of both dimensions; 1.")
    padding: Literal["valid", "same"] = Field(default=ABSENT, description="valid or same; valid if left out.")
    trainable: bool = Field(default=ABSENT, description=_TRAINABLE)


class Embedding(Strict):
    """A table that integers are looked up in."""

    table: ArraySpec = Field(description="The table, of shape [rows, width].")
    mask_zero: bool = Field(default=ABSENT, description="Whether 0 is masked.")
    trainable: bool = Field(default=ABSENT, description=_TRAINABLE)


class Masking(Strict):
    """Masks the steps of a sequence whose features all have one value."""

    value: Finite = Field(default=0, description="That value; 0 if left out.")


class Resizing(Strict):
    """Resizes images, bilinearly."""

    height: Annotated[int, Field(ge=1)] = Field(description="The new height.")
    width: Annotated[int, Field(ge=1)] = Field(description="The new width.")


MODELS: Mapping[str, type[Strict]] = {
    "bn": Layer,
    "dense": Dense,
    "conv2d": Conv2D,
    "embedding": Embedding,
    "masking": Masking,
    "resizing": Resizing,
}
"""Layers that have a mapping of arguments."""
ACTIVATIONS = ("relu", "sigmoid", "tanh", "softmax", "linear", "elu", "softplus")
BARE = ("bn", "flatten")
"""Layers that stand as a bare word."""
