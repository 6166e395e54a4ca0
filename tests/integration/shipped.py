"""The shipped scenarios' cases, which rules each of them asks of which layer, and how far apart the answers are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from harness.case import Case
from harness.rules import BY_ID
from harness.scenario import Scenario, find, load
from harness.semantics.archetypes import ARCHETYPES
from harness.semantics.asking import Effect
from harness.semantics.oracle import facts
from harness.semantics.separation import ENOUGH, Separation, separations

ROOT = Path(__file__).resolve().parents[2] / "scenarios"


class Listening:
    """Answers from a complete set, and remembers which rules were asked with which effects."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = given
        self.asked: dict[str, set[str]] = {}

    def __call__(self, rule: str, effects: Mapping[str, Effect]) -> Effect:
        assert tuple(effects) == BY_ID[rule].answer_ids, rule
        self.asked.setdefault(rule, set()).update(effects)
        return effects[self._given[rule]]


@dataclass(frozen=True)
class Asked:
    case: Case
    layer: str
    rules: frozenset[str]


@cache
def shipped_scenarios() -> tuple[Scenario, ...]:
    return tuple(load(path, ROOT) for path in find(ROOT))


@cache
def shipped_cases() -> Mapping[str, Case]:
    return {case.id: case for scenario in shipped_scenarios() for case in scenario.cases}


@cache
def asked() -> tuple[Asked, ...]:
    """Every shipped case under every layer, with the rules that the oracle asks for it."""
    return tuple(_asked())


def _asked() -> Iterator[Asked]:
    for layer, given in ARCHETYPES.items():
        for case in shipped_cases().values():
            listening = Listening(given)
            for _ in facts(case, listening):
                pass
            yield Asked(case, layer, frozenset(listening.asked))


@cache
def separated() -> Mapping[str, tuple[Separation, ...]]:
    """Per rule how far apart every two of its answers are where shipped scenarios separate them, or else at most."""
    best: dict[str, dict[tuple[str, str], Separation]] = {}
    # Plain calls are predicted much faster than models; what they tell apart is not looked at again.
    for scenario in sorted(shipped_scenarios(), key=lambda one: one.cases[0].model is not None):
        settled = {
            (rule, pair) for rule, found in best.items() for pair, one in found.items() if one.distance.bounds >= ENOUGH
        }
        for one in separations(scenario.cases, scenario.tolerance, settled=settled):
            known = best.setdefault(one.rule, {}).get(one.answers)
            if known is None or known.distance.bounds < min(one.distance.bounds, ENOUGH):
                best[one.rule][one.answers] = one
    return {rule: tuple(found.values()) for rule, found in best.items()}
