from pathlib import Path

from harness import golden
from harness.golden import Behaviour, GoldenCase, GoldenFile
from harness.lint.golden_without_scenario import RULE
from harness.observation import Observation
from tests.unit.lint.folders import BODY, found, write

SEEN = Behaviour(releases=("2.21.0",), observation=Observation(steps=(), structure=None, raised=None))


def record(root: Path, scenario: str, *keys: str) -> None:
    cases = {key: GoldenCase(sha256="0" * 64, runners={"tf1": (SEEN,)}) for key in keys}
    golden.write(root, GoldenFile(scenario=scenario, cases=cases))


def test_what_every_scenario_stands_for(tmp_path: Path) -> None:
    write(tmp_path / "scenarios", "topic/name", BODY + "sweep: {trainable: [true, false]}\n")
    record(tmp_path / "golden", "topic/name", "trainable=true", "trainable=false")
    assert found(tmp_path / "scenarios", RULE, golden=tmp_path / "golden") == []


def test_what_no_scenario_stands_for(tmp_path: Path) -> None:
    write(tmp_path / "scenarios", "topic/name", BODY + "sweep: {trainable: [true]}\n")
    record(tmp_path / "golden", "topic/gone", "")
    record(tmp_path / "golden", "topic/name", "trainable=true", "trainable=false")
    recorded = tmp_path / "golden/topic"
    expected = [f"{recorded}/gone.json: no such scenario", f"{recorded}/name.json[trainable=false]: no such case"]
    assert found(tmp_path / "scenarios", RULE, golden=tmp_path / "golden") == expected


def test_a_selection_stands_for_nothing_else(tmp_path: Path) -> None:
    write(tmp_path / "scenarios", "topic/name")
    record(tmp_path / "golden", "topic/gone", "")
    assert found(tmp_path / "scenarios", RULE, "topic/name", golden=tmp_path / "golden") == []


def test_without_golden_there_is_nothing_to_find(tmp_path: Path) -> None:
    write(tmp_path / "scenarios", "topic/name")
    assert found(tmp_path / "scenarios", RULE, golden=tmp_path / "golden") == []
