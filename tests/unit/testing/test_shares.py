from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.testing.shares import scenario_of, shares

FILES = st.dictionaries(st.sampled_from([f"scenarios/a/{name}.yaml" for name in "abcdefgh"]), st.integers(1, 9))


def node_ids(files: dict[str, int]) -> list[str]:
    return [f"{path}::tf1[seed={number}]" for path, count in files.items() for number in range(count)]


def test_other_tests_have_no_share() -> None:
    assert scenario_of("tests/test_a.py::test_b[x.yaml::y]") is None
    assert shares(["tests/test_a.py::test_b", "scenarios/a.yaml::tf1"], 3).keys() == {"scenarios/a.yaml"}


def test_the_largest_files_are_spread_first() -> None:
    found = shares(node_ids({"s/a.yaml": 1, "s/b.yaml": 4, "s/c.yaml": 5, "s/d.yaml": 2}), 2)
    assert found["s/c.yaml"] == found["s/a.yaml"] != found["s/b.yaml"] == found["s/d.yaml"]


@given(files=FILES, workers=st.integers(1, 5))
def test_every_file_has_one_share_and_none_has_a_whole_file_too_much(files: dict[str, int], workers: int) -> None:
    found = shares(node_ids(files), workers)
    assert found.keys() == files.keys()
    loads = [sum(files[path] for path in files if found[path] == share) for share in range(workers)]
    largest = max((files[path] for path in files), default=0)
    assert max(loads) - min(loads) <= largest
    assert shares(list(reversed(node_ids(files))), workers) == found
