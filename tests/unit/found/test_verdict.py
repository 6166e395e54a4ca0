"""Every word of a verdict, from how a claim stands release by release."""

from __future__ import annotations

import pytest

from harness.found.verdict import Word, last_so, stretches, word
from harness.history import lines
from harness.releases.release import Release
from harness.scenario.value import Called
from harness.semantics.judgement import Standing

LETTERS = {
    "+": Standing.HOLDS,
    "-": Standing.FAILS,
    "?": Standing.UNDECIDED,
    "/": Standing.NOT_APPLICABLE,
    ".": Standing.NOT_RECORDED,
}
VERSIONS = ("1.3.0", "1.4.0", "1.5.1", "1.6.0", "2.15.1", "2.16.1")
RELEASES = [Release.parse(name) for name in VERSIONS]
(LINE,) = lines("tf1", RELEASES)


def told(text: str) -> list[tuple[str, str, str]]:
    """A sign per release, lowest first; a blank: not recorded there."""
    standings = {
        release: LETTERS[sign] for release, sign in zip(RELEASES[: len(text)], text, strict=True) if sign != " "
    }
    signs = {standing: sign for sign, standing in LETTERS.items()}
    return [(signs[one.standing], str(one.first), str(one.last)) for one in stretches(LINE, standings)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+++", [("+", "1.3.0", "1.5.1")]),
        ("++-", [("+", "1.3.0", "1.4.0"), ("-", "1.5.1", "1.5.1")]),
        ("+-+", [("+", "1.3.0", "1.3.0"), ("-", "1.4.0", "1.4.0"), ("+", "1.5.1", "1.5.1")]),
        ("//+", [("+", "1.5.1", "1.5.1")]),
        ("?-/", [("-", "1.4.0", "1.4.0"), ("/", "1.5.1", "1.5.1")]),
        ("+ -", [("+", "1.3.0", "1.3.0"), ("-", "1.5.1", "1.5.1")]),
        ("///", []),
        ("", []),
    ],
)
def test_consecutive_releases_of_one_standing_are_a_stretch(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert told(text) == expected


@pytest.mark.parametrize(
    ("text", "called", "expected"),
    [
        ("+++", Called.DESIGN, Word.DESIGN),
        ("--+", Called.DESIGN, Word.DESIGN),
        ("++-", Called.DESIGN, Word.CHANGED),
        ("---", Called.DESIGN, Word.NOT_REPRODUCED),
        ("++-", Called.BUG, Word.FIXED),
        ("-+-", Called.BUG, Word.FIXED),
        ("+-/", Called.BUG, Word.FIXED),
        ("++/", Called.BUG, Word.CHANGED),
        ("+++", Called.BUG, Word.BUG),
        ("-++", Called.BUG, Word.BUG),
        ("---", Called.BUG, Word.NOT_REPRODUCED),
        ("+++", None, Word.STILL),
        ("/++", None, Word.STILL),
        ("-++", None, Word.CHANGED),
        ("++-", None, Word.CHANGED),
        ("++?", None, Word.CHANGED),
        ("---", None, Word.NOT_REPRODUCED),
        ("-//", None, Word.NOT_REPRODUCED),
        ("/?.", None, Word.NOT_JUDGED),
        ("", Called.BUG, Word.NOT_JUDGED),
    ],
)
def test_the_word(text: str, called: Called | None, expected: Word) -> None:
    standings = {release: LETTERS[sign] for release, sign in zip(RELEASES[: len(text)], text, strict=True)}
    assert word(stretches(LINE, standings), called) is expected


@pytest.mark.parametrize(("text", "expected"), [("+-", 0), ("-+-/", 1), ("+-+", 2)])
def test_the_last_stretch_on_which_it_is_so(text: str, expected: int) -> None:
    standings = {release: LETTERS[sign] for release, sign in zip(RELEASES[: len(text)], text, strict=True)}
    assert last_so(stretches(LINE, standings)) == expected
