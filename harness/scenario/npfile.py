"""Arrays from .npy and .npz files beside a scenario: never outside its folder, never pickles."""

from __future__ import annotations

import io
import math
import zipfile
import zlib
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from harness.scenario.text import nearest
from harness.scenario.unusable import Unusable

_BROKEN = (ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError)


def read_array(folder: Path, name: str, key: str | None, most_elements: int) -> NDArray[Any]:
    """The array in the file ``name`` of ``folder``.

    Raises:
        Unusable: outside the folder, not there, not an array file, of Python objects, larger than
            ``most_elements``, or without the array ``key``.
    """
    path = _inside(folder, name)
    if path.suffix == ".npz":
        return _from_archive(path, name, key, most_elements)
    if path.suffix != ".npy":
        raise Unusable(f"{name} is neither .npy nor .npz", path=("file",), hint="numpy.save writes a .npy file")
    if key is not None:
        raise Unusable("key is for .npz files", path=("key",), hint=f"{name} holds one array", at_key=True)
    try:
        with path.open("rb") as stream:
            return _array(stream, name, most_elements)
    except _BROKEN as error:
        raise _unreadable(name, error) from None


def _inside(folder: Path, name: str) -> Path:
    base = folder.resolve()
    # Resolving follows symbolic links, so a link that leaves the folder is caught as well.
    path = (base / name).resolve()
    if not path.is_relative_to(base):
        hint = "copy the file beside the scenario: a scenario has to mean the same everywhere"
        raise Unusable(f"{name} is outside the scenario's folder", path=("file",), hint=hint)
    if not path.is_file():
        there = sorted(item.relative_to(base).as_posix() for item in base.rglob("*.np[yz]"))
        near = nearest(name, there)
        hint = f"did you mean {near}?" if near else "the path is relative to the scenario file"
        raise Unusable(f"{name} does not exist", path=("file",), hint=hint)
    return path


def _from_archive(path: Path, name: str, key: str | None, most_elements: int) -> NDArray[Any]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = {member.filename.removesuffix(".npy"): member for member in archive.infolist()}
            member = members.get(_known(key, name, list(members)))
            assert member is not None
            # Nothing is unpacked that could not be an array of the allowed size: archives can be bombs.
            if member.file_size > most_elements * 16:
                raise _too_large(name, member.file_size // 8, most_elements)
            return _array(io.BytesIO(archive.read(member)), name, most_elements)
    except _BROKEN as error:
        raise _unreadable(name, error) from None


def _known(key: str | None, name: str, members: list[str]) -> str:
    if key is None and len(members) == 1:
        return members[0]
    holds = f"{name} holds {', '.join(members) or 'nothing'}"
    if key is None:
        raise Unusable("key is missing", path=(), hint=f"{holds}: name one with key")
    if key not in members:
        near = nearest(key, members)
        hint = f"did you mean {near}?" if near else holds
        raise Unusable(f"{name} has no array '{key}'", path=("key",), hint=hint)
    return key


def _array(stream: BinaryIO, name: str, most_elements: int) -> NDArray[Any]:
    version = np.lib.format.read_magic(stream)
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in readers:
        raise ValueError(f"version {version} of the format is not one that holds numbers")
    shape, fortran_order, dtype = readers[version](stream)
    if dtype.hasobject:
        raise Unusable(f"{name} holds Python objects", path=("file",), hint="pickles are never read: save numbers")
    if dtype.kind not in "iuf":
        raise Unusable(f"{name} holds {dtype}, not numbers", path=("file",))
    if math.prod(shape) > most_elements:
        raise _too_large(name, math.prod(shape), most_elements)
    data = stream.read(math.prod(shape) * dtype.itemsize)
    array = np.frombuffer(data, dtype=dtype)
    return array.reshape(shape, order="F" if fortran_order else "C").astype(dtype.newbyteorder("="))


def _too_large(name: str, count: int, most_elements: int) -> Unusable:
    return Unusable(f"{name} holds {count} elements, more than {most_elements}", path=("file",))


def _unreadable(name: str, error: Exception) -> Unusable:
    said = str(error).splitlines()[0] if str(error) else type(error).__name__
    return Unusable(
        f"{name} cannot be read: {said}", path=("file",), hint="numpy.save and numpy.savez write such files"
    )
