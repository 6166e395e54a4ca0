"""Explains a comparison: why runners differ from each other, and why one is not what golden holds.

Everything is inferred from observations of the same scenario, so an explanation does not depend on which others
are selected; what other cases of the scenario say is only asked where a case alone cannot tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from harness.case import Case
from harness.comparison import Between, CaseComparison, Comparison, Relation, RunnerResult, ScenarioComparison, Verdict
from harness.diff import Diff
from harness.golden import Behaviour, GoldenFile, covering
from harness.observation import Observation
from harness.releases.release import Release
from harness.scenario import Selection
from harness.semantics.examiner import Examiners
from harness.semantics.explain import Explanation, Side, explain_sides, known
from harness.semantics.infer import Inference, Profile, loosened, profile


def explained(
    comparison: Comparison,
    selections: Sequence[Selection],
    goldens: Mapping[str, GoldenFile | None],
    examiners: Examiners,
) -> Comparison:
    """``comparison`` with an explanation of every difference between runners and of every change.

    Args:
        comparison: what was compared.
        selections: the scenarios that it is of, in its order.
        goldens: their golden files, by scenario.
        examiners: those that compared: what they have read they need not read again.
    """
    return replace(
        comparison,
        scenarios=tuple(
            _Reasons(selection, scenario, goldens.get(scenario.name), examiners).explained()
            for selection, scenario in zip(selections, comparison.scenarios, strict=True)
        ),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Speaker:
    """A runner as it was measured, or as it is recorded on a release."""

    runner: str
    recorded: Release | None = None


class _Reasons:
    """Explains one scenario."""

    def __init__(
        self, selection: Selection, compared: ScenarioComparison, golden: GoldenFile | None, examiners: Examiners
    ) -> None:
        self._scenario = selection.scenario
        self._selected = selection.cases
        self._compared = compared
        self._golden = golden
        self._results = {(case.case.id, result.runner): result for case in compared.cases for result in case.results}
        self._examiners = examiners
        self._profiles: dict[_Speaker, Profile] = {}

    def explained(self) -> ScenarioComparison:
        """The scenario with its explanations."""
        pairs = zip(self._selected, self._compared.cases, strict=True)
        return replace(self._compared, cases=tuple(self._case(case, compared) for case, compared in pairs))

    def _case(self, case: Case, compared: CaseComparison) -> CaseComparison:
        return replace(
            compared,
            results=tuple(self._change(case, result) for result in compared.results),
            between=tuple(self._between(case, between) for between in compared.between),
        )

    def _change(self, case: Case, result: RunnerResult) -> RunnerResult:
        if result.verdict is not Verdict.CHANGED or result.baseline is None:
            return result
        recorded = _Speaker(runner=result.runner, recorded=Release.parse(result.baseline))
        sides = self._observation(case, recorded), self._observation(case, _Speaker(runner=result.runner))
        if sides[0] is None or sides[1] is None:
            return result
        found = self._examiners.of(case).diff(sides[0], sides[1])
        return replace(result, explanation=self._explain(case, recorded, _Speaker(runner=result.runner), found))

    def _between(self, case: Case, between: Between) -> Between:
        if between.relation is Relation.SAME:
            return between
        left, right = _Speaker(runner=between.left), _Speaker(runner=between.right)
        found = self._explain(case, left, right, between.diff)
        relation = Relation.DIFFERS if found.explained else Relation.UNEXPLAINED
        return replace(between, relation=relation, explanation=found)

    def _explain(self, case: Case, left: _Speaker, right: _Speaker, found: Diff) -> Explanation:
        same_runner = left.runner == right.runner
        ours, theirs = self._side(case, left), self._side(case, right)
        explanation = explain_sides(case, ours, theirs, found, same_runner=same_runner)
        if not explanation.open:
            return explanation
        ours, theirs = self._narrowed(ours, left), self._narrowed(theirs, right)
        return explain_sides(case, ours, theirs, found, same_runner=same_runner)

    def _narrowed(self, side: Side, speaker: _Speaker) -> Side:
        return replace(side, inference=known(side.inference, self._profile(speaker)))

    def _side(self, case: Case, speaker: _Speaker) -> Side:
        observation = self._observation(case, speaker)
        assert observation is not None
        return Side(observation=observation, inference=self._examiners.of(case).inference(observation))

    def _observation(self, case: Case, speaker: _Speaker) -> Observation | None:
        if speaker.recorded is not None:
            behaviour = self._behaviour(case, speaker)
            return behaviour.observation if behaviour else None
        result = self._results.get((case.id, speaker.runner))
        return result.outcome if result and isinstance(result.outcome, Observation) else None

    def _behaviour(self, case: Case, speaker: _Speaker) -> Behaviour | None:
        held = self._golden.cases.get(case.key) if self._golden else None
        if held is None or held.sha256 != case.sha256 or speaker.recorded is None:
            return None
        return covering(held.runners.get(speaker.runner, ()), speaker.recorded)

    def _profile(self, speaker: _Speaker) -> Profile:
        if speaker not in self._profiles:
            self._profiles[speaker] = profile(self._witnesses(speaker))
        return self._profiles[speaker]

    def _witnesses(self, speaker: _Speaker) -> Iterator[Inference]:
        """What every case of the scenario says: measured where it ran, else as recorded on the release that ran."""
        stand_in = self._recorded_alike(speaker)
        for case in self._scenario.cases:
            for one in (speaker, stand_in):
                observation = self._observation(case, one) if one else None
                if one is not None and observation is not None:
                    yield self._testimony(case, one, observation)
                    break

    def _testimony(self, case: Case, speaker: _Speaker, observation: Observation) -> Inference:
        inference = self._examiners.of(case).inference(observation)
        behaviour = self._behaviour(case, speaker)
        # Golden keeps what the lowest release measured; the others are equal within tolerance.
        lowest = behaviour is None or behaviour.releases[0] == str(speaker.recorded)
        return inference if lowest else loosened(inference)

    def _recorded_alike(self, speaker: _Speaker) -> _Speaker | None:
        """The speaker's own release as recorded, unless this run shows that golden is not about what runs here."""
        if speaker.recorded is not None:
            return None
        ran = [result for (_, runner), result in self._results.items() if runner == speaker.runner]
        release = ran[0].release if ran else None
        fine = (Verdict.MATCH, Verdict.NONDETERMINISTIC)
        alike = all(result.verdict in fine and result.baseline == release for result in ran)
        return _Speaker(runner=speaker.runner, recorded=Release.parse(release)) if alike and release else None
