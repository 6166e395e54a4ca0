"""Shards: every scenario in one of them, even, none empty, and little moves when a scenario is added."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import InvalidOption
from harness.scenario import Selection
from harness.sharding import Shard, even_shares, split
from tests.report.samples import case
from tests.unit.measured import selection

SIZES = st.lists(st.integers(1, 18), min_size=1, max_size=60)


def selections(sizes: Sequence[int]) -> list[Selection]:
    return [selection([case(f"topic/s{place}", n=n) for n in range(size)]) for place, size in enumerate(sizes)]


def shards(found: Sequence[Selection], count: int) -> list[tuple[Selection, ...]]:
    return [split(found, Shard(index=index, count=count)) for index in range(1, count + 1)]


@given(SIZES, st.integers(1, 60))
def test_every_scenario_is_in_one_shard_and_none_is_empty(sizes: list[int], count: int) -> None:
    found = selections(sizes)
    parts = shards(found, min(count, len(found)))
    assert all(parts)
    names = [one.scenario.name for part in parts for one in part]
    assert sorted(names) == sorted(one.scenario.name for one in found)


@given(SIZES, st.integers(1, 60))
def test_a_shard_keeps_the_order_of_the_selection(sizes: list[int], count: int) -> None:
    found = selections(sizes)
    for part in shards(found, min(count, len(found))):
        assert list(part) == [one for one in found if one in part]


def test_cases_are_even_but_for_a_scenario() -> None:
    sizes = [1, 18, 4, 4, 2, 9, 1, 1, 6, 12, 3, 4, 8, 2, 2, 5, 16, 4, 4, 1] * 6
    for count in (2, 4, 8):
        totals = [sum(len(one.cases) for one in part) for part in shards(selections(sizes), count)]
        share = sum(sizes) / count
        assert all(abs(total - share) <= max(sizes) for total in totals), totals


def test_cases_are_even_to_one_where_small_scenarios_fill_the_gaps() -> None:
    # As of the scenarios that come with the program: a quarter have one case, a few very many.
    numbers = [1] * 40 + [2] * 28 + [4] * 30 + [6] * 15 + [8] * 21 + [12] * 10 + [16] * 7 + [24, 32]
    sizes = {f"topic/s{place}": size for place, size in enumerate(numbers)}
    for count in range(2, 21):
        shares = even_shares(sizes, count)
        totals = [sum(sizes[name] for name in sizes if shares[name] == share) for share in range(count)]
        assert max(totals) - min(totals) <= 1, totals


def test_a_scenario_larger_than_a_share_fills_a_shard_and_the_others_share_the_rest() -> None:
    totals = [sum(len(one.cases) for one in part) for part in shards(selections([100, 30, 1, 1, 1, 1]), 4)]
    assert sorted(totals) == [2, 2, 30, 100]


def test_little_moves_when_a_scenario_is_added() -> None:
    sizes = [4] * 100
    before = shards(selections(sizes), 4)
    after = shards(selections([*sizes, 4]), 4)
    moved = sum(one not in part for part, again in zip(after, before, strict=True) for one in again)
    assert moved <= 4


def test_topics_are_mixed() -> None:
    found = [selection([case(f"{topic}/s{n}")]) for topic in ("flags", "rank") for n in range(20)]
    for part in shards(found, 2):
        assert {one.scenario.name.partition("/")[0] for one in part} == {"flags", "rank"}


def test_the_same_scenarios_are_in_the_same_shard_for_ever() -> None:
    # A hash that changed would split one matrix of jobs in two ways, were they of two versions.
    found = split(selections([1] * 8), Shard(index=1, count=3))
    assert [one.scenario.name for one in found] == ["topic/s1", "topic/s2", "topic/s7"]


def test_more_shards_than_scenarios_are_refused_in_every_job() -> None:
    for index in (1, 5):
        with pytest.raises(InvalidOption) as caught:
            split(selections([4, 4, 4]), Shard(index=index, count=5))
        assert str(caught.value) == (
            f"--shard {index}/5: there are more shards than scenarios to split: 3\n"
            f"  hint: --shard {min(index, 3)}/3 at most"
        )
