"""`harness record` killed at random moments: golden stays valid and complete for what it says, and is gone on from."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

import pytest

from harness import golden
from harness.golden import GoldenFile
from harness.releases.release import Release

KILLS = 20
RELEASES = [f"2.{minor}.0" for minor in range(30, 42)]
NAMES = [f"load/part-{number:02d}" for number in range(10)]
FAKE = Path(__file__).with_name("fake_python.py")
SCENARIO = """\
title: Part of a load
why: One of many files, so that writing them all takes a while.
input: {random: normal, seed: 0, shape: [4, 40]}
training: true
sweep: {layer.momentum: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]}
"""
# Asked what it has, it names its TensorFlow; else it is a worker that says so, and leaves its process id.
PYTHON = """\
#!/bin/sh
if [ "$1" = -c ]; then echo '{{"tensorflow": "{version}"}}'; exit; fi
echo $$ >> {pids}
FAKE_TENSORFLOW={version} exec {python} {fake} "$@"
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Scenarios, and a Python for each release; the working directory."""
    for name in NAMES:
        path = tmp_path / "scenarios" / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(SCENARIO)
    for version in RELEASES:
        python = tmp_path / version
        python.write_text(
            PYTHON.format(version=version, pids=tmp_path / "pids", python=sys.executable, fake=FAKE.absolute())
        )
        python.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONUSERBASE", str(tmp_path))
    # What a killed recorder leaves there goes with the test.
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def start() -> subprocess.Popen[str]:
    pythons = [word for version in RELEASES for word in ("--python", f"./{version}")]
    return subprocess.Popen(
        [sys.executable, "-m", "harness", "record", "--runner", "tf1", "-q", *pythons],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        text=True,
    )


def each_recorded(running: subprocess.Popen[str]) -> Iterator[float]:
    """The moment at which it says that it recorded a release, for every release."""
    assert running.stdout is not None
    return (time.monotonic() for line in running.stdout if "behaviours" in line)


def finish() -> tuple[float, float]:
    """Run to the end; seconds until the first release was recorded, and from one to the next."""
    began = time.monotonic()
    with start() as running:
        moments = list(each_recorded(running))
    assert running.returncode == 0
    return moments[0] - began, (moments[-1] - moments[0]) / max(len(moments) - 1, 1)


def kill(running: subprocess.Popen[str], after: int, seconds: float) -> bool:
    """Kill it that long after it recorded ``after`` releases; false if it came to its end before."""
    with running:
        if sum(1 for _ in islice(each_recorded(running), after)) == after:
            time.sleep(seconds)
            os.killpg(running.pid, signal.SIGKILL)
    return running.returncode == -signal.SIGKILL


def tree(root: Path) -> dict[Path, str]:
    """Every file, but for the day on which it was recorded."""
    dated = re.compile(r'"date": "[^"]*"')
    return {path.relative_to(root): dated.sub("", path.read_text()) for path in root.rglob("*") if path.is_file()}


def read(root: Path) -> dict[str, GoldenFile]:
    found = {name: golden.read(root, name) for name in NAMES}
    return {name: file for name, file in found.items() if file is not None}


def without(file: GoldenFile, releases: set[Release]) -> GoldenFile:
    for release in releases:
        file = golden.forget_release(file, release)
    return file


def recorded(file: GoldenFile) -> set[Release]:
    return set(golden.releases_of(file).get("tf1", ()))


def check(root: Path, whole: Mapping[str, GoldenFile]) -> set[int]:
    """What a kill left is what a recording of fewer releases writes; returns of how many, file by file."""
    assert golden.check(root) == []
    left = read(root)
    for name, file in left.items():
        assert file == without(whole[name], recorded(whole[name]) - recorded(file))
    return {len(recorded(left[name])) if name in left else 0 for name in NAMES}


def ended(pids: Path) -> bool:
    """Whether every worker that was ever started has ended."""
    return not any(Path(f"/proc/{pid}").exists() for pid in pids.read_text().split()) if pids.exists() else True


def test_killed_at_random_moments_it_leaves_golden_whole_and_goes_on(project: Path) -> None:
    root, draw = project / "golden", random.Random(1)
    first, gap = finish()
    unkilled, whole = tree(root), read(root)
    assert all(len(recorded(file)) == len(RELEASES) for file in whole.values())
    shutil.rmtree(root)
    kills, partly, while_writing = 0, 0, 0
    while kills < KILLS:
        after = draw.randrange(4)
        if not kill(start(), after, draw.uniform(0, 2 * gap if after else first + gap)):
            # It had gone on from the last kill, and came to its end: once more from nothing.
            assert tree(root) == unkilled
            shutil.rmtree(root)
            continue
        counts = check(root, whole) if root.exists() else {0}
        kills += 1
        partly += counts != {0}
        while_writing += len(counts) > 1
    finish()
    assert tree(root) == unkilled
    deadline = time.monotonic() + 10
    while not ended(project / "pids"):
        assert time.monotonic() < deadline, "a worker outlived its recorder"
        time.sleep(0.05)
    print(f"of {kills} kills {partly} found golden partly recorded, {while_writing} a release in some files only")
    # Moments that miss what they are for prove nothing.
    assert partly >= KILLS / 4
    assert while_writing > 0
