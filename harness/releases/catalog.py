"""What has to be installed for a release: catalog.toml and the locks beside it, as values."""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from harness.releases.release import Release

# The standard library has it from 3.11 on; before, it is a package of the same interface.
_toml = import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")

FOLDER = Path(__file__).parent
LOCKS = FOLDER / "locks"
FLOATING_SINCE = Version("2.16.0rc0")
"""The first TensorFlow whose Keras is an axis of its own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Era:
    """What makes every TensorFlow of a range import.

    Attributes:
        tensorflow: the range.
        python: CPython series, ``3.9``.
        wheel: distribution that TensorFlow is installed from.
        pins: exact requirements beside it.
    """

    tensorflow: SpecifierSet
    python: str
    wheel: str
    pins: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Spec:
    """An environment that can be asked for: what is installed in it, and which releases it can show.

    Attributes:
        tensorflow: version.
        keras: version of Keras 3; ``None`` where TensorFlow brings its own Keras.
        tf_keras: version of the legacy Keras; ``None`` likewise.
        name: ``2.15.1``, ``2.21.0``, or ``2.21.0+keras-3.5.0`` where Keras is not the catalogue's default.
        python: CPython series.
        requirements: what the installer is given.
        overrides: requirements that replace those of the packages themselves.
        complete: ``requirements`` name every package exactly, so that nothing is left to resolve.
    """

    tensorflow: str
    keras: str | None
    tf_keras: str | None
    name: str
    python: str
    requirements: tuple[str, ...]
    overrides: tuple[str, ...]
    complete: bool

    @property
    def releases(self) -> Mapping[str, Release]:
        """By runner, the release that it shows when it runs in this environment.

        A post-release is repackaged code, and calls itself by the release: 2.15.0.post1 shows 2.15.0.
        """
        tensorflow = self.tensorflow.partition(".post")[0]
        if self.keras is None:
            release = Release(tensorflow=tensorflow)
            return {"tf1": release, "keras": release}
        legacy = Release(tensorflow=tensorflow, library="tf_keras", library_version=self.tf_keras)
        default = Release(tensorflow=tensorflow, library="keras", library_version=self.keras)
        return {"tf1": legacy, "keras": default, "tf_keras": legacy}

    def shows(self, runner: str) -> Release | None:
        """The release that any runner shows in this environment; ``None`` where its library is none of it.

        ``keras:graph`` runs the Keras that ``keras`` does, and every front end of its own what ``tf1`` does.
        """
        front_end = runner.partition(":")[0]
        return self.releases.get(front_end if front_end in ("keras", "tf_keras") else "tf1")

    @property
    def versions(self) -> dict[str, str]:
        """The versions by import name that the environment must turn out to have."""
        wanted = {"tensorflow": self.tensorflow, "keras": self.keras, "tf_keras": self.tf_keras}
        return {name: version for name, version in wanted.items() if version is not None}


@dataclass(frozen=True, kw_only=True, slots=True)
class Catalog:
    """catalog.toml.

    Attributes:
        entries: (TensorFlow, Keras or ``None``) of every catalogued release, oldest first.
        default_keras: for a TensorFlow asked for without a Keras.
        default_tensorflow: for a Keras asked for without a TensorFlow.
        tf_keras: by TensorFlow minor.
        lock_platform: where the locks hold.
    """

    eras: tuple[Era, ...]
    entries: tuple[tuple[str, str | None], ...]
    default_keras: str
    default_tensorflow: str
    tf_keras: Mapping[str, str]
    lock_platform: str

    def specs(self) -> tuple[Spec, ...]:
        """Every catalogued release, oldest first."""
        return tuple(self.spec(tensorflow, keras) for tensorflow, keras in self.entries)

    def minors(self) -> tuple[Spec, ...]:
        """The last catalogued patch of every TensorFlow minor and of every Keras minor, oldest first."""
        tensorflow = last_patches(version for version, _ in self.entries)
        keras = last_patches(keras for _, keras in self.entries if keras is not None)
        return tuple(
            self.spec(version, beside)
            for version, beside in self.entries
            if version in tensorflow and (beside is None or beside in keras)
        )

    def spec(
        self, tensorflow: str, keras: str | None = None, *, platform: str | None = None, locked: bool = True
    ) -> Spec:
        """The environment for any TensorFlow from 1.0 on.

        Args:
            tensorflow: normalized version, catalogued or not.
            keras: version of Keras 3; only for a TensorFlow beside which it floats. ``None``: the default.
            platform: as ``sysconfig.get_platform()`` says it; default: this one.
            locked: whether a catalogued release gets its lock; without, what its era resolves to today.
        """
        platform = platform or sysconfig.get_platform()
        floats = Version(tensorflow) >= FLOATING_SINCE
        keras = (keras or self.default_keras) if floats else None
        tf_keras = self._tf_keras_for(tensorflow) if floats else None
        name = tensorflow if keras in (None, self.default_keras) else f"{tensorflow}+keras-{keras}"
        era = self.era(tensorflow)
        wheel = era.wheel if platform == self.lock_platform or platform.startswith("win") else "tensorflow"
        requirements = _requirements(f"{wheel}=={tensorflow}", era.pins, keras, tf_keras)
        lock = LOCKS / f"{name}.txt"
        complete = locked and platform == self.lock_platform and (tensorflow, keras) in self.entries and lock.is_file()
        return Spec(
            tensorflow=tensorflow,
            keras=keras,
            tf_keras=tf_keras,
            name=name,
            python=era.python,
            requirements=tuple(lock.read_text().split("\n")[:-1]) if complete else requirements,
            overrides=() if complete else _overrides(wheel, keras),
            complete=complete,
        )

    def era(self, tensorflow: str) -> Era:
        """The era of a version, pre-releases included; the last era has no end."""
        return next(era for era in self.eras if era.tensorflow.contains(tensorflow, prereleases=True))

    def _tf_keras_for(self, tensorflow: str) -> str:
        minor = "{}.{}".format(*Version(tensorflow).release)
        return self.tf_keras.get(minor, f"{minor}.0")


def last_patches(versions: Iterable[str]) -> tuple[str, ...]:
    """The highest version of every minor, lowest first."""
    ordered = sorted(versions, key=Version)
    return tuple({Version(version).release[:2]: version for version in ordered}.values())


@lru_cache(maxsize=1)
def catalog() -> Catalog:
    """The catalogue that ships with the harness."""
    return parse(_toml.loads((FOLDER / "catalog.toml").read_text(encoding="utf-8")))


def parse(data: Mapping[str, Any]) -> Catalog:
    """A :class:`Catalog` from the tables of catalog.toml."""
    entries = [(entry["tensorflow"], entry.get("keras")) for entry in data["release"]]
    return Catalog(
        eras=tuple(
            Era(
                tensorflow=SpecifierSet(era["tensorflow"]),
                python=era["python"],
                wheel=era["wheel"],
                pins=tuple(era["pins"]),
            )
            for era in data["era"]
        ),
        entries=tuple(sorted(entries, key=lambda entry: (Version(entry[0]), Version(entry[1] or "0")))),
        default_keras=data["keras"]["default"],
        default_tensorflow=data["keras"]["tensorflow"],
        tf_keras=dict(data["tf_keras"]),
        lock_platform=data["lock_platform"],
    )


def _requirements(tensorflow: str, pins: tuple[str, ...], keras: str | None, tf_keras: str | None) -> tuple[str, ...]:
    floating = () if keras is None else (f"keras=={keras}", f"tf_keras=={tf_keras}")
    return (tensorflow, *pins, *floating)


def _overrides(wheel: str, keras: str | None) -> tuple[str, ...]:
    """What the packages ask for and must not get."""
    if keras is None:
        return ()
    # TensorFlow asks for a newer Keras than the one to look at; old ones run on it all the same.
    pinned = (f"keras=={keras}",)
    # tf_keras asks for the full TensorFlow, which would be laid over tensorflow-cpu, in the same folder.
    return pinned if wheel == "tensorflow" else (*pinned, "tensorflow; sys_platform == 'never'")
