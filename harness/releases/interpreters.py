"""A CPython of a given series on this machine, or from uv."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.version import InvalidVersion, Version

from harness.errors import Problem, ReleaseUnavailable
from harness.releases.uv import tail, uv_command, uv_environment

_PROBE_SECONDS = 20
# Runs in whatever Python is on PATH, so also in 2.7.
_PROBE = """
import json, os, platform, sys
base = getattr(sys, "base_prefix", sys.prefix)
path = sys.executable
if base != sys.prefix:
    path = getattr(sys, "_base_executable", None) or path
    if os.path.realpath(path).startswith(os.path.realpath(sys.prefix) + os.sep):
        path = os.path.join(base, "bin", "python%d.%d" % sys.version_info[:2])
print(json.dumps([platform.python_implementation(), platform.python_version(), path]))
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class CPython:
    """A CPython outside any virtual environment; ``version`` is all of it, ``3.9.18``."""

    path: Path
    version: str


def find_interpreter(series: str, *, place: str = "python") -> CPython:
    """The first of: this Python, PATH, pyenv's versions, those that uv knows, one that uv downloads.

    Args:
        series: ``3.9``.
        place: who needs it, for the error.

    Raises:
        ReleaseUnavailable: there is none, with what uv said and how to get one.
    """
    for path in _local(series):
        interpreter = probe(path)
        if interpreter is not None and _is_of(interpreter, series):
            return interpreter
    return _from_uv(series, place)


def nearby_interpreter(series: str) -> CPython | None:
    """One that is here already, those first that answer at once: this Python, pyenv's versions, PATH, uv's own.

    Quicker than :func:`find_interpreter`, and may name another one: it is for telling what there is.
    """
    exact = (path for path in _on_path(series) if path.name == f"python{series}")
    own = [Path(sys.executable)] if sys.version.startswith(f"{series}.") else []
    for path in (*own, *_of_pyenv(series), *exact):
        if os.access(path, os.X_OK) and path.is_file():
            interpreter = probe(path)
            if interpreter is not None and _is_of(interpreter, series):
                return interpreter
    return _managed(series)


def probe(path: Path) -> CPython | None:
    """What ``path`` really runs; ``None`` where it runs nothing or no CPython, as a pyenv shim often does."""
    try:
        done = subprocess.run(
            [path, "-c", _PROBE],
            env=python_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PROBE_SECONDS,
            check=True,
        )
        implementation, version, real = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    if implementation != "CPython" or not Path(real).is_file():
        return None
    return CPython(path=Path(real), version=version)


def python_environment() -> dict[str, str]:
    """The user's environment without what would change which packages another Python sees, or writes."""
    leaking = ("PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE", "PYTHONSTARTUP", "PYTHONUSERBASE")
    environment = {name: value for name, value in os.environ.items() if name not in leaking}
    return {**environment, "PYTHONNOUSERSITE": "1"}


def _is_of(interpreter: CPython, series: str) -> bool:
    return interpreter.version.rpartition(".")[0] == series


def _local(series: str) -> Iterator[Path]:
    """Programs that may be a Python of ``series``, likeliest first; none twice."""
    seen: set[Path] = set()
    for path in (Path(sys.executable), *_on_path(series), *_of_pyenv(series)):
        # A shim is one program under many names, told apart only by its name: do not resolve links.
        if path not in seen and os.access(path, os.X_OK) and path.is_file():
            seen.add(path)
            yield path


def _on_path(series: str) -> Iterator[Path]:
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    for name in (f"python{series}", "python3", "python"):
        for folder in folders:
            yield folder.absolute() / name


def _of_pyenv(series: str) -> list[Path]:
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    found = (path.parent.parent for path in (root / "versions").glob(f"{series}.*/bin/python"))
    return [folder / "bin" / "python" for folder in sorted(found, key=_newest_first)]


def _newest_first(folder: Path) -> tuple[int, ...]:
    try:
        return tuple(-part for part in Version(folder.name).release)
    except InvalidVersion:
        return (1,)


def _managed(series: str) -> CPython | None:
    """One that uv downloaded before; ``None`` without uv, too."""
    try:
        done = _uv_python(["find", "--managed-python"], series)
    except ReleaseUnavailable:
        return None
    interpreter = None if done.returncode else probe(Path(done.stdout.strip()))
    return interpreter if interpreter is not None and _is_of(interpreter, series) else None


def _uv_python(words: Sequence[str], series: str) -> subprocess.CompletedProcess[str]:
    options = ["--no-python-downloads", "--no-project"] if words[0] == "find" else []
    return subprocess.run(
        [*uv_command(), "python", *words, *options, series],
        env=uv_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def _from_uv(series: str, place: str) -> CPython:
    said = ""
    # A broken shim first on PATH ends `uv python find`, so ask again for uv's own.
    for words in (["find"], ["find", "--managed-python"], ["install"], ["find", "--managed-python"]):
        done = _uv_python(words, series)
        if done.returncode:
            said = done.stderr if words[0] == "install" else said
            continue
        if words[0] == "find":
            interpreter = probe(Path(done.stdout.strip()))
            if interpreter is not None and _is_of(interpreter, series):
                return interpreter
    raise ReleaseUnavailable(
        Problem(
            place=place,
            message=f"needs CPython {series}, which is not on PATH nor among pyenv's versions, and uv:\n{tail(said)}",
            hint=f"install it (pyenv install {series}, or conda create -n py{series} python={series}) "
            f"and put the folder of its python{series} on PATH",
        )
    )
