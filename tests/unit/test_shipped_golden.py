"""The shipped golden files: whole, canonical, with provenance, and about the shipped scenarios."""

from __future__ import annotations

from pathlib import Path

from harness import golden
from harness.releases.catalog import catalog
from harness.scenario import find, load_all

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "golden"


def test_every_file_is_whole() -> None:
    assert golden.check(GOLDEN) == []


def test_nothing_is_stale() -> None:
    root = ROOT / "scenarios"
    scenarios = load_all(find(root), root)
    current = [(one.name, {case.key: case.sha256 for case in one.cases}) for one in scenarios]
    assert golden.orphans(GOLDEN, current) == []
    assert {one.name for one in scenarios} == set(golden.scenario_names(GOLDEN))


def test_every_catalogued_release_is_recorded() -> None:
    """What a release has no front end for is not there; TensorFlow 1.0 has tf1 at least."""
    recorded = set(golden.read_provenance(GOLDEN))
    assert [spec.name for spec in catalog().specs() if str(spec.releases["tf1"]) not in recorded] == []
    floating = [spec for spec in catalog().specs() if spec.keras is not None]
    assert [spec.name for spec in floating if str(spec.releases["keras"]) not in recorded] == []
