"""Environments on disk: found, or made so that a half-made one is never used.

An environment is built under a hidden name beside its place, warmed and verified by importing its TensorFlow,
described by a manifest, and renamed into place: what has its name is whole. (A virtual environment may move as
long as only its ``bin/python`` is started: that is a link to an interpreter elsewhere.) A lock per environment makes
a second process wait for the first.
"""

from __future__ import annotations

import fcntl
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from harness.errors import Problem, ReleaseUnavailable
from harness.releases import installer
from harness.releases.cache import cache_root
from harness.releases.catalog import Spec
from harness.releases.interpreters import find_interpreter
from harness.releases.manifest import Environment, folder_name, read, write


class Say(Protocol):
    """Who is told what goes on, one line before each step.

    It may raise to end the work there: what was begun is cleared away.
    """

    def __call__(self, text: str, /) -> None:
        """Take ``text``."""


def cache_folder() -> Path:
    """Where environments are kept."""
    return cache_root() / "envs"


def find(spec: Spec) -> Environment | None:
    """The environment of ``spec``, if it is made; asks neither the network nor an interpreter."""
    environment = read(cache_folder() / folder_name(spec))
    # The interpreter that it links to may have been removed since.
    return environment if environment is not None and environment.python.is_file() else None


def ensure(spec: Spec, say: Say) -> Environment:
    """The environment of ``spec``, made if it is not there.

    Raises:
        ReleaseUnavailable: its Python is not to be had, it cannot be installed, or it does not import.
    """
    found = find(spec)
    if found is not None:
        return found
    folder = cache_folder() / folder_name(spec)
    with _locked(folder, say):
        return find(spec) or _make(spec, folder, say)


def made() -> tuple[Environment, ...]:
    """Every environment in the cache folder, also of an earlier catalogue; by name."""
    root = cache_folder()
    folders = sorted(root.iterdir()) if root.is_dir() else []
    environments = (read(folder) for folder in folders if not folder.name.startswith("."))
    return tuple(environment for environment in environments if environment is not None)


def remove(environment: Environment, say: Say) -> None:
    """Delete an environment; the rest of the cache folder is left alone."""
    with _locked(environment.folder, say):
        if read(environment.folder) is not None:
            _discard(environment.folder)


def _make(spec: Spec, folder: Path, say: Say) -> Environment:
    began = time.monotonic()
    interpreter = find_interpreter(spec.python, place=spec.name)
    _sweep(folder)
    scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        say(f"{spec.name}: installing, with Python {interpreter.version}")
        installer.install(spec, interpreter.path, scratch)
        say(f"{spec.name}: importing it for the first time")
        versions = installer.verify(spec, scratch / "bin" / "python")
        write(scratch, spec, versions, seconds=time.monotonic() - began)
        if folder.exists():
            _discard(folder)
        scratch.rename(folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    say(f"{spec.name}: ready after {time.monotonic() - began:.1f} s")
    environment = read(folder)
    if environment is None:
        raise ReleaseUnavailable(Problem(place=spec.name, message=f"{folder} was removed as soon as it was made"))
    return environment


def _discard(folder: Path) -> None:
    """Delete ``folder`` so that no one sees half of it under its name."""
    doomed = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    folder.rename(doomed / "environment")
    shutil.rmtree(doomed)


def _sweep(folder: Path) -> None:
    """Delete what killed processes left of ``folder``; who calls holds its lock, so nobody else is at it."""
    for left in folder.parent.glob(f".{folder.name}.*"):
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)


@contextmanager
def _locked(folder: Path, say: Say) -> Iterator[None]:
    """Nobody else makes or removes ``folder`` meanwhile, in this process or another."""
    locks = folder.parent / ".locks"
    locks.mkdir(parents=True, exist_ok=True)
    with (locks / folder.name).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"{folder.name}: waiting for another process that is at it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def check(environment: Environment, spec: Spec) -> Sequence[str]:
    """What is not as ``spec`` says; imports its TensorFlow for real.

    Raises:
        ReleaseUnavailable: it does not import, or is another version.
    """
    installer.verify(spec, environment.python)
    return installer.deviations(spec, environment.folder)
