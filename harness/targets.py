"""What to measure on: the installed TensorFlow, catalogued releases, or any interpreter."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import Problem, ReleaseUnavailable
from harness.execution.plan import KERAS, RUNNERS, TENSORFLOW, Interpreter, installed_interpreter
from harness.releases.catalog import Spec
from harness.releases.environment import Say, ensure
from harness.releases.manifest import Environment
from harness.releases.release import Release
from harness.releases.selection import resolve

# Distribution folders are read by name: the oldest Pythons have no importlib.metadata.
_PROBE = """
import glob, json, os, re, sys
found = {}
for folder in sys.path:
    for path in glob.glob(os.path.join(folder or ".", "*.dist-info")):
        name, _, version = os.path.basename(path)[:-len(".dist-info")].partition("-")
        found.setdefault(re.sub("[-_.]+", "-", name).lower(), version)
print(json.dumps(found))
"""
_PROBE_SECONDS = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """Something to measure on.

    Attributes:
        name: how the user named it, or the release.
        provide: the interpreter; makes the environment when it is not there, and may take minutes. Raises
            :class:`~harness.errors.ReleaseUnavailable` when it cannot be had.
        releases: by runner, the release it will show; empty where only running tells.
    """

    name: str
    provide: Callable[[Say], Interpreter]
    releases: Mapping[str, Release] = field(default_factory=dict)


def targets(tensorflow: Sequence[str], keras: Sequence[str], pythons: Sequence[Path]) -> tuple[Target, ...]:
    """What ``--tf``, ``--keras`` and ``--python`` name, in release order; without any, the installed TensorFlow.

    Raises:
        InvalidOption: a word that names no release.
    """
    specs = resolve(tensorflow, keras) if tensorflow or keras else ()
    found = [_catalogued(spec) for spec in sorted(specs, key=lambda spec: spec.releases["keras"])]
    found += [_named(python) for python in pythons]
    return tuple(found) or (installed(),)


def _catalogued(spec: Spec) -> Target:
    releases = {runner: release for runner in RUNNERS if (release := spec.shows(runner))}
    return Target(name=spec.name, provide=lambda say: _interpreter(ensure(spec, say)), releases=releases)


def _named(python: Path) -> Target:
    return Target(name=str(python), provide=lambda _: probed_interpreter(python))


def shown_before(asked: Sequence[Target]) -> dict[str, frozenset[str]]:
    """By target name, the runners whose release an earlier target shows already.

    Every Keras 3 minor on one TensorFlow has the same legacy Keras beside it: measuring that once is enough.
    """
    seen: set[tuple[str, Release]] = set()
    repeated = {}
    for target in asked:
        shown = set(target.releases.items())
        repeated[target.name] = frozenset(runner for runner, _ in shown & seen)
        seen |= shown
    return repeated


def installed() -> Target:
    """The TensorFlow beside the harness."""
    return Target(name="the installed TensorFlow", provide=lambda _: installed_interpreter(Path(sys.executable)))


def probed_interpreter(python: Path) -> Interpreter:
    """Any Python that has a TensorFlow, catalogued or not.

    Raises:
        ReleaseUnavailable: it does not run, or has no TensorFlow.
    """
    # A name alone is looked for on PATH. A resolved link would leave its virtual environment.
    found_at = Path(shutil.which(python) or python).absolute()
    try:
        ran = subprocess.run(
            [found_at, "-c", _PROBE], capture_output=True, check=True, text=True, timeout=_PROBE_SECONDS
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise ReleaseUnavailable(_not_a_python(python, error)) from error
    found = json.loads(ran.stdout)
    tensorflow, keras = _first(found, TENSORFLOW), _first(found, KERAS)
    if tensorflow is None:
        message = "there is no TensorFlow in this Python"
        raise ReleaseUnavailable(Problem(place=f"--python {python}", message=message))
    return Interpreter(python=found_at, tensorflow=tensorflow, keras=keras)


def _first(found: Mapping[str, str], names: Sequence[str]) -> str | None:
    return next((found[name] for name in names if name in found), None)


def _not_a_python(python: Path, error: OSError | subprocess.SubprocessError) -> Problem:
    said = error.stderr.strip() if isinstance(error, subprocess.CalledProcessError) else str(error)
    return Problem(place=f"--python {python}", message=f"cannot be asked what it has: {said}")


def _interpreter(environment: Environment) -> Interpreter:
    versions = environment.versions
    return Interpreter(python=environment.python, tensorflow=versions["tensorflow"], keras=versions.get("keras"))
