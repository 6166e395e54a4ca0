"""``harness compare --fail-on difference`` on the installed TensorFlow, in a project of a user's own."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

Run = Callable[..., tuple[int, str, str]]
FROZEN = "flags/frozen"
GATE = ("compare", FROZEN, "--fail-on", "difference")


def files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def paste(project: Path, out: str) -> None:
    """What the report says to add, added to the scenario as it stands there."""
    printed = re.search(r"to expect it, add to what (\S+) says:\n((?: {4}.*\n)+)", out)
    assert printed
    lines = [line.removeprefix("    ") for line in printed[2].splitlines()]
    with (project / printed[1]).open("a") as file:
        file.write("\n".join(lines) + "\n")


def test_a_difference_fails_until_the_printed_lines_are_in_the_scenario(harness: Run, project: Path) -> None:
    before = files(project)
    assert harness("compare", FROZEN)[0] == 0
    code, out, _ = harness(*GATE)
    assert code == 1
    assert "flags/frozen: keras differs from tf1 otherwise than expected in 1 of 4 cases\n" in out
    assert "  frozen-normalizes-with: batch -> moving\n    flags/frozen[training=true,trainable=false]\n" in out
    assert "      - {rule: frozen-normalizes-with, where: {training: true, trainable: false}}\n" in out
    assert re.search(r"summary: 8 match; .*; 1 difference not expected; claims", " ".join(out.split()))
    assert files(project) == before
    paste(project, out)
    code, out, _ = harness(*GATE)
    assert code == 0, out
    # The experiment is the same, so what was recorded still stands for it.
    assert re.search(r"summary: 8 match; .*; 1 difference expected; claims", " ".join(out.split()))


def test_an_expectation_that_no_case_shows_fails_where_it_stands(harness: Run, project: Path) -> None:
    scenario = project / "scenarios/flags/frozen.yaml"
    lines = len(scenario.read_text().splitlines())
    with scenario.open("a") as file:
        file.write("expect_difference: [frozen-normalizes-with, variance-estimator]\n")
    assert harness("compare", FROZEN)[0] == 0
    code, out, _ = harness(*GATE)
    assert code == 1
    place = f"scenarios/flags/frozen.yaml:{lines + 1}:45"
    assert f"{place}: variance-estimator is expected, but explains no difference any more\n" in out
    assert "otherwise than expected" not in out
    code, out, _ = harness(*GATE, "-k", "trainable=false")
    assert code == 0, out


def test_a_rule_that_does_not_exist_is_an_invalid_scenario(harness: Run, project: Path) -> None:
    with (project / "scenarios/flags/frozen.yaml").open("a") as file:
        file.write("expect_difference: [frozen-normalises-with]\n")
    code, out, err = harness(*GATE)
    assert (code, out) == (2, "")
    assert "must be the id of a rule, got 'frozen-normalises-with'\n  hint: did you mean frozen-normalizes-with?" in err


def test_one_runner_alone_is_nothing_to_fail_on(harness: Run, project: Path) -> None:
    assert project.is_dir()
    assert harness("compare", FROZEN, "--runner", "tf1")[0] == 0
    code, out, _ = harness(*GATE, "--runner", "tf1")
    assert code == 3
    assert "no two runners were compared, so none can differ" in out
