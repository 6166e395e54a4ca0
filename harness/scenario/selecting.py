"""Which cases the user means: files, folders, topics, names, single cases, keywords and tags."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import NothingSelected, Problem
from harness.scenario.files import find, name_in
from harness.scenario.keyword import compile_keyword
from harness.scenario.outline import Outline, outline, remember, remembered
from harness.scenario.text import nearest

if TYPE_CHECKING:
    from harness.scenario.value import Scenario, Selection


def choose(
    root: Path,
    words: Sequence[str] = (),
    keyword: str | None = None,
    tags: Sequence[str] = (),
    runners: Sequence[str] = (),
) -> tuple[Selection, ...]:
    """Load what is selected below ``root``; only files that ``words`` name are read at all.

    With ``runners``, scenarios that are for none of them are left out.

    Raises:
        InvalidScenario: every problem of every file read.
        InvalidOption: no such root, or a keyword that is no expression.
        NothingSelected: see :func:`select`.
    """
    return select(_loaded(named(root, words), root), words, keyword, tags, runners, root=root)


def outlined(
    root: Path,
    words: Sequence[str] = (),
    keyword: str | None = None,
    tags: Sequence[str] = (),
    runners: Sequence[str] = (),
) -> tuple[Outline, ...]:
    """The same, only to be listed: with the cases that are selected, loaded only if they are not remembered.

    Raises:
        as :func:`choose` does.
    """
    paths = named(root, words)
    held = remembered(root, paths)
    if len(held) < len(paths):
        loaded = _loaded([path for path in paths if path not in held], root)
        held |= {scenario.path: outline(scenario) for scenario in loaded}
    known = [held[path] for path in paths]
    return tuple(
        replace(known[one], cases=tuple(known[one].cases[index] for index in cases))
        for one, cases in _matching(known, words, keyword, tags, runners, root)
    )


def _loaded(paths: Sequence[Path], root: Path) -> tuple[Scenario, ...]:
    """The scenarios in ``paths``, remembered, also those beside one that is invalid."""
    from harness.scenario.loading import load_all

    valid: list[Outline] = []
    try:
        return load_all(paths, root, lambda scenario: valid.append(outline(scenario)))
    finally:
        remember(root, valid)


def named(root: Path, words: Sequence[str]) -> list[Path]:
    """The scenario files below ``root`` that ``words`` name, sorted; all of them without words.

    Raises:
        InvalidOption: no such root.
        NothingSelected: there is no scenario file, or a word names none.
    """
    paths = find(root)
    if not paths:
        hint = "`harness new topic/name` writes one to start from"
        raise NothingSelected(Problem(place=root.as_posix(), message="there is no scenario file", hint=hint))
    files = {path: name_in(path, root) for path in paths}
    named_by = [_named_by(word, files, root) for word in words]
    missing = [word for word, found in zip(words, named_by, strict=True) if not found]
    if missing:
        raise NothingSelected(*(_outside(word, root) or _no_match(word, list(files.values())) for word in missing))
    if not words:
        return paths
    return [path for path in paths if any(path in found for found in named_by)]


def _named_by(word: str, files: Mapping[Path, str], root: Path) -> set[Path]:
    """The files that ``word`` is about, or the file of the case that it is the id of."""
    for text in (word, word.partition("[")[0]) if word.endswith("]") else (word,):
        one = _Word.of(text, root)
        if found := {path for path, name in files.items() if one.names(path, name)}:
            return found
    return set()


def select(
    scenarios: Sequence[Scenario],
    words: Sequence[str] = (),
    keyword: str | None = None,
    tags: Sequence[str] = (),
    runners: Sequence[str] = (),
    *,
    root: Path = Path("scenarios"),
) -> tuple[Selection, ...]:
    """Those cases that a word names (any, without words), the keyword matches and whose scenario has a tag.

    A word is a file, a folder, ``topic/name``, ``topic`` or the id of a case; paths count from the working
    directory or from ``root``. Of several tags one suffices, and of several runners. The order of ``scenarios`` is
    kept.

    Raises:
        InvalidOption: a keyword that is no expression.
        NothingSelected: a word, a tag, the keyword, the runners or all of them together select nothing.
    """
    from harness.scenario.value import Selection

    return tuple(
        Selection(scenario=scenarios[one], cases=tuple(scenarios[one].cases[index] for index in cases))
        for one, cases in _matching([outline(each) for each in scenarios], words, keyword, tags, runners, root)
    )


def _matching(
    scenarios: Sequence[Outline],
    words: Sequence[str],
    keyword: str | None,
    tags: Sequence[str],
    runners: Sequence[str],
    root: Path,
) -> list[tuple[int, list[int]]]:
    """The places of the scenarios of which something is selected, and of its cases."""
    wanted = [_Word.of(word, root) for word in words]
    _check_words(scenarios, words, wanted)
    _check_tags(scenarios, tags)
    matches = compile_keyword(keyword) if keyword is not None else _everything
    found = []
    for place, scenario in enumerate(scenarios):
        if tags and not set(tags) & set(scenario.tags):
            continue
        worded = set(_worded(scenario, wanted))
        cases = [index for index, case in enumerate(scenario.cases) if case in worded and matches(case)]
        if cases:
            found.append((place, cases))
    if not found:
        raise NothingSelected(_nothing(scenarios, keyword, tags))
    suited = [(place, cases) for place, cases in found if _runs_on(scenarios[place], runners)]
    if not suited:
        message = f"no selected scenario is for {', '.join(runners)}"
        raise NothingSelected(Problem(place="--runner", message=message, hint="`harness list` shows their runners"))
    return suited


def _runs_on(scenario: Outline, runners: Sequence[str]) -> bool:
    return not runners or scenario.runners is None or not set(runners).isdisjoint(scenario.runners)


def _everything(_: str) -> bool:
    return True


@dataclass(frozen=True, kw_only=True, slots=True)
class _Word:
    """A word that may name a file or a folder of scenarios.

    Attributes:
        plain: without a slash at its end.
        places: what is there under that path, counted from the working directory, from the scenario folder, or
            naming that folder although --scenarios says where it is.
    """

    plain: str
    places: frozenset[Path]

    @classmethod
    def of(cls, word: str, root: Path) -> _Word:
        """What ``word`` may mean; looked up once, not for every file."""
        plain = word.rstrip("/")
        given = [start / plain for start in (Path(), root, root.parent)] if plain else []
        return cls(plain=plain, places=frozenset(path.resolve() for path in given if os.path.exists(path)))  # noqa: PTH110

    def names(self, path: Path, name: str) -> bool:
        """Whether it is about the file of scenario ``name``, or a folder that it is in."""
        if self.plain and (name == self.plain or name.startswith(f"{self.plain}/")):
            return True
        if not self.places:
            return False
        file = path.resolve()
        return file in self.places or not self.places.isdisjoint(file.parents)


def _worded(scenario: Outline, words: Sequence[_Word]) -> Iterable[str]:
    """The cases of a scenario that any of ``words`` names."""
    if not words or any(word.names(scenario.path, scenario.name) for word in words):
        return scenario.cases
    ids = {word.plain for word in words}
    return [case for case in scenario.cases if case in ids]


def _check_words(scenarios: Sequence[Outline], words: Sequence[str], wanted: Sequence[_Word]) -> None:
    known = [scenario.name for scenario in scenarios]
    missing = []
    for word, one in zip(words, wanted, strict=True):
        if any(tuple(_worded(scenario, [one])) for scenario in scenarios):
            continue
        of = word.partition("[")[0]
        ids = [case for scenario in scenarios if scenario.name == of for case in scenario.cases]
        missing.append(_no_match(word, ids or known))
    if missing:
        raise NothingSelected(*missing)


def _outside(word: str, root: Path) -> Problem | None:
    """What to say of a file that is there, but not where scenarios are looked for."""
    path = Path(word)
    if path.suffix != ".yaml" or not _Word.of(word, root).places or path.resolve().is_relative_to(root.resolve()):
        return None
    message = f"the file is not below the folder of the scenarios, {root.as_posix()}"
    return Problem(place=word, message=message, hint="--scenarios DIR says which folder they are in")


def _no_match(word: str, known: Sequence[str]) -> Problem:
    topics = {name.rpartition("/")[0] for name in known if "[" not in name} - {""}
    near = nearest(word.removesuffix(".yaml").rstrip("/"), [*known, *sorted(topics)]) or _same_end(word, known)
    hint = f"did you mean '{near}'?" if near else "`harness list` shows the names, `harness list --cases` the cases"
    return Problem(place=word, message="no such scenario, topic, file or case", hint=hint)


def _same_end(word: str, known: Sequence[str]) -> str | None:
    """A known name whose last part is close: people forget the topic."""
    ends = {name.rpartition("/")[2]: name for name in known if "[" not in name}
    near = nearest(word.removesuffix(".yaml").rpartition("/")[2], ends)
    return ends[near] if near else None


def _check_tags(scenarios: Sequence[Outline], tags: Sequence[str]) -> None:
    known = sorted({tag for scenario in scenarios for tag in scenario.tags})
    unknown = [tag for tag in tags if tag not in known]
    if unknown:
        raise NothingSelected(*(_no_tag(tag, known) for tag in unknown))


def _no_tag(tag: str, known: Sequence[str]) -> Problem:
    near = nearest(tag, known)
    hint = f"did you mean {near}?" if near else f"tags there: {', '.join(known) or 'none'}"
    return Problem(place=f"--tag {tag}", message="no selected scenario has this tag", hint=hint)


def _nothing(scenarios: Sequence[Outline], keyword: str | None, tags: Sequence[str]) -> Problem:
    cases = sum(len(scenario.cases) for scenario in scenarios)
    place = " ".join([*([f"-k '{keyword}'"] if keyword is not None else []), *(f"--tag {tag}" for tag in tags)])
    message = f"matches none of {cases} cases"
    return Problem(place=place or "selection", message=message, hint="`harness list --cases` shows the ids")
