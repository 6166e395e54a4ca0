"""Any release can be forgotten and recorded again on the installed TensorFlow, and no byte of golden differs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from harness import golden
from harness.releases.release import Release

Run = Callable[..., tuple[int, str, str]]
SCENARIOS = ("flags/frozen", "flags/refused")
RUNNERS = ("--runner", "tf1", "--runner", "keras", "--runner", "tf_keras")


def tree(root: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def installed(root: Path) -> dict[str, Release]:
    """What the project is recorded on, by runner."""
    file = golden.read(root, SCENARIOS[0])
    assert file is not None
    return {runner: release for runner, (release,) in golden.releases_of(file).items()}


def add_another(root: Path, tensorflow: str) -> None:
    """Record what the installed release shows for another TensorFlow too, so that behaviours are shared."""
    releases = installed(root)
    for scenario in SCENARIOS:
        file = golden.read(root, scenario)
        assert file is not None
        for runner, release in releases.items():
            for key, case in file.cases.items():
                [behaviour] = case.runners[runner]
                other = replace(release, tensorflow=tensorflow)
                file, _ = golden.record_case(
                    file,
                    key=key,
                    sha256=case.sha256,
                    runner=runner,
                    release=other,
                    observation=behaviour.observation,
                    same=lambda left, right: left == right,
                )
                golden.update_provenance(root, other, runner, golden.read_provenance(root)[str(release)][runner])
        golden.write(root, file)
    assert golden.check(root) == []


@pytest.mark.parametrize("other", ["2.0.0", "99.0.0"], ids=["joins", "gives its numbers"])
def test_forgotten_and_recorded_again_the_tree_is_the_same(harness: Run, project: Path, other: str) -> None:
    root = project / "golden"
    releases = installed(root)
    add_another(root, other)
    before = tree(root)
    for scenario in SCENARIOS:
        file = golden.read(root, scenario)
        assert file is not None
        for release in releases.values():
            file = golden.forget_release(file, release)
        golden.write(root, file)
    assert tree(root) != before
    code, out, _ = harness("record", *SCENARIOS, *RUNNERS)
    assert code == 0
    assert "unchanged" not in out
    assert tree(root) == before


def test_reproduce_says_so_and_writes_nothing(harness: Run, project: Path) -> None:
    releases = installed(project / "golden")
    before = tree(project)
    code, out, err = harness("record", *SCENARIOS, *RUNNERS, "--reproduce")
    assert code == 0, err
    assert out == f"{releases['tf1']}, {releases['keras']}: no file would change, forgotten and recorded again\n"
    assert tree(project) == before


def test_what_would_change_is_told_and_nothing_is_written(harness: Run, project: Path) -> None:
    path = project / "golden/flags/frozen.json"
    path.write_text(path.read_text().replace('"values": [0.5, 1.5]', '"values": [0.5, 1.75]'))
    before = tree(project)
    code, out, err = harness("record", *SCENARIOS, "--runner", "keras", "--reproduce")
    assert code == 1, err
    assert out.startswith(
        f"{installed(project / 'golden')['keras']}: 1 of 3 files would change, forgotten and recorded"
    )
    assert '"values": [0.5, 1.75]' in out
    assert '"values": [0.5, 1.5]' in out
    assert tree(project) == before


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("words", [["--replace", "2.21.0"], ["--prune"]])
def test_it_goes_with_nothing_that_writes(harness: Run, words: list[str]) -> None:
    code, out, err = harness("record", *SCENARIOS, "--reproduce", *words)
    assert (code, out) == (2, "")
    assert f"--reproduce {words[0]}: --reproduce writes nothing" in err
