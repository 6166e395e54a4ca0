from pathlib import Path

import pytest

from harness.lint.claim_without_source import RULE
from tests.unit.lint.folders import BODY, found, write


def claimed(source: str) -> str:
    return f"{BODY}claims:\n  - says: Gamma stays.\n    source: {source}\n    expect: {{gamma: 1}}\n"


@pytest.mark.parametrize(
    "source",
    [
        "https://www.tensorflow.org/api_docs/python/tf/keras/layers/BatchNormalization",
        "'Batch Normalization, section 3.1: https://arxiv.org/abs/1502.03167'",
        "What is the significance of trainable and training?",
        "Ioffe & Szegedy 2015",
    ],
)
def test_a_source_that_can_be_looked_up(tmp_path: Path, source: str) -> None:
    write(tmp_path, "topic/name", claimed(source))
    assert found(tmp_path, RULE) == []


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("TBD", "source holds a place and names nothing, got 'TBD'"),
        ("internet", "source is no title that can be found, got 'internet'"),
        ("Keras docs", "source is no title that can be found, got 'Keras docs'"),
        ("https://localhost", "source is no address that can be opened, got 'https://localhost'"),
        ("Title or URL of who says it", "source is still that of the template"),
    ],
)
def test_a_source_that_nobody_finds(tmp_path: Path, source: str, message: str) -> None:
    write(tmp_path, "topic/name", claimed(source))
    assert found(tmp_path, RULE) == [f"topic/name.yaml:7:5: {message}"]


def test_where_a_scenario_was_reported_is_a_source_too(tmp_path: Path) -> None:
    write(tmp_path, "topic/name", BODY + "source: [https://github.com/keras-team/keras/issues/1, forum]\n")
    assert found(tmp_path, RULE) == ["topic/name.yaml:6:56: source is no title that can be found, got 'forum'"]
