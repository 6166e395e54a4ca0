"""Completion as the shells do it: the printed script is evaluated, and asked what a line can become."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.cli import main
from tests.integration.clones import make_clone

BIN = Path(sys.executable).parent
BASH = """
eval "$(harness completion bash)"
COMP_LINE="$1" COMP_POINT=${#1} COMP_TYPE=9
_python_argcomplete harness
printf '%s\\n' "${COMPREPLY[@]}"
"""
FISH = 'harness completion fish | source; complete --do-complete "$argv[1]"'
# zsh completes only at a prompt: one that is typed into.
ZSH = """
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'PROMPT=; autoload -U compinit && compinit -u -D; eval "$(harness completion zsh)"; echo rea''dy'
zpty -r shell line '*ready*'
zpty -n -w shell "$1"$'\\t'
sleep 3
zpty -r -t shell line
print -r -- "$line"
while zpty -r -t shell line; do print -r -- "$line"; done
"""


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clone(tmp_path_factory.mktemp("clone"))


def shell(program: str, script: str, line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed here")
    option = {
        "bash": ["--norc", "-c", script, "bash"],
        "fish": ["-N", "-c", script],
        "zsh": ["-f", "-c", script, "zsh"],
    }
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "HARNESS_CACHE": str(folder / "cache")}
    return subprocess.run(
        [program, *option[program], line], cwd=folder, capture_output=True, text=True, check=False, env=environment
    )


def bash(line: str, folder: Path) -> list[str]:
    ran = shell("bash", BASH, line, folder)
    assert ran.stderr == ""
    return [word.strip() for word in ran.stdout.splitlines() if word.strip()]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("harness compa", ["compare"]),
        ("harness compare --base", ["--baseline"]),
        ("harness show flags/seed", ["flags/seed-article"]),
        ("harness compare --runner keras", ["keras", "keras:function", "keras:xla", "keras:graph", "keras_v1"]),
        ("harness compare --device g", ["gpu"]),
        ("harness compare --tf 2.15", ["2.15.1"]),
        ("harness envs create 1.0", ["1.0.1"]),
        ("harness rules frozen-n", ["frozen-normalizes-with"]),
        ("harness list --tag articl", ["article"]),
        ("harness completion f", ["fish"]),
    ],
)
def test_bash(line: str, words: list[str], clone: Path) -> None:
    assert bash(line, clone) == words


def test_bash_completes_cases_as_the_shell_reads_them(clone: Path) -> None:
    cases = [
        f"training={training},trainable={frozen}" for training in ("true", "false") for frozen in ("true", "false")
    ]
    assert bash("harness show flags/seed-article[", clone) == [f"flags/seed-article\\[{case}\\]" for case in cases]
    assert bash("harness show 'flags/seed-article[", clone) == [f"flags/seed-article[{case}]" for case in cases]


def test_a_scenario_that_is_wrong_spoils_nothing(clone: Path, tmp_path: Path) -> None:
    shutil.copytree(clone / "scenarios" / "flags", tmp_path / "scenarios" / "flags")
    (tmp_path / "scenarios" / "flags" / "wrong.yaml").write_text("title: [\n")
    assert bash("harness show flags/w", tmp_path) == ["flags/wrong"]
    assert bash("harness show flags/wrong[", tmp_path) == []
    assert len(bash("harness show flags/seed-article[", tmp_path)) == 4
    assert bash("harness list --tag a", tmp_path) == []


def test_without_scenarios_nothing_is_completed_and_nothing_said(tmp_path: Path) -> None:
    assert bash("harness show fl", tmp_path) == []
    assert "compare" in bash("harness nothing of this ", tmp_path)


def test_names_and_cases_are_there_at_once(clone: Path) -> None:
    bash("harness show flags/seed-article[", clone)
    took = []
    for _ in range(5):
        began = time.perf_counter()
        environment = {
            **os.environ,
            "HARNESS_CACHE": str(clone / "cache"),
            "_ARGCOMPLETE": "1",
            "_ARGCOMPLETE_STDOUT_FILENAME": str(clone / "answer"),
            "COMP_LINE": "harness show flags/seed-article[",
            "COMP_POINT": "32",
        }
        subprocess.run([BIN / "harness"], cwd=clone, check=True, env=environment)
        took.append(time.perf_counter() - began)
    assert "training=true" in (clone / "answer").read_text()
    # The best of them: a busy machine is no fault of ours.
    assert min(took) < 0.3


def test_fish(clone: Path) -> None:
    ran = shell("fish", FISH, "harness show flags/seed", clone)
    assert ran.stdout.split() == ["flags/seed-article"]
    ran = shell("fish", FISH, "harness show 'flags/seed-article[training=true,", clone)
    assert sorted(line.strip("'") for line in ran.stdout.split()) == [
        "flags/seed-article[training=true,trainable=false]",
        "flags/seed-article[training=true,trainable=true]",
    ]


def test_zsh(clone: Path) -> None:
    ran = shell("zsh", ZSH, "harness show flags/seed", clone)
    assert "harness show flags/seed-article" in ran.stdout, ran.stdout + ran.stderr


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_the_script_is_printed(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", name]) == 0
    script = capsys.readouterr().out
    assert "_ARGCOMPLETE" in script
    assert "harness" in script


def test_another_shell_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["completion", "tcsh"])
    assert ended.value.code == 2
    assert "invalid choice: 'tcsh'" in capsys.readouterr().err
