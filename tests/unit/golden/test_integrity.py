from pathlib import Path

import pytest

from harness.case import Json
from harness.errors import InvalidGolden
from harness.golden import (
    Orphan,
    check,
    golden_path,
    orphans,
    read_provenance,
    sidecar_path,
    update_provenance,
    write,
)
from harness.golden.sidecar import encode, read
from harness.releases.release import Release
from tests.unit.golden.samples import golden_of, sha

TF1 = Release.parse("1.15.5")
FACTS: dict[str, Json] = {
    "python": "3.6.15",
    "flags": {"TF_ENABLE_ONEDNN_OPTS": "0"},
    "threads": 1,
    "date": "2026-01-01",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder in order: two scenarios, one with a sidecar."""
    folder = tmp_path / "golden"
    write(folder, golden_of(1.0, 2.0, size=600))
    write(folder, golden_of(3.0, scenario="shapes/rank"))
    update_provenance(folder, TF1, "tf1", FACTS)
    return folder


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def said(root: Path) -> list[str]:
    return [f"{Path(problem.place).name}: {problem.message}" for problem in check(root)]


def test_a_folder_in_order_has_no_problems(root: Path) -> None:
    assert check(root) == []
    assert check(root / "nowhere") == []


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("0.1", "0.10", 17),
        ("0.1", "0.10000000149", 17),
        ('"format": 1,', '"format":1,', 2),
        ('"scenario"', '"scenario": "shapes/rank",\n  "scenario"', 4),
    ],
)
def test_bytes_that_are_not_canonical(root: Path, old: str, new: str, line: int) -> None:
    edit(golden_path(root, "shapes/rank"), old, new)
    assert said(root) == [f"rank.json:{line}: the bytes are not canonical"]


@pytest.mark.parametrize(
    ("releases", "message"),
    [
        (["2.15.1", "1.15.5"], "releases are not in order: 2.15.1, 1.15.5"),
        (["1.15.5", "1.15.5"], "1.15.5 is recorded twice"),
        (["1.15.5", "2.0.0-rc1"], "release '2.0.0-rc1' is written 2.0.0rc1"),
    ],
)
def test_releases_out_of_order(root: Path, releases: list[str], message: str) -> None:
    lines = ",\n            ".join(f'"{name}"' for name in releases)
    edit(golden_path(root, "shapes/rank"), '"1.15.5"', lines)
    assert f"rank.json[n=3.0] tf1: {message}" in said(root)


def test_a_release_in_two_behaviours(root: Path) -> None:
    path = golden_path(root, "shapes/rank")
    text = path.read_text()
    start, end = text.index('        {\n          "releases"'), text.index("\n      ]")
    path.write_text(text[:end] + ",\n" + text[start:end] + text[end:])
    assert said(root) == ["rank.json[n=3.0] tf1: 1.15.5 is recorded twice"]
    edit(path, "1.15.5", "2.15.1")
    assert "rank.json[n=3.0] tf1: behaviours are not in the order of their lowest releases" in said(root)


def test_every_release_needs_its_provenance(root: Path) -> None:
    edit(golden_path(root, "shapes/rank"), '"1.15.5"', '"2.15.1"')
    (problem,) = check(root)
    assert "no provenance for tf1 on 2.15.1" in problem.message
    assert problem.hint == "record 2.15.1 again"
    update_provenance(root, Release.parse("2.15.1"), "keras", FACTS)
    assert len(check(root)) == 1
    update_provenance(root, Release.parse("2.15.1"), "tf1", FACTS)
    assert check(root) == []


def test_garbage_in_a_sidecar(root: Path) -> None:
    path = sidecar_path(root, "flags/x")
    arrays = read(path)
    path.write_bytes(encode({**arrays, sha("garbage"): next(iter(arrays.values()))}))
    assert said(root) == [f"x.npz: entries nothing refers to: {sha('garbage')}"]


def test_a_sidecar_nothing_refers_to(root: Path) -> None:
    data = sidecar_path(root, "flags/x").read_bytes()
    sidecar_path(root, "shapes/rank").write_bytes(data)
    sidecar_path(root, "shapes/gone").write_bytes(data)
    first, second = said(root)
    assert first.startswith("rank.npz: entries nothing refers to: ")
    assert second == "gone.npz: a sidecar without its golden file"


def test_a_sidecar_entry_with_other_bits_than_its_name_says(root: Path) -> None:
    path = sidecar_path(root, "flags/x")
    (one, first), (other, second) = read(path).items()
    path.write_bytes(encode({one: second, other: first}))
    assert "x.json:18: the bytes are not canonical" in said(root)


def test_a_malformed_file_does_not_hide_the_others(root: Path) -> None:
    golden_path(root, "flags/x").write_text("{")
    edit(golden_path(root, "shapes/rank"), "0.1", "0.10")
    assert [line.split(": ")[0] for line in said(root)] == ["x.json:1:2", "rank.json:17"]


def test_provenance_that_is_not_canonical_or_malformed(root: Path) -> None:
    path = root / "provenance.json"
    edit(path, '"format": 1', '"format":  1')
    assert said(root) == ["provenance.json: the bytes are not canonical"]
    edit(path, '"format":  1', '"format": 2')
    assert said(root) == ["provenance.json: expected format 1, got 2"]
    path.write_text("{\n]")
    assert said(root)[0].startswith("provenance.json:2:1: invalid JSON")


# Staleness.


def test_what_no_scenario_stands_for(root: Path) -> None:
    now = [("flags/x", {"n=1.0": sha("1.0"), "n=9": sha("9")})]
    assert orphans(root, now) == [
        Orphan(what=f"{root}/flags/x.json[n=2.0]", reason="no such case"),
        Orphan(what=f"{root}/shapes/rank.json", reason="no such scenario"),
    ]


def test_a_case_with_another_hash(root: Path) -> None:
    now = [("flags/x", {"n=1.0": sha("1.0"), "n=2.0": sha("other")}), ("shapes/rank", {"n=3.0": sha("3.0")})]
    changed = Orphan(what=f"{root}/flags/x.json[n=2.0]", reason="the case changed since it was recorded")
    assert orphans(root, now) == [changed]


def test_orphans_of_a_malformed_file(root: Path) -> None:
    golden_path(root, "flags/x").write_text("{")
    with pytest.raises(InvalidGolden, match=r"x\.json:1:2"):
        orphans(root, [("flags/x", {}), ("shapes/rank", {"n=3.0": sha("3.0")})])


# Provenance.


def test_recording_again_keeps_the_date(root: Path) -> None:
    before = (root / "provenance.json").read_bytes()
    assert not update_provenance(root, TF1, "tf1", {**FACTS, "date": "2027-01-01"})
    assert (root / "provenance.json").read_bytes() == before


def test_other_facts_take_the_place_of_the_old(root: Path) -> None:
    facts = {**FACTS, "threads": 2, "date": "2027-01-01"}
    assert update_provenance(root, TF1, "tf1", facts)
    assert read_provenance(root) == {"1.15.5": {"tf1": facts}}


def test_provenance_is_additive_and_in_order(root: Path) -> None:
    for name in ("2.15.1", "1.4.1", "2.9.3"):
        update_provenance(root, Release.parse(name), "keras", FACTS)
    update_provenance(root, TF1, "keras", FACTS)
    provenance = read_provenance(root)
    assert list(provenance) == ["1.4.1", "1.15.5", "2.9.3", "2.15.1"]
    assert list(provenance["1.15.5"]) == ["keras", "tf1"]
    assert (root / "provenance.json").read_text().endswith("}\n")


def test_provenance_that_says_nothing_could_be_recorded_is_none(root: Path) -> None:
    update_provenance(root, TF1, "tf1", {"unavailable": "no layers", "date": "2026-01-01"})
    problems = check(root)
    assert problems
    assert all("no provenance for tf1 on 1.15.5" in problem.message for problem in problems)
