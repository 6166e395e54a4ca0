"""Big tensors beside a golden file: an uncompressed ``.npz`` without pickles, addressed by content.

The bytes depend on the tensors alone: entries stand in the order of their keys, with the zip format's oldest
date, stored and not deflated (git compresses, and zlib's output differs between its versions).
"""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from harness.tensor import Tensor, storage_dtype

LARGEST_INLINE = 512
"""Tensors of more elements go to the sidecar."""

Arrays: TypeAlias = dict[str, NDArray[Any]]

_OLDEST = (1980, 1, 1, 0, 0, 0)


class UnreadableSidecar(Exception):
    """The sidecar is no archive of plain arrays; the message says why."""


def key_of(tensor: Tensor) -> str:
    """The name under which ``tensor`` is stored: a hash of dtype, shape and bits."""
    head = f"{tensor.dtype}{list(tensor.shape)}\n".encode("ascii")
    return hashlib.sha256(head + tensor.data).hexdigest()


def encode(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """The archive of ``arrays`` by key; what is stored of a tensor are its :meth:`Tensor.bits`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for key, array in sorted(arrays.items()):
            member = io.BytesIO()
            np.lib.format.write_array(member, array, version=(1, 0), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{key}.npy", date_time=_OLDEST)
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, member.getvalue())
    return buffer.getvalue()


def read(path: Path, keys: Collection[str] | None = None) -> Arrays:
    """The stored arrays by key: those of ``keys`` that are there, or all.

    Raises:
        UnreadableSidecar: no such file, no zip, an entry that is no plain array, or one that is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = {name.removesuffix(".npy"): name for name in archive.namelist()}
            wanted = names if keys is None else {key: names[key] for key in keys if key in names}
            return {key: _array(archive.read(name)) for key, name in wanted.items()}
    except (OSError, EOFError, RuntimeError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise UnreadableSidecar(str(error)) from error


def tensor_of(array: NDArray[Any], dtype: str, shape: tuple[int, ...]) -> Tensor:
    """The tensor stored as ``array``.

    Raises:
        UnreadableSidecar: the array is of another dtype or shape.
    """
    stored = storage_dtype(dtype)
    if array.dtype != stored or array.shape != shape:
        raise UnreadableSidecar(
            f"expected {stored.name}{list(shape)}, the entry is {array.dtype.name}{list(array.shape)}"
        )
    return Tensor(dtype, shape, array.tobytes())


def _array(data: bytes) -> NDArray[Any]:
    return np.asarray(np.lib.format.read_array(io.BytesIO(data), allow_pickle=False))
