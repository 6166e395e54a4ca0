"""``harness upgrade`` for real: golden cut at TensorFlow 2.15.1, run on the installed one."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.version import Version

from harness import golden
from harness.releases.environment import find
from harness.releases.release import Release
from harness.releases.selection import resolve
from tests.integration.cut import LAST, ROOT, cut

Run = Callable[..., tuple[int, str, str]]
SCENARIOS = ("flags/seed-article", "flags/infer-before-training", "numerics/dtypes", "options/fused")
KERAS = ("--runner", "keras")

pytestmark = pytest.mark.skipif(
    Version(version("tensorflow")) < Version("2.16"), reason="the installed Keras is that of the golden files"
)


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Shipped scenarios with their golden files, the keras runner cut at 2.15.1."""
    cut(tmp_path, SCENARIOS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def releases(root: Path, scenario: str) -> tuple[Release, ...]:
    file = golden.read(root / "golden", scenario)
    assert file is not None
    return golden.releases_of(file)["keras"]


def files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_it_ends_red_and_names_the_population_variance_first(harness: Run, clone: Path) -> None:
    before = files(clone)
    code, out, err = harness("upgrade", "installed", *KERAS)
    assert code == 1
    assert re.match(r"keras: from 2\.15\.1 to \S+\+keras-\S+: \d+ of \d+ cases changed\n", out)
    causes = re.findall(r"^([a-z0-9-]+): (.*) -> (.*)$", out, re.MULTILINE)
    assert causes[0] == ("variance-estimator", "sample", "population")
    assert "  now: The moving variance follows the population variance: squared deviations over n.\n" in out
    touched = re.search(r"touches numbers of keras in (\d+) cases in (\d+) scenarios:([^:]*)\n  as in", out)
    assert touched
    assert "flags/seed-article (1 of 4)" in " ".join(touched[3].split())
    assert ("argument-fused", "computes", "ValueError") in causes[1:]
    assert "UNEXPLAINED" not in out
    assert out.rstrip().endswith("upgrade installed --runner keras --record")
    assert "ready, process" in err
    assert files(clone) == before


def test_the_markdown_names_the_population_variance_first(harness: Run, clone: Path) -> None:
    code, _, _ = harness("compare", *KERAS, "--markdown", "report.md")
    assert code == 1
    text = (clone / "report.md").read_text()
    rules = re.findall(r"^- \*\*([a-z0-9-]+)\*\*", text.partition("**What changed, by rule:**")[2], re.MULTILINE)
    assert rules[0] == "variance-estimator"
    assert "argument-fused" in rules[1:]
    assert "now: The moving variance follows the population variance: squared deviations over n." in text


def test_what_is_recorded_on_request_is_no_news_to_compare(harness: Run, clone: Path) -> None:
    words = ("flags/seed-article", *KERAS)
    assert harness("compare", *words)[0] == 1
    code, out, _ = harness("upgrade", "installed", *words, "--record")
    assert code == 0, out
    assert "variance-estimator: sample -> population\n" in out
    assert "to record it" not in out
    assert re.search(r"4 behaviours of 4 cases: 4 new\n$", out)
    assert releases(clone, "flags/seed-article")[-1] > LAST
    assert releases(clone, "flags/infer-before-training")[-1] == LAST
    assert harness("compare", *words)[0] == 0
    # What it changed against the release below is still there to be read.
    assert harness("upgrade", "installed", *words)[0] == 1


def test_a_release_in_an_environment_of_its_own(harness: Run, clone: Path) -> None:
    (spec,) = resolve(["2.15.1"])
    if find(spec) is None:
        pytest.skip("no environment for 2.15.1 here, and tests make none")
    assert clone.is_dir()
    code, out, err = harness("upgrade", "2.15.1", "flags/seed-article", *KERAS)
    assert code == 0, out
    assert out.startswith("keras: from 2.14.1 to 2.15.1: 0 of 4 cases changed\n")
    assert out.endswith("summary: 4 match; 0 of 1 scenario touched\n")
    assert "2.15.1: keras: tensorflow 2.15.1" in err


def test_a_project_without_golden_is_told_to_record_what_it_comes_from(
    harness: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "one.yaml").write_text("title: A title\nwhy: A reason\ninput: [[1, 2], [3, 4]]\n")
    code, out, _ = harness("upgrade", "installed", "--scenarios", "mine", *KERAS)
    assert code == 4
    assert "1 case of keras: nothing is recorded below this release\n" in out
    assert out.rstrip().endswith("upgrade installed --scenarios mine --runner keras --record")
    assert not (tmp_path / "golden").exists()


def test_make_upgrade_passes_the_release_on() -> None:
    make = ["make", "--old-file=.venv/.ready", "upgrade"]
    environment = {**os.environ, "MAKEFLAGS": ""}
    shown = subprocess.run(
        [*make, "--dry-run", "TF=2.16.1", "ARGS=flags --record"],
        cwd=ROOT, capture_output=True, text=True, check=True, env=environment,
    )  # fmt: skip
    assert ".venv/bin/harness upgrade '2.16.1' flags --record\n" in shown.stdout
    refused = subprocess.run(make, cwd=ROOT, capture_output=True, text=True, check=False, env=environment)
    assert refused.returncode == 2
    assert "make: which release? make upgrade TF=2.21.0\n" in refused.stderr
