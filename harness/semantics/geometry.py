"""Axes and shapes of a case: which values share a channel, and what shape the layer's variables have."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from harness.case import Case, Json
from harness.tensor import Tensor

DEFAULT_AXIS = -1


class Subject(Protocol):
    """A layer as it was asked for: a case's own, or one in the model of a case."""

    @property
    def layer(self) -> Mapping[str, Json]:
        """Arguments, by the names of the Keras and tf.layers signature."""

    @property
    def initializers(self) -> Mapping[str, Tensor]:
        """Initial values by role."""


class BadAxis(ValueError):
    """The axis names no dimension of the input."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Geometry:
    """How one input is cut into channels.

    Attributes:
        shape: of the input, as the caller gave it.
        work: the shape it is computed in: that of the input, or with virtual batches one dimension more.
        kept: dimensions of ``work`` that are not reduced: the channels', and that of the virtual batches.
        channels: the channels' dimensions of ``work``, ascending.
        parameter: shape of gamma and its like.
        grouped: whether the input is divided into virtual batches.
    """

    shape: tuple[int, ...]
    work: tuple[int, ...]
    kept: tuple[int, ...]
    channels: tuple[int, ...]
    parameter: tuple[int, ...]
    grouped: bool

    @property
    def reduced(self) -> tuple[int, ...]:
        """Dimensions of ``work`` that a statistic reduces."""
        return tuple(axis for axis in range(len(self.work)) if axis not in self.kept)

    @property
    def values(self) -> int:
        """How many values one statistic reduces: the n of n/(n-1)."""
        return math.prod(self.work[axis] for axis in self.reduced)

    @property
    def broadcast(self) -> tuple[int, ...]:
        """The variables' values laid out against ``work``: length 1 wherever there is no channel."""
        return tuple(length if axis in self.channels else 1 for axis, length in enumerate(self.work))


def axes_of(case: Subject) -> list[int]:
    """The ``axis`` argument as a list, its numbers as given."""
    axis: Json = case.layer.get("axis", DEFAULT_AXIS)
    return list(axis) if isinstance(axis, list) else [axis]  # type: ignore[list-item]


def resolved_axes(case: Subject, rank: int) -> tuple[int, ...]:
    """The channel axes counted from 0, ascending.

    Raises:
        BadAxis: one of them is no dimension of a tensor of ``rank``.
    """
    axes = axes_of(case)
    if any(not -rank <= axis < rank for axis in axes):
        raise BadAxis(f"axis {axes} of rank {rank}")
    return tuple(sorted({axis % rank for axis in axes}))


def virtual_batch_size(case: Subject) -> int | None:
    """How many examples share their statistics; ``None`` where all do, also where the argument is below 1."""
    size = case.layer.get("virtual_batch_size")
    return size if isinstance(size, int) and size >= 1 else None


def geometry(case: Case, index: int, *, grouped: bool) -> Geometry:
    """The geometry of input ``index``; see :func:`cut`."""
    return cut(case, case.inputs[index].shape, grouped=grouped)


def cut(case: Subject, shape: tuple[int, ...], *, grouped: bool) -> Geometry:
    """The geometry of an input of ``shape``.

    Virtual batches reshape ``[b, ...]`` to ``[size, b/size, ...]`` and reduce the first dimension: example
    ``i`` belongs to virtual batch ``i mod (b/size)``.

    Args:
        case: the layer.
        shape: of its input.
        grouped: cut the batch into virtual batches; ``virtual_batch_size`` divides it.

    Raises:
        BadAxis: the axis names no dimension.
    """
    axes = resolved_axes(case, len(shape))
    size = virtual_batch_size(case)
    if size is None:
        listed = len(axes) > 1
        parameter = _with_ones(shape, axes) if listed else (shape[axes[0]],)
        return Geometry(shape=shape, work=shape, kept=axes, channels=axes, parameter=parameter, grouped=False)
    moved = tuple(axis + 1 for axis in axes)
    ones = _with_ones(shape, axes)
    parameter = (ones[0], 1, *ones[1:])
    work = (size, shape[0] // size, *shape[1:]) if grouped else (shape[0], 1, *shape[1:])
    kept = tuple(sorted({1, *moved}))
    return Geometry(shape=shape, work=work, kept=kept, channels=moved, parameter=parameter, grouped=True)


def _with_ones(shape: tuple[int, ...], axes: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(length if axis in axes else 1 for axis, length in enumerate(shape))
