"""Letters, lines and boundaries."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.case import Case
from harness.golden import Behaviour, GoldenCase, GoldenFile
from harness.history import Axis, History, Line, boundaries, changes, gather, letter, lines, lines_of, newest_first
from harness.releases.release import Release
from harness.semantics.examiner import Examiner
from harness.semantics.oracle import predict
from harness.tensor import Tensor
from tests.report.samples import case
from tests.unit.measured import selection
from tests.unit.recorded import PUBLISHED, archive, behaviours, golden
from tests.unit.semantics.samples import article, tf1

ONE, TWO = case(training=True), case(training=False)
KERAS = "2.15.1=A 2.16.2+keras-3.15.1=B 2.21.0+keras-3.0.5=C 2.21.0+keras-3.8.0=C 2.21.0+keras-3.15.1=B"


def parsed(*names: str) -> tuple[Release, ...]:
    return tuple(map(Release.parse, names))


def spans(which: Case, text: str, runner: str = "tf1") -> list[str]:
    """``before -> after letters (between)`` of every boundary of every line."""
    [history] = archive([(which, {runner: text})]).histories
    return [
        f"{found.before} -> {found.after} {''.join(found.letters)} {found.between}"
        for line in lines_of([history])
        for found in boundaries(history, line, PUBLISHED)
    ]


def test_letters_go_on_after_z() -> None:
    assert [letter(index) for index in (0, 1, 25, 26, 27, 51, 52, 701, 702)] == [
        "A", "B", "Z", "AA", "AB", "AZ", "BA", "ZZ", "AAA",
    ]  # fmt: skip


def test_a_boundary_is_exact_when_nothing_is_published_between() -> None:
    assert spans(ONE, "1.3.0=A 1.4.1=B 1.5.1=B 1.6.0=C") == [
        "1.3.0 -> 1.4.1 AB ('1.4.0',)",
        "1.5.1 -> 1.6.0 BC ()",
    ]


def test_a_behaviour_that_comes_back_keeps_its_letter() -> None:
    assert spans(ONE, "1.3.0=A 1.4.0=B 1.4.1=A") == ["1.3.0 -> 1.4.0 AB ()", "1.4.0 -> 1.4.1 BA ()"]


def test_beyond_the_list_nothing_is_exact() -> None:
    assert spans(ONE, "2.21.0=A 2.22.0=B") == ["2.21.0 -> 2.22.0 AB None"]


def test_a_change_too_small_for_the_scale_of_the_data_is_the_oracles_to_show() -> None:
    """A frozen layer's statistics keep every bit, whatever numbers of their size may be apart."""
    frozen = article(trainable=False)
    before = predict(frozen, tf1()).as_observation()
    nudged = Tensor.of(before.steps[0]["moving_variance"].float64() + 2.0**-23, "float32")
    after = replace(before, steps=({**before.steps[0], "moving_variance": nudged}, before.steps[1]))
    recorded = tuple(
        Behaviour(releases=(release,), observation=seen) for release, seen in (("1.3.0", before), ("1.4.0", after))
    )
    history = History(examiner=Examiner(frozen), runner="tf1", behaviours=recorded)
    [found] = boundaries(history, lines_of([history])[0], PUBLISHED)
    assert found.diff.fields == ("moving_variance",)


def test_a_change_of_behaviour_is_one_that_can_be_shown() -> None:
    [history] = archive([(ONE, {"tf1": "1.3.0=A 1.4.0=B"})]).histories
    [found] = boundaries(history, lines_of([history])[0], PUBLISHED)
    assert [(d.field, d.left, d.right) for d in found.diff.differences] == [
        ("output", "65.0", "66.0"),
        ("moving_mean", "1.015625", "1.03125"),
    ]


def test_keras_has_two_lines_and_a_release_of_one_is_no_neighbour_on_the_other() -> None:
    assert spans(ONE, KERAS, "keras") == [
        "2.15.1 -> 2.16.2+keras-3.15.1 AB ('2.16.1',)",
        "2.21.0+keras-3.8.0 -> 2.21.0+keras-3.15.1 CB ('3.9.0',)",
    ]


def test_the_keras_on_the_tensorflow_line_is_the_one_beside_most() -> None:
    found = lines("keras", parsed(*[word.partition("=")[0] for word in KERAS.split()]))
    assert found == (
        Line(
            runner="keras",
            axis=Axis.TENSORFLOW,
            releases=parsed("2.15.1", "2.16.2+keras-3.15.1", "2.21.0+keras-3.15.1"),
            fixed="3.15.1",
        ),
        Line(
            runner="keras",
            axis=Axis.LIBRARY,
            releases=parsed("2.21.0+keras-3.0.5", "2.21.0+keras-3.8.0", "2.21.0+keras-3.15.1"),
            fixed="2.21.0",
        ),
    )
    older = lines("keras", parsed("2.16.2+keras-3.5.0", "2.20.0+keras-3.5.0", "2.20.0+keras-3.8.0"))
    assert older[0].fixed == "3.5.0"


def test_where_both_versions_change_neither_is_blamed() -> None:
    found = lines("keras", parsed("2.16.2+keras-3.5.0", "2.21.0+keras-3.8.0"))
    assert [line.fixed for line in found] == [None]
    assert spans(ONE, "2.16.2+keras-3.5.0=A 2.21.0+keras-3.8.0=B", "keras") == [
        "2.16.2+keras-3.5.0 -> 2.21.0+keras-3.8.0 AB None"
    ]


def test_tensorflow_with_its_own_keras_stands_on_the_tensorflow_line() -> None:
    found = lines("tf1", parsed("2.15.1", "2.15.1+tf_keras-2.15.1", "2.16.2+tf_keras-2.16.0"))
    assert [tuple(map(str, line.releases)) for line in found] == [
        ("2.15.1", "2.16.2+tf_keras-2.16.0"),
        ("2.15.1+tf_keras-2.15.1",),
    ]


def test_a_tf_keras_belongs_to_its_tensorflow() -> None:
    found = spans(ONE, "2.15.1=A 2.16.2+tf_keras-2.16.0=A 2.21.0+tf_keras-2.21.0=B")
    assert found == ["2.16.2+tf_keras-2.16.0 -> 2.21.0+tf_keras-2.21.0 AB ()"]


VERSIONS = st.sampled_from(["1.15.5", "2.15.1", "2.16.1", "2.16.2", "2.20.0", "2.21.0"])
RELEASES = st.builds(
    lambda version, keras: Release(
        tensorflow=version, library="keras" if keras else None, library_version=keras or None
    ),
    VERSIONS,
    st.sampled_from(["", "3.0.5", "3.8.0", "3.10.0", "3.15.1"]),
)


@given(st.sets(RELEASES))
def test_every_release_is_on_a_line_and_each_line_grows(found: set[Release]) -> None:
    made = lines("keras", found)
    assert {release for line in made for release in line.releases} == found
    for line in made:
        assert list(line.releases) == sorted(line.releases)
        grown = [release.tensorflow if line.axis is Axis.TENSORFLOW else release.library for release in line.releases]
        assert len(set(grown)) == (len(grown) if line.axis is Axis.TENSORFLOW else 1)
    assert [line.axis for line in made].count(Axis.TENSORFLOW) == bool(found)


@given(st.dictionaries(RELEASES, st.sampled_from("ABC"), min_size=1))
def test_boundaries_are_exactly_where_letters_change(shown: dict[Release, str]) -> None:
    text = " ".join(f"{release}={name}" for release, name in shown.items())
    [history] = archive([(ONE, {"keras": text})]).histories
    for line in lines_of([history]):
        changed = {found.after for found in boundaries(history, line, PUBLISHED)}
        for before, after in pairwise(line.releases):
            assert (shown[before] != shown[after]) == (after in changed)


def test_a_case_is_held_against_its_own_releases() -> None:
    found = archive([(ONE, {"tf1": "1.3.0=A 1.4.0=A 1.4.1=B"}), (TWO, {"tf1": "1.3.0=A 1.4.1=B"})]).histories
    [line] = lines_of(found)
    assert [
        (str(change.before), str(change.after), len(change.boundaries)) for change in changes(found, line, PUBLISHED)
    ] == [
        ("1.3.0", "1.4.1", 1),
        ("1.4.0", "1.4.1", 1),
    ]


def test_boundaries_between_the_same_releases_are_one_change() -> None:
    found = archive([(ONE, {"tf1": "1.3.0=A 1.4.0=B"}), (TWO, {"tf1": "1.3.0=C 1.4.0=A"})]).histories
    [line] = lines_of(found)
    [change] = changes(found, line, PUBLISHED)
    assert [boundary.history.case.id for boundary in change.boundaries] == [ONE.id, TWO.id]
    assert [boundary.letters for boundary in change.boundaries] == [("A", "B"), ("A", "B")]


def test_the_newest_change_comes_first_whatever_its_runner() -> None:
    found = archive([(ONE, {"tf1": "1.3.0=A 1.4.0=B 1.6.0=C", "keras": KERAS})])
    every = [
        change
        for runner in found.runners()
        for line in lines_of(found.of(runner))
        for change in changes(found.of(runner), line, PUBLISHED)
    ]
    assert [str(change.after) for change in newest_first(every)] == [
        "2.21.0+keras-3.15.1", "2.16.2+keras-3.15.1", "1.6.0", "1.4.0",
    ]  # fmt: skip


def test_stale_and_missing_cases_are_named_and_not_shown() -> None:
    kept, stale, missing = ONE, TWO, case(training=None)
    held = golden(kept.scenario, [(kept, {"tf1": "1.3.0=A"})])
    old = GoldenCase(sha256="0" * 64, runners={"tf1": behaviours("1.3.0=A")})
    held = replace(held, cases={**held.cases, stale.key: old})
    found = gather([selection([kept, stale, missing])], lambda _: held)
    assert [history.case.id for history in found.histories] == [kept.id]
    assert (found.stale, found.missing) == ((stale.id,), (missing.id,))


@pytest.mark.parametrize(("wanted", "runners"), [((), ("tf1", "keras")), (("keras",), ("keras",)), (("tf_keras",), ())])
def test_only_the_runners_asked_for(wanted: tuple[str, ...], runners: tuple[str, ...]) -> None:
    texts = {"keras": "1.6.0=A", "tf1": "1.6.0=B"}
    found = archive([(ONE, texts)], wanted)
    assert found.runners() == runners
    assert found.missing == (() if runners else (ONE.id,))


def test_nothing_recorded_is_no_history() -> None:
    found = gather([selection([ONE])], lambda _: None)
    assert (found.histories, found.missing, lines_of(found.histories)) == ((), (ONE.id,), ())
    empty = GoldenFile(scenario=ONE.scenario, cases={})
    assert gather([selection([ONE])], lambda _: empty) == found
