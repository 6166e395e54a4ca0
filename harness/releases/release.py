"""A release as a value: what a runner ran on, written ``2.21.0+keras-3.15.1``, ``1.15.5``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache, total_ordering
from typing import TypeAlias

from packaging.version import InvalidVersion, Version

LIBRARIES = ("keras", "tf_keras")
"""Keras lines that float against TensorFlow, and so belong to the name of a release."""

_LIBRARY = re.compile(r"\+(?P<library>" + "|".join(LIBRARIES) + r")-(?P<version>[^+]+(\+[^+]+)?)$")
_Key: TypeAlias = tuple[Version, str, Version, str]


@total_ordering
@dataclass(frozen=True, kw_only=True, slots=True)
class Release:
    """A TensorFlow version and, where it floats, the Keras beside it.

    Totally ordered: by TensorFlow version, then library, then library version, each as PEP 440 orders them.
    Versions are normalized (``2.0.0-rc1`` becomes ``2.0.0rc1``).

    Raises:
        ValueError: a version that is none, an unknown library, or a library without version.
    """

    tensorflow: str
    library: str | None = None
    library_version: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "tensorflow", str(_version(self.tensorflow)))
        if (self.library is None) != (self.library_version is None):
            raise ValueError("a library and its version go together")
        if self.library is None or self.library_version is None:
            return
        if self.library not in LIBRARIES:
            raise ValueError(f"library must be one of {', '.join(LIBRARIES)}, got {self.library!r}")
        object.__setattr__(self, "library_version", str(_version(self.library_version)))

    @classmethod
    def parse(cls, text: str) -> Release:
        """Inverse of ``str``.

        Raises:
            ValueError: ``text`` names no release; says what was expected.
        """
        return _parse(text)

    def __str__(self) -> str:
        """``2.21.0+keras-3.15.1``, or ``1.15.5`` where no library floats."""
        if self.library is None:
            return self.tensorflow
        return f"{self.tensorflow}+{self.library}-{self.library_version}"

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Release):
            return NotImplemented
        return _key(self) < _key(other)


def _version(text: str) -> Version:
    try:
        return Version(text)
    except InvalidVersion as error:
        raise ValueError(f"{text!r} is not a version") from error


@lru_cache(maxsize=4096)
def _parse(text: str) -> Release:
    match = _LIBRARY.search(text)
    try:
        if match is None:
            return Release(tensorflow=text)
        return Release(tensorflow=text[: match.start()], library=match["library"], library_version=match["version"])
    except ValueError as error:
        expected = "expected a TensorFlow version such as 1.15.5, or one with its Keras: 2.21.0+keras-3.15.1"
        raise ValueError(f"{text!r} names no release: {error}; {expected}") from error


@lru_cache(maxsize=4096)
def _key(release: Release) -> _Key:
    # 1.0 and 1.0.0 are equal versions but different names: the name decides last, or the order is not total.
    library = Version(release.library_version or "0")
    return Version(release.tensorflow), release.library or "", library, str(release)
