"""A set of versions in the words of ``--tf``: a version, a minor, a range, a specifier, or ``all``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from harness.releases.release import Release

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

FORMS = "a version (2.15.1), a minor (2.15), a range (1.8..1.15), a specifier ('>=2.16'), or all"


@dataclass(frozen=True, kw_only=True, slots=True)
class Range:
    """Versions from ``low`` to ``high``, both included, that satisfy ``specifier``; ``None`` does not limit.

    Attributes:
        text: as it was written.
        high: 1.15 reaches to the last patch of 1.15.
    """

    text: str
    low: Version | None = None
    high: Version | None = None
    specifier: SpecifierSet | None = None

    @classmethod
    def parse(cls, word: str) -> Range:
        """What ``word`` means.

        Raises:
            ValueError: it means nothing; says why.
        """
        if word == "all":
            return cls(text=word)
        if word[:1] in tuple("<>=!~"):
            return cls(text=word, specifier=_specifier(word))
        first, dots, last = word.partition("..")
        if not dots:
            one = _version(word)
            return cls(text=word, low=one, high=one)
        return cls(text=word, low=_version(first) if first else None, high=_version(last) if last else None)

    @property
    def backwards(self) -> bool:
        """Whether it is a range that ends before it begins."""
        return self.low is not None and self.high is not None and not reaches(self.high, self.low)

    def covers(self, version: str) -> bool:
        """Whether ``version`` is in the set; a release candidate is where PEP 440 orders it."""
        known = Version(version)
        above = self.low is None or self.low <= known
        below = self.high is None or reaches(self.high, known)
        return above and below and (self.specifier is None or self.specifier.contains(known, prereleases=True))


@dataclass(frozen=True, kw_only=True, slots=True)
class ReleaseRange:
    """Releases by their TensorFlow and by the Keras 3 beside it.

    Attributes:
        tensorflow: ``None``: any.
        keras: likewise; given, a release without a Keras 3 of its own version is not covered.
    """

    tensorflow: Range | None = None
    keras: Range | None = None

    def covers(self, release: Release) -> bool:
        """Whether ``release`` is one of them."""
        if self.tensorflow is not None and not self.tensorflow.covers(release.tensorflow):
            return False
        if self.keras is None:
            return True
        return (
            release.library == "keras"
            and release.library_version is not None
            and self.keras.covers(release.library_version)
        )

    def __str__(self) -> str:
        """``TensorFlow >=2.16, Keras 3.0..3.8``."""
        named = (("TensorFlow", self.tensorflow), ("Keras", self.keras))
        return ", ".join(f"{name} {one.text}" for name, one in named if one is not None)


def reaches(end: Version, version: Version) -> bool:
    """Whether a range up to ``end`` holds ``version``: 1.15 reaches to the last patch of 1.15."""
    return version <= end or version.release[: len(end.release)] == end.release


def _specifier(word: str) -> SpecifierSet:
    # Slow to import, and few scenarios say for which releases they are.
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        return SpecifierSet(word)
    except InvalidSpecifier as error:
        raise ValueError("not a version specifier") from error


def _version(word: str) -> Version:
    try:
        found = Version(word)
    except InvalidVersion as error:
        raise ValueError("not a version") from error
    if found.local is not None:
        raise ValueError("has a + in it, which no published version has")
    return found
