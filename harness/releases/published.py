"""Which versions the package index has; asked through pip, which honours the user's own index settings."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from packaging.version import InvalidVersion, Version

from harness.errors import Problem, ReleaseUnavailable
from harness.releases.uv import tail, uv_command, uv_environment

_AVAILABLE = re.compile(r"^Available versions:(?P<versions>.*)$", re.MULTILINE)
_NONE = "No matching distribution found"
# An index that does not answer is, to pip, one that has nothing; another that answers hides it. Its last retry tells.
_GAVE_UP = "Retry(total=0"
_YANKED = re.compile(r"is yanked(?: \(reason: \"(?P<reason>.*)\"\))?")


def published(package: str, python_series: str) -> tuple[str, ...]:
    """The final versions of ``package`` with a wheel for CPython ``python_series`` on this platform, oldest first.

    Pre-releases and yanked versions are not among them.

    Raises:
        ReleaseUnavailable: the index cannot be asked; with the last that pip said.
    """
    done = _run(
        *_pip(), "index", "versions", package, "--python-version", python_series, "--only-binary", ":all:",
        "--retries", "2", "--disable-pip-version-check",
    )  # fmt: skip
    if _GAVE_UP not in done.stderr:
        answer = _AVAILABLE.search(done.stdout)
        if answer is not None:
            return tuple(sorted(_versions(answer["versions"]), key=Version))
        if _NONE in done.stderr:
            return ()
    raise ReleaseUnavailable(
        Problem(
            place=package,
            message=f"cannot learn which versions are published:\n{tail(done.stderr)}",
            hint="this needs the network, or an index that pip is configured for",
        )
    )


def yanked(package: str, version: str, python_series: str) -> str | None:
    """Why a version was withdrawn; ``None`` for one that was not.

    Raises:
        ReleaseUnavailable: there is no such version, or the index cannot be asked.
    """
    requirement = f"{package}=={version}"
    with tempfile.TemporaryDirectory() as scratch:
        wanted = Path(scratch) / "requirements.in"
        wanted.write_text(requirement + "\n", encoding="utf-8")
        done = _run(
            *uv_command(), "pip", "compile", str(wanted), "--no-deps", "--no-header",
            "--python-version", python_series,
        )  # fmt: skip
    if done.returncode:
        raise ReleaseUnavailable(Problem(place=requirement, message=tail(done.stderr)))
    found = _YANKED.search(done.stderr)
    return None if found is None else found["reason"] or "no reason given"


def _pip() -> list[str]:
    """The words that start pip; environments made by uv have none of their own."""
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    return [*uv_command(), "tool", "run", "--quiet", "pip"]


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env=uv_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def _versions(text: str) -> list[str]:
    found = []
    for word in text.split(","):
        try:
            found.append(str(Version(word.strip())))
        except InvalidVersion:  # as early packages numbered themselves
            continue
    return found
