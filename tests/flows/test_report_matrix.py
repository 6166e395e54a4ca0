"""The matrix and the change log as text, to the letter."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.diff import Difference, DifferenceKind
from harness.golden import Absence
from harness.history import Archive, Change, changes, lines_of, newest_first
from harness.releases.release import Release
from harness.report.changes import exactness, render_changes, telling, title
from harness.report.matrix import case_rows, render_matrix, scenario_rows
from tests.report.samples import MOVED, UPDATES, case
from tests.unit.each import each
from tests.unit.recorded import PUBLISHED, archive

EXPECTED = Path(__file__).parent / "expected"
ANSI = re.compile(r"\x1b\[\d+m")
TRAIN, FROZEN, ALONE = case(training=True), case(training=True, trainable=False), case("statistics/alone")
KERAS = "1.6.0=A 2.15.1=B 2.16.2+keras-3.15.1=C 2.21.0+keras-3.0.5=D 2.21.0+keras-3.8.0=C 2.21.0+keras-3.15.1=C"


def sample() -> Archive:
    return archive(
        [
            (TRAIN, {"tf1": "1.0.1=A 1.3.0=A 1.4.1=b 1.5.1=b 1.6.0=b 2.21.0+tf_keras-2.21.0=b", "keras": KERAS}),
            (FROZEN, {"tf1": "1.0.1=A 1.3.0=A 1.4.1=b 1.5.1=b 1.6.0=C 2.21.0+tf_keras-2.21.0=b"}),
            (ALONE, {"tf1": "1.3.0=! 1.4.1=A 1.6.0=A 2.21.0+tf_keras-2.21.0=A", "keras": "1.6.0=A 2.15.1=A"}),
        ]
    )


def every_change(found: Archive) -> tuple[Change, ...]:
    return newest_first(
        change
        for runner in found.runners()
        for line in lines_of(found.of(runner))
        for change in changes(found.of(runner), line, PUBLISHED)
    )


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", ["cases", "scenarios"])
def test_the_whole_matrix(name: str, width: int) -> None:
    text = render_matrix(sample(), PUBLISHED, (), by_case=name == "cases", width=width, verbose=0, color=False)
    assert text == (EXPECTED / f"matrix-{name}-{width}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("verbose", [0, 1])
@pytest.mark.parametrize("width", [80, 120])
def test_the_whole_change_log(width: int, verbose: int) -> None:
    text = render_changes(every_change(sample()), width=width, verbose=verbose, color=False)
    assert text == (EXPECTED / f"changes-{width}{'-v' * verbose}.txt").read_text(encoding="utf-8")


@each("by_case", [True, False])
@each("width", range(40, 130, 7))
def test_no_line_is_wider_than_asked(width: int, by_case: bool) -> None:
    text = render_matrix(sample(), PUBLISHED, (), by_case=by_case, width=width, verbose=1, color=False)
    assert max(map(len, text.splitlines())) <= width
    log = render_changes(every_change(sample()), width=width, verbose=1, color=False)
    assert max(map(len, log.splitlines())) <= width


def test_colour_changes_no_character() -> None:
    plain = render_matrix(sample(), PUBLISHED, (), by_case=True, width=80, verbose=0, color=False)
    painted = render_matrix(sample(), PUBLISHED, (), by_case=True, width=80, verbose=0, color=True)
    assert plain.isascii()
    assert "\x1b" not in plain
    assert "\x1b[1m" in painted
    assert "\n".join(line.rstrip() for line in ANSI.sub("", painted).split("\n")) == plain


def test_quiet_leaves_the_legend_out() -> None:
    text = render_matrix(sample(), PUBLISHED, (), by_case=True, width=80, verbose=-1, color=False)
    assert "->" not in text
    assert text.endswith(
        "summary: 3 cases of 2 scenarios on 11 recorded releases; 6 changes, 2 exact to\nthe release\n"
    )


def test_a_scenario_changes_where_any_of_its_cases_does() -> None:
    found = archive(
        [(TRAIN, {"tf1": "1.3.0=A 1.4.0=B 1.4.1=B 1.5.1=A"}), (FROZEN, {"tf1": "1.3.0=A 1.4.0=A 1.4.1=B 1.5.1=A"})]
    )
    [row] = scenario_rows(found.histories, lines_of(found.histories))
    assert {str(release): text for release, text in row.cells.items()} == {
        "1.3.0": "A", "1.4.0": "B", "1.4.1": "C", "1.5.1": "A",
    }  # fmt: skip


def test_a_case_that_is_not_recorded_changes_no_letter_and_is_marked() -> None:
    found = archive([(TRAIN, {"tf1": "1.3.0=A 1.4.0=B 1.4.1=B"}), (FROZEN, {"tf1": "1.3.0=A 1.4.1=A"})])
    [row] = scenario_rows(found.histories, lines_of(found.histories))
    assert list(row.cells.values()) == ["A", "B?", "B"]
    text = render_matrix(found, PUBLISHED, (), by_case=False, width=80, verbose=0, color=False)
    assert "? some of the scenario's cases are not recorded there" in text


def test_cases_stand_below_their_scenario_and_a_single_one_for_itself() -> None:
    rows = case_rows(sample().of("tf1"))
    assert [(row.label, bool(row.cells)) for row in rows] == [
        ("flags/seed-article", False),
        ("  [training=true]", True),
        ("  [training=true,trainable=false]", True),
        ("statistics/alone", True),
    ]


def test_exactness_claims_no_more_than_is_known() -> None:
    def told(text: str, runner: str = "tf1") -> str:
        found = archive([(TRAIN, {runner: text})])
        [change] = every_change(found)
        return exactness(change)

    assert told("1.3.0=A 1.4.0=B") == "exact: no release is published between 1.3.0 and 1.4.0"
    assert told("1.3.0=A 1.4.1=B") == "after 1.3.0, at or before 1.4.1: 1.4.0 lies between, not recorded"
    assert told("1.3.0=A 1.6.0=B") == "after 1.3.0, at or before 1.6.0: 1.4.0, 1.4.1, 1.5.1 lie between, not recorded"
    assert told("1.0.1=A 2.16.2=B").endswith("1.3.0, 1.4.0, 1.4.1, 1.5.1, 1.6.0, 2.15.1, +1 lie between, not recorded")
    assert told("2.21.0=A 2.22.0=B") == "after 2.21.0, at or before 2.22.0; which releases lie between is not known"
    confounded = told("2.16.2+keras-3.5.0=A 2.21.0+keras-3.8.0=B", "keras")
    assert confounded == "after 2.16.2, at or before 2.21.0; Keras is another one too, and either may be the cause"


def test_a_line_says_what_stays_the_same_along_it() -> None:
    def titles(text: str, runner: str) -> list[str]:
        found = archive([(TRAIN, {runner: text})])
        return [title(line) for line in lines_of(found.histories)]

    assert titles(KERAS, "keras") == [
        "keras, by TensorFlow release; with Keras 3.15.1 from 2.16.2 on",
        "keras, by Keras release, on TensorFlow 2.21.0",
    ]
    assert titles("1.3.0=A", "tf1") == ["tf1, by TensorFlow release"]
    assert titles("2.16.2+tf_keras-2.16.0=A 2.21.0+tf_keras-2.21.0=A", "tf1") == [
        "tf1, by TensorFlow release; with the tf-keras recorded beside each from 2.16.2 on"
    ]


def test_the_first_difference_and_the_first_number_are_told() -> None:
    dtype = Difference(kind=DifferenceKind.DTYPE, step=1, field="beta", left="float32", right="float16")
    assert telling((UPDATES, MOVED, dtype)) == (UPDATES, MOVED)
    assert telling((MOVED, dtype)) == (MOVED,)
    assert telling((UPDATES,)) == (UPDATES,)


def test_no_change_is_said() -> None:
    assert render_changes((), width=80, verbose=0, color=False) == "no change between the recorded releases\n"


def test_what_cannot_be_recorded_is_said_with_its_reason_below_its_runner() -> None:
    def absence(runner: str, reason: str, *names: str) -> Absence:
        return Absence(runner=runner, releases=tuple(map(Release.parse, names)), reason=reason)

    absences = [absence("keras", "no eager execution", "1.4.0", "1.4.1", "1.5.0"), absence("tf1", "gone", "2.99.0")]
    text = render_matrix(sample(), PUBLISHED, absences, by_case=True, width=80, verbose=0, color=False)
    assert "\n\nkeras cannot be recorded on 3 releases from 1.4.0 to 1.5.0: no eager execution\n\n" in text
    assert text.index("tf1 cannot be recorded on 2.99.0: gone\n") < text.index("keras, by TensorFlow release")
    quiet = render_matrix(sample(), PUBLISHED, absences, by_case=True, width=80, verbose=-1, color=False)
    assert "cannot" not in quiet
