"""The steps of a scenario as they are written: their words and arguments checked, repetitions written out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from harness.scenario.arrays import ArraySpec, Strict
from harness.scenario.findings import Finding, from_validation
from harness.scenario.model import MOST_STEPS
from harness.scenario.text import Path, got, name_of, nearest, one_of
from harness.scenario.vocabulary import ARGUMENTS, WORDS, RepeatArguments, arguments_of, required, takers_of

_ASSIGN_HINT = "{assign: {moving_mean: 0}}"
_WORD_HINT = "a step is a word, such as call, or a mapping of one word: {call: {training: false}}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """One step of a scenario.

    Attributes:
        arguments: of the model that belongs to the word, or by name the arrays of an ``assign``.
        path: where it stands; several share one when they come of a repetition.
        inside: where its arguments stand.
    """

    word: str
    arguments: Strict | Mapping[str, Any]
    path: Path
    inside: Path

    def has(self, name: str) -> bool:
        """Whether the argument is written."""
        return isinstance(self.arguments, Strict) and name in self.arguments.model_fields_set

    def get(self, name: str) -> Any:
        """The argument, by the name of its field; its default where it is left out."""
        return getattr(self.arguments, name)


def read_steps(entries: list[Any], path: Path, findings: list[Finding]) -> list[Written]:
    """The steps that ``entries`` at ``path`` mean; what is wrong with any of them goes to ``findings``."""
    found: list[Written] = []
    for step in _sequence(entries, path, findings):
        if len(found) == MOST_STEPS:
            message = f"steps are more than {MOST_STEPS} once repetitions are written out"
            findings.append(Finding(path=path, message=message, hint="repeat less often: rules show in a few steps"))
            break
        found.append(step)
    return found


def _sequence(entries: list[Any], path: Path, findings: list[Finding]) -> Iterator[Written]:
    for index, entry in enumerate(entries):
        step = _read(entry, (*path, index), findings)
        if step is not None and isinstance(step.arguments, RepeatArguments):
            yield from _repeated(step.arguments, (*step.inside, "steps"), findings)
        elif step is not None:
            yield step


def _repeated(repeat: RepeatArguments, path: Path, findings: list[Finding]) -> Iterator[Written]:
    before = len(findings)
    yield from _sequence(repeat.steps, path, findings)
    if len(findings) > before:
        # Read again, every mistake would be told again.
        return
    for _ in range(repeat.times - 1):
        yield from _sequence(repeat.steps, path, findings)


def _read(entry: Any, path: Path, findings: list[Finding]) -> Written | None:
    if isinstance(entry, str) and entry in WORDS:
        return _bare(entry, path, findings)
    if not isinstance(entry, dict) or not entry:
        findings.append(_no_step(entry, path))
        return None
    word = next((key for key in entry if key in WORDS), None)
    if word is None:
        key = next(iter(entry))
        message = f"unknown step '{key}'"
        findings.append(Finding(path=(*path, key), message=message, hint=_step_hint(key), at_key=True))
        return None
    if len(entry) > 1:
        findings.append(_several(entry, word, path))
        return None
    return _with_arguments(word, entry[word], path, findings)


def _bare(word: str, path: Path, findings: list[Finding]) -> Written | None:
    if word == "assign":
        findings.append(Finding(path=path, message="assign needs values", hint=_ASSIGN_HINT))
        return None
    needed = required(word)
    if needed:
        hint = f"{{{word}: {{{', '.join(f'{name}: ...' for name in needed)}}}}}"
        findings.append(Finding(path=path, message=f"{word} needs {' and '.join(needed)}", hint=hint))
        return None
    return Written(word=word, arguments=_no_arguments(word), path=path, inside=path)


@cache
def _no_arguments(word: str) -> Strict:
    return ARGUMENTS[word].model_validate({})


def _no_step(entry: Any, path: Path) -> Finding:
    message = f"{name_of(path)} must be a step ({one_of(WORDS)}), got {got(entry)}"
    return Finding(path=path, message=message, hint=_step_hint(entry) if isinstance(entry, str) else _WORD_HINT)


def _step_hint(word: str) -> str:
    takers = list(takers_of(word))
    if takers:
        return f"'{word}' is an argument of {one_of(takers)}"
    near = nearest(word, WORDS)
    return f"did you mean {near}?" if near else f"steps are {', '.join(WORDS)}"


def _several(entry: Mapping[str, Any], word: str, path: Path) -> Finding:
    other = next(key for key in entry if key != word)
    if other in arguments_of(word):
        hint = f"its arguments stand one level deeper: {{{word}: {{{other}: ...}}}}"
    else:
        hint = "every step is an entry of its own in the list"
    message = f"a step has one word, got {', '.join(entry)}"
    return Finding(path=(*path, other), message=message, hint=hint, at_key=True)


def _with_arguments(word: str, value: Any, path: Path, findings: list[Finding]) -> Written | None:
    inside = (*path, word)
    if not value and (word == "assign" or value is None):
        return _bare(word, path, findings)
    if not isinstance(value, dict):
        findings.append(_no_mapping(word, value, inside))
        return None
    try:
        arguments = _arrays().validate_python(value) if word == "assign" else ARGUMENTS[word].model_validate(value)
    except ValidationError as error:
        findings += [_with_taker(finding, word, inside) for finding in from_validation(error, inside)]
        return None
    return Written(word=word, arguments=arguments, path=path, inside=inside)


def _no_mapping(word: str, value: Any, inside: Path) -> Finding:
    known = arguments_of(word)
    hint = f"its arguments are {', '.join(known)}" if known else "it takes none: write the word alone"
    message = f"{word} must be a mapping of its arguments, got {got(value)}"
    return Finding(path=inside, message=message, hint=_ASSIGN_HINT if word == "assign" else hint)


@cache
def _arrays() -> TypeAdapter[dict[str, Any]]:
    return TypeAdapter(dict[str, ArraySpec])


def _with_taker(finding: Finding, word: str, inside: Path) -> Finding:
    """``finding`` with the step that does have the argument, where it is about one that ``word`` has not."""
    key = str(finding.path[-1])
    takers = list(takers_of(key))
    known = arguments_of(word)
    if not finding.at_key or finding.path[:-1] != inside or nearest(key, known) or not takers:
        return finding
    own = f"; {word} takes {', '.join(known)}" if known else f"; {word} takes none"
    hint = f"'{key}' is an argument of {one_of(takers)}{own}"
    return Finding(path=finding.path, message=finding.message, hint=hint, at_key=True)
