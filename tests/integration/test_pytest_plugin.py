"""``pytest --harness`` on the installed TensorFlow: verdicts as outcomes, one measurement for all selected."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.integration.edits import edit

Run = Callable[..., tuple[int, str, str]]
FLAGS = "scenarios/flags"
CASE = "scenarios/flags/frozen.yaml::tf1[training=true,trainable=true]"
# Says what is measured at once, and where.
LISTENING = """\
import os
from pathlib import Path

from harness.testing import measuring

real = measuring.compared_each

def compared_each(selections, runners, project):
    names = " ".join(f"{one.scenario.name}:{len(one.cases)}" for one in selections)
    with Path("measured.txt").open("a") as log:
        print(os.environ.get("PYTEST_XDIST_WORKER", "alone"), ",".join(runners), names, file=log)
    for name, comparison in real(selections, runners, project):
        with Path("told.txt").open("a") as log:
            print(name, file=log)
        yield name, comparison

measuring.compared_each = compared_each
"""


def run(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    (project / "conftest.py").write_text(LISTENING)
    (project / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers\nfilterwarnings = error\n")
    command = [sys.executable, "-m", "pytest", "--harness", "-p", "no:randomly", *words]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment["COLUMNS"] = "120"
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False, env=environment)


def measured(project: Path) -> list[str]:
    return (project / "measured.txt").read_text().splitlines()


def outcomes(ran: subprocess.CompletedProcess[str]) -> dict[str, str]:
    found = re.findall(r"^(?:\[gw\d\] \[ *\d+%\] )?(\S+::\S+|\w+)(?: <- \S+)? (\S+)", ran.stdout, re.MULTILINE)
    words = [(one, other) if other.isupper() else (other, one) for one, other in found if "::" in one + other]
    return {name: word for name, word in words if word in ("PASSED", "FAILED", "SKIPPED", "ERROR")}


def test_everything_that_is_recorded_passes_after_one_measurement(project: Path) -> None:
    ran = run(project, "-v", FLAGS)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert len(outcomes(ran)) == 10
    assert set(outcomes(ran).values()) == {"PASSED"}
    assert measured(project) == ["alone tf1,keras flags/frozen:4 flags/refused:1"]


def test_a_change_fails_with_the_words_of_the_terminal(harness: Run, project: Path) -> None:
    edit(project / "golden/flags/frozen.json", '"values": [0.5, 1.5]', '"values": [0.5, 1.6]')
    ran = run(project, "-v", FLAGS)
    assert ran.returncode == 1
    [name] = [name for name, word in outcomes(ran).items() if word == "FAILED"]
    text = ran.stdout.partition("= FAILURES =")[2]
    assert "step 1, moving_mean[1]: measured 1.5, golden 1.6" in text
    _, told, _ = harness("compare", "flags/frozen", "-q")
    # How the program is called differs: a test may run where it is not on PATH.
    paragraph = told.partition("  rerun: ")[0]
    assert paragraph.startswith("flags/frozen[training=true,trainable=true], ")
    assert paragraph in text
    assert "harness compare 'flags/frozen[training=true,trainable=true]' --runner" in text
    assert name.startswith("scenarios/flags/frozen.yaml::")


def test_what_is_not_recorded_fails_with_the_command_that_records_it(project: Path) -> None:
    (project / "golden/flags/frozen.json").unlink()
    refused = project / "golden/flags/refused.json"
    refused.write_text(re.sub(r'"sha256": "\w+"', f'"sha256": "{"0" * 64}"', refused.read_text()))
    ran = run(project, "-v", "--harness-runner", "tf1", FLAGS)
    assert set(outcomes(ran).values()) == {"FAILED"}
    assert "flags/frozen[training=true,trainable=true], tf1: new\n" in ran.stdout
    assert "harness record flags/refused --runner tf1\n" in ran.stdout
    assert "flags/refused, tf1: stale\n" in ran.stdout


def test_golden_files_may_be_elsewhere(project: Path) -> None:
    (project / "golden").rename(project / "recorded")
    ran = run(project, "-k", "refused", "--harness-golden", "recorded", FLAGS)
    assert ran.returncode == 0, ran.stdout
    assert run(project, "-k", "refused", FLAGS).returncode == 1


def test_what_cannot_run_is_skipped_with_the_reason(project: Path) -> None:
    ran = run(project, "-v", "-rs", "--harness-runner", "contrib", "-k", "refused", FLAGS)
    assert ran.returncode == 0
    assert set(outcomes(ran).values()) == {"SKIPPED"}
    assert "contrib: unavailable: " in ran.stdout


def test_a_case_that_takes_too_long_fails(project: Path) -> None:
    (project / "scenarios/flags/long.yaml").write_text(
        "title: Longer than anybody waits\nwhy: A worker past its deadline is killed.\ninput: [[1], [2]]\n"
        "steps: [{repeat: {times: 1000, steps: [{call: {training: true}}]}}]\n"
    )
    ran = run(project, "-k", "long and keras", "--harness-timeout", "0.05", FLAGS)
    assert ran.returncode == 1
    assert "flags/long, keras: timed out\n  the worker was killed: no answer within 0.05 s" in ran.stdout
    assert "--timeout 0.05" in ran.stdout


def test_without_tensorflow_every_item_says_so(project: Path) -> None:
    (project / "sitecustomize.py").write_text(
        "from importlib import metadata\n"
        "def none(name): raise metadata.PackageNotFoundError(name)\n"
        "metadata.version = none\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(project)}
    # A CI service makes pytest repeat whole messages in its summary.
    command = [sys.executable, "-m", "pytest", "--harness", "-q", "-rN", "-p", "no:xdist", FLAGS]
    ran = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False, env=environment)
    assert ran.returncode == 1
    assert ran.stdout.count(": no TensorFlow is installed here\n  hint: pip install") == 10


def test_only_what_is_selected_is_measured_and_failures_can_be_run_again(project: Path) -> None:
    edit(project / "golden/flags/frozen.json", '"values": [0.5, 1.5]', '"values": [0.5, 1.6]')
    assert "2 passed" in run(project, "-k", "trainable-false and keras", FLAGS).stdout
    assert measured(project)[-1] == "alone keras flags/frozen:2"
    assert "1 failed" in run(project, "-x", "-v", FLAGS).stdout
    again = run(project, "--lf", "-v", FLAGS)
    assert len(outcomes(again)) == 1
    assert again.returncode == 1
    assert re.fullmatch(r"alone \w+ flags/frozen:1", measured(project)[-1])


def test_after_the_first_failure_nothing_is_measured_any_more(project: Path) -> None:
    (project / "scenarios/flags/long.yaml").write_text(
        "title: Minutes of steps\nwhy: Whoever asked for one failure does not wait for them.\ninput: [[1], [2]]\n"
        "steps: [{repeat: {times: 1000, steps: [{call: {training: true}}]}}]\n"
        f"sweep: {{layer.momentum: {[number / 200 for number in range(1, 190)]}}}\n"
    )
    edit(project / "golden/flags/frozen.json", '"values": [0.5, 1.5]', '"values": [0.5, 1.6]')
    ran = run(project, "-x", "--harness-runner", "keras", FLAGS)
    assert "1 failed" in ran.stdout
    assert (project / "told.txt").read_text() == "flags/frozen\n"
    assert measured(project) == ["alone keras flags/frozen:4 flags/long:189 flags/refused:1"]


def test_a_case_is_named_as_a_test_with_parameters_is(project: Path) -> None:
    assert "1 passed" in run(project, CASE).stdout
    assert "4 passed" in run(project, "scenarios/flags/frozen.yaml::keras").stdout


def test_each_worker_of_xdist_measures_its_share(project: Path) -> None:
    (project / "test_own.py").write_text("import pytest\n@pytest.mark.parametrize('n', range(9))\ndef test(n): pass\n")
    ran = run(project, "-v", "-n", "2", FLAGS, "test_own.py")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "19 passed" in ran.stdout
    found = sorted(line.split(" ", 1) for line in measured(project))
    assert sorted(rest for _, rest in found) == ["tf1,keras flags/frozen:4", "tf1,keras flags/refused:1"]
    assert [worker for worker, _ in found] == ["gw0", "gw1"]


def test_another_distribution_of_xdist_is_left_alone(project: Path) -> None:
    ran = run(project, "-n", "2", "--dist", "loadfile", FLAGS)
    assert "10 passed" in ran.stdout
    assert sorted(line.split(" ", 1)[1] for line in measured(project)) == [
        "tf1,keras flags/frozen:4",
        "tf1,keras flags/refused:1",
    ]
