"""The words of ``--tf`` and ``--keras`` into environments."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from packaging.version import InvalidVersion, Version

from harness.errors import InvalidOption, Problem
from harness.releases.catalog import FLOATING_SINCE, Catalog, Spec, catalog, last_patches
from harness.releases.newest import LATEST, newest
from harness.releases.ranges import FORMS, Range
from harness.releases.release import Release

_FORMS = f"{FORMS}, minors or {LATEST}"


def resolve(words: Sequence[str], keras: Sequence[str] = (), *, of: Catalog | None = None) -> tuple[Spec, ...]:
    """The environments that were asked for, each once, in the order asked.

    Args:
        words: of ``--tf``: a version, catalogued or not; a minor, which means its catalogued patch; a range or
            a specifier over the catalogued TensorFlow versions; a release (``2.21.0+keras-3.5.0``); ``all`` or
            ``minors``, the last patch of each: without ``keras`` these include the Keras releases beside the
            catalogue's own TensorFlow; ``latest``, the newest that the package index has.
        keras: of ``--keras``, likewise; each on every TensorFlow asked for, else on the catalogue's own.
        of: default: the catalogue that ships with the harness.

    Raises:
        InvalidOption: every word that means nothing, at once.
        ReleaseUnavailable: ``latest``, and the package index cannot be asked.
    """
    source = of or catalog()
    words, keras = _dated("tensorflow", words), _dated("keras", keras)
    if not keras and list(words) == ["all"]:
        return source.specs()
    if not keras and list(words) == ["minors"]:
        return source.minors()
    problems: list[Problem] = []
    specs: list[Spec] = []
    lines = _expand("--keras", keras, _keras_versions(source), problems)
    for word in words:
        try:
            specs += _specs(word, lines, source)
        except InvalidOption as error:
            problems += error.problems
    if not words:
        specs += [source.spec(source.default_tensorflow, line) for line in lines]
    if problems:
        raise InvalidOption(*problems)
    return tuple({spec.name: spec for spec in specs}.values())


def _dated(package: str, words: Sequence[str]) -> list[str]:
    """``words`` with today's version for ``latest``."""
    return [newest(package) if word == LATEST else word for word in words]


def _specs(word: str, keras: Sequence[str], source: Catalog) -> list[Spec]:
    if "+" in word:
        return [_named(word, keras, source)]
    problems: list[Problem] = []
    versions = _expand("TensorFlow", [word], _tensorflow_versions(source), problems)
    for version in versions if keras else ():
        if Version(version) < FLOATING_SINCE:
            hint = f"leave --keras away, or ask for a newer TensorFlow: --tf {source.default_tensorflow}"
            problems.append(
                Problem(place=f"TensorFlow {word}", message=f"TensorFlow {version} has a Keras of its own", hint=hint)
            )
    if problems:
        raise InvalidOption(*problems)
    return [source.spec(version, line) for version in versions for line in (keras or (None,))]


def _named(word: str, keras: Sequence[str], source: Catalog) -> Spec:
    """The environment that shows the release ``word``."""
    try:
        release = Release.parse(word)
    except ValueError as error:
        raise InvalidOption(Problem(place=f"TensorFlow {word}", message=str(error))) from error
    if release.library is None:
        hint = "a release is written 2.21.0+keras-3.5.0 or 2.21.0+tf_keras-2.21.0; a vendor's TensorFlow needs --python"
        raise InvalidOption(Problem(place=f"TensorFlow {word}", message="names no Keras after the +", hint=hint))
    if keras:
        raise InvalidOption(Problem(place=f"TensorFlow {word}", message="names its Keras already; leave --keras away"))
    spec = source.spec(release.tensorflow, release.library_version if release.library == "keras" else None)
    if release not in spec.releases.values():
        shown = ", ".join(sorted({str(shown) for shown in spec.releases.values()}))
        raise InvalidOption(Problem(place=f"TensorFlow {word}", message=f"that environment shows {shown}"))
    return spec


def _expand(option: str, words: Sequence[str], known: Sequence[str], problems: list[Problem]) -> list[str]:
    """The versions that ``words`` mean; those that mean nothing become problems."""
    versions: list[str] = []
    for word in words:
        try:
            versions += _versions(word, known)
        except ValueError as error:
            close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
            hint = f"did you mean {close[0]}? expected {_FORMS}" if close else f"expected {_FORMS}"
            problems.append(Problem(place=f"{option} {word}", message=str(error), hint=hint))
    return list(dict.fromkeys(versions))


def _versions(word: str, known: Sequence[str]) -> list[str]:
    if word == "all":
        return list(known)
    if word == "minors":
        return list(last_patches(known))
    if ".." in word or word[:1] in tuple("<>=!~"):
        return _covered(word, known)
    return [_one(word, known)]


def _one(word: str, known: Sequence[str]) -> str:
    version = _version(word)
    first, last = Version(known[0]), Version(known[-1])
    if not first.major <= version.major <= last.major:
        raise ValueError(f"no such version: they go from {first.major}.0 to {last.major}.x")
    if len(version.release) < 2:
        raise ValueError("which one? a major version alone is many releases")
    minor = [candidate for candidate in known if Version(candidate).release[:2] == version.release]
    return minor[-1] if minor and not version.is_prerelease else str(version)


def _covered(word: str, known: Sequence[str]) -> list[str]:
    wanted = Range.parse(word)
    found = [version for version in known if wanted.covers(version)]
    if not found:
        kind = "is in that range" if ".." in word else "satisfies it"
        raise ValueError(f"no catalogued version {kind}: they go from {known[0]} to {known[-1]}")
    return found


def _version(word: str) -> Version:
    try:
        return Version(word)
    except InvalidVersion as error:
        raise ValueError("not a version") from error


def _tensorflow_versions(source: Catalog) -> list[str]:
    return list(dict.fromkeys(tensorflow for tensorflow, _ in source.entries))


def _keras_versions(source: Catalog) -> list[str]:
    return sorted({keras for _, keras in source.entries if keras is not None}, key=Version)
