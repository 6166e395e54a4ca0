"""What of all that the harness can use is here; found without importing TensorFlow, and without the network."""

from __future__ import annotations

import contextlib
import platform
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.version import Version

from harness import __version__
from harness.errors import ReleaseUnavailable
from harness.execution.plan import installed_interpreter
from harness.releases.catalog import FLOATING_SINCE, Spec, catalog
from harness.releases.environment import cache_folder, find, made
from harness.releases.interpreters import nearby_interpreter
from harness.releases.uv import uv_command

SERIES = tuple(f"3.{minor}" for minor in range(6, 14))
"""CPython series that some TensorFlow runs on, or the harness itself."""

_ENOUGH_BYTES = 3_000_000_000
_SECONDS = 5
_DRIVER = Path("/proc/driver/nvidia/version")


@dataclass(frozen=True, kw_only=True, slots=True)
class Python:
    """A CPython series.

    Attributes:
        version: of the one that is here, ``3.9.18``; ``None`` where none is.
        releases: first and last catalogued TensorFlow that it is for; empty where it is for none.
    """

    series: str
    version: str | None
    releases: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Cache:
    """The environments of releases; ``size`` and ``own`` as of :class:`harness.releases.manifest.Environment`."""

    folder: Path
    made: int
    catalogued: int
    current: int
    size: int
    own: int
    free: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Missing:
    """Something that is not here: what cannot be done without, and how to get it."""

    what: str
    means: str
    how: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Diagnosis:
    """Everything found.

    Attributes:
        packages: versions beside the harness, by name; ``None`` where one is not installed.
        gpus: by name, as the driver tells.
        uv: its version; ``None`` without it.
        can_compare: whether ``harness compare`` runs without further options.
    """

    harness: str
    python: str
    platform: str
    packages: Mapping[str, str | None]
    gpus: tuple[str, ...]
    uv: str | None
    pythons: tuple[Python, ...]
    cache: Cache
    missing: tuple[Missing, ...]
    can_compare: bool


def diagnosis() -> Diagnosis:
    """Look around."""
    with ThreadPoolExecutor() as pool:
        pythons = pool.map(_python, SERIES)
        uv, gpus = pool.submit(_uv), pool.submit(_gpus)
        packages, cache = _packages(), _cache()
        found = tuple(pythons)
    return Diagnosis(
        harness=__version__,
        python=platform.python_version(),
        platform=sysconfig.get_platform(),
        packages=packages,
        gpus=gpus.result(),
        uv=uv.result(),
        pythons=found,
        cache=cache,
        missing=tuple(missing(packages, uv.result(), found, cache)),
        can_compare=packages["tensorflow"] is not None,
    )


def _packages() -> dict[str, str | None]:
    found: dict[str, str | None] = {"tensorflow": None, "keras": None}
    with contextlib.suppress(ReleaseUnavailable):
        here = installed_interpreter(Path(sys.executable))
        found = {"tensorflow": here.tensorflow, "keras": here.keras}
    return {**found, "tf-keras": _version("tf-keras"), "numpy": _version("numpy")}


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _python(series: str) -> Python:
    found = nearby_interpreter(series)
    versions = [spec.tensorflow for spec in catalog().specs() if spec.python == series]
    return Python(
        series=series,
        version=found.version if found else None,
        releases=(versions[0], versions[-1]) if versions else (),
    )


def _uv() -> str | None:
    try:
        return _said([*uv_command(), "--version"]).removeprefix("uv ").split(" ")[0] or None
    except ReleaseUnavailable:
        return None


def _gpus() -> tuple[str, ...]:
    """What nvidia-smi lists; where it does not, at least that there is a driver."""
    program = shutil.which("nvidia-smi")
    listed = _said([program, "--list-gpus"]) if program else ""
    names = tuple(line.partition(" (UUID")[0] for line in listed.splitlines() if line.startswith("GPU "))
    return names or (("an NVIDIA driver, but nvidia-smi lists no GPU",) if _DRIVER.exists() else ())


def _said(command: list[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=_SECONDS).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def _cache() -> Cache:
    folder = cache_folder()
    environments = made()
    specs: tuple[Spec, ...] = catalog().specs()
    exists = next(path for path in (folder, *folder.parents) if path.is_dir())
    return Cache(
        folder=folder,
        made=len(environments),
        catalogued=len(specs),
        current=sum(find(spec) is not None for spec in specs),
        size=sum(one.size for one in environments),
        own=sum(one.own for one in environments),
        free=shutil.disk_usage(exists).free,
    )


def missing(
    packages: Mapping[str, str | None], uv: str | None, pythons: tuple[Python, ...], cache: Cache
) -> list[Missing]:
    """What is not here although something needs it, the gravest first."""
    found = []
    tensorflow = packages["tensorflow"]
    if tensorflow is None:
        how = "pip install 'batchnorm-harness[tf]', or run the harness with the Python of your project"
        found.append(Missing(what="TensorFlow", means="only releases named with --tf can run", how=how))
    elif packages["tf-keras"] is None and Version(tensorflow) >= FLOATING_SINCE:
        minor = ".".join(tensorflow.split(".")[:2])
        means = f"tf1 and tf_keras are unavailable on TensorFlow {tensorflow}"
        found.append(Missing(what="tf-keras", means=means, how=f"pip install 'tf-keras~={minor}.0'"))
    if uv is None:
        how = "pip install 'batchnorm-harness[envs]', or pip install uv"
        found.append(Missing(what="uv", means="no environment of another release can be made", how=how))
    found += [_missing_python(one) for one in pythons if one.version is None and one.releases and not _uv_has(one, uv)]
    if cache.free < _ENOUGH_BYTES:
        how = "harness envs remove outdated frees what old pins left behind"
        found.append(Missing(what="disk space", means="making an environment may fail", how=how))
    return found


def _uv_has(python: Python, uv: str | None) -> bool:
    """Whether uv downloads it when it is needed: it has nothing before 3.8."""
    return uv is not None and Version(python.series) >= Version("3.8")


def _missing_python(python: Python) -> Missing:
    series = python.series
    first, last = python.releases
    return Missing(
        what=f"Python {series}",
        means=f"TensorFlow {first} to {last} are unavailable, unless their environments are made",
        how=f"pyenv install {series}, or conda create -n py{series} python={series} and put it on PATH",
    )
