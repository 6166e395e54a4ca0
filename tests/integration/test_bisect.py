"""``harness bisect`` measuring for real, on the installed TensorFlow: it stands for the release in between."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import pytest

from harness import golden
from harness.errors import Problem, ReleaseUnavailable
from harness.execution.plan import Interpreter
from harness.releases import publications
from harness.releases.environment import Say
from harness.releases.release import Release
from harness.targets import Target, installed
from harness.verbs import laboratory

Run = Callable[..., tuple[int, str, str]]
SCENARIO = "flags/frozen"
CASE = f"{SCENARIO}[training=true,trainable=true]"
GOLDEN = Path("golden")
KNOWN = publications.shipped().versions["tensorflow"]
# The third, second and last release up to what is installed: recorded, not to be had, and measured.
EARLIER, BETWEEN, _ = KNOWN[KNOWN.index(metadata.version("tensorflow")) - 2 :][:3]


def moved(runner: str) -> tuple[str, str]:
    """Make golden say that what is installed was recorded on the TensorFlow before it, with another number there.

    Returns:
        That earlier release and the installed one.
    """
    file = golden.read(GOLDEN, SCENARIO)
    assert file is not None
    [now] = golden.releases_of(file)[runner]
    before = str(replace(now, tensorflow=EARLIER))
    provenance, path = GOLDEN / golden.PROVENANCE, GOLDEN / f"{SCENARIO}.json"
    provenance.write_text(provenance.read_text().replace(f'"{now}"', f'"{before}"'))
    text = path.read_text().replace(f'"{now}"', f'"{before}"')
    assert before in text
    path.write_text(text.replace('"values": [0.5, 1.5]', '"values": [0.5, 1.75]'))
    return before, str(now)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every environment asked for is the installed TensorFlow, or is not to be had; the index does not answer."""
    names: list[str] = []

    def targets(words: Sequence[str], _: Sequence[str], __: Sequence[Path]) -> tuple[Target, ...]:
        names.extend(words)
        if words[0] == BETWEEN:
            return (Target(name=words[0], provide=_refuse),)
        return tuple(replace(installed(), name=word) for word in words)

    def offline() -> publications.Published:
        raise ReleaseUnavailable(Problem(place="tensorflow", message="the index does not answer"))

    monkeypatch.setattr(laboratory, "targets", targets)
    monkeypatch.setattr(publications, "ask", offline)
    return names


def _refuse(_: Say) -> Interpreter:
    raise ReleaseUnavailable(Problem(place=BETWEEN, message="not installed; uv said:\nresolving\ncause: no wheel"))


@pytest.mark.usefixtures("project")
def test_it_measures_records_and_names_both_releases(harness: Run, asked: list[str]) -> None:
    before, now = moved("keras")
    code, out, err = harness("bisect", CASE, "--runner", "keras", "--good", before, "--bad", now)
    assert code == 0, err
    assert "the index does not answer" in err
    assert "going on with the releases published by" in err
    assert f"last release with A: {before}; first with B: {now}" in out
    assert re.search(r"step 1, moving_\w+\[1\]: 1\.75 -> 1\.5", out), out
    told = f"{replace(Release.parse(now), tensorflow=BETWEEN)}, keras: not installed; uv said: no wheel\n"
    assert f"\nskipping {told}" in err
    assert f"\nskipped: 1 release\n  {told}" in out
    assert asked == [now.partition("+")[0], BETWEEN]
    file = golden.read(GOLDEN, SCENARIO)
    assert file is not None
    assert golden.releases_of(file)["keras"] == (Release.parse(before), Release.parse(now))
    assert all(len(case.runners["keras"]) in (1, 2) for case in file.cases.values())
    assert golden.check(GOLDEN) == []


@pytest.mark.usefixtures("project")
def test_a_second_time_only_what_was_not_to_be_had_is_asked(harness: Run, asked: list[str]) -> None:
    before, now = moved("keras")
    harness("bisect", CASE, "--runner", "keras", "--good", before, "--bad", now, "-q")
    kept = (GOLDEN / f"{SCENARIO}.json").read_bytes()
    asked.clear()
    code, out, err = harness("bisect", CASE, "--runner", "keras", "-q")
    assert code == 0
    assert asked == [BETWEEN]
    assert "none exact to the release; nothing had to be measured" in out
    assert "no wheel" in err
    assert (GOLDEN / f"{SCENARIO}.json").read_bytes() == kept


@pytest.mark.usefixtures("project")
def test_a_release_that_calls_itself_another_is_skipped(harness: Run, asked: list[str]) -> None:
    moved("keras")
    code, _, err = harness("bisect", CASE, "--runner", "keras", "--good", "2.4.0", "--bad", "2.5.0")
    assert code == 5
    assert "2.4.0: keras cannot be measured: it calls itself another release" in err
    assert asked == ["2.4.0", "2.5.0"]
