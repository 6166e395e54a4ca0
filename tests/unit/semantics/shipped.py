"""The shipped scenarios' cases, and which rules each of them asks of which layer."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from harness.case import Case
from harness.scenario import find, load
from harness.semantics.asking import Effect
from harness.semantics.oracle import facts
from harness.semantics.rules import BY_ID
from tests.unit.semantics.samples import answers, keras, tf1

ROOT = Path(__file__).resolve().parents[3] / "scenarios"
LAYERS: Mapping[str, Mapping[str, str]] = {
    "plain": answers(),
    "tf1": tf1(),
    "keras": keras(),
    "keras 2": tf1(updates_run_by="call", other_dtype="cast", frozen_normalizes_with="moving"),
    "float64 kept": tf1(decay_precision="full", fused_kernel="when-asked", low_precision_variables="own"),
}


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
def shipped_cases() -> tuple[Case, ...]:
    return tuple(case for path in find(ROOT) for case in load(path, ROOT).cases)


@cache
def asked() -> tuple[Asked, ...]:
    """Every shipped case under every layer, with the rules that the oracle asks for it."""
    return tuple(_asked())


def _asked() -> Iterator[Asked]:
    for layer, given in LAYERS.items():
        for case in shipped_cases():
            listening = Listening(given)
            for _ in facts(case, listening):
                pass
            yield Asked(case, layer, frozenset(listening.asked))
