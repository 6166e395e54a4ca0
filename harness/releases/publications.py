"""Which final releases are published, known offline: published.toml, and how it is written.

``python -m harness.releases.publications`` asks the package index and writes the file anew.
"""

from __future__ import annotations

import datetime
import json
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
from harness.releases.published import published, withdrawn

# The standard library has it from 3.11 on; before, it is a package of the same interface.
_toml = import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")

FILE = FOLDER / "published.toml"
PACKAGES = ("tensorflow", "keras", "tf_keras")
_FIRST = {"tensorflow": Version("1.0.0"), "keras": Version("3.0.0"), "tf_keras": Version("2.15.0")}
_HEADER = """\
# The final releases that have a wheel for Linux x86-64, oldest first, and apart from them those withdrawn since.
# Written by `python -m harness.releases.publications`, which asks the package index; do not edit.

asked = {asked}
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Published:
    """The final releases of TensorFlow and of the Keras lines beside it.

    Attributes:
        versions: by package (``tensorflow``, ``keras``, ``tf_keras``), oldest first.
        withdrawn: likewise those that are not to be had any more, and why.
        asked: the day the package index was asked.
    """

    versions: Mapping[str, tuple[str, ...]]
    withdrawn: Mapping[str, Mapping[str, str]]
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

    def withdrawn_between(self, package: str, before: str, after: str) -> Mapping[str, str]:
        """The withdrawn releases of ``package`` strictly between two versions, by version the reason."""
        lowest, highest = Version(before), Version(after)
        found = self.withdrawn[package].items()
        return {version: why for version, why in found if lowest < Version(version) < highest}


@lru_cache(maxsize=1)
def shipped() -> Published:
    """What published.toml says."""
    return parse(_toml.loads(FILE.read_text(encoding="utf-8")))


def parse(data: Mapping[str, Any]) -> Published:
    """A :class:`Published` from the keys of published.toml."""
    gone = data["withdrawn"]
    return Published(
        versions={package: tuple(data[package]) for package in PACKAGES},
        withdrawn={package: dict(gone.get(package, {})) for package in PACKAGES},
        asked=data["asked"],
    )


def ask() -> Published:
    """What the package index says today: of TensorFlow, what any Python series of the catalogue can install.

    Raises:
        ReleaseUnavailable: the index cannot be asked.
    """
    series = sorted({era.python for era in catalog().eras}, key=Version)
    of_package = {"tensorflow": series, "keras": series[-1:], "tf_keras": series[-1:]}
    answers = {package: _final(package, pythons) for package, pythons in of_package.items()}
    return Published(
        versions={package: versions for package, (versions, _) in answers.items()},
        withdrawn={package: gone for package, (_, gone) in answers.items()},
        asked=datetime.datetime.now(datetime.timezone.utc).date(),
    )


def _final(package: str, series: Sequence[str]) -> tuple[tuple[str, ...], Mapping[str, str]]:
    """The final releases of ``package`` for any of ``series``, and those that were withdrawn for all."""
    distribution, first = package.replace("_", "-"), _FIRST[package]
    kept: set[str] = set()
    gone: dict[str, str] = {}
    for python in series:
        versions = published(distribution, python)
        kept.update(versions)
        gone.update(withdrawn(distribution, python, versions))
    final, lost = ({one for one in found if Version(one) >= first} for found in (kept, gone.keys() - kept))
    return tuple(sorted(final, key=Version)), {version: gone[version] for version in sorted(lost, key=Version)}


def text(known: Published) -> str:
    """The content of published.toml."""
    parts = [_HEADER.format(asked=known.asked.isoformat())]
    for package in PACKAGES:
        lines = "".join(f'    "{version}",\n' for version in known.versions[package])
        parts.append(f"{package} = [\n{lines}]\n")
    for package in PACKAGES:
        # A basic string of TOML has the escapes of JSON.
        rows = "".join(f'"{version}" = {json.dumps(why)}\n' for version, why in known.withdrawn[package].items())
        parts.append(f"[withdrawn.{package}]\n{rows}")
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
