from __future__ import annotations

import importlib.util
import sys

import pytest

from harness.errors import ReleaseUnavailable
from harness.releases.published import published, withdrawn
from tests.integration.releases.conftest import World, put


@pytest.fixture(autouse=True)
def _pip_answers(world: World) -> None:
    put("pip", world.root / "tools/python")


def test_versions_come_oldest_first_without_those_that_are_none(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_PIP", "2.0.0, 1.10.1, 1.9.0, 0.1dev-r1716, 2.15.0.post1")
    assert published("x", "3.6") == ("1.9.0", "1.10.1", "2.0.0", "2.15.0.post1")
    (call,) = world.calls()
    assert call.startswith("-m pip index versions x --python-version 3.6 --only-binary :all:")


def test_a_package_without_a_wheel_for_that_python_has_no_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_PIP", "none")
    assert published("x", "3.6") == ()


@pytest.mark.parametrize("answer", ["offline", "partial"])
def test_an_index_that_does_not_answer_is_not_an_empty_one(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    monkeypatch.setenv("FAKE_PIP", answer)
    with pytest.raises(ReleaseUnavailable, match="cannot learn which versions are published"):
        published("x", "3.6")


def test_where_there_is_no_pip_uv_runs_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ReleaseUnavailable):
        published("x", "3.6")
    assert world.calls()[0].startswith("tool run --quiet pip index versions x")
    assert sys.executable.endswith("tools/python")


@pytest.mark.parametrize("pip", ["older", "newer"])
def test_what_was_withdrawn_and_why(world: World, monkeypatch: pytest.MonkeyPatch, pip: str) -> None:
    monkeypatch.setenv("FAKE_PIP", pip)
    monkeypatch.setenv("FAKE_UV_YANKED", "does not import")
    assert withdrawn("x", "3.6", ("1.9.0", "2.0.0")) == {"1.10.1": "does not import"}
    monkeypatch.setenv("FAKE_UV_YANKED", "")
    assert withdrawn("x", "3.6", ("1.9.0", "2.0.0")) == {}
    monkeypatch.setenv("FAKE_UV_FAILS", "compile")
    with pytest.raises(ReleaseUnavailable, match=r"x==1\.10\.1: resolving\ncause: no such wheel"):
        withdrawn("x", "3.6", ("1.9.0", "2.0.0"))
    assert world.calls("-m pip")[0].startswith("-m pip install x<0 --dry-run --no-deps --python-version 3.6")


def test_without_a_reason_it_is_said_that_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_PIP", "newer")
    monkeypatch.setenv("FAKE_UV_YANKED", "-")
    assert withdrawn("x", "3.6", ("1.9.0", "2.0.0")) == {"1.10.1": "no reason given"}


@pytest.mark.parametrize("answer", ["offline", "none"])
def test_without_an_answer_nothing_is_taken_for_withdrawn_or_not(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    monkeypatch.setenv("FAKE_PIP", answer)
    with pytest.raises(ReleaseUnavailable, match="cannot learn which versions are published"):
        withdrawn("x", "3.6", ())
