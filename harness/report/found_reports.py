"""Reports as a table: who reported what, the verdict on it, and the number that shows it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from harness.diff import Difference, DifferenceKind
from harness.found.report import Apart, Moved, Report, telling
from harness.found.symptom import Course, Symptom, Turn
from harness.found.verdict import JUDGED, Stretch, Word, last_so
from harness.found.why import size
from harness.history import Line
from harness.releases.release import Release
from harness.report.changes import values
from harness.report.layout import abridged, plural, wrap
from harness.report.markup import WIDTH, cell, code, table
from harness.semantics.judgement import Standing

_NAMES = {"tensorflow": "", "keras": "Keras ", "tf_keras": "tf-keras "}
_ISSUE = re.compile(r"https://github\.com/[^/]+/(?P<name>[^/]+)/(?:issues|pull)/(?P<number>\d+)")
_COMMIT = re.compile(r"https://github\.com/[^/]+/(?P<name>[^/]+)/commit/(?P<number>[0-9a-f]{7})")
_MOST_RULES = 3
_MOST_CHANGES = 4
_MOST_NAMED = 5
_LONGEST = 100

_MEANING = {
    Word.DESIGN: "it is so on the newest release, and its maintainers mean it so",
    Word.BUG: "it is so on the newest release, and its maintainers call it a bug",
    Word.FIXED: "its maintainers call it a bug, and it is gone",
    Word.STILL: "it is so on every release",
    Word.CHANGED: "it is so on some releases only",
    Word.NOT_REPRODUCED: "it is so on no release",
    Word.NOT_JUDGED: "nothing recorded decides it",
}


def reports_section(reports: Sequence[Report]) -> list[str]:
    """Heading, legend, table, and what of it is not judged and why."""
    rows = [_row(report) for report in sorted(reports, key=lambda one: _order(one.scenario.name))]
    counted = [(word, sum(word in _words(report) for report in reports)) for word in Word]
    legend = [f"**{word.value}** ({count}): {_MEANING[word]}" for word, count in counted if count]
    text = (
        f"{plural(len(reports), 'scenario')} with a source. What a verdict says, and of how many of them: "
        f"{'; '.join(legend)}. Where no sentence of a scenario is marked as what was reported, the verdict is what "
        "changed, or which of its runners differ."
    )
    headers = ("report", "what was reported", "verdict", "the number")
    parts = ["## Reports", wrap(text, WIDTH), table(headers, rows)]
    if unjudged := list(_unjudged(reports)):
        parts += ["Not judged:", "\n".join(wrap(line, WIDTH, "- ", "  ") for line in unjudged)]
    return parts


def _order(name: str) -> tuple[bool, str]:
    return not name.startswith("reported/"), name


def _words(report: Report) -> set[Word]:
    found = {course.word for symptom in report.symptoms for course in symptom.courses}
    if not report.recorded or (report.symptoms and not found):
        return {Word.NOT_JUDGED}
    return found if report.symptoms else {Word.CHANGED} if report.moved else set()


def _row(report: Report) -> tuple[str, str, str, str]:
    scenario = report.scenario
    links = " ".join(link(source) for source in scenario.sources)
    head = f"[{cell(scenario.title)}](../scenarios/{scenario.name}.yaml)<br>{links}"
    if not report.recorded:
        return head, "-", "not judged: nothing is recorded", "-"
    if not report.symptoms:
        return head, "-", _changes(report), _number_of_change(report)
    said = "<br>".join(cell(symptom.claim.says) for symptom in report.symptoms)
    verdicts = dict.fromkeys(_verdict(symptom) for symptom in report.symptoms)
    return head, said, "<br>".join(verdicts), "<br>".join(dict.fromkeys(_number(one) for one in report.symptoms))


def link(source: str) -> str:
    """A source in a cell of a table: ``keras#9522`` of an issue, the host of another URL, or its title."""
    found = _ISSUE.fullmatch(source) or _COMMIT.match(source)
    if found:
        return f"[{found['name']}#{found['number']}]({source})"
    return f"[{source.removeprefix('https://').partition('/')[0]}]({source})" if "://" in source else cell(source)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Told:
    """A verdict in words; ``releases`` stand between ``head`` and ``tail``, and runners may differ in them alone."""

    head: str
    releases: str = ""
    tail: str = ""


def _verdict(symptom: Symptom) -> str:
    """``keras, tf_keras: still so; tf1: ...``: runners of one verdict together."""
    groups: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for course in symptom.courses:
        told = _told(course, symptom)
        groups.setdefault((told.head, told.tail), []).append((course.line.runner, told.releases))
    texts = []
    for (head, tail), members in groups.items():
        releases = ", ".join(dict.fromkeys(releases for _, releases in members))
        texts.append(f"{_codes(runner for runner, _ in members)}: {head}{releases}{tail}")
    return "; ".join(texts) or "not judged: nothing is recorded"


def _codes(runners: Iterable[str]) -> str:
    return ", ".join(map(code, dict.fromkeys(runners)))


def _told(course: Course, symptom: Symptom) -> _Told:
    reported = symptom.claim.reported
    by = reported.by if reported else None
    match course.word:
        case Word.DESIGN:
            since = _version(course.line, course.stretches[-1].first)
            return _Told(head=f"{_linked('by design', by)} since ", releases=since, tail=_because(course))
        case Word.BUG:
            since = f", since {_version(course.line, course.stretches[-1].first)}" if course.turns else ""
            return _Told(head=f"{_linked('bug', by)}, still so{since}{_because(course)}")
        case Word.FIXED:
            turn = course.turns[last_so(course.stretches)]
            fixed = f", fixed {_when(course.line, turn)}{_rules(turn.rules)}"
            return _Told(head=f"{_linked('bug', by)} in ", releases=_so(course), tail=fixed)
        case Word.CHANGED:
            turns = " and ".join(f"{_when(course.line, turn)}{_rules(turn.rules)}" for turn in course.turns)
            return _Told(head=f"changed {turns}: so in ", releases=_so(course), tail=_ending(course))
        case Word.STILL:
            return _Told(head=f"{course.word.value}{_because(course)}")
        case Word.NOT_REPRODUCED if len(course.hinges) == 1:
            # Several answers would each make it so: none of them says why it is not.
            return _Told(head=f"{course.word.value}{_because(course)}")
        case _:
            return _Told(head=str(course.word.value))


def _linked(text: str, by: str | None) -> str:
    return f"[{text}]({by})" if by and "://" in by else text


def _version(line: Line, release: Release) -> str:
    return f"{_NAMES[line.package()]}{line.version(release)}"


def _so(course: Course) -> str:
    found = [one for one in course.stretches if one.standing is Standing.HOLDS]
    return " and ".join(_range(course.line, one) for one in found)


def _range(line: Line, stretch: Stretch) -> str:
    first, last = line.version(stretch.first), line.version(stretch.last)
    return f"{_NAMES[line.package()]}{first if first == last else f'{first}..{last}'}"


def _when(line: Line, turn: Turn) -> str:
    if turn.boundary is not None and turn.boundary.between == ():
        return f"in {_version(line, turn.after)}"
    return f"after {_version(line, turn.before)}, by {line.version(turn.after)}"


def _ending(course: Course) -> str:
    return "" if course.stretches[-1].standing in JUDGED else ", then not judged"


def _rules(rules: Sequence[str]) -> str:
    return f" ({abridged([code(rule) for rule in rules], _MOST_RULES)})" if rules else ""


def _because(course: Course) -> str:
    """The answers it hangs on; else, of what was not always so, the rules that made it so."""
    answers = [f"{code(one.rule)}: {one.answer}" for one in course.hinges]
    if answers:
        return f" ({abridged(answers, _MOST_RULES)})"
    return _rules(course.turns[-1].rules) if course.turns else ""


def _number(symptom: Symptom) -> str:
    """The number of a change; where none shows one, what decides on the newest release."""
    changed = [(telling([*turn.numbers, *_differences(turn)]), one) for one in symptom.courses for turn in one.turns]
    shown = [(found, course) for found, course in changed if found is not None]
    numbers = [(found, course) for found, course in shown if found.kind is DifferenceKind.VALUE]
    today = [text for standing in JUDGED for text in _today(symptom, standing)]
    # Of an exception the change tells more than its message.
    for found, course in [*numbers, *(shown if symptom.claim.raises or not today else [])]:
        return f"{code(_short(values(found)))}, {code(course.line.runner)}"
    return today[0] if today else "-"


def _differences(turn: Turn) -> Sequence[Difference]:
    return turn.boundary.diff.differences if turn.boundary is not None else ()


def _today(symptom: Symptom, standing: Standing) -> Iterator[str]:
    """What decides on the newest release on which it stands so, by the smallest case; runner by runner."""
    for runner in symptom.entry.runners:
        held = [one for one in symptom.entry.held if (one.runner, one.judgement.standing) == (runner, standing)]
        if held:
            newest = max(one.release for one in held)
            one = min((one for one in held if one.release == newest), key=lambda one: size(one.case))
            detail = one.judgement.detail.partition("; ")[0]
            told = detail.partition(", the claim says ")[0] if standing is Standing.HOLDS else detail
            yield f"{code(_short(told))}, {code(runner)} {newest.tensorflow}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return cell(line if len(line) <= _LONGEST else f"{line[: _LONGEST - 3]}...")


def _changes(report: Report) -> str:
    """Runner by runner what changed, those that changed alike together; then which of them differ."""
    by_runner: dict[str, list[str]] = {}
    for moved in report.moved:
        by_runner.setdefault(moved.change.line.runner, []).append(_moved(moved))
    groups: dict[str, list[str]] = {}
    for runner, changes in by_runner.items():
        groups.setdefault(abridged(changes, _MOST_CHANGES), []).append(runner)
    texts = [f"{_codes(runners)}: changed {changes}" for changes, runners in groups.items()] or ["no change"]
    return "; ".join([*texts, *(_apart(one) for one in report.apart)])


def _moved(moved: Moved) -> str:
    change = moved.change
    after, before = _version(change.line, change.after), _version(change.line, change.before)
    when = f"in {after}" if change.between == () else f"after {before}, by {change.line.version(change.after)}"
    return f"{when}{_rules(moved.rules)}"


def _apart(one: Apart) -> str:
    left, right = code(one.left.history.runner), code(one.right.history.runner)
    return f"{left} differs from {right} on {one.left.release.tensorflow}{_rules(one.rules)}"


def _number_of_change(report: Report) -> str:
    """A number in which runners differ; else one that changed, else what was raised."""
    found = [
        (one.difference, f"{code(one.left.history.runner)} -> {code(one.right.history.runner)}") for one in report.apart
    ]
    found += [(one.difference, code(one.change.line.runner)) for one in report.moved if one.difference is not None]
    for difference, who in sorted(found, key=lambda one: one[0].kind is not DifferenceKind.VALUE):
        return f"{code(_short(values(difference)))}, {who}"
    return "-"


def _unjudged(reports: Sequence[Report]) -> Iterator[str]:
    """Where reports could not be judged, those of one reason together."""
    found: dict[str, dict[str, None]] = {}
    for report in reports:
        for symptom in report.symptoms:
            for one in symptom.unjudged:
                version = one.line.version
                first, last = version(one.first), version(one.last)
                where = f"{code(one.line.runner)} {first if first == last else f'{first}..{last}'}: {one.why}"
                found.setdefault(where, {})[report.scenario.name.rpartition("/")[2]] = None
    for where, names in found.items():
        yield cell(f"{where}: {abridged(list(names), _MOST_NAMED)}")
