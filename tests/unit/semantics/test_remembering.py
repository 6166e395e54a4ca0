"""What was computed is remembered exactly where nothing that it asked has another effect."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from harness.case import Case
from harness.semantics.asking import Ask, Effect, computed
from harness.semantics.remembering import Remembered
from harness.semantics.search import Paths
from harness.steps import Set
from tests.unit.semantics.samples import case


class Answering:
    """Answers as it is told, and counts what it is asked."""

    def __init__(self, **answers: str) -> None:
        self._answers = answers
        self.asked: list[str] = []

    def __call__(self, rule: str, effects: Mapping[str, Effect]) -> Effect:
        self.asked.append(rule)
        return effects[self._answers[rule]]


def total(ask: Ask) -> list[float]:
    """Asks ``second`` only where ``first`` is yes."""
    one = ask("first", {"yes": 1.0, "too": 1.0, "no": 0.0})
    return [one + (ask("second", {"yes": 10.0, "no": 20.0}) if one else 0.0)]


@pytest.fixture
def once() -> Remembered:
    return Remembered()


def test_answers_of_one_effect_share_what_was_computed(once: Remembered) -> None:
    subject = object()
    done = once("total", subject, Answering(first="yes", second="no"), total)
    assert done == [21.0]
    assert once("total", subject, Answering(first="too", second="no"), total) is done


def test_another_effect_is_computed_anew_and_what_is_asked_is_what_the_computation_asks(once: Remembered) -> None:
    subject = object()
    done = once("total", subject, Answering(first="yes", second="no"), total)
    other = Answering(first="yes", second="yes")
    assert once("total", subject, other, total) == [11.0]
    without = Answering(first="no")
    assert once("total", subject, without, total) == [0.0], "it has no answer to second, and is not asked"
    assert set(without.asked) == {"first"}
    assert once("total", subject, Answering(first="yes", second="no"), total) is done, "the first is still known"


def test_what_is_of_another_is_another(once: Remembered) -> None:
    one, other = [1], [1]
    ask = Answering(first="no")
    assert once("total", one, ask, total) is not once("total", other, ask, total), "equal, and not the same"
    assert once("total", one, ask, total) is not once("sum", one, ask, total)


def test_a_refusal_is_not_remembered(once: Remembered) -> None:
    def refuses(ask: Ask) -> None:
        if ask("first", {"yes": True, "no": False}):
            raise ZeroDivisionError

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            once("refuses", refuses, Answering(first="yes"), refuses)
    once("refuses", refuses, Answering(first="no"), refuses)


def frozen_between(experiment: Case) -> Case:
    """The same with the layer frozen between two calls, and made trainable again: steps that leave all as it was."""
    call = experiment.steps[0]
    steps = (call, Set(trainable=False), call, Set(trainable=True), call)
    return replace(experiment, steps=steps, observe=("trainable_variables",))


EXPERIMENTS = {
    "flag between calls": frozen_between(case([[1.0], [2.0], [3.0]])),
    "image": case([[[[1.0, 2.0], [4.0, 2.5]], [[0.5, 8.0], [2.0, 1.0]]]]),
    "frozen matrix": case([[1.0, 2.0], [4.0, 2.5], [0.5, 8.0]], trainable=False),
}


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_path_predicts_what_it_predicts_without_memory(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def every(experiment: Case) -> list[object]:
        return list(Paths(experiment).search(lambda *_: True))

    remembering = every(EXPERIMENTS[name])
    monkeypatch.setattr("harness.semantics.search.Remembered", lambda: computed)
    assert len(remembering) > 10
    assert repr(remembering) == repr(every(EXPERIMENTS[name]))
