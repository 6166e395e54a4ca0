from __future__ import annotations

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from harness.releases.catalog import LOCKS, Spec, catalog, last_patches
from harness.releases.publications import shipped
from tests.unit.each import each

CATALOG = catalog()
LINUX = "linux-x86_64"


def spec(tensorflow: str, keras: str | None = None, platform: str = LINUX) -> Spec:
    return CATALOG.spec(tensorflow, keras, platform=platform)


def pinned(lines: tuple[str, ...]) -> dict[str, str]:
    requirements = [Requirement(line) for line in lines]
    return {canonicalize_name(one.name): str(one.specifier).removeprefix("==") for one in requirements}


def test_the_last_patch_of_every_tensorflow_minor_is_there() -> None:
    last = [spec.tensorflow for spec in CATALOG.minors() if spec.keras in (None, CATALOG.default_keras)]
    assert [Version(one).release[:2] for one in last] == [(1, minor) for minor in range(16)] + [
        (2, minor) for minor in range(22)
    ]
    assert set(last) <= set(last_patches(shipped().versions["tensorflow"]))


def test_the_last_patch_of_every_keras_3_minor_is_there_on_the_newest_tensorflow() -> None:
    last = [spec.keras for spec in CATALOG.minors() if spec.tensorflow == "2.21.0" and spec.keras]
    assert last == list(last_patches(shipped().versions["keras"]))


def test_no_release_is_there_twice() -> None:
    assert len(set(CATALOG.entries)) == len(CATALOG.entries)


def test_the_locks_are_those_of_the_catalogue() -> None:
    names = {CATALOG.spec(*entry).name for entry in CATALOG.entries}
    assert {path.name for path in LOCKS.iterdir()} == {f"{name}.txt" for name in names}


@each("entry", CATALOG.entries)
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


@each(
    "version, python, first, pin",
    [
        ("1.0.0", "3.6", "tensorflow==1.0.0", "numpy==1.14.5"),
        ("1.15.3", "3.6", "tensorflow==1.15.3", "numpy==1.18.5"),
        ("2.0.0rc1", "3.6", "tensorflow==2.0.0rc1", "numpy==1.18.5"),
        ("2.1.1", "3.6", "tensorflow-cpu==2.1.1", "numpy==1.18.5"),
        ("2.4.0", "3.8", "tensorflow-cpu==2.4.0", "numpy==1.19.5"),
        ("2.6.1", "3.9", "tensorflow-cpu==2.6.1", "keras==2.6.0"),
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


@each(
    "tensorflow, runner, release",
    [
        ("2.20.0", "tf1", "2.20.0+tf_keras-2.20.1"),
        ("2.20.0", "keras:graph", "2.20.0+keras-3.15.1"),
        ("2.20.0", "tf_keras:xla", "2.20.0+tf_keras-2.20.1"),
        ("2.20.0", "keras_v1", "2.20.0+tf_keras-2.20.1"),
        ("2.15.1", "keras:function", "2.15.1"),
        ("2.15.1", "shim", "2.15.1"),
        ("2.15.1", "tf_keras:graph", None),
    ],
)
def test_any_runner_shows_what_its_library_does(tensorflow: str, runner: str, release: str | None) -> None:
    shown = spec(tensorflow).shows(runner)
    assert (str(shown) if shown else None) == release


def test_a_post_release_shows_its_release() -> None:
    assert str(spec("2.15.0.post1").releases["tf1"]) == "2.15.0"


def test_before_2_16_no_keras_floats() -> None:
    assert spec("2.15.1").keras is None
    assert spec("2.15.1").versions == {"tensorflow": "2.15.1"}
    assert spec("2.16.0rc0").keras == "3.15.1"
