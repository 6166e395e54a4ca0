"""Makes one run of several: shards of a selection, other releases, other scenarios; and says what is missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from harness.compare import exit_code, worst
from harness.comparison import CaseComparison, Comparison, Gate, ScenarioComparison
from harness.errors import InvalidRun, Problem
from harness.execution.plan import RUNNERS
from harness.report.layout import abridged, plural
from harness.run import Part, Run, TargetRun

INCOMPLETE = 7
"""The exit code of a merge in which a shard is missing."""

MOST_CASES = 3
"""How many cases that are missing are named."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """A run and the file it is from."""

    place: str
    run: Run


@dataclass(frozen=True, kw_only=True, slots=True)
class _Piece:
    """What one file says about one target."""

    place: str
    found: TargetRun


def merged(sources: Sequence[Source]) -> Run:
    """One run of all that the files say, a target in the order in which it is first named.

    What several files say about one target is put together; merging all shards of a selection gives the run that was
    not split, but for its seconds, which add up.

    Raises:
        InvalidRun: two files do not go together: they say different things about one case, split different
            selections, or ran with different options.
    """
    groups: list[list[_Piece]] = []
    for source in sources:
        for one in source.run.targets:
            piece = _Piece(place=source.place, found=one)
            group = next((group for group in groups if all(_same_target(piece, other) for other in group)), None)
            groups.append([piece]) if group is None else group.append(piece)
    targets = tuple(_named([_merged(group) for group in groups]))
    return Run(targets=targets, code=worst([one.code for one in targets]))


def _same_target(one: _Piece, other: _Piece) -> bool:
    """Whether both are about one target: jobs that each have a TensorFlow of their own call it the same."""
    if one.found.target != other.found.target:
        return False
    ours, theirs = one.found.comparison, other.found.comparison
    if ours is None or theirs is None:
        return True
    shared = ours.versions.keys() & theirs.versions.keys()
    return ours.device == theirs.device and all(ours.versions[name] == theirs.versions[name] for name in shared)


def _named(targets: Sequence[TargetRun]) -> Iterator[TargetRun]:
    """Targets that are called the same, by what ran or by the device."""
    names = [one.target for one in targets]
    for one in targets:
        if names.count(one.target) == 1 or one.comparison is None:
            yield one
            continue
        told = [f"{name} {text}" for name, text in sorted(one.comparison.versions.items())]
        yield replace(one, target=f"{one.target} ({', '.join([*told, one.comparison.device])})")


def _merged(group: Sequence[_Piece]) -> TargetRun:
    """One target of all that is said about it."""
    part = _part(group)
    measured = [piece for piece in group if piece.found.comparison is not None]
    comparison = _comparison(measured, part) if measured else None
    # What an earlier merge lacked may be here now.
    told = dict.fromkeys(
        problem for piece in group for problem in piece.found.problems if problem != _lacking(piece.found)
    )
    codes = [piece.found.code for piece in group if piece.found.comparison is None]
    codes += [exit_code(comparison)] if comparison is not None else []
    found = TargetRun(target=group[0].found.target, comparison=comparison, code=0, part=part)
    lacking = _lacking(found)
    if lacking is None:
        return replace(found, code=worst(codes), problems=tuple(told), part=None)
    return replace(found, code=worst([*codes, INCOMPLETE]), problems=(*told, lacking))


def _lacking(found: TargetRun) -> Problem | None:
    """What of a split selection is in no file."""
    part = found.part
    if part is None:
        return None
    here = {case.case.id for case in found.comparison.cases()} if found.comparison else set()
    absent = [case for case in part.cases if case not in here]
    if not absent and not part.missing:
        return None
    shards = ""
    if part.missing:
        numbers = " and ".join(map(str, part.missing))
        told = (
            f"shards {numbers} of {part.count} are" if len(part.missing) > 1 else f"shard {numbers} of {part.count} is"
        )
        shards = f"{told} missing; "
    cases = f"{len(absent)} of {plural(len(part.cases), 'case')} in no file: {abridged(absent, MOST_CASES)}"
    index = part.missing[0] if part.missing else 1
    hint = (
        f"`harness compare --shard {index}/{part.count} --json FILE` with the options of the others, then merge again"
    )
    return Problem(place=found.target, message=shards + cases, hint=hint)


def _part(group: Sequence[_Piece]) -> Part | None:
    """What of the split selection is here; ``None`` where none was split."""
    first = group[0].found.part
    for piece in group:
        part = piece.found.part
        if (part and (part.count, part.cases)) != (first and (first.count, first.cases)):
            said = [_split(one.found.part) for one in (group[0], piece)]
            message = f"{piece.found.target} is {said[1]} here and {said[0]} in {group[0].place}"
            raise _contradiction(piece.place, message, "merge shards of one selection, of one state of the scenarios")
    if first is None:
        return None
    indices = {index for piece in group if piece.found.part for index in piece.found.part.indices}
    return replace(first, indices=tuple(sorted(indices)))


def _split(part: Part | None) -> str:
    return "not split" if part is None else f"split into {part.count} shards of {len(part.cases)} cases in all"


def _comparison(pieces: Sequence[_Piece], part: Part | None) -> Comparison:
    found = [piece.found.comparison for piece in pieces if piece.found.comparison is not None]
    first = found[0]
    for piece, one in zip(pieces, found, strict=True):
        if one.arguments != first.arguments or (one.gate is None) != (first.gate is None):
            message = f"{piece.found.target} was run with other options than in {pieces[0].place}"
            raise _contradiction(piece.place, message, "run every job with the same options, but for --shard")
    runners = {runner for one in found for runner in one.runners}
    known = [runner for runner in RUNNERS if runner in runners]
    scenarios = _scenarios(pieces, part)
    return replace(
        first,
        versions=dict(sorted({name: text for one in found for name, text in one.versions.items()}.items())),
        runners=(*known, *sorted(runners - set(known))),
        seconds=round(sum(one.seconds for one in found), 3),
        scenarios=scenarios,
        stale=tuple(dict.fromkeys(stale for one in found for stale in one.stale)),
        machines=tuple(dict.fromkeys(machine for one in found for machine in one.machines)),
        gate=_gate([one.gate for one in found if one.gate is not None], scenarios),
    )


def _scenarios(pieces: Sequence[_Piece], part: Part | None) -> tuple[ScenarioComparison, ...]:
    """Every scenario once with the cases that any file has of it, in the order of the selection that was split."""
    heads: dict[str, tuple[str, ScenarioComparison]] = {}
    cases: dict[str, tuple[str, CaseComparison]] = {}
    for piece in pieces:
        for scenario in piece.found.comparison.scenarios if piece.found.comparison else ():
            place, head = heads.setdefault(scenario.name, (piece.place, scenario))
            if replace(head, cases=()) != replace(scenario, cases=()):
                raise _differs(piece.place, scenario.name, place)
            for case in scenario.cases:
                place, before = cases.setdefault(case.case.id, (piece.place, case))
                if before != case:
                    raise _differs(piece.place, case.case.id, place)
    order = [*cases] if part is None else [one for one in part.cases if one in cases]
    if unknown := sorted(cases.keys() - set(order)):
        raise _contradiction(cases[unknown[0]][0], f"{unknown[0]} is not in the selection that was split", None)
    found = [cases[identifier][1] for identifier in order]
    names = dict.fromkeys(case.case.scenario for case in found)
    return tuple(
        replace(heads[name][1], cases=tuple(case for case in found if case.case.scenario == name)) for name in names
    )


def _gate(gates: Sequence[Gate], scenarios: Sequence[ScenarioComparison]) -> Gate | None:
    if not gates:
        return None
    cases = {case.case.id: number for number, case in enumerate(case for one in scenarios for case in one.cases)}
    names = {one.name: number for number, one in enumerate(scenarios)}
    unexpected = [found for one in gates for found in one.unexpected]
    vanished = [found for one in gates for found in one.vanished]
    return Gate(
        compared=sum(one.compared for one in gates),
        expected=sum(one.expected for one in gates),
        unexplained=sum(one.unexplained for one in gates),
        unexpected=tuple(sorted(unexpected, key=lambda found: cases[found.case.id])),
        vanished=tuple(sorted(vanished, key=lambda found: names[found.scenario])),
    )


def _differs(place: str, what: str, other: str) -> InvalidRun:
    return _contradiction(place, f"{what} is not what it is in {other}", "merge each job's newest file only")


def _contradiction(place: str, message: str, hint: str | None) -> InvalidRun:
    return InvalidRun(Problem(place=place, message=message, hint=hint))
