"""Which versions the package index has; asked through pip, which honours the user's own index settings."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path

from packaging.version import InvalidVersion, Version

from harness.errors import Problem, ReleaseUnavailable
from harness.releases.uv import tail, uv_command, uv_environment

_AVAILABLE = re.compile(r"^Available versions:(?P<versions>.*)$", re.MULTILINE)
_NONE = "No matching distribution found"
# An index that does not answer is, to pip, one that has nothing; another that answers hides it. Its last retry tells.
_GAVE_UP = "Retry(total=0"
_YANKED = re.compile(r"is yanked(?: \(reason: \"(?P<reason>.*)\"\))?")
# What pip lists when nothing satisfies: older ones put the withdrawn among the others, newer ones behind them.
_LISTED = re.compile(r"(?:\(from versions:|yanked versions:)(?P<versions>[^)\n]*)")


def published(package: str, python_series: str) -> tuple[str, ...]:
    """The final versions of ``package`` with a wheel for CPython ``python_series`` on this platform, oldest first.

    Pre-releases and withdrawn ("yanked") versions are not among them.

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
    raise ReleaseUnavailable(_unknown(package, done.stderr))


def withdrawn(package: str, python_series: str, kept: Collection[str]) -> Mapping[str, str]:
    """The final versions of ``package`` with a wheel for that Python that were withdrawn, by version the reason.

    Args:
        package: as the index names it.
        python_series: ``3.11``.
        kept: what :func:`published` says of the two.

    Raises:
        ReleaseUnavailable: the index cannot be asked; with the last that pip or uv said.
    """
    asked = _run(
        *_pip(), "install", f"{package}<0", "--dry-run", "--no-deps", "--python-version", python_series,
        "--only-binary", ":all:", "--target", "unused", "--retries", "2", "--disable-pip-version-check",
    )  # fmt: skip
    listed = [found["versions"] for found in _LISTED.finditer(asked.stderr)]
    if _GAVE_UP in asked.stderr or not listed:
        raise ReleaseUnavailable(_unknown(package, asked.stderr))
    others = {version for text in listed for version in _versions(text)}.difference(kept)
    final = sorted((version for version in others if not Version(version).is_prerelease), key=Version)
    reasons = {version: _why(package, version, python_series) for version in final}
    return {version: why for version, why in reasons.items() if why is not None}


def _why(package: str, version: str, python_series: str) -> str | None:
    """Why a version was withdrawn; ``None`` for one that was not."""
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


def _unknown(package: str, said: str) -> Problem:
    return Problem(
        place=package,
        message=f"cannot learn which versions are published:\n{tail(said)}",
        hint="this needs the network, or an index that pip is configured for",
    )


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
