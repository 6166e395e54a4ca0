from __future__ import annotations

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from harness.releases.catalog import LOCKS, Spec, catalog

CATALOG = catalog()
LINUX = "linux-x86_64"


def spec(tensorflow: str, keras: str | None = None, platform: str = LINUX) -> Spec:
    return CATALOG.spec(tensorflow, keras, platform=platform)


def pinned(lines: tuple[str, ...]) -> dict[str, str]:
    requirements = [Requirement(line) for line in lines]
    return {canonicalize_name(one.name): str(one.specifier).removeprefix("==") for one in requirements}


def test_every_tensorflow_minor_is_there_once() -> None:
    minors = [Version(tensorflow).release[:2] for tensorflow, keras in CATALOG.entries if keras in (None, "3.15.1")]
    assert minors == [(1, minor) for minor in range(16)] + [(2, minor) for minor in range(22)]


def test_every_keras_3_minor_is_there_on_the_newest_tensorflow() -> None:
    lines = [keras for tensorflow, keras in CATALOG.entries if tensorflow == "2.21.0" and keras is not None]
    assert [Version(keras).release[:2] for keras in lines] == [(3, minor) for minor in range(16)]


def test_the_locks_are_those_of_the_catalogue() -> None:
    names = {CATALOG.spec(*entry).name for entry in CATALOG.entries}
    assert {path.name for path in LOCKS.iterdir()} == {f"{name}.txt" for name in names}


@pytest.mark.parametrize("entry", CATALOG.entries, ids=lambda entry: "+".join(filter(None, entry)))
def test_a_lock_is_exact_and_holds_what_the_era_asks_for(entry: tuple[str, str | None]) -> None:
    locked = spec(*entry)
    era = CATALOG.spec(*entry, platform=LINUX, locked=False)
    assert locked.complete
    assert all(str(Requirement(line).specifier).startswith("==") for line in locked.requirements)
    assert not any("/" in line or "@" in line for line in locked.requirements)
    have = pinned(locked.requirements)
    assert {**have, **pinned(era.requirements)} == have


def test_full_tensorflow_is_never_laid_over_tensorflow_cpu() -> None:
    for entry in CATALOG.entries:
        assert not {"tensorflow", "tensorflow-cpu"} <= pinned(spec(*entry).requirements).keys()


@pytest.mark.parametrize(
    ("version", "python", "first", "pin"),
    [
        ("1.0.0", "3.6", "tensorflow==1.0.0", "numpy==1.14.5"),
        ("1.13.1", "3.6", "tensorflow==1.13.1", "numpy==1.18.5"),
        ("2.0.0rc1", "3.6", "tensorflow==2.0.0rc1", "numpy==1.18.5"),
        ("2.1.0", "3.6", "tensorflow-cpu==2.1.0", "numpy==1.18.5"),
        ("2.4.0", "3.8", "tensorflow-cpu==2.4.0", "numpy==1.19.5"),
        ("2.6.0", "3.9", "tensorflow-cpu==2.6.0", "keras==2.6.0"),
        ("2.15.0.post1", "3.11", "tensorflow-cpu==2.15.0.post1", "protobuf==4.25.8"),
        ("2.16.0rc1", "3.11", "tensorflow-cpu==2.16.0rc1", "tf_keras==2.16.0"),
        ("2.22.0", "3.11", "tensorflow-cpu==2.22.0", "tf_keras==2.22.0"),
    ],
)
def test_any_other_version_gets_the_pins_of_its_era(version: str, python: str, first: str, pin: str) -> None:
    other = spec(version)
    assert (other.python, other.requirements[0], other.complete) == (python, first, False)
    assert pin in other.requirements


def test_an_uncatalogued_keras_replaces_the_one_that_tensorflow_asks_for() -> None:
    other = spec("2.21.0", "3.5.1")
    assert other.name == "2.21.0+keras-3.5.1"
    assert "keras==3.5.1" in other.requirements
    assert other.overrides == ("keras==3.5.1", "tensorflow; sys_platform == 'never'")


def test_elsewhere_than_where_the_locks_hold_the_era_decides() -> None:
    mac = spec("2.21.0", platform="macosx-14.0-arm64")
    assert not mac.complete
    assert mac.requirements[0] == "tensorflow==2.21.0"
    assert mac.overrides == ("keras==3.15.1",)


def test_a_spec_knows_the_releases_that_it_shows() -> None:
    assert {runner: str(release) for runner, release in spec("1.15.5").releases.items()} == {
        "tf1": "1.15.5",
        "keras": "1.15.5",
    }
    assert {runner: str(release) for runner, release in spec("2.20.0").releases.items()} == {
        "tf1": "2.20.0+tf_keras-2.20.1",
        "keras": "2.20.0+keras-3.15.1",
        "tf_keras": "2.20.0+tf_keras-2.20.1",
    }


def test_a_post_release_shows_its_release() -> None:
    assert str(spec("2.15.0.post1").releases["tf1"]) == "2.15.0"


def test_before_2_16_no_keras_floats() -> None:
    assert spec("2.15.1").keras is None
    assert spec("2.15.1").versions == {"tensorflow": "2.15.1"}
    assert spec("2.16.0rc0").keras == "3.15.1"
