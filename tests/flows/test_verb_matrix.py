"""``harness matrix`` as a command: what it reads, says and returns. Runs no TensorFlow."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import golden
from harness.releases.release import Release
from tests.flows.small import SCENARIO, Run, command_line, small_project

LIST = """\
runners = ["tf1", "keras"]
fields = ["output"]

[[experiment]]
says = "training"
case = "flags/small[training=true]"

[[experiment]]
says = "inference | frozen"
case = "flags/small[training=false]"
fields = ["raised"]
"""
README = "# Mine\n\n<!-- what changed: docs/list.toml -->\nold\n<!-- end of what changed -->\n\nThe end.\n"


@pytest.fixture
def harness(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command line in a folder with one scenario, recorded on a few releases."""
    texts = {"tf1": "1.3.0=A 1.4.0=B 1.5.0=B", "keras": "2.15.1=A 2.16.2+keras-3.15.1=B"}
    small_project(tmp_path, [texts, {"tf1": "1.3.0=! 1.4.0=A"}])
    monkeypatch.chdir(tmp_path)
    return command_line("matrix", capsys)


MATRIX = """\
tf1, by TensorFlow release

from               1.3.0  1.4.0
to                 1.3.0  1.5.0
-----------------  -----  -----
flags/small
  [training=true]  A      B

tf1: TensorFlow 1.3.0 -> 1.4.0
  exact: no release is published between 1.3.0 and 1.4.0
  flags/small[training=true] A -> B
    step 1, output[0]: 65.0 -> 66.0
    also: moving_mean

summary: 1 case of 1 scenario on 3 recorded releases; 1 change, all exact to the release
"""


def test_one_case_of_one_runner(harness: Run) -> None:
    assert harness("flags/small[training=true]", "--runner", "tf1") == (0, MATRIX, "")


def test_every_case_and_runner(harness: Run) -> None:
    code, out, err = harness()
    assert code == 0
    assert err == ""
    assert "  [training=false]  A      B      -\n" in out
    assert "keras, by TensorFlow release; with Keras 3.15.1 from 2.16.2 on" in out
    assert "after 2.15.1, at or before 2.16.2: 2.16.1 lies between, not recorded" in out


def test_changes_are_told_newest_first(harness: Run) -> None:
    code, out, _ = harness("--changes")
    assert code == 0
    heads = [line for line in out.splitlines() if " -> " in line and not line.startswith(" ")]
    assert heads == ["keras: TensorFlow 2.15.1 -> 2.16.2 with Keras 3.15.1", "tf1: TensorFlow 1.3.0 -> 1.4.0"]


def test_quiet_shows_the_table_and_the_summary(harness: Run) -> None:
    _, out, _ = harness("--runner", "tf1", "-q")
    assert "exact:" not in out
    assert "[training=false]" in out
    assert out.splitlines()[-1].startswith("summary: ")


def test_a_case_that_is_not_recorded_is_named(harness: Run) -> None:
    _, _, err = harness("--runner", "keras")
    assert err == "not shown: flags/small[training=false]: not recorded\n"


def test_a_stale_case_is_named_and_nothing_is_left(harness: Run) -> None:
    path = Path("scenarios/flags/small.yaml")
    path.write_text(SCENARIO.replace("0.5", "0.25"))
    code, out, err = harness()
    assert (code, out) == (3, "")
    assert "nothing is recorded of the selected cases; 2 recorded as another experiment are stale" in err
    assert "hint: harness record --tf all" in err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["-k", "nothing"], 3, "matches none of 2 cases"),
        (["--golden", "elsewhere"], 3, "nothing is recorded of the selected cases"),
        (["--runner", "tf_keras"], 3, "nothing is recorded of the selected cases for tf_keras"),
        (["--runner", "keras2"], 2, "contrib, shim, got 'keras2'"),
        (["--check"], 2, "--check: needs --readme FILE"),
        (["--readme", "none.md"], 2, "--readme none.md: cannot be read"),
    ],
)
def test_what_cannot_be_shown_has_its_code_and_says_why(harness: Run, words: list[str], code: int, said: str) -> None:
    found, out, err = harness(*words)
    assert (found, out) == (code, "")
    assert said in err


def test_a_golden_file_that_is_none_is_an_error(harness: Run) -> None:
    Path("golden/flags/small.json").write_text("{}")
    code, _, err = harness()
    assert code == 2
    assert "golden/flags/small.json" in err


TABLE = r"""# Mine

<!-- what changed: docs/list.toml -->
| experiment | front end | since | what |
| --- | --- | --- | --- |
| training | `tf.layers` | TensorFlow 1.4.0 | `step 1, output[0]: 65.0 -> 66.0` |
| training | `tf.keras` | @ | `step 1, output[0]: 65.0 -> 66.0` |
| inference \| frozen | `tf.layers` | TensorFlow 1.4.0 | `raised: TypeError -> no exception` |
| inference \| frozen | `tf.keras` | - | not recorded |
<!-- end of what changed -->

The end.
""".replace("@", "TensorFlow: after 2.15.1, at or before 2.16.2 (with Keras 3.15.1)")


def test_the_readme_is_written_once_and_then_checked(harness: Run) -> None:
    Path("docs").mkdir()
    Path("docs/list.toml").write_text(LIST)
    Path("README.md").write_text(README)
    code, _, err = harness("--readme", "README.md", "--check")
    assert code == 1
    assert "hint: harness matrix --readme README.md writes it anew" in err
    assert Path("README.md").read_text() == README
    assert harness("--readme", "README.md")[0] == 0
    assert Path("README.md").read_text() == TABLE
    assert harness("--readme", "README.md", "--check") == (0, "", "README.md: the table is what golden says\n")


@pytest.mark.parametrize(
    ("list_text", "readme", "said"),
    [
        (LIST, "# Mine\n", "has no place for the table"),
        (LIST.replace("says", "tells", 1), README, "experiment 1 lacks says"),
        (LIST + "color = 1\n", README, "experiment 2 has unknown keys: color"),
        (LIST.replace("fields", "only", 1), README, "the file lacks fields"),
        ("[[", README, "docs/list.toml: is no list of experiments"),
    ],
)
def test_a_readme_or_list_that_cannot_be_used_says_why(harness: Run, list_text: str, readme: str, said: str) -> None:
    Path("docs").mkdir()
    Path("docs/list.toml").write_text(list_text)
    Path("README.md").write_text(readme)
    code, _, err = harness("--readme", "README.md")
    assert code == 2
    assert said in err
    assert Path("README.md").read_text() == readme


def test_a_case_of_the_list_that_is_not_there_is_named(harness: Run) -> None:
    Path("docs").mkdir()
    Path("docs/list.toml").write_text(LIST.replace("small[training=true]", "small[training=null]"))
    Path("README.md").write_text(README)
    code, _, err = harness("--readme", "README.md")
    assert code == 3
    assert "flags/small[training=null]" in err


def test_what_a_runner_cannot_be_recorded_on_is_listed(harness: Run, tmp_path: Path) -> None:
    reason = {"unavailable": "no eager execution", "date": "2026-01-01"}
    for name in ("1.3.0", "1.4.0"):
        golden.update_provenance(tmp_path / "golden", Release.parse(name), "keras", reason)
    _, out, _ = harness("flags/small")
    assert "keras cannot be recorded on 2 releases from 1.3.0 to 1.4.0: no eager execution\n" in out
    _, tf1, _ = harness("flags/small", "--runner", "tf1")
    assert "cannot" not in tf1
