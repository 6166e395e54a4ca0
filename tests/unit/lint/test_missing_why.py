from pathlib import Path

import pytest

from harness.lint.missing_why import RULE
from harness.scenario.document import parse
from harness.scenario.template import template
from tests.unit.lint.folders import BODY, found, write


def test_a_reason_is_a_reason(tmp_path: Path) -> None:
    write(tmp_path, "topic/name", why="Inference must leave no trace in the statistics.")
    assert found(tmp_path, RULE) == []


@pytest.mark.parametrize(
    ("why", "message"),
    [
        ("TODO", "why holds a place and no reason, got 'TODO'"),
        ("tbd.", "why holds a place and no reason, got 'tbd'"),
        ("What fused does with small epsilons, TODO ask somebody", "why holds a place and no reason, got 'TODO'"),
        ("because", "why holds a place and no reason, got 'because'"),
        ("It shows the sample variance.", "why must have at least 6 words, got 5"),
        ("What momentum does to the second batch, A Title!", None),
    ],
)
def test_what_is_no_reason(tmp_path: Path, why: str, message: str | None) -> None:
    write(tmp_path, "topic/name", why=why)
    assert found(tmp_path, RULE) == ([f"topic/name.yaml:2:6: {message}"] if message else [])


def test_the_why_of_the_template(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(template(), encoding="utf-8")
    data = parse(template(), "").data
    assert isinstance(data, dict)
    assert found(tmp_path, RULE) == ["mine.yaml:5:6: why is still that of the template"]
    write(tmp_path, "mine", why=f"{data['why']} Two batches of different size.")
    assert found(tmp_path, RULE) == []


def test_a_why_that_repeats_the_title(tmp_path: Path) -> None:
    title = "Momentum 0, 0.5 and 1 over three calls"
    write(tmp_path, "topic/name", title=title, why="momentum 0, 0.5 and 1 over three calls.")
    assert found(tmp_path, RULE) == ["topic/name.yaml:2:6: why repeats the title"]


def test_a_why_that_was_copied(tmp_path: Path) -> None:
    write(tmp_path, "topic/a", why="Rank decides which kernel runs and how.")
    write(tmp_path, "topic/b", BODY + "steps: 2\n", why="Rank decides which kernel runs, and how")
    expected = ["topic/b.yaml:2:6: why is that of topic/a: one of the two is not its own"]
    assert found(tmp_path, RULE) == expected
    assert found(tmp_path, RULE, "topic/b") == expected
    assert found(tmp_path, RULE, "topic/a") == []
