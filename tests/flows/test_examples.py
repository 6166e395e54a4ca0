"""Every verb's help ends with examples, and each of them is a command that the program takes."""

from __future__ import annotations

import argparse
import re
import shlex

import pytest

from harness.cli import build_parser
from harness.verbs.examples import EXAMPLES, epilog
from tests.unit.each import each

PARSER = build_parser()
VERBS = next(
    action.choices for action in PARSER._actions if isinstance(action, argparse._SubParsersAction)
)  # fmt: skip
COMMANDS = [command for pairs in EXAMPLES.values() for command, _ in pairs]
OF_THE_PROGRAM = re.findall(r"^  (harness .*?)(?:  |$)", PARSER.format_help().partition("examples:")[2], re.M)


def words(command: str) -> list[str]:
    """The words of the program in a command of the shell: what is evaluated or piped is one, too."""
    plain = command.removeprefix('eval "$(').removesuffix(')"').partition(" | ")[0]
    return shlex.split(plain)


def test_every_verb_has_examples_and_no_other() -> None:
    assert set(EXAMPLES) == set(VERBS)
    assert all(EXAMPLES.values())


@each("command", [*COMMANDS, *OF_THE_PROGRAM])
def test_an_example_is_a_command(command: str) -> None:
    program, verb, *others = words(command)
    assert program == "harness"
    options = PARSER.parse_args([verb, *others])
    assert options.verb == verb


def test_the_program_has_examples_of_its_own() -> None:
    assert len(OF_THE_PROGRAM) >= 5


def test_examples_are_about_their_verb() -> None:
    assert [command for verb, pairs in EXAMPLES.items() for command, _ in pairs if words(command)[1] != verb] == []


@each("verb", VERBS)
def test_they_end_the_help(verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text = VERBS[verb].format_help()
    assert text.endswith(f"\n\n{epilog(verb)}\n")
    assert all(what in text and command in text for command, what in EXAMPLES[verb])


@each("verb", EXAMPLES)
def test_they_fit_into_80_columns(verb: str) -> None:
    assert max(map(len, (epilog(verb) or "").splitlines())) <= 80


@each("verb", [None, *EXAMPLES])
@pytest.mark.parametrize("columns", [80, 120])
def test_no_line_of_the_help_is_wider_than_the_terminal(
    columns: int, verb: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    text = (VERBS[verb] if verb else PARSER).format_help()
    assert [line for line in text.splitlines() if len(line) > columns] == []


def test_a_verb_without_examples_has_no_epilog() -> None:
    assert epilog("nothing") is None
