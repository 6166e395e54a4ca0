"""Fills a folder with a virtual environment, and looks whether it is what was asked for."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from harness.errors import Problem, ReleaseUnavailable
from harness.releases.catalog import Spec
from harness.releases.interpreters import python_environment
from harness.releases.uv import tail, uv_command, uv_environment

_IMPORT_SECONDS = 300
# Python 3.6 syntax. The last line is the answer: some releases print while they are imported.
_IMPORT = """
import importlib, json, platform, sys
versions = {"python": platform.python_version()}
for name in sys.argv[1:]:
    module = importlib.import_module(name)
    versions[name] = getattr(module, "__version__", None) or module.VERSION
print("\\n" + json.dumps(versions))
"""
_DIST_INFO = re.compile(r"(?P<name>[^-]+)-(?P<version>[^-]+)\.dist-info")


def install(spec: Spec, interpreter: Path, folder: Path) -> None:
    """Make a virtual environment in the empty ``folder`` and install ``spec`` into it.

    Raises:
        ReleaseUnavailable: with the last lines of the installer.
    """
    _uv(spec, "venv", "--no-project", "--python", str(interpreter), str(folder))
    with tempfile.TemporaryDirectory() as scratch:
        requirements, overrides = Path(scratch) / "requirements.txt", Path(scratch) / "overrides.txt"
        requirements.write_text("\n".join((*spec.requirements, "")), encoding="utf-8")
        overrides.write_text("\n".join((*spec.overrides, "")), encoding="utf-8")
        how = ["--no-deps"] if spec.complete else ["--override", str(overrides)] if spec.overrides else []
        _uv(spec, "pip", "install", "--python", str(folder / "bin" / "python"), *how, "-r", str(requirements))


def verify(spec: Spec, python: Path) -> Mapping[str, str]:
    """Import what ``spec`` names in ``python``; returns the versions, by import name and of ``python``.

    The first time this also writes the bytecode, without which every import takes twice as long.

    Raises:
        ReleaseUnavailable: it does not import, or is of another version.
    """
    names = [*spec.versions, "numpy"]
    with tempfile.TemporaryDirectory() as scratch:
        quiet = {"KERAS_HOME": scratch, "CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "2"}
        try:
            done = subprocess.run(
                [python, "-c", _IMPORT, *names],
                # The working directory is first on the path of `python -c`.
                cwd=scratch,
                env={**_without_tensorflow_flags(python_environment()), **quiet},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_IMPORT_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            message = f"importing it was not done after {_IMPORT_SECONDS} s"
            raise ReleaseUnavailable(Problem(place=spec.name, message=message)) from error
    if done.returncode:
        message = f"is installed but does not import (exit {done.returncode}):\n{tail(done.stderr)}"
        raise ReleaseUnavailable(Problem(place=spec.name, message=message))
    versions: dict[str, str] = json.loads(done.stdout.strip().splitlines()[-1])
    wrong = [
        f"{name} is {versions[name]}, not {version}"
        for name, version in spec.versions.items()
        if _imported(versions[name]) != _imported(version)
    ]
    if wrong:
        raise ReleaseUnavailable(Problem(place=spec.name, message=", ".join(wrong)))
    return versions


def deviations(spec: Spec, folder: Path) -> Sequence[str]:
    """The packages in ``folder`` that are not at the exact version of their requirement in ``spec``."""
    installed = {
        canonicalize_name(match["name"]): match["version"]
        for path in folder.glob("lib/python*/site-packages/*.dist-info")
        if (match := _DIST_INFO.fullmatch(path.name))
    }
    found = []
    for line in spec.requirements:
        requirement = Requirement(line)
        version = installed.get(canonicalize_name(requirement.name))
        if version is None or not requirement.specifier.contains(version, prereleases=True):
            found.append(f"{requirement.name} is {version or 'missing'}, not {str(requirement.specifier)[2:]}")
    return found


def _uv(spec: Spec, *words: str) -> None:
    done = subprocess.run(
        [*uv_command(), *words],
        env=uv_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ReleaseUnavailable(
            Problem(
                place=spec.name,
                message=f"could not be installed; the last that uv said:\n{tail(done.stderr)}",
                hint="without a network only environments that exist already can be used: harness envs list",
            )
        )


def _without_tensorflow_flags(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if not name.startswith(("TF_", "KERAS_"))}


def _imported(version: str) -> tuple[tuple[int, ...], tuple[str, int] | None]:
    """What a module says of its version: a post-release (2.15.0.post1) calls itself 2.15.0."""
    parsed = Version(version)
    return parsed.release, parsed.pre
