"""Which final releases are published, known offline: published.toml, and how it is written.

``python -m harness.releases.publications`` asks the package index and writes the file anew.
"""

from __future__ import annotations

import datetime
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

from packaging.version import Version

from harness.errors import HarnessError
from harness.releases.catalog import FOLDER, catalog
from harness.releases.published import published

# The standard library has it from 3.11 on; before, it is a package of the same interface.
_toml = import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")

FILE = FOLDER / "published.toml"
PACKAGES = ("tensorflow", "keras", "tf_keras")
_FIRST = {"tensorflow": Version("1.0.0"), "keras": Version("3.0.0"), "tf_keras": Version("2.15.0")}
_HEADER = """\
# The final releases that have a wheel for Linux x86-64, oldest first; withdrawn ones are not among them.
# Written by `python -m harness.releases.publications`, which asks the package index; do not edit.

asked = {asked}
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Published:
    """The final releases of TensorFlow and of the Keras lines beside it.

    Attributes:
        versions: by package (``tensorflow``, ``keras``, ``tf_keras``), oldest first.
        asked: the day the package index was asked.
    """

    versions: Mapping[str, tuple[str, ...]]
    asked: datetime.date

    def between(self, package: str, before: str, after: str) -> tuple[str, ...] | None:
        """The final releases of ``package`` strictly between two versions, oldest first.

        ``None`` where that is not known, since ``after`` is newer than every release in the list.
        """
        known = self.versions[package]
        lowest, highest = Version(before), Version(after)
        if not known or highest > Version(known[-1]):
            return None
        return tuple(version for version in known if lowest < Version(version) < highest)


@lru_cache(maxsize=1)
def shipped() -> Published:
    """What published.toml says."""
    return parse(_toml.loads(FILE.read_text(encoding="utf-8")))


def parse(data: Mapping[str, Any]) -> Published:
    """A :class:`Published` from the keys of published.toml."""
    return Published(versions={package: tuple(data[package]) for package in PACKAGES}, asked=data["asked"])


def ask() -> Published:
    """What the package index says today: of TensorFlow, what any Python series of the catalogue can install.

    Raises:
        ReleaseUnavailable: the index cannot be asked.
    """
    series = sorted({era.python for era in catalog().eras}, key=Version)
    return Published(
        versions={
            "tensorflow": _final("tensorflow", series),
            "keras": _final("keras", series[-1:]),
            "tf_keras": _final("tf-keras", series[-1:]),
        },
        asked=datetime.datetime.now(datetime.timezone.utc).date(),
    )


def _final(package: str, series: Sequence[str]) -> tuple[str, ...]:
    first = _FIRST[package.replace("-", "_")]
    found = {version for python in series for version in published(package, python) if Version(version) >= first}
    return tuple(sorted(found, key=Version))


def text(known: Published) -> str:
    """The content of published.toml."""
    parts = [_HEADER.format(asked=known.asked.isoformat())]
    for package in PACKAGES:
        lines = "".join(f'    "{version}",\n' for version in known.versions[package])
        parts.append(f"{package} = [\n{lines}]\n")
    return "\n".join(parts)


def main(file: Path = FILE) -> int:
    """Write the file."""
    try:
        file.write_text(text(ask()), encoding="utf-8")
    except HarnessError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
