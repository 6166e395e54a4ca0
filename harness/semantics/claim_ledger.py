"""Claims held against everything that is recorded: how each stands on every release, and the verdict on it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property, partial

from harness.case import Case
from harness.observation import Observation
from harness.releases.release import Release
from harness.scenario import Claim, Scenario
from harness.scenario.value import SameAs
from harness.semantics.claims import judge
from harness.semantics.judgement import Judgement, Shown, Standing
from harness.semantics.ledger import Recorded

_DECIDES = (Standing.FAILS, Standing.HOLDS, Standing.UNDECIDED, Standing.NOT_APPLICABLE, Standing.NOT_RECORDED)
"""Of several cases on one release the first of these says how the claim stands there."""


class Verdict(Enum):
    """What is to be thought of a claim, over some releases."""

    CONFIRMED = "CONFIRMED"
    """It holds wherever it can be judged."""
    PARTLY = "CONFIRMED ONLY"
    """It holds on some releases, and fails or is undecided on others."""
    REFUTED = "REFUTED"
    """It fails somewhere and holds nowhere."""
    UNDECIDED = "UNDECIDED"
    NOT_APPLICABLE = "NOT APPLICABLE"
    NOT_RECORDED = "NOT RECORDED"


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """A claim in one case, by one runner, on one release."""

    case: Case
    runner: str
    release: Release
    judgement: Judgement


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One claim and all that was held against it.

    Attributes:
        scenario: the name of its scenario.
        cases: what it is about, as far as it is selected.
        runners: whom it is about, as far as they are asked for.
    """

    scenario: str
    claim: Claim
    cases: tuple[Case, ...]
    runners: tuple[str, ...]
    held: tuple[Held, ...]

    def releases(self, runner: str) -> tuple[Release, ...]:
        """The releases on which any of the cases is recorded, lowest first."""
        return tuple(sorted(release for name, release in self.standings if name == runner))

    @cached_property
    def standings(self) -> Mapping[tuple[str, Release], Standing]:
        """How the claim stands by runner and release: it fails with any case, and else holds with any."""
        found: dict[tuple[str, Release], list[Standing]] = {}
        for one in self.held:
            found.setdefault((one.runner, one.release), []).append(one.judgement.standing)
        return {key: min(several, key=_DECIDES.index) for key, several in found.items()}

    def meant(self, release: Release) -> bool:
        """Whether the claim is meant for a release."""
        return self.claim.releases is None or self.claim.releases.covers(release)

    def verdict(self, *, meant: bool = True) -> Verdict | None:
        """The verdict over the releases that the claim is meant for, or over the others; ``None`` without others."""
        found = {standing for (_, release), standing in self.standings.items() if self.meant(release) is meant}
        return _verdict(found) if meant or found else None

    def smallest(self, runner: str, standing: Standing) -> Held | None:
        """Where it stands so in the case of the fewest numbers, on the lowest release."""
        found = [one for one in self.held if one.runner == runner and one.judgement.standing is standing]
        return min(found, key=_size, default=None)


def _size(held: Held) -> tuple[int, str, Release]:
    return sum(tensor.size for tensor in held.case.inputs), held.case.id, held.release


def _verdict(standings: Collection[Standing]) -> Verdict:
    if Standing.HOLDS in standings:
        unlike = {Standing.FAILS, Standing.UNDECIDED} & set(standings)
        return Verdict.PARTLY if unlike else Verdict.CONFIRMED
    rest = (
        (Standing.FAILS, Verdict.REFUTED),
        (Standing.UNDECIDED, Verdict.UNDECIDED),
        (Standing.NOT_APPLICABLE, Verdict.NOT_APPLICABLE),
    )
    return next((verdict for standing, verdict in rest if standing in standings), Verdict.NOT_RECORDED)


def entries(
    scenario: Scenario, selected: Collection[Case], recorded: Iterable[Recorded], runners: Sequence[str] = ()
) -> Iterator[Entry]:
    """Every claim of a scenario that is about a selected case, held against what is recorded of it.

    Args:
        scenario: whose claims.
        selected: the cases they may be about.
        recorded: of every case of the scenario: a claim may hold a selected case against another one.
        runners: only these; empty: those that a claim names, else those of which something is recorded.
    """
    archive = _Archive(scenario=scenario, recorded=tuple(recorded))
    for claim in scenario.claims:
        cases = tuple(case for case in selected if claim.about(case))
        told = claim.runners or runners or tuple(dict.fromkeys(one.runner for one in archive.recorded))
        wanted = tuple(runner for runner in told if not runners or runner in runners)
        if cases and (wanted or not told):
            held = tuple(one for case in cases for runner in wanted for one in archive.held(claim, case, runner))
            yield Entry(scenario=scenario.name, claim=claim, cases=cases, runners=wanted, held=held)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Archive:
    """What is recorded of one scenario."""

    scenario: Scenario
    recorded: tuple[Recorded, ...]

    def held(self, claim: Claim, case: Case, runner: str) -> Iterator[Held]:
        known: dict[tuple[int, int], Judgement] = {}
        for release, observation in self._observations(case, runner).items():
            other = partial(self._other, case, runner, release)
            beside = other(claim.same_as) if claim.same_as else None
            # Releases of one behaviour share their observation, so that each pair is judged once.
            key = (id(observation), id(beside))
            if key not in known:
                shown = Shown(case=case, observation=observation, tolerance=self.scenario.tolerance, exact=False)
                known[key] = judge(claim, shown, other)
            yield Held(case=case, runner=runner, release=release, judgement=known[key])

    def _other(self, case: Case, runner: str, release: Release, same_as: SameAs) -> Observation | None:
        other = same_as.of(case, self.scenario.cases)
        return self._observations(other, runner).get(release) if other else None

    def _observations(self, case: Case, runner: str) -> Mapping[Release, Observation]:
        return {
            Release.parse(name): behaviour.observation
            for one in self.recorded
            if one.case.id == case.id and one.runner == runner
            for behaviour in one.behaviours
            for name in behaviour.releases
        }
