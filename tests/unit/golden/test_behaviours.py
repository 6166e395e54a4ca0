"""The rules of recording, on observations that are one number each and the same when at most 1 apart."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import hypothesis.strategies as st
from hypothesis import given

from harness.golden import (
    Behaviour,
    GoldenFile,
    RecordAction,
    covering,
    expected,
    forget,
    forget_release,
    prune,
    record,
    record_case,
    releases_of,
)
from harness.observation import Identity, Observation, Result
from harness.releases.release import Release
from harness.tensor import Tensor
from tests.unit.each import each
from tests.unit.golden.samples import golden_of, measured, sha

Behaviours = tuple[Behaviour, ...]


def number(value: int) -> Observation:
    return Observation(steps=({"output": Tensor.of(value, "int64")},), structure=None, raised=None)


def value_of(observation: Observation) -> int:
    return int(observation.steps[0]["output"].bits())


def near(left: Observation, right: Observation) -> bool:
    """Symmetric and reflexive, but not transitive: as tolerances are."""
    return abs(value_of(left) - value_of(right)) <= 1


def equal_tens(left: Observation, right: Observation) -> bool:
    """An equivalence: classes far enough apart for the tolerance."""
    return value_of(left) // 10 == value_of(right) // 10


def release(minor: int) -> Release:
    return Release(tensorflow=f"2.{minor}.0")


def recorded(values: Sequence[tuple[int, int]], same: Callable[[Observation, Observation], bool] = near) -> Behaviours:
    """Behaviours after recording (minor release, value) in the given order."""
    behaviours: Behaviours = ()
    for minor, value in values:
        behaviours, _ = record(behaviours, release(minor), number(value), same)
    return behaviours


def summary(behaviours: Behaviours) -> list[tuple[tuple[str, ...], int]]:
    return [(behaviour.releases, value_of(behaviour.observation)) for behaviour in behaviours]


# Recording.


def test_a_release_joins_what_it_equals_or_opens_its_own() -> None:
    behaviours, first = record((), release(3), number(5), near)
    behaviours, second = record(behaviours, release(4), number(6), near)
    behaviours, third = record(behaviours, release(5), number(7), near)
    assert (first, second, third) == (RecordAction.NEW, RecordAction.JOINED, RecordAction.NEW)
    assert summary(behaviours) == [(("2.3.0", "2.4.0"), 5), (("2.5.0",), 7)]


def test_releases_are_ordered_as_versions() -> None:
    assert summary(recorded([(10, 5), (9, 5), (2, 9)])) == [(("2.2.0",), 9), (("2.9.0", "2.10.0"), 5)]


def test_the_lowest_release_gives_the_numbers() -> None:
    assert summary(recorded([(4, 6), (3, 5)])) == [(("2.3.0", "2.4.0"), 5)]
    assert summary(recorded([(3, 5), (4, 6)])) == [(("2.3.0", "2.4.0"), 5)]


def test_the_lowest_behaviour_that_is_the_same_is_joined() -> None:
    assert summary(recorded([(3, 4), (4, 6), (5, 5)])) == [(("2.3.0", "2.5.0"), 4), (("2.4.0",), 6)]


def test_recording_again_changes_nothing() -> None:
    behaviours = recorded([(3, 5), (4, 9)])
    assert record(behaviours, release(3), number(6), near) == (behaviours, RecordAction.UNCHANGED)


def test_another_value_is_said_and_changes_nothing_unless_told() -> None:
    behaviours = recorded([(3, 5), (4, 5), (5, 9)])
    assert record(behaviours, release(4), number(9), near) == (behaviours, RecordAction.VALUE_CHANGED)
    moved, action = record(behaviours, release(4), number(9), near, replace=True)
    assert action is RecordAction.VALUE_CHANGED
    assert summary(moved) == [(("2.3.0",), 5), (("2.4.0", "2.5.0"), 9)]
    opened, _ = record(behaviours, release(5), number(20), near, replace=True)
    assert summary(opened) == [(("2.3.0", "2.4.0"), 5), (("2.5.0",), 20)]


def test_replacing_by_the_same_takes_its_last_digits() -> None:
    behaviours = recorded([(3, 5), (4, 5)])
    refreshed, action = record(behaviours, release(3), number(6), near, replace=True)
    assert (summary(refreshed), action) == ([(("2.3.0", "2.4.0"), 6)], RecordAction.JOINED)
    same_again = record(behaviours, release(4), number(6), near, replace=True)
    assert same_again == (behaviours, RecordAction.UNCHANGED)


def test_identity_is_never_recorded() -> None:
    identity = Identity(layer_class="a.B", variables=(), device="")
    behaviours, _ = record((), release(3), replace(number(5), identity=identity), near)
    assert behaviours[0].observation.identity is None


def test_forgetting_a_representative_keeps_its_numbers_until_it_is_back() -> None:
    behaviours = recorded([(3, 5), (4, 6), (5, 9)])
    without = forget(behaviours, release(3))
    assert summary(without) == [(("2.4.0",), 5), (("2.5.0",), 9)]
    assert record(without, release(4), number(6), near)[1] is RecordAction.UNCHANGED
    assert summary(forget(behaviours, release(5))) == [(("2.3.0", "2.4.0"), 5)]
    assert forget(behaviours, release(9)) == behaviours


MEASURED = st.dictionaries(st.integers(0, 12), st.integers(0, 8), min_size=1)


@given(MEASURED, st.data())
def test_any_release_forgotten_and_recorded_again_leaves_no_trace(values: dict[int, int], data: st.DataObject) -> None:
    """For every symmetric ``same``, transitive or not, when releases were recorded in ascending order."""
    behaviours = recorded(sorted(values.items()))
    minor = data.draw(st.sampled_from(sorted(values)))
    again, action = record(forget(behaviours, release(minor)), release(minor), number(values[minor]), near)
    assert again == behaviours
    assert action in (RecordAction.NEW, RecordAction.JOINED)


@given(st.dictionaries(st.integers(0, 12), st.integers(0, 29), min_size=1), st.data())
def test_the_order_of_recording_does_not_matter_between_clear_classes(
    values: dict[int, int], data: st.DataObject
) -> None:
    """For every equivalence: any order, and any release forgotten and recorded again in between."""
    order = data.draw(st.permutations(sorted(values.items())))
    behaviours = recorded(order, equal_tens)
    assert behaviours == recorded(sorted(values.items()), equal_tens)


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 8)), max_size=20))
def test_behaviours_are_always_canonical(values: list[tuple[int, int]]) -> None:
    behaviours: Behaviours = ()
    for minor, value in values:
        behaviours, _ = record(behaviours, release(minor), number(value), near, replace=value % 2 == 0)
        names = [Release.parse(name) for behaviour in behaviours for name in behaviour.releases]
        assert len(set(names)) == len(names)
        assert all(list(b.releases) == sorted(b.releases, key=Release.parse) for b in behaviours)
        lowest = [Release.parse(behaviour.releases[0]) for behaviour in behaviours]
        assert lowest == sorted(lowest)


# Covering.


def test_expected_is_the_release_itself_or_the_nearest_below() -> None:
    behaviours = recorded([(3, 5), (5, 9), (7, 5)])
    a, b = behaviours
    assert expected(behaviours, release(5)) == (b, release(5))
    assert expected(behaviours, release(6)) == (b, release(5))
    assert expected(behaviours, release(9)) == (a, release(7))
    assert expected(behaviours, release(2)) is None
    assert expected((), release(2)) is None


def test_a_baseline_stands_in_for_the_release() -> None:
    behaviours = recorded([(3, 5), (5, 9)])
    assert expected(behaviours, release(9), release(4)) == (behaviours[0], release(3))
    assert expected(behaviours, release(1), release(5)) == (behaviours[1], release(5))
    assert expected(behaviours, release(9), release(1)) is None


@each(
    "asked, found",
    [
        ("2.21.0+keras-3.15.1", "2.21.0+keras-3.12.1"),
        ("2.21.0+keras-3.12.0", "2.21.0+keras-3.2.0"),
        ("2.21.0+keras-3.0.0", "2.15.1"),
        ("2.22.0.dev20260101+keras-3.15.1", "2.21.0+keras-3.12.1"),
        ("2.21.0rc1+keras-3.15.1", "2.15.1"),
    ],
)
def test_the_nearest_library_below_decides_between_equal_tensorflows(asked: str, found: str) -> None:
    names = ("2.15.1", "2.21.0+keras-3.2.0", "2.21.0+keras-3.12.1")
    behaviours = (Behaviour(releases=names, observation=number(1)),)
    assert expected(behaviours, Release.parse(asked)) == (behaviours[0], Release.parse(found))


def test_covering_is_exact() -> None:
    behaviours = recorded([(3, 5), (5, 9)])
    assert covering(behaviours, release(5)) is behaviours[1]
    assert covering(behaviours, release(4)) is None


# Whole files.


def into(golden: GoldenFile, sha256: str, value: float, name: str = "2.15.1") -> tuple[GoldenFile, RecordAction]:
    return record_case(
        golden,
        key="n=1.0",
        sha256=sha256,
        runner="tf1",
        release=Release.parse(name),
        observation=measured(value),
        same=lambda left, right: left == right,
    )


def test_recording_into_a_file_leaves_the_rest() -> None:
    golden = golden_of(1.0, 2.0)
    updated, action = into(golden, sha("1.0"), 1.0)
    assert action is RecordAction.JOINED
    assert updated.cases["n=2.0"] == golden.cases["n=2.0"]
    assert updated.cases["n=1.0"].runners["tf1"][0].releases == ("1.15.5", "2.15.1")
    empty = GoldenFile(scenario="flags/x", cases={})
    assert into(empty, sha("1.0"), 1.0, "1.15.5") == (golden_of(1.0), RecordAction.NEW)


def test_a_case_that_changed_drops_what_was_recorded_of_it() -> None:
    updated, action = into(golden_of(1.0), sha("another"), 1.0)
    assert action is RecordAction.STALE
    assert updated.cases["n=1.0"].sha256 == sha("another")
    assert [b.releases for b in updated.cases["n=1.0"].runners["tf1"]] == [("2.15.1",)]


def test_a_release_is_forgotten_everywhere_or_of_one_runner() -> None:
    golden, _ = into(golden_of(1.0, 2.0), sha("1.0"), 1.0)
    left = forget_release(golden, Release.parse("1.15.5"))
    assert list(left.cases) == ["n=1.0"]
    assert releases_of(left) == {"tf1": (Release.parse("2.15.1"),)}
    assert forget_release(golden, Release.parse("1.15.5"), "keras") == golden


def test_prune_keeps_the_cases_that_are() -> None:
    assert prune(golden_of(1.0, 2.0), {"n=2.0", "n=3.0"}) == golden_of(2.0)


# Results that are not a function of the input.


def several(value: int) -> Observation:
    """The settled form of something that races: the output is the same each time, a moving mean is left out."""
    return replace(number(value), nondeterministic=True)


def racing(value: int, mean: int) -> Observation:
    step = {**number(value).steps[0], "moving_mean": Tensor.of(mean, "int64")}
    return Observation(steps=(step,), structure=None, raised=None)


def alike(left: Observation, right: Observation) -> bool:
    """As :func:`harness.diff.diff` has it: fields that are there count, and whether they are the same each time."""
    return (
        left.nondeterministic is right.nondeterministic
        and left.steps[0].keys() == right.steps[0].keys()
        and near(left, right)
    )


def test_a_race_that_is_not_seen_again_is_no_change() -> None:
    behaviours, _ = record((), release(3), several(5), alike)
    for replacing in (False, True):
        again, action = record(behaviours, release(3), racing(5, 1), alike, replace=replacing)
        assert (again, action) == (behaviours, RecordAction.UNCHANGED)


def test_a_race_recorded_again_changes_nothing_and_keeps_no_results() -> None:
    seen = Result(observation=racing(5, 1), times=3)
    behaviours, _ = record((), release(3), replace(several(5), results=(seen,)), alike)
    assert behaviours[0].observation == several(5)
    again, action = record(behaviours, release(3), replace(several(5), results=(seen, seen)), alike)
    assert (again, action) == (behaviours, RecordAction.UNCHANGED)


def test_what_is_settled_of_a_race_may_change_as_ever() -> None:
    behaviours, _ = record((), release(3), several(5), alike)
    kept, action = record(behaviours, release(3), racing(9, 1), alike)
    assert (kept, action) == (behaviours, RecordAction.VALUE_CHANGED)
    replaced, action = record(behaviours, release(3), racing(9, 1), alike, replace=True)
    assert action is RecordAction.VALUE_CHANGED
    assert [behaviour.observation for behaviour in replaced] == [racing(9, 1)]


def test_what_races_where_one_result_is_recorded_is_a_changed_value() -> None:
    behaviours, _ = record((), release(3), racing(5, 1), alike)
    kept, action = record(behaviours, release(3), several(5), alike)
    assert (kept, action) == (behaviours, RecordAction.VALUE_CHANGED)
    replaced, action = record(behaviours, release(3), several(5), alike, replace=True)
    assert (replaced[0].observation, action) == (several(5), RecordAction.VALUE_CHANGED)


def test_another_release_joins_a_race_only_if_it_races() -> None:
    behaviours, _ = record((), release(3), several(5), alike)
    behaviours, action = record(behaviours, release(4), several(5), alike)
    assert action is RecordAction.JOINED
    behaviours, action = record(behaviours, release(5), racing(5, 1), alike)
    assert action is RecordAction.NEW
    assert [len(behaviour.releases) for behaviour in behaviours] == [2, 1]
