"""The newest releases that the package index has: what ``latest`` means.

``python -m harness.releases.newest`` prints them as ``tensorflow=2.21.0`` and ``keras=3.15.1``, a line each.
"""

from __future__ import annotations

import sys

from harness.errors import HarnessError, Problem, ReleaseUnavailable
from harness.releases.catalog import catalog
from harness.releases.published import published

LATEST = "latest"
"""Stands for the newest final release, wherever a version is expected."""
PACKAGES = ("tensorflow", "keras")


def newest(package: str) -> str:
    """The newest final release of ``package`` for the Python that the newest TensorFlow of the catalogue runs on.

    Raises:
        ReleaseUnavailable: the index cannot be asked, or has none.
    """
    python = catalog().eras[-1].python
    found = published(package, python)
    if not found:
        message = f"the package index has no final release for CPython {python} on this platform"
        raise ReleaseUnavailable(Problem(place=package, message=message, hint="name a version instead of 'latest'"))
    return found[-1]


def main() -> int:
    """Print them."""
    try:
        for package in PACKAGES:
            print(f"{package}={newest(package)}")
    except HarnessError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
