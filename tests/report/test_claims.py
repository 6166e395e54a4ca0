"""The ledger of claims as text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from harness.case import Case
from harness.history import gather
from harness.releases.ranges import Range, ReleaseRange
from harness.report.claims import render_claims
from harness.scenario import Claim
from harness.scenario.value import SameAs
from harness.semantics.claim_ledger import Entry, entries
from tests.report.samples import case
from tests.unit.each import each
from tests.unit.measured import selection
from tests.unit.recorded import golden

TRAIN, INFER = case("flags/x", training=True), case("flags/x", training=False)
ANSI = re.compile(r"\x1b\[\d+m")


def claim(says: str = "The first number is 65.", **content: Any) -> Claim:
    given: dict[str, Any] = {"source": "The book", "expect": {"output[0]": 65}, **content}
    return Claim(says=says, place="scenarios/flags/x.yaml:9:5", **given)


def book(made: list[Claim], train: Mapping[str, str], infer: Mapping[str, str] | None = None) -> list[Entry]:
    """Both cases of a scenario, by runner what each release shows."""
    recorded: list[tuple[Case, Mapping[str, str]]] = [(TRAIN, train), (INFER, infer or {})]
    chosen = selection([TRAIN, INFER], made)
    archive = gather([chosen], lambda name: golden(name, recorded))
    return list(entries(chosen.scenario, chosen.cases, archive.histories))


def text(told: list[Entry], width: int = 120, verbose: int = 0, color: bool = False) -> str:
    return render_claims(told, width=width, verbose=verbose, color=color)


KERAS = {"keras": "2.15.1=A 2.21.0+keras-3.0.5=B 2.21.0+keras-3.8.0=B 2.21.0+keras-3.15.1=A", "tf1": "1.3.0=B 1.4.1=A"}

TABLE = """\
The book

verdict                                      claim                               holds in          fails in
-------------------------------------------  ----------------------------------  ----------------  ----------
CONFIRMED ONLY FOR tf1 FROM 1.4.1 TO 1.5.1,  The first number is 65.             tf1 1.4.1..1.5.1  tf1 1.3.0
FOR keras IN 2.15.1                                                              keras 2.15.1
CONFIRMED                                    The first number is 65. (Meant for  tf1 1.4.1..1.5.1  tf1 1.3.0
outside: REFUTED                             TensorFlow 1.4..1.15.)

summary: 2 claims: 1 confirmed, 1 confirmed only in part
"""


def test_a_table_says_where_each_claim_holds_and_where_it_fails() -> None:
    recorded = {"tf1": "1.3.0=B 1.4.1=A 1.5.1=A", "keras": "2.15.1=A"}
    meant = claim(runners=("tf1",), releases=ReleaseRange(tensorflow=Range.parse("1.4..1.15")))
    assert text(book([claim(), meant], recorded)) == TABLE


def test_a_behaviour_that_comes_back_makes_two_ranges() -> None:
    told = text(book([claim()], {"tf1": "1.3.0=A 1.4.1=B 1.5.1=A 2.0.4=A"}), width=200)
    assert "CONFIRMED ONLY IN 1.3.0 AND FROM 1.5.1 TO 2.0.4" in told
    assert "tf1 1.3.0, 1.5.1..2.0.4" in told


def test_versions_of_keras_are_told_where_they_differ() -> None:
    told = text(book([claim(runners=("keras",))], {"keras": KERAS["keras"]}), width=200)
    assert "CONFIRMED ONLY FROM 2.15.1 TO 2.21.0 AND IN Keras 3.15.1" in told
    assert "keras 2.15.1..2.21.0; by Keras version: 3.15.1" in told
    assert "keras by Keras version: 3.0.5..3.8.0" in told


def test_versions_of_keras_that_are_alike_are_not_told() -> None:
    alike = "2.15.1=B 2.21.0+keras-3.0.5=A 2.21.0+keras-3.8.0=A 2.21.0+keras-3.15.1=A"
    told = text(book([claim()], {"keras": alike}), width=200)
    assert "by Keras version" not in told
    assert "CONFIRMED ONLY IN 2.21.0 " in told


SAME = claim(
    "Both are alike.",
    expect={},
    where={"training": True},
    same_as=SameAs(key="training=false", where={}, fields=("output",)),
)


def test_what_is_not_judged_is_told_with_why() -> None:
    named = replace(SAME, runners=("tf1", "tf_keras"))
    told = text(book([named], {"tf1": "1.3.0=A 1.4.1=! 1.5.1=A"}, {"tf1": "1.3.0=A 1.4.1=A"}), width=200)
    assert "not judged" in told
    assert "tf1 1.4.1: not applicable" in told
    assert "tf1 1.5.1: not recorded" in told
    assert "tf_keras: not recorded" in told


def test_a_case_that_is_not_judged_is_told_although_others_are() -> None:
    told = text(book([claim()], {"tf1": "1.3.0=A"}, {"tf1": "1.3.0=!"}), width=200)
    assert "CONFIRMED  " in told
    assert "tf1: not applicable in 1 of 2 cases" in told


@pytest.mark.parametrize(
    ("made", "verdict", "counted"),
    [
        (claim(expect={"output[0]": 66}), "REFUTED", "1 refuted"),
        (claim(runners=("keras",)), "NOT RECORDED", "1 not recorded"),
        (claim(expect={"output[0]": 65}, step=2), "NOT APPLICABLE", "1 not applicable"),
    ],
)
def test_other_verdicts(made: Claim, verdict: str, counted: str) -> None:
    told = text(book([made], {"tf1": "1.3.0=A"}))
    assert f"\n{verdict} " in told
    assert told.splitlines()[-1] == f"summary: 1 claim: {counted}"


VERBOSE = """\
CONFIRMED ONLY IN 1.4.1: The first number is 65.
  scenarios/flags/x.yaml:9:5: the last step of 2 cases of flags/x
  tf1 holds in 1.4.1, 1 of 2 cases: flags/x[training=true] on 1.4.1: output[0] is 65.0, the claim says 65
  tf1 fails in 1.3.0, 2 of 2 cases: flags/x[training=false] on 1.3.0: output[0] is 66.0, the claim says 65
"""


def test_verbosely_the_number_that_decides_is_told_for_each_standing() -> None:
    told = text(book([claim()], {"tf1": "1.3.0=B 1.4.1=A"}, {"tf1": "1.3.0=B"}), verbose=1)
    assert f"\n\n{VERBOSE}\nsummary: " in told


def test_verbosely_the_step_is_told_and_an_exception_has_none() -> None:
    first, raises = claim(step=1), claim("It refuses.", expect={}, raises="TypeError")
    told = text(book([first, raises], {"tf1": "1.3.0=! 1.4.1=A"}), verbose=1)
    assert "x.yaml:9:5: step 1 of 2 cases of flags/x" in told
    assert "x.yaml:9:5: the whole of 2 cases of flags/x" in told
    assert "tf1 holds in 1.3.0, 1 of 2 cases: flags/x[training=true] on 1.3.0: TypeError: no" in told
    assert "tf1 not applicable in 1.3.0, 1 of 2 cases: flags/x[training=true] on 1.3.0: TypeError after 0 steps" in told


def test_claims_of_one_source_stand_together() -> None:
    made = [claim(), claim(source="A page"), claim("Another.")]
    told = text(book(made, {"tf1": "1.3.0=A"}))
    heads = [line for line in told.splitlines() if line in ("The book", "A page")]
    assert heads == ["The book", "A page"]
    assert told.index("Another.") < told.index("A page")


def test_quietly_only_the_summary_is_told() -> None:
    assert text(book([claim()], {"tf1": "1.3.0=A"}), verbose=-1) == "summary: 1 claim: 1 confirmed\n"


@each("width", [10, 40, 61, 80, 120])
@each("verbose", [0, 1])
def test_no_line_is_wider_than_asked(width: int, verbose: int) -> None:
    told = text(book([claim(), SAME], KERAS, KERAS), width=width, verbose=verbose)
    assert max(map(len, told.splitlines())) <= max(width, 40)


def test_colour_changes_no_character() -> None:
    told = book([claim(), claim(expect={"output[0]": 66})], KERAS)
    painted = text(told, verbose=1, color=True)
    assert "\x1b[33mCONFIRMED ONLY" in painted
    unpainted = "\n".join(line.rstrip() for line in ANSI.sub("", painted).split("\n"))
    assert unpainted == text(told, verbose=1)
