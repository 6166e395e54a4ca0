"""Which behaviour covers a release, and how a release comes in and goes out.

The behaviours of a runner are canonical: a release is in one of them, each holds the observation of its
lowest release, and they stand in the order of those. Recording is additive: it never changes what is recorded
for a release unless told to replace it. docs/decisions/0003 states when the result does not depend on the
order in which releases were recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace as changed
from typing import TypeAlias

from harness.golden.model import Behaviour, GoldenCase, GoldenFile, RecordAction
from harness.observation import Observation
from harness.releases.release import Release
from harness.settled import as_recorded

Same: TypeAlias = Callable[[Observation, Observation], bool]
"""Whether two observations of a case are one behaviour; symmetric, and true of an observation and itself."""


def covering(behaviours: Iterable[Behaviour], release: Release) -> Behaviour | None:
    """The behaviour recorded for exactly ``release``."""
    name = str(release)
    return next((behaviour for behaviour in behaviours if name in behaviour.releases), None)


def expected(
    behaviours: Iterable[Behaviour], release: Release, baseline: Release | None = None
) -> tuple[Behaviour, Release] | None:
    """The behaviour to expect on ``release``, and the recorded release that says so.

    That is the one recorded for ``baseline`` (by default ``release`` itself), else for the nearest release
    below it. ``None`` when nothing is recorded at or below.
    """
    target = baseline or release
    recorded = ((Release.parse(name), behaviour) for behaviour in behaviours for name in behaviour.releases)
    below = [(name, behaviour) for name, behaviour in recorded if name <= target]
    if not below:
        return None
    nearest, behaviour = max(below, key=lambda pair: pair[0])
    return behaviour, nearest


def record(
    behaviours: tuple[Behaviour, ...],
    release: Release,
    observation: Observation,
    same: Same,
    *,
    replace: bool = False,
) -> tuple[tuple[Behaviour, ...], RecordAction]:
    """``behaviours`` with ``release`` in them, and what that took.

    Returns:
        ``NEW``: the release opened a behaviour. ``JOINED``: it joined the lowest that is the same, and gave it
        its numbers if it is lower than all in it. ``UNCHANGED``: it is recorded with the same observation.
        ``VALUE_CHANGED``: it is recorded with another one; nothing changed, or with ``replace`` it moved.
        With ``replace``, ``JOINED`` also where the same observation gave its behaviour other last digits.

    A release whose behaviour is nondeterministic, and of which but one result was seen this time, is ``UNCHANGED``,
    with ``replace`` too: a race that was not seen is no change. Another release does not join on such grounds.
    """
    observation = changed(observation, identity=None, results=())
    present = covering(behaviours, release)
    if present is None:
        return _insert(behaviours, release, observation, same)
    recorded = present.observation
    if recorded.nondeterministic and not observation.nondeterministic:
        unseen = same(as_recorded(observation, recorded, 1), recorded)
        if unseen or not replace:
            return behaviours, RecordAction.UNCHANGED if unseen else RecordAction.VALUE_CHANGED
    unchanged = same(observation, recorded)
    if not replace:
        return behaviours, RecordAction.UNCHANGED if unchanged else RecordAction.VALUE_CHANGED
    replaced, _ = _insert(forget(behaviours, release), release, observation, same)
    if not unchanged:
        return replaced, RecordAction.VALUE_CHANGED
    return replaced, RecordAction.UNCHANGED if replaced == behaviours else RecordAction.JOINED


def forget(behaviours: tuple[Behaviour, ...], release: Release) -> tuple[Behaviour, ...]:
    """``behaviours`` without ``release``.

    One that it leaves behind keeps its observation, also where that was the release's own: it is equal within
    tolerance to what the rest measured, and recording the release again finds it unchanged.
    """
    name = str(release)
    without = (
        changed(behaviour, releases=tuple(kept for kept in behaviour.releases if kept != name))
        for behaviour in behaviours
    )
    return _ordered(behaviour for behaviour in without if behaviour.releases)


def record_case(
    golden: GoldenFile,
    *,
    key: str,
    sha256: str,
    runner: str,
    release: Release,
    observation: Observation,
    same: Same,
    replace: bool = False,
) -> tuple[GoldenFile, RecordAction]:
    """``golden`` with one observation recorded, and what that took.

    A case recorded under another ``sha256`` was another experiment: all its runners' behaviours are dropped,
    and the action is ``STALE``.
    """
    case = golden.cases.get(key)
    stale = case is not None and case.sha256 != sha256
    runners = {} if case is None or stale else dict(case.runners)
    runners[runner], action = record(runners.get(runner, ()), release, observation, same, replace=replace)
    updated = GoldenCase(sha256=sha256, runners=runners)
    cases = {**golden.cases, key: updated}
    return changed(golden, cases=cases), RecordAction.STALE if stale else action


def forget_release(golden: GoldenFile, release: Release, runner: str | None = None) -> GoldenFile:
    """``golden`` without ``release``, of one runner or of all; what becomes empty goes with it."""
    cases = {}
    for key, case in golden.cases.items():
        runners = {
            name: forget(behaviours, release) if runner in (None, name) else behaviours
            for name, behaviours in case.runners.items()
        }
        if any(runners.values()):
            kept = {name: behaviours for name, behaviours in runners.items() if behaviours}
            cases[key] = changed(case, runners=kept)
    return changed(golden, cases=cases)


def prune(golden: GoldenFile, keys: Collection[str]) -> GoldenFile:
    """``golden`` with the cases of ``keys`` only: those the scenario still has."""
    return changed(golden, cases={key: case for key, case in golden.cases.items() if key in keys})


def releases_of(golden: GoldenFile) -> Mapping[str, tuple[Release, ...]]:
    """Every release recorded for any case, by runner, lowest first."""
    found: dict[str, set[str]] = {}
    for case in golden.cases.values():
        for runner, behaviours in case.runners.items():
            for behaviour in behaviours:
                found.setdefault(runner, set()).update(behaviour.releases)
    return {runner: tuple(sorted(map(Release.parse, names))) for runner, names in sorted(found.items())}


def _insert(
    behaviours: tuple[Behaviour, ...], release: Release, observation: Observation, same: Same
) -> tuple[tuple[Behaviour, ...], RecordAction]:
    for place, behaviour in enumerate(behaviours):
        if same(observation, behaviour.observation):
            joined = _join(behaviour, release, observation)
            return _ordered((*behaviours[:place], joined, *behaviours[place + 1 :])), RecordAction.JOINED
    opened = Behaviour(releases=(str(release),), observation=observation)
    return _ordered((*behaviours, opened)), RecordAction.NEW


def _join(behaviour: Behaviour, release: Release, observation: Observation) -> Behaviour:
    releases = sorted((release, *map(Release.parse, behaviour.releases)))
    if releases[0] != release:
        observation = behaviour.observation
    return Behaviour(releases=tuple(map(str, releases)), observation=observation)


def _ordered(behaviours: Iterable[Behaviour]) -> tuple[Behaviour, ...]:
    return tuple(sorted(behaviours, key=lambda behaviour: Release.parse(behaviour.releases[0])))
