"""The search: it ends at the true neighbours, in few steps, whatever cannot be had."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.bisection import Bisection, Ends, Findings, Skipped
from harness.errors import InvalidOption, ReleaseUnavailable
from harness.history import Archive
from harness.releases.catalog import Spec
from harness.releases.publications import Published, shipped
from harness.releases.release import Release
from harness.report.bisection import render_findings
from tests.report.samples import case
from tests.unit.recorded import archive

CASE = case(training=True)
TENSORFLOW = [version for version in shipped().versions["tensorflow"] if version.startswith("1.")]
KERAS = [f"2.21.0+keras-{version}" for version in shipped().versions["keras"]]
LOST = "-"
"""In a truth: a release that cannot be measured."""


@dataclass(kw_only=True)
class World:
    """A prober that knows the truth: what every release shows, by its name."""

    truth: Mapping[str, str]
    runner: str = "tf1"
    recorded: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def archive(self) -> Archive:
        text = " ".join(f"{name}={letter}" for name, letter in self.recorded.items())
        return archive([(CASE, {self.runner: text} if text else {})])

    def probe(self, specs: Sequence[Spec]) -> Mapping[tuple[str, str], str]:
        refused = {}
        for spec in specs:
            name = str(spec.releases[self.runner])
            assert name not in self.asked, "asked twice"
            assert name not in self.recorded, "known already"
            self.asked.append(name)
            if self.truth.get(name, LOST) == LOST:
                refused[spec.name, self.runner] = "no wheel"
            else:
                self.recorded[name] = self.truth[name]
        return refused


def bisected(
    world: World,
    ends: tuple[str, str] | None = None,
    said: list[str] | None = None,
    published: Published | None = None,
) -> Findings:
    good, bad = map(Release.parse, ends) if ends else (None, None)
    return Bisection(
        prober=world,
        published=published or shipped(),
        cases=[CASE.id],
        runners=[world.runner],
        ends=Ends(good=good, bad=bad) if good and bad else None,
        say=(said if said is not None else []).append,
    ).run()


def pairs(findings: Findings) -> list[tuple[str, str]]:
    return [(str(change.before), str(change.after)) for change in findings.changes]


def true_pairs(names: Sequence[str], truth: Mapping[str, str]) -> list[tuple[str, str]]:
    """The neighbours that differ, among those that can be measured."""
    there = [name for name in names if truth[name] != LOST]
    return [pair for pair in pairwise(there) if truth[pair[0]] != truth[pair[1]]]


@st.composite
def truths(draw: st.DrawFn, letters: str, lost: bool) -> tuple[list[str], dict[str, str]]:
    """A stretch of published releases and what each shows, changing once per letter; both ends measurable."""
    line = draw(st.sampled_from([TENSORFLOW, KERAS]))
    start = draw(st.integers(0, len(line) - len(letters)))
    names = line[start : draw(st.integers(start + len(letters), len(line)))]
    cuts = sorted(draw(st.sets(st.integers(1, len(names) - 1), min_size=len(letters) - 1, max_size=len(letters) - 1)))
    shown = [letters[sum(index >= cut for cut in cuts)] for index in range(len(names))]
    if lost:
        for index in draw(st.sets(st.integers(1, max(len(names) - 2, 1)))):
            if index < len(names) - 1:
                shown[index] = LOST
    return names, dict(zip(names, shown, strict=True))


def world_of(names: Sequence[str], truth: Mapping[str, str]) -> World:
    runner = "keras" if "keras" in names[0] else "tf1"
    return World(truth=truth, runner=runner, recorded={name: truth[name] for name in (names[0], names[-1])})


@given(truths("AB", lost=False))
def test_it_ends_at_the_true_neighbours_in_logarithmic_steps(made: tuple[list[str], dict[str, str]]) -> None:
    names, truth = made
    world = world_of(names, truth)
    findings = bisected(world)
    assert pairs(findings) == true_pairs(names, truth)
    assert [change.between for change in findings.changes] == [()]
    assert len(world.asked) <= math.ceil(math.log2(len(names) - 1))
    assert findings.skipped == ()


@given(truths("AB", lost=True))
def test_what_cannot_be_had_costs_one_step_and_is_told(made: tuple[list[str], dict[str, str]]) -> None:
    names, truth = made
    world = world_of(names, truth)
    findings = bisected(world)
    [(before, after)] = pairs(findings)
    assert [(before, after)] == true_pairs(names, truth)
    lost = [name for name in world.asked if truth[name] == LOST]
    skipped = [str(one.release) for one in findings.skipped]
    assert sorted(skipped) == sorted(lost)
    assert set(names[names.index(before) + 1 : names.index(after)]) <= set(skipped)
    assert len(world.asked) - len(lost) <= math.ceil(math.log2(len(names) - 1))


@given(truths("ABC", lost=True))
def test_a_third_behaviour_is_a_boundary_of_its_own_or_was_never_seen(made: tuple[list[str], dict[str, str]]) -> None:
    names, truth = made
    world = world_of(names, truth)
    found = pairs(bisected(world))
    assert set(found) <= set(true_pairs(names, truth))
    path = [truth[found[0][0]], *(truth[after] for _, after in found)]
    assert (path[0], path[-1]) == ("A", "C")
    assert all(truth[after] == truth[before] for (_, after), (before, _) in pairwise(found))


@given(truths("AB", lost=False), st.data())
def test_an_interrupted_search_goes_on(made: tuple[list[str], dict[str, str]], data: st.DataObject) -> None:
    names, truth = made
    world = world_of(names, truth)
    bisected(world)
    asked = data.draw(st.integers(0, len(world.asked)))
    again = world_of(names, truth)
    again.recorded |= {name: truth[name] for name in world.asked[:asked]}
    assert pairs(bisected(again)) == true_pairs(names, truth)
    assert again.asked == world.asked[asked:]


TRUTH = dict.fromkeys(["1.2.1", "1.3.0"], "A") | dict.fromkeys(["1.4.0", "1.4.1", "1.5.0"], "B")
TRUTH |= dict.fromkeys(["1.5.1", "1.6.0", "1.7.0", "1.7.1", "1.8.0"], "C")


def test_a_behaviour_that_comes_back_is_found_where_it_is_recorded() -> None:
    truth = {"1.3.0": "A", "1.4.0": "B", "1.4.1": "B", "1.5.0": "A", "1.5.1": "A"}
    world = World(truth=truth, recorded={name: truth[name] for name in ("1.3.0", "1.4.1", "1.5.1")})
    assert pairs(bisected(world)) == [("1.3.0", "1.4.0"), ("1.4.1", "1.5.0")]


def test_ends_that_are_not_recorded_are_measured_first_in_either_order() -> None:
    world = World(truth=TRUTH)
    said: list[str] = []
    findings = bisected(world, ("1.8.0", "1.3.0"), said)
    assert pairs(findings) == [("1.3.0", "1.4.0"), ("1.5.0", "1.5.1")]
    assert said[0] == "measuring 1.3.0, 1.8.0, not recorded yet"
    assert said[1] == f"{CASE.id}, tf1: between 1.3.0 and 1.8.0: trying 1.5.1"
    assert world.asked[:2] == ["1.3.0", "1.8.0"]
    assert findings.probed == tuple(world.asked)


def test_only_what_lies_between_the_ends_is_narrowed() -> None:
    world = World(truth=TRUTH, recorded={"1.2.1": "A", "1.4.1": "B", "1.5.0": "B", "1.8.0": "C"})
    assert pairs(bisected(world, ("1.5.0", "1.8.0"))) == [("1.5.0", "1.5.1")]
    assert "1.4.0" not in world.asked


def test_ends_that_behave_alike_leave_nothing_to_do() -> None:
    world = World(truth=TRUTH, recorded={"1.6.0": "C", "1.8.0": "C"})
    findings = bisected(world, ("1.6.0", "1.8.0"))
    assert (findings.changes, world.asked) == ((), [])


def test_an_end_that_cannot_be_measured_is_an_error() -> None:
    with pytest.raises(ReleaseUnavailable, match=r"1\.9\.0: tf1 cannot be measured: no wheel"):
        bisected(World(truth=TRUTH), ("1.3.0", "1.9.0"))


@pytest.mark.parametrize(
    "ends",
    [("2.16.2+keras-3.5.0", "2.21.0+keras-3.8.0"), ("2.16.2+tf_keras-2.16.0", "2.21.0+tf_keras-2.21.0")],
)
def test_ends_that_differ_in_both_versions_or_are_of_another_runner_are_refused(ends: tuple[str, str]) -> None:
    truth = dict.fromkeys(ends, "A")
    with pytest.raises(InvalidOption, match="single version"):
        bisected(World(truth=truth, runner="keras"), ends)


def test_a_bare_version_means_the_keras_of_the_line() -> None:
    truth = {f"{version}+keras-3.5.0": "A" for version in ("2.16.1", "2.16.2", "2.17.0")}
    truth |= {f"{version}+keras-3.5.0": "B" for version in ("2.17.1", "2.18.0")}
    world = World(truth=truth, runner="keras", recorded={"2.16.1+keras-3.5.0": "A"})
    assert pairs(bisected(world, ("2.16.1", "2.18.0"))) == [("2.17.0+keras-3.5.0", "2.17.1+keras-3.5.0")]


def test_the_verdict_names_both_releases_and_what_is_missing() -> None:
    truth = {**TRUTH, "1.4.0": LOST}
    world = World(truth=truth, recorded={"1.3.0": "A", "1.4.1": "B"})
    text = render_findings(bisected(world), width=80, verbose=0, color=False)
    assert text == (
        "tf1: TensorFlow 1.3.0 -> 1.4.1\n"
        "  after 1.3.0, at or before 1.4.1: 1.4.0 lies between, not recorded\n"
        "  flags/seed-article[training=true] A -> B\n"
        "    step 1, output[0]: 65.0 -> 66.0\n"
        "    also: moving_mean\n"
        "  last release with A: 1.3.0; first with B: 1.4.1\n"
        "\n"
        "skipped: 1 release\n"
        "  1.4.0, tf1: no wheel\n"
        "\n"
        "summary: 1 change, none exact to the release; nothing had to be measured\n"
    )


def test_what_is_skipped_is_said_when_it_is_and_in_the_verdict() -> None:
    world = World(truth={**TRUTH, "1.5.0": LOST}, recorded={"1.4.1": "B", "1.8.0": "C"})
    said: list[str] = []
    findings = bisected(world, said=said)
    assert pairs(findings) == [("1.4.1", "1.5.1")]
    assert "skipping 1.5.0, tf1: no wheel" in said
    assert said.index("skipping 1.5.0, tf1: no wheel") > said.index(
        f"{CASE.id}, tf1: between 1.4.1 and 1.5.1: trying 1.5.0"
    )
    assert findings.skipped == (Skipped(runner="tf1", release=Release.parse("1.5.0"), why="no wheel"),)


def test_a_withdrawn_release_is_not_tried_and_told_once() -> None:
    known = shipped()
    kept = tuple(version for version in known.versions["tensorflow"] if version != "1.4.0")
    published = Published(
        versions={**known.versions, "tensorflow": kept},
        withdrawn={**known.withdrawn, "tensorflow": {"1.4.0": "broken", "1.12.0": "too new to matter"}},
        asked=known.asked,
    )
    world = World(truth=TRUTH, recorded={"1.2.1": "A", "1.5.0": "B"})
    said: list[str] = []
    findings = bisected(world, said=said, published=published)
    assert pairs(findings) == [("1.3.0", "1.4.1")]
    assert "1.4.0" not in world.asked
    told = "1.4.0, tf1: withdrawn from the package index: broken"
    assert [line for line in said if line.startswith("skipping")] == [f"skipping {told}"]
    text = render_findings(findings, width=80, verbose=0, color=False)
    assert f"skipped: 1 release\n  {told}\n" in text
    assert "exact: no release is published between 1.3.0 and 1.4.1" in text


def test_without_a_change_the_verdict_says_so() -> None:
    world = World(truth=TRUTH, recorded={"1.6.0": "C", "1.8.0": "C"})
    text = render_findings(bisected(world), width=80, verbose=0, color=False)
    assert text == "summary: no change between the recorded releases; nothing had to be measured\n"
