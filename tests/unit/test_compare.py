"""Outcomes against golden become verdicts, verdicts an exit code."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness import golden
from harness.compare import exit_code, lost_code, read_goldens, worst
from harness.comparison import Comparison, Machine, Relation, RunnerResult, Verdict
from harness.errors import InvalidGolden
from harness.golden import Behaviour, GoldenCase, GoldenFile
from harness.observation import Crashed, NotApplicable, Observation, Outcome, TimedOut, Unavailable, recordable
from tests.report.samples import FROZEN, TRAINED, case, f32, observed
from tests.unit.comparing import against
from tests.unit.each import each
from tests.unit.measured import RELEASES, measurement, selection

CASE = case(training=True)
GOOD = observed({"output": f32(TRAINED)})
OTHER = observed({"output": f32(FROZEN)})
ABORTED = Crashed(cause="SIGABRT", stderr="Check failed")


def write(root: Path, recorded: Outcome, release: str = RELEASES["tf1"], sha256: str = CASE.sha256) -> None:
    observation = recordable(recorded)
    assert observation is not None
    behaviour = Behaviour(releases=(release,), observation=observation)
    cases = {CASE.key: GoldenCase(sha256=sha256, runners={"tf1": (behaviour,)})}
    golden.write(root, GoldenFile(scenario=CASE.scenario, cases=cases))


def compare(root: Path, outcome: Outcome, baseline: str | None = None) -> Comparison:
    chosen = selection([CASE])
    return against(root, measurement({(CASE.id, "tf1"): outcome}, chosen), baseline)


def result(comparison: Comparison) -> RunnerResult:
    (one,) = next(iter(comparison.cases())).results
    return one


@pytest.mark.parametrize(
    ("recorded", "outcome", "verdict", "code"),
    [
        (GOOD, GOOD, Verdict.MATCH, 0),
        (GOOD, OTHER, Verdict.CHANGED, 1),
        (GOOD, ABORTED, Verdict.CRASHED, 6),
        (GOOD, Crashed(cause="SIGKILL", stderr=""), Verdict.CRASHED, 6),
        (GOOD, TimedOut(seconds=2, stderr=""), Verdict.TIMED_OUT, 6),
        (GOOD, Unavailable(reason="gone"), Verdict.UNAVAILABLE, 3),
        (GOOD, NotApplicable(reason="no flag"), Verdict.NOT_APPLICABLE, 3),
        (ABORTED, ABORTED, Verdict.MATCH, 0),
        (ABORTED, Crashed(cause="SIGFPE", stderr=""), Verdict.CRASHED, 6),
        (ABORTED, GOOD, Verdict.CHANGED, 1),
    ],
)
def test_verdicts(tmp_path: Path, recorded: Outcome, outcome: Outcome, verdict: Verdict, code: int) -> None:
    write(tmp_path, recorded)
    comparison = compare(tmp_path, outcome)
    assert result(comparison).verdict is verdict
    assert exit_code(comparison) == code


def test_without_golden_a_result_is_new(tmp_path: Path) -> None:
    comparison = compare(tmp_path, GOOD)
    assert (result(comparison).verdict, exit_code(comparison)) == (Verdict.NEW, 4)


def test_a_release_before_all_recorded_ones_is_new(tmp_path: Path) -> None:
    write(tmp_path, GOOD, release="2.22.0")
    assert result(compare(tmp_path, GOOD)).verdict is Verdict.NEW


def test_the_nearest_release_below_is_expected(tmp_path: Path) -> None:
    write(tmp_path, GOOD, release="2.15.1")
    found = result(compare(tmp_path, OTHER))
    assert (found.verdict, found.baseline, found.release) == (Verdict.CHANGED, "2.15.1", RELEASES["tf1"])


def test_a_baseline_is_expected_instead(tmp_path: Path) -> None:
    first = Behaviour(releases=("2.15.1",), observation=GOOD)
    second = Behaviour(releases=(RELEASES["tf1"],), observation=OTHER)
    cases = {CASE.key: GoldenCase(sha256=CASE.sha256, runners={"tf1": (first, second)})}
    golden.write(tmp_path, GoldenFile(scenario=CASE.scenario, cases=cases))
    assert result(compare(tmp_path, OTHER)).verdict is Verdict.MATCH
    assert result(compare(tmp_path, OTHER, "2.15.1")).verdict is Verdict.CHANGED


def test_an_edited_case_is_stale(tmp_path: Path) -> None:
    write(tmp_path, GOOD, sha256="0" * 64)
    comparison = compare(tmp_path, GOOD)
    assert (result(comparison).verdict, exit_code(comparison)) == (Verdict.STALE, 4)


def test_what_does_not_apply_is_neither_stale_nor_a_failure(tmp_path: Path) -> None:
    write(tmp_path, GOOD, sha256="0" * 64)
    assert result(compare(tmp_path, NotApplicable(reason="no flag"))).verdict is Verdict.NOT_APPLICABLE
    write(tmp_path, GOOD)
    chosen = selection([CASE])
    outcomes: dict[tuple[str, str], Outcome] = {
        (CASE.id, "tf1"): GOOD,
        (CASE.id, "keras"): NotApplicable(reason="no flag"),
    }
    comparison = against(tmp_path, measurement(outcomes, chosen))
    assert exit_code(comparison) == 0


def test_runners_are_held_against_each_other(tmp_path: Path) -> None:
    outcomes: dict[tuple[str, str], Outcome] = {(CASE.id, "tf1"): GOOD, (CASE.id, "keras"): OTHER}
    chosen = selection([CASE])
    comparison = against(tmp_path, measurement(outcomes, chosen))
    (between,) = next(iter(comparison.cases())).between
    assert (between.left, between.right, between.relation) == ("tf1", "keras", Relation.DIFFERS)
    assert between.diff.fields == ("output",)


def test_a_golden_file_without_its_scenario_is_stale_for_a_whole_run_only(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    golden.write(tmp_path, GoldenFile(scenario="flags/gone", cases=golden.read(tmp_path, CASE.scenario).cases))  # type: ignore[union-attr]
    chosen = selection([CASE])
    whole = against(tmp_path, measurement({(CASE.id, "tf1"): GOOD}, chosen), scenarios=[chosen.scenario])
    assert [stale.reason for stale in whole.stale] == ["no such scenario"]
    assert exit_code(whole) == 4
    assert compare(tmp_path, GOOD).stale == ()


def test_versions_are_those_that_ran(tmp_path: Path) -> None:
    versions = compare(tmp_path, GOOD).versions
    assert versions["tensorflow"] == "2.21.0"
    assert "tf_keras" not in versions


@each(
    "codes, one",
    [([0, 0], 0), ([0, 1, 6], 6), ([4, 1], 1), ([5, 0], 5), ([5, 4], 4), ([3, 0], 0), ([3, 3], 3), ([], 3)],
)
def test_several_targets_end_in_the_gravest_code(codes: list[int], one: int) -> None:
    assert worst(codes) == one


@pytest.mark.parametrize(
    ("outcome", "code"), [(GOOD, 0), (ABORTED, 6), (TimedOut(seconds=1, stderr=""), 6), (Unavailable(reason=""), 3)]
)
def test_a_run_that_expects_nothing_fails_only_when_it_lost_something(
    tmp_path: Path, outcome: Outcome, code: int
) -> None:
    assert lost_code(compare(tmp_path, outcome)) == code


def test_only_a_crash_that_the_code_causes_is_a_behaviour() -> None:
    crashed = recordable(ABORTED)
    assert isinstance(crashed, Observation)
    assert crashed.raised is not None
    assert crashed.raised.type == "SIGABRT"
    assert recordable(Crashed(cause="SIGKILL", stderr="")) is None
    assert recordable(Crashed(cause="exit code 1", stderr="")) is None


def test_every_broken_golden_file_is_told(tmp_path: Path) -> None:
    chosen = [selection([case()]), selection([case("flags/other")])]
    for one in chosen:
        path = golden.golden_path(tmp_path, one.scenario.name)
        path.parent.mkdir(exist_ok=True)
        path.write_text("{")
    with pytest.raises(InvalidGolden) as caught:
        read_goldens(tmp_path, chosen)
    assert len(caught.value.problems) == 2


def test_a_comparison_says_where_it_ran_and_where_the_title_stands(tmp_path: Path) -> None:
    chosen = selection([CASE])
    chosen = replace(chosen, scenario=replace(chosen.scenario, line=7))
    other = (CASE.id, "keras")
    comparison = against(tmp_path, measurement({(CASE.id, "tf1"): GOOD, other: GOOD}, chosen))
    assert comparison.machines == (Machine(platform="linux-x86_64", cpu_features=("avx2",), threads=1),)
    assert comparison.scenarios[0].line == 7


def test_a_merge_that_lacks_something_is_graver_than_a_missing_golden() -> None:
    assert [worst(codes) for codes in ([4, 7, 5, 0], [7, 1], [7, 2, 0], [6, 7], [3, 7])] == [7, 1, 2, 6, 7]
