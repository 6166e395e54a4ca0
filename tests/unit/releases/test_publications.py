"""The list of published releases: what lies between two, and how it is asked and written."""

from __future__ import annotations

import datetime
import sys
from importlib import import_module
from pathlib import Path

import pytest
from packaging.version import Version

from harness.errors import Problem, ReleaseUnavailable
from harness.releases import publications
from harness.releases.catalog import catalog
from harness.releases.publications import FILE, Published, main, parse, shipped, text
from tests.unit.each import each

_toml = import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
KNOWN = Published(
    versions={"tensorflow": ("1.4.0", "1.4.1", "1.10.0", "2.0.0"), "keras": ("3.0.0",), "tf_keras": ()},
    withdrawn={"tensorflow": {"1.5.0": 'broken "wheel"', "1.11.0": "worse"}, "keras": {}, "tf_keras": {}},
    asked=datetime.date(2026, 11, 23),
)


@each(
    "before, after, between",
    [
        ("1.4.0", "1.4.1", ()),
        ("1.4.0", "2.0.0", ("1.4.1", "1.10.0")),
        ("1.4.1", "1.11.0", ("1.10.0",)),
        ("2.0.0rc1", "2.0.0", ()),
        ("1.10.0", "2.0.0.post1", None),
        ("1.4.0", "2.1.0.dev20261101", None),
    ],
)
def test_what_lies_between_two_releases(before: str, after: str, between: tuple[str, ...] | None) -> None:
    assert KNOWN.between("tensorflow", before, after) == between


@pytest.mark.parametrize(
    ("before", "after", "gone"),
    [("1.4.1", "1.10.0", ["1.5.0"]), ("1.5.0", "2.0.0", ["1.11.0"]), ("1.4.0", "1.4.1", [])],
)
def test_what_was_withdrawn_between_two_releases(before: str, after: str, gone: list[str]) -> None:
    assert list(KNOWN.withdrawn_between("tensorflow", before, after)) == gone
    assert KNOWN.withdrawn_between("keras", before, after) == {}


def test_of_an_unknown_package_nothing_is_known() -> None:
    assert KNOWN.between("tf_keras", "2.16.0", "2.17.0") is None


def test_the_shipped_list_holds_every_catalogued_release_in_order() -> None:
    known = shipped()
    for tensorflow, keras in catalog().entries:
        assert tensorflow in known.versions["tensorflow"]
        assert keras is None or keras in known.versions["keras"]
    for versions in known.versions.values():
        assert list(versions) == sorted(set(versions), key=Version)
        assert not any(Version(version).is_prerelease for version in versions)


def test_the_shipped_file_is_as_it_would_be_written() -> None:
    assert text(shipped()) == FILE.read_text(encoding="utf-8")


def test_what_is_written_reads_back() -> None:
    assert parse(_toml.loads(text(KNOWN))) == KNOWN


def test_every_python_series_of_the_catalogue_is_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    of_series = {"3.6": ("0.12.1", "1.0.0"), "3.8": ("2.2.0",), "3.9": ("2.10.0", "2.5.0"), "3.11": ("2.12.0",)}
    answers: dict[str, dict[str, tuple[str, ...]]] = {"tensorflow": of_series}
    answers |= {"keras": {"3.11": ("2.15.0", "3.0.0")}, "tf-keras": {"3.11": ("2.16.0",)}}
    gone = {"3.6": {"0.11.0": "old", "2.2.0": "no wheel for this Python any more"}, "3.9": {"2.9.0": "broken"}}
    monkeypatch.setattr(publications, "published", lambda package, series: answers[package].get(series, ()))

    def withdrawn(package: str, series: str, kept: tuple[str, ...]) -> dict[str, str]:
        return gone.get(series, {}) if package == "tensorflow" and kept == of_series[series] else {}

    monkeypatch.setattr(publications, "withdrawn", withdrawn)
    assert main(tmp_path / "published.toml") == 0
    asked = parse(_toml.loads((tmp_path / "published.toml").read_text()))
    assert asked.versions["tensorflow"] == ("1.0.0", "2.2.0", "2.5.0", "2.10.0", "2.12.0")
    assert asked.versions["keras"] == ("3.0.0",)
    assert asked.versions["tf_keras"] == ("2.16.0",)
    assert asked.withdrawn == {"tensorflow": {"2.9.0": "broken"}, "keras": {}, "tf_keras": {}}


def test_without_an_index_the_file_stays(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def offline(package: str, _: str) -> tuple[str, ...]:
        raise ReleaseUnavailable(Problem(place=package, message="no answer"))

    monkeypatch.setattr(publications, "published", offline)
    assert main(tmp_path / "published.toml") == 5
    assert "tensorflow: no answer" in capsys.readouterr().err
    assert not (tmp_path / "published.toml").exists()
