from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness.errors import ReleaseUnavailable
from harness.releases.catalog import Spec
from harness.releases.environment import cache_folder, check, ensure, find, made, remove
from harness.releases.manifest import folder_name, write
from tests.integration.releases.conftest import FAKES, World

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.usefixtures("world")


def silent(text: str) -> None:
    """Progress is looked at where a test is about it."""


def test_what_is_made_once_is_found_ever_after(world: World, spec: Spec) -> None:
    said: list[str] = []
    assert find(spec) is None
    first = ensure(spec, said.append)
    calls = world.calls()
    assert ensure(spec, said.append) == find(spec) == first
    assert made() == (first,)
    assert world.calls() == calls
    assert first.versions == {"python": "3.6.15", "tensorflow": "1.0.1", "numpy": "1.14.5"}
    assert (first.name, first.python, first.requirements) == ("1.0.1", first.folder / "bin/python", spec.requirements)
    assert [line.split(" after")[0] for line in said] == [
        "1.0.1: installing, with Python 3.6.15",
        "1.0.1: importing it for the first time",
        "1.0.1: ready",
    ]


def test_the_interpreter_is_given_by_its_path_and_a_lock_is_not_resolved(world: World, spec: Spec) -> None:
    ensure(spec, silent)
    assert f"--python {world.root / 'path/python3.6'}" in world.calls("venv")[0]
    assert "--no-deps" in world.calls("pip install")[0]


def test_what_is_not_a_lock_is_resolved_under_its_overrides(world: World, spec: Spec) -> None:
    loose = dataclasses.replace(spec, complete=False, overrides=("keras==3.0.5",))
    ensure(loose, silent)
    ensure(dataclasses.replace(loose, overrides=()), silent)
    with_overrides, without = world.calls("pip install")
    assert "--override" in with_overrides
    assert "--override" not in without
    assert "--no-deps" not in with_overrides + without


@pytest.mark.parametrize(
    "change",
    [
        {"requirements": ("numpy==1.14.4", "tensorflow==1.0.1")},
        {"overrides": ("keras==3.0.5",)},
        {"python": "3.7"},
        {"complete": False},
        {"name": "1.0.1+keras-3.5.0"},
    ],
)
def test_whatever_decides_the_content_decides_the_name(spec: Spec, change: dict[str, object]) -> None:
    assert folder_name(dataclasses.replace(spec, **change)) != folder_name(spec)  # type: ignore[arg-type]
    assert folder_name(dataclasses.replace(spec)) == folder_name(spec)


def test_the_platform_and_the_format_decide_the_name_too(spec: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    here = folder_name(spec)
    monkeypatch.setattr("harness.releases.manifest.FORMAT", 2)
    later = folder_name(spec)
    monkeypatch.setattr("sysconfig.get_platform", lambda: "linux-aarch64")
    assert len({here, later, folder_name(spec)}) == 3


def test_a_failure_shows_the_installers_last_lines_and_leaves_nothing(
    world: World, spec: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_UV_FAILS", "pip install")
    with pytest.raises(ReleaseUnavailable, match=r"1\.0\.1: could not be installed.*\nresolving\ncause: no such wheel"):
        ensure(spec, silent)
    assert world.envs() == []
    monkeypatch.delenv("FAKE_UV_FAILS")
    assert ensure(spec, silent) == find(spec)


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("FAKE_IMPORT_FAILS", "libcudart.so.8.0", r"does not import \(exit 1\):\nImportError: libcudart"),
        ("FAKE_TENSORFLOW", "1.0.0", "tensorflow is 1.0.0, not 1.0.1"),
    ],
)
def test_what_does_not_import_as_itself_is_never_used(
    world: World, spec: Spec, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ReleaseUnavailable, match=said):
        ensure(spec, silent)
    assert world.envs() == []


def test_a_post_release_may_call_itself_by_its_release(spec: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_TENSORFLOW", "2.15.0")
    assert ensure(dataclasses.replace(spec, tensorflow="2.15.0.post1"), silent).versions["tensorflow"] == "2.15.0"


def test_the_first_import_writes_bytecode_and_sees_no_flags_of_the_user(
    world: World, spec: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PYTHONDONTWRITEBYTECODE", "TF_USE_LEGACY_KERAS", "KERAS_BACKEND", "PYTHONPATH"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/kept")
    ensure(spec, silent)
    seen = dict(line.split("=", 1) for line in Path(f"{world.log}.environment").read_text().splitlines() if "=" in line)
    assert not {"PYTHONDONTWRITEBYTECODE", "TF_USE_LEGACY_KERAS", "KERAS_BACKEND", "PYTHONPATH"} & seen.keys()
    assert seen["LD_LIBRARY_PATH"] == "/kept"


def test_two_at_once_make_it_once(world: World, spec: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_UV_SECONDS", "0.1")
    said: list[str] = []
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: ensure(spec, said.append), range(2))
    assert first == second
    assert len(world.calls("pip install")) == 1
    assert sum("waiting for another process" in line for line in said) == 1


def test_a_killed_maker_leaves_nothing_that_is_used(world: World, spec: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    maker = (
        "from harness.releases import environment as e; from harness.releases.catalog import Spec; import sys;"
        f"sys.executable = {str(world.root / 'tools/python')!r};"
        f"e.ensure({spec!r}, print)"
    )
    monkeypatch.setenv("FAKE_UV_SECONDS", "0.3")
    process = subprocess.Popen([world.python, "-c", maker], cwd=ROOT, stdout=subprocess.DEVNULL)
    world.await_call("pip install")
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert find(spec) is None
    assert made() == ()
    assert [name[0] for name in world.envs()] == ["."]
    monkeypatch.delenv("FAKE_UV_SECONDS")
    ensure(spec, silent)
    assert world.envs() == [folder_name(spec)]


def test_an_environment_whose_interpreter_is_gone_is_made_again(
    world: World, spec: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    ensure(spec, silent)
    (world.root / "path/python3.6").unlink()
    assert find(spec) is None
    other = world.root / "other/python3.6"
    other.parent.mkdir()
    other.symlink_to(FAKES / "python")
    monkeypatch.setenv("PATH", f"{other.parent}:/usr/bin:/bin")
    monkeypatch.setenv("FAKE_PYTHON", str(other))
    ensure(spec, silent)
    assert find(spec) is not None
    assert world.envs() == [folder_name(spec)]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 0}'])
def test_a_manifest_that_is_none_makes_no_environment(spec: Spec, text: str) -> None:
    folder = ensure(spec, silent).folder
    (folder / "harness-environment.json").write_text(text)
    assert find(spec) is None
    assert ensure(spec, silent).folder == folder


def test_without_a_python_nothing_is_begun(world: World, spec: Spec) -> None:
    (world.root / "path/python3.6").unlink()
    with pytest.raises(ReleaseUnavailable, match=r"1\.0\.1: needs CPython 3\.6"):
        ensure(spec, silent)
    assert world.envs() == []


def test_removing_deletes_what_the_harness_made_and_nothing_else(world: World, spec: Spec) -> None:
    there = ensure(spec, silent)
    mine = cache_folder() / "mine"
    mine.mkdir()
    remove(there, silent)
    remove(dataclasses.replace(there, folder=mine), silent)
    assert world.envs() == ["mine"]


def test_sizes_count_shared_files_and_own_ones_apart(world: World, spec: Spec) -> None:
    shared = world.root / "shared"
    shared.write_bytes(os.urandom(100_000))
    folder = world.root / "folder"
    folder.mkdir()
    (folder / "link").hardlink_to(shared)
    own = folder / "own"
    own.write_bytes(os.urandom(50_000))
    write(folder, spec, {}, seconds=1.0)
    manifest = json.loads((folder / "harness-environment.json").read_text())
    blocks = [path.stat().st_blocks * 512 for path in (shared, own)]
    assert (manifest["size"], manifest["own"]) == (sum(blocks), blocks[1])


def test_a_check_names_every_package_that_is_not_as_required(spec: Spec) -> None:
    there = ensure(spec, silent)
    assert check(there, spec) == []
    packages = there.folder / "lib/python3.6/site-packages"
    (packages / "numpy-1.14.5.dist-info").rename(packages / "numpy-1.19.5.dist-info")
    (packages / "tensorflow-1.0.1.dist-info").rmdir()
    assert check(there, spec) == ["numpy is 1.19.5, not 1.14.5", "tensorflow is missing, not 1.0.1"]


def test_the_cache_is_where_the_platform_keeps_such_things(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HARNESS_CACHE")
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    monkeypatch.setattr(sys, "platform", "linux")
    assert cache_folder() == Path("/cache/batchnorm-harness/envs")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path("/home/me/.cache/batchnorm-harness/envs")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert cache_folder() == Path("/home/me/Library/Caches/batchnorm-harness/envs")


def test_one_that_waits_for_a_failing_one_tries_itself(
    world: World, spec: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_UV_FAILS", "pip install")
    failures: list[str] = []

    def attempt() -> None:
        try:
            ensure(spec, silent)
        except ReleaseUnavailable as error:
            failures.append(str(error))

    threads = [threading.Thread(target=attempt) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(failures) == len(world.calls("pip install")) == 2
