"""The shape and dtype that the layer's variables will have."""

from __future__ import annotations

from collections.abc import Mapping

from harness.scenario.model import Layer

_NEEDS: Mapping[str, tuple[str, bool]] = {
    "gamma": ("scale", False),
    "beta": ("center", False),
    "renorm_mean": ("renorm", True),
    "renorm_stddev": ("renorm", True),
}


def parameter_shape(
    shape: tuple[int, ...], axis: int | list[int], virtual_batch_size: int | None
) -> tuple[int, ...] | None:
    """Shape of gamma and its like for an input of ``shape``; ``None`` where the layer has to refuse the axis.

    One axis makes a vector. Several, or virtual batches, make the input's rank with 1 for every other
    dimension; virtual batches put one more dimension behind the first. So tf.layers and Keras 2 build them.
    """
    rank = len(shape)
    axes = axis if isinstance(axis, list) else [axis]
    if any(not -rank <= one < rank for one in axes):
        return None
    resolved = {one % rank for one in axes}
    if len(axes) == 1 and virtual_batch_size is None:
        return (shape[resolved.pop()],)
    kept = tuple(length if index in resolved else 1 for index, length in enumerate(shape))
    return kept if virtual_batch_size is None else (kept[0], 1, *kept[1:])


def parameter_dtype(input_dtype: str, layer_dtype: str | None) -> str:
    """``float64`` where the variables are; else ``float32``, which a layer of less precision rounds itself."""
    return "float64" if (layer_dtype or input_dtype) == "float64" else "float32"


def passed_over(role: str, layer: Layer) -> bool:
    """Whether the layer has no such variable.

    In a sweep over center and scale a value that one of the cases has no use for is no mistake.
    """
    argument, must = _NEEDS.get(role, ("", False))
    if must:
        return getattr(layer, argument) is not True
    return bool(argument) and getattr(layer, argument) is False
