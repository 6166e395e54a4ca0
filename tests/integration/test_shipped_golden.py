"""The shipped golden files: whole, canonical, with provenance, and about the shipped scenarios."""

from __future__ import annotations

from pathlib import Path

from harness import golden
from harness.history import changes, gather, lines_of
from harness.releases.catalog import catalog
from harness.releases.publications import shipped
from harness.scenario import choose, find, load_all

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


def test_every_catalogued_release_is_recorded_or_told_why_not_and_no_other() -> None:
    catalogued = {(str(release), runner) for spec in catalog().specs() for runner, release in spec.releases.items()}
    provenance = golden.read_provenance(GOLDEN)
    assert catalogued - {(release, runner) for release, runners in provenance.items() for runner in runners} == set()
    assert provenance.keys() - {release for release, _ in catalogued} == set()


BISECTED = (
    *("flags/seed-article", "flags/frozen-by-rank", "flags/infer-before-training", "flags/train-then-infer"),
    *("flags/training-as-integer", "flags/training-omitted"),
    *("layouts/axis-by-rank", "layouts/axis-first-last", "layouts/axis-list", "layouts/axis-out-of-range"),
    *("numerics/dtypes", "numerics/empty-batch", "numerics/far-from-zero", "numerics/integer-input"),
    *("numerics/non-finite", "numerics/tiny-variance", "options/center-scale", "options/fused"),
    *("options/layer-dtype", "options/renorm-frozen", "options/renorm", "options/synchronized"),
    *("options/virtual-batch",),
    *("statistics/changing-batches", "statistics/momentum", "statistics/moving-variance-by-rank"),
    *("statistics/one-value-per-channel", "statistics/sample-size", "statistics/zero-variance"),
)
"""What has been bisected; the boundaries of the other scenarios are as exact as the catalogue."""


def test_every_change_is_exact_to_the_release() -> None:
    """Another change means: ``harness bisect --all``, and what it measured into the catalogue."""
    archive = gather(choose(ROOT / "scenarios", BISECTED, None, []), lambda name: golden.read(GOLDEN, name))
    found = [
        f"{runner}: {change.before} -> {change.after}"
        for runner in archive.runners()
        for line in lines_of(archive.of(runner))
        for change in changes(archive.of(runner), line, shipped())
        if change.between != ()
    ]
    assert found == []
