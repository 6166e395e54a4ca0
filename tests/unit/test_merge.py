"""Runs put together: shards give the whole again, releases stand side by side, what does not fit is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from harness.compare import exit_code
from harness.comparison import Comparison, Gate, ScenarioComparison, Verdict
from harness.errors import InvalidRun, Problem
from harness.merge import INCOMPLETE, Source, merged
from harness.report.json import run_json
from harness.report.json_reader import read_run
from harness.run import Part, Run, TargetRun
from tests.report import samples
from tests.report.runs import FAILED, read_back, with_gate


def target(comparison: Comparison | None, name: str = "2.21.0", part: Part | None = None) -> TargetRun:
    code = exit_code(comparison) if comparison else 5
    problems = () if comparison else (FAILED,)
    return TargetRun(target=name, comparison=comparison, code=code, problems=problems, part=part)


def source(*targets: TargetRun, place: str = "a.json") -> Source:
    """A run as another job wrote it and this one reads it."""
    text = run_json(Run(targets=targets, code=max(one.code for one in targets)))
    return Source(place=place, run=read_run(text.encode(), place))


def cases_of(scenarios: Sequence[ScenarioComparison]) -> tuple[str, ...]:
    return tuple(case.case.id for scenario in scenarios for case in scenario.cases)


def whole() -> Comparison:
    return replace(read_back(), seconds=8.0)


def shards(comparison: Comparison, *picks: Sequence[int]) -> list[Source]:
    """A source per shard, which has the scenarios of these places."""
    every = cases_of(comparison.scenarios)
    found = []
    for index, pick in enumerate(picks, start=1):
        scenarios = tuple(comparison.scenarios[place] for place in pick)
        ran = {result.runner for scenario in scenarios for case in scenario.cases for result in case.results}
        one = replace(
            comparison,
            scenarios=scenarios,
            runners=tuple(runner for runner in comparison.runners if runner in ran),
            seconds=comparison.seconds / len(picks),
            gate=share(comparison.gate, scenarios, first=index == 1) if comparison.gate else None,
        )
        part = Part(count=len(picks), indices=(index,), cases=every)
        found.append(source(target(one, part=part), place=f"{index}.json"))
    return found


def share(gate: Gate, scenarios: Sequence[ScenarioComparison], *, first: bool) -> Gate:
    """What of a gate these scenarios say; of what is only counted, the first has all."""
    names = [scenario.name for scenario in scenarios]
    return replace(
        gate,
        compared=sum(len(case.between) for scenario in scenarios for case in scenario.cases),
        expected=gate.expected if first else 0,
        unexpected=tuple(one for one in gate.unexpected if one.case.scenario in names),
        vanished=tuple(one for one in gate.vanished if one.scenario in names),
    )


def test_all_shards_are_the_run_that_was_not_split() -> None:
    found = merged(shards(whole(), [4, 1], [0], [3], [2]))
    assert run_json(found) == run_json(Run(targets=(target(whole()),), code=exit_code(whole())))


def test_the_order_of_the_files_does_not_matter() -> None:
    pieces = shards(whole(), [0], [1, 2], [3, 4])
    assert run_json(merged(pieces)) == run_json(merged(pieces[::-1]))


def test_a_gate_is_put_together_in_the_order_of_the_scenarios() -> None:
    one = replace(with_gate(samples.all_green()), seconds=8.0)
    assert one.gate is not None
    apart = samples.between(samples.MOVED)
    other = samples.scenario(samples.compared(samples.case("zebra/x"), [samples.result()], [apart]))
    later = replace(one.gate.unexpected[0], case=other.cases[0].case, between=apart)
    gate = replace(one.gate, compared=6, unexpected=(*one.gate.unexpected, later))
    gated = replace(one, scenarios=(*one.scenarios, other), gate=gate)
    assert run_json(merged(shards(gated, [2, 1], [0]))) == run_json(Run(targets=(target(gated),), code=1))


def test_a_missing_shard_is_said_and_has_its_own_exit_code() -> None:
    green = samples.all_green()
    found = merged(shards(green, [0], [1])[:1])
    [one] = found.targets
    assert (found.code, one.code, one.label) == (INCOMPLETE, 7, "2.21.0, shard 1 of 2")
    assert one.problems == (
        Problem(
            place="2.21.0",
            message="shard 2 of 2 is missing; 1 of 5 cases in no file: rank/two",
            hint="`harness compare --shard 2/2 --json FILE` with the options of the others, then merge again",
        ),
    )


def test_several_missing_shards_and_many_cases_are_abridged() -> None:
    [one] = merged(shards(samples.all_green(), [1], [0], [])[:1]).targets
    assert one.problems[0].message == (
        "shards 2 and 3 of 3 are missing; 4 of 5 cases in no file: "
        "flags/seed-article[training=true,trainable=true], flags/seed-article[training=true,trainable=false], "
        "flags/seed-article[training=false,trainable=true], +1"
    )


def test_a_change_outranks_a_missing_shard_and_that_a_missing_golden() -> None:
    pieces = shards(whole(), [0], [1], [2], [3], [4])
    assert merged(pieces[:1]).code == 1
    assert merged(pieces[3:4]).code == INCOMPLETE
    assert merged(pieces).code == 6


def test_what_was_missing_may_come_later() -> None:
    pieces = shards(whole(), [0], [1], [2, 3, 4])
    early = Source(place="early.json", run=merged(pieces[:2]))
    assert run_json(merged([pieces[2], early])) == run_json(merged(pieces))


def test_a_case_that_is_in_no_shard_is_missing() -> None:
    pieces = [
        replace(piece, run=replace(piece.run, targets=tuple(with_case(one, "x/y") for one in piece.run.targets)))
        for piece in shards(samples.all_green(), [0], [1])
    ]
    found = merged(pieces)
    assert found.code == INCOMPLETE
    assert found.targets[0].problems[0].message == "1 of 6 cases in no file: x/y"


def with_case(one: TargetRun, case: str) -> TargetRun:
    assert one.part is not None
    return replace(one, part=replace(one.part, cases=(*one.part.cases, case)))


def test_a_shard_that_could_not_be_measured_is_missing_and_says_why() -> None:
    good, other = shards(samples.all_green(), [0], [1])
    part = other.run.targets[0].part
    assert part is not None
    bad = source(target(None, part=replace(part, indices=())), place="2.json")
    [one] = merged([good, bad]).targets
    assert one.code == INCOMPLETE
    assert [problem.place for problem in one.problems] == ["TensorFlow 1.0.1", "2.21.0"]


def test_releases_stand_side_by_side() -> None:
    green = samples.all_green()
    older = replace(green, versions={**green.versions, "tensorflow": "2.20.0"})
    found = merged([source(target(green)), source(target(older, "2.20.0")), source(target(None, "1.0.1"))])
    assert [(one.target, one.code) for one in found.targets] == [("2.21.0", 0), ("2.20.0", 0), ("1.0.1", 5)]
    assert found.code == 5


def test_jobs_that_call_different_releases_the_same_are_told_apart() -> None:
    green = samples.all_green()
    older = replace(green, versions={"tensorflow": "2.20.0"})
    found = merged([source(target(one, "the installed TensorFlow")) for one in (green, older)])
    assert [one.target for one in found.targets] == [
        "the installed TensorFlow (keras 3.15.1, numpy 2.4.6, python 3.11.7, tensorflow 2.21.0, tf_keras 2.21.0, cpu)",
        "the installed TensorFlow (tensorflow 2.20.0, cpu)",
    ]


def test_runs_of_other_scenarios_make_one() -> None:
    green = samples.all_green()
    pieces = [source(target(replace(green, scenarios=(one,)))) for one in green.scenarios]
    [one] = merged(pieces).targets
    assert one.comparison is not None
    assert cases_of(one.comparison.scenarios) == cases_of(green.scenarios)
    assert one.part is None


def test_a_file_that_is_given_twice_counts_once() -> None:
    piece = source(target(whole()))
    [one] = merged([piece, piece]).targets
    assert one.comparison is not None
    assert cases_of(one.comparison.scenarios) == cases_of(whole().scenarios)


def refused(*sources: Source) -> str:
    with pytest.raises(InvalidRun) as caught:
        merged(sources)
    return str(caught.value)


def test_two_files_that_say_different_things_are_refused() -> None:
    green = samples.all_green()
    changed = replace(green, scenarios=(samples.flags(changed=True), green.scenarios[1]))
    said = refused(source(target(green)), source(target(changed), place="b.json"))
    assert said.startswith("b.json: flags/seed-article[training=true,trainable=true] is not what it is in a.json\n")


def test_scenarios_of_two_states_are_refused() -> None:
    green = samples.all_green()
    moved = replace(green, scenarios=(replace(green.scenarios[0], path=Path("elsewhere.yaml")),))
    said = refused(source(target(green)), source(target(moved), place="b.json"))
    assert said.startswith("b.json: flags/seed-article is not what it is in a.json\n")


def test_shards_of_different_selections_are_refused() -> None:
    one, other = shards(samples.all_green(), [0], [1])
    longer = replace(other, run=replace(other.run, targets=(with_case(other.run.targets[0], "x/y"),)))
    assert refused(one, longer).startswith(
        "2.json: 2.21.0 is split into 2 shards of 6 cases in all here "
        "and split into 2 shards of 5 cases in all in 1.json\n"
    )
    assert "not split" in refused(one, source(target(samples.all_green()), place="b.json"))


def test_a_case_from_outside_of_the_selection_is_refused() -> None:
    one, _ = shards(samples.all_green(), [0], [1])
    [found] = one.run.targets
    assert found.part is not None
    fewer = replace(found, part=replace(found.part, cases=found.part.cases[1:]))
    said = refused(Source(place="1.json", run=Run(targets=(fewer,), code=0)))
    assert said == "1.json: flags/seed-article[training=true,trainable=true] is not in the selection that was split"


@pytest.mark.parametrize("changes", [{"arguments": ("--golden", "g")}, {"gate": with_gate(samples.all_green()).gate}])
def test_runs_with_different_options_are_refused(changes: dict[str, object]) -> None:
    green = samples.all_green()
    other = replace(green, scenarios=green.scenarios[:1], **changes)  # type: ignore[arg-type]
    rest = replace(green, scenarios=green.scenarios[1:])
    said = refused(source(target(rest)), source(target(other), place="b.json"))
    assert said.startswith("b.json: 2.21.0 was run with other options than in a.json\n")


def test_stale_things_are_told_once() -> None:
    [one] = merged(shards(whole(), [0, 1], [2, 3, 4])).targets
    assert one.comparison is not None
    assert one.comparison.stale == whole().stale
    assert {result.verdict for case in one.comparison.cases() for result in case.results} >= {Verdict.CRASHED}
