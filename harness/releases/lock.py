"""Writes the locks: ``python -m harness.releases.lock RELEASE...|all``. For who maintains the catalogue.

Needs the interpreter of each release and the package index; nothing is installed. A lock is the complete,
exact list of what the release's era resolves to on the day it is written.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from harness.errors import HarnessError, Problem, ReleaseUnavailable
from harness.releases.catalog import LOCKS, Spec, catalog
from harness.releases.interpreters import find_interpreter
from harness.releases.selection import resolve
from harness.releases.uv import tail, uv_command, uv_environment


def lock(spec: Spec) -> str:
    """The text of a lock for ``spec``, whose requirements must be those of its era.

    Raises:
        ReleaseUnavailable: uv or the interpreter is missing, or the requirements contradict each other.
    """
    with tempfile.TemporaryDirectory() as scratch:
        wanted, overrides = Path(scratch) / "requirements.in", Path(scratch) / "overrides.in"
        wanted.write_text("\n".join((*spec.requirements, "")))
        overrides.write_text("\n".join((*spec.overrides, "")))
        command = [
            *uv_command(), "pip", "compile", str(wanted), "--override", str(overrides),
            "--python", str(find_interpreter(spec.python).path), "--no-header", "--no-annotate", "--quiet",
        ]  # fmt: skip
        done = subprocess.run(command, env=uv_environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise ReleaseUnavailable(Problem(place=spec.name, message=tail(done.stderr)))
    return done.stdout


def main(words: Sequence[str]) -> int:
    """Write the locks of the catalogued releases that ``words`` name."""
    source = catalog()
    LOCKS.mkdir(exist_ok=True)
    failed = 0
    for spec in resolve(words):
        era = source.spec(spec.tensorflow, spec.keras, platform=source.lock_platform, locked=False)
        try:
            (LOCKS / f"{spec.name}.txt").write_text(lock(era), encoding="utf-8")
        except HarnessError as error:
            failed = error.exit_code
            print(error, file=sys.stderr)
        else:
            print(spec.name)
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
