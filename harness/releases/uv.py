"""The uv program: where it is, and how it is run."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from harness.errors import Problem, ReleaseUnavailable

_TAIL_LINES = 12
# uv does not read pip's variables, and who set them up for a mirror expects them to hold for every installer.
_INDEX_VARIABLES = (
    ("PIP_INDEX_URL", ("UV_DEFAULT_INDEX", "UV_INDEX_URL")),
    ("PIP_EXTRA_INDEX_URL", ("UV_INDEX", "UV_EXTRA_INDEX_URL")),
)


def uv_command() -> list[str]:
    """The words that start uv: the one beside this Python, else the one on PATH.

    Raises:
        ReleaseUnavailable: there is none.
    """
    beside = Path(sys.executable).with_name("uv")
    if os.access(beside, os.X_OK):
        return [str(beside)]
    found = shutil.which("uv")
    if found is None:
        hint = "pip install 'batchnorm-harness[envs]', or pip install uv"
        raise ReleaseUnavailable(
            Problem(place="uv", message="environments are made with uv, and it is not installed", hint=hint)
        )
    return [found]


def uv_environment(user: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for uv: the user's, with pip's index where uv has been told none."""
    environment = dict(os.environ if user is None else user)
    for pip, uv in _INDEX_VARIABLES:
        if pip in environment and not any(name in environment for name in uv):
            environment[uv[0]] = environment[pip]
    environment["NO_COLOR"] = "1"
    environment["UV_NO_PROGRESS"] = "1"
    return environment


def tail(output: str) -> str:
    """The last lines that a program said, which are those that say why it failed."""
    lines = [line.rstrip() for line in output.splitlines() if line.strip()]
    return "\n".join(lines[-_TAIL_LINES:]) or "it said nothing"
