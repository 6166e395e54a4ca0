from __future__ import annotations

import argparse
import signal
import subprocess
from pathlib import Path

import pytest

from harness.errors import InvalidOption
from harness.releases.catalog import catalog
from harness.releases.environment import made
from harness.verbs import envs
from tests.integration.releases.conftest import World

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.usefixtures("world")


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    envs.configure(parser)
    return envs.run(parser.parse_args(words))


def rows(text: str) -> list[list[str]]:
    return [line.split("  ") for line in text.splitlines()[2:]]


def cells(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in row if cell.strip()] for row in rows(text)]


def test_list_tells_what_is_made_from_what_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    run("create", "1.0.1")
    capsys.readouterr()
    assert run("list", "1.0", "1.2") == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0].split() == ["release", "python", "made", "size"]
    assert cells(out) == [["1.0.1", "3.6", "yes", "0 MB"], ["1.2.1", "3.6", "no"]]
    assert err.startswith("1 made")


def test_list_says_where_only_when_asked(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    run("create", "1.0.1")
    capsys.readouterr()
    run("list", "1.0.1")
    assert str(world.cache) not in capsys.readouterr().out
    run("list", "1.0.1", "-v")
    out = capsys.readouterr().out
    assert str(world.cache) in out
    assert "python 3.6.15 numpy 1.14.5" in out


def test_list_without_words_is_the_catalogue_and_whatever_else_is_made(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run("list")
    assert len(cells(capsys.readouterr().out)) == len(catalog().entries)
    run("create", "1.0.1")
    monkeypatch.setenv("FAKE_TENSORFLOW", "1.0.0")
    run("create", "1.0.0")
    capsys.readouterr()
    run("list")
    listed = cells(capsys.readouterr().out)
    assert len(listed) == len(catalog().entries) + 1
    assert listed[-1] == ["1.0.0", "3.6", "yes", "0 MB"]


def test_one_that_would_be_made_otherwise_today_is_outdated(capsys: pytest.CaptureFixture[str]) -> None:
    run("create", "1.0.1")
    (there,) = made()
    there.folder.rename(there.folder.with_name("1.0.1-000000000000"))
    capsys.readouterr()
    run("list")
    listed = cells(capsys.readouterr().out)
    assert listed[0] == ["1.0.1", "3.6", "no"]
    assert listed[-1] == ["1.0.1", "3.6", "outdated", "0 MB"]


def test_what_is_outdated_is_neither_checked_nor_mixed_up_with_what_took_its_place(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run("create", "1.0.1")
    (there,) = made()
    there.folder.rename(there.folder.with_name("1.0.1-000000000000"))
    run("create", "1.0.1")
    capsys.readouterr()
    assert run("check") == 0
    assert cells(capsys.readouterr().out) == [["1.0.1", "3.6", "ok", "0 MB"]]
    assert run("remove", "outdated") == 0
    assert capsys.readouterr().out == "removed 1.0.1 (0 MB)\n"
    assert [one.folder.name for one in made()] == [there.folder.name]
    assert run("remove", "outdated") == 0
    assert "nothing to remove" in capsys.readouterr().err


def test_one_that_fails_does_not_stop_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("create", "1.0.1", "2.5.3", "1.1.0") == 5
    out, err = capsys.readouterr()
    results = {row[0]: row[2].rpartition(" in ")[0] or row[2] for row in cells(out)}
    assert results == {"1.0.1": "made", "2.5.3": "unavailable", "1.1.0": "unavailable"}
    assert "2.5.3: needs CPython 3.9" in err
    assert "1.1.0: tensorflow is 1.0.1, not 1.1.0" in err
    assert err.splitlines()[-1] == "2 of 3 could not be had: 2.5.3 1.1.0"


def test_creating_again_says_that_it_was_there(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    run("create", "1.0.1")
    calls = world.calls()
    capsys.readouterr()
    assert run("create", "1.0.1") == 0
    assert cells(capsys.readouterr().out)[0][:3] == ["1.0.1", "3.6", "was there"]
    assert world.calls() == calls


@pytest.mark.parametrize("action", ["create", "remove"])
def test_what_costs_or_destroys_wants_names(action: str) -> None:
    with pytest.raises(InvalidOption, match="which releases"):
        run(action)


def test_check_imports_and_compares(capsys: pytest.CaptureFixture[str]) -> None:
    run("create", "1.0.1")
    capsys.readouterr()
    assert run("check", "1.0.1") == 0
    assert cells(capsys.readouterr().out) == [["1.0.1", "3.6", "ok", "0 MB"]]
    (there,) = made()
    (there.folder / "lib/python3.6/site-packages/six-1.17.0.dist-info").rmdir()
    assert run("check") == 5
    out, err = capsys.readouterr()
    assert cells(out) == [["1.0.1", "3.6", "FAILED"]]
    assert "1.0.1: six is missing, not 1.17.0" in err
    assert "hint: harness envs remove 1.0.1 && harness envs create 1.0.1" in err


def test_check_of_one_that_is_not_made(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", "1.0.1") == 5
    assert "1.0.1: is not made\n  hint: harness envs create 1.0.1" in capsys.readouterr().err
    assert run("check") == 0


def test_ctrl_c_ends_after_the_step_that_is_running(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_UV_SECONDS", "0.2")
    program = (
        "import sys; from tests.integration.releases.test_envs_verb import run;"
        f"sys.executable = {str(world.root / 'tools/python')!r};"
        "run('create', '1.0..1.6', '--jobs', '1')"
    )
    process = subprocess.Popen([world.python, "-c", program], cwd=ROOT, stderr=subprocess.DEVNULL)
    world.await_call("pip install")
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=10) == -signal.SIGINT
    assert world.envs() == []
    assert len(world.calls("venv")) == 1


def test_remove_names_what_it_removed(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    run("create", "1.0.1")
    capsys.readouterr()
    assert run("remove", "1.0..1.3") == 0
    out = capsys.readouterr().out
    assert out == "removed 1.0.1 (0 MB)\n"
    assert world.envs() == []
    assert run("remove", "all") == 0
    assert "nothing to remove" in capsys.readouterr().err
