"""What an upgrade changes, over layers of known answers: what is below a release, causes in order, the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from harness import golden
from harness.case import Case
from harness.comparison import Comparison, Verdict
from harness.golden import Behaviour, GoldenCase, GoldenFile
from harness.observation import Crashed, Observation, Outcome
from harness.releases.release import Release
from harness.report.upgrade import render_upgrade
from harness.semantics.oracle import predict
from harness.upgrade import Reach, as_before, causes, unexplained
from tests.unit.comparing import compare, spoiled
from tests.unit.measured import selection
from tests.unit.recorded import behaviours
from tests.unit.semantics.samples import article, keras

RECORD = ("upgrade", "2.21.0", "--record")
KERAS_2 = keras(variance_estimator="sample", fused_kernel="automatic")


def named(case: Case, n: int, scenario: str = "topic/name") -> Case:
    return replace(case, id=f"{scenario}[n={n}]", scenario=scenario, variation={"n": n})


TRAINED, FROZEN, INFERS = (
    named(article(), 0),
    named(article(trainable=False), 1),
    named(article(training=False), 2),
)
CASES = (TRAINED, FROZEN, INFERS)


def observed(case: Case, given: Mapping[str, str]) -> Observation:
    return predict(case, given).as_observation()


def upgraded(
    root: Path,
    cases: tuple[Case, ...] = CASES,
    before: Mapping[str, str] = KERAS_2,
    now: Mapping[str, str] | None = None,
    odd: Mapping[int, Outcome] | None = None,
) -> Comparison:
    """keras, recorded on 2.15.1 and measured now; ``odd`` outcomes by the place of their case."""
    held = {
        case.key: GoldenCase(
            sha256=case.sha256,
            runners={"keras": (Behaviour(releases=("2.15.1",), observation=observed(case, before)),)},
        )
        for case in cases
    }
    golden.write(root, GoldenFile(scenario="topic/name", cases=held))
    outcomes: dict[tuple[str, str], Outcome] = {
        (case.id, "keras"): (odd or {}).get(place) or observed(case, now or keras()) for place, case in enumerate(cases)
    }
    return compare(root, outcomes, selection(cases))


def text(comparison: Comparison, verbose: int = 0, width: int = 110) -> str:
    return render_upgrade(comparison, record=RECORD, width=width, verbose=verbose, color=False)


def recorded(words: Mapping[str, str]) -> GoldenFile:
    runners = {runner: behaviours(text) for runner, text in words.items()}
    return GoldenFile(scenario="topic/name", cases={"": GoldenCase(sha256="0", runners=runners)})


EVERY = {
    "keras": "2.15.1=A 2.20.0+keras-3.15.1=B 2.21.0+keras-3.5.0=C 2.21.0+keras-3.15.1=D",
    "tf1": "2.15.1=A 2.20.0+tf_keras-2.20.0=B 2.21.0+tf_keras-2.21.0=C",
}


@pytest.mark.parametrize(
    ("measured", "keras_only", "nearest"),
    [
        (
            {"keras": "2.21.0+keras-3.15.1", "tf1": "2.21.0+tf_keras-2.21.0"},
            False,
            {"keras": "2.20.0+keras-3.15.1", "tf1": "2.20.0+tf_keras-2.20.0"},
        ),
        # Another Keras on the same TensorFlow: the legacy line is what it was.
        (
            {"keras": "2.21.0+keras-3.15.1", "tf1": "2.21.0+tf_keras-2.21.0"},
            True,
            {"keras": "2.21.0+keras-3.5.0", "tf1": "2.21.0+tf_keras-2.21.0"},
        ),
        # Nothing is recorded of it: everything recorded is below.
        (
            {"keras": "2.22.0+keras-3.15.1", "tf1": "2.22.0+tf_keras-2.22.0"},
            False,
            {"keras": "2.21.0+keras-3.15.1", "tf1": "2.21.0+tf_keras-2.21.0"},
        ),
        ({"keras": "2.15.1", "tf1": "2.15.1"}, False, {"keras": None, "tf1": None}),
    ],
)
def test_what_is_recorded_below(
    measured: Mapping[str, str], keras_only: bool, nearest: Mapping[str, str | None]
) -> None:
    before = as_before(recorded(EVERY), list(map(Release.parse, measured.values())), keras_only=keras_only)
    for runner, name in measured.items():
        found = golden.expected(before.cases[""].runners.get(runner, ()), Release.parse(name)) if before.cases else None
        assert (str(found[1]) if found else None) == nearest[runner]


def test_what_changes_numbers_comes_before_what_changes_structure_more_often(tmp_path: Path) -> None:
    found = causes(upgraded(tmp_path))
    told = [(cause.sets[0][0].rule, cause.reach, len(cause.members)) for cause in found]
    assert told == [("variance-estimator", Reach.NUMBERS, 1), ("fused-kernel", Reach.STRUCTURE, 3)]


def test_what_raises_now_is_told_behind_numbers(tmp_path: Path) -> None:
    plain = named(replace(article(), layer={**TRAINED.layer, "fused": None}), 3)
    other = named(replace(article(), layer={**TRAINED.layer, "fused": None}, trainable=False), 4)
    comparison = upgraded(
        tmp_path, (TRAINED, plain, other), now=keras(argument_fused="ValueError", fused_kernel="automatic")
    )
    told = [(cause.sets[0][0].rule, cause.reach, len(cause.members)) for cause in causes(comparison)]
    assert told == [("variance-estimator", Reach.NUMBERS, 1), ("argument-fused", Reach.EXCEPTIONS, 2)]


def test_the_report_names_rule_meaning_scenarios_and_an_example(tmp_path: Path) -> None:
    assert text(upgraded(tmp_path)) == (
        "keras: from 2.15.1 to 2.21.0+keras-3.15.1: 3 of 3 cases changed\n"
        "\n"
        "what changed, why, and which scenarios it touches:\n"
        "\n"
        "variance-estimator: sample -> population\n"
        "  before: The moving variance follows the sample variance: squared deviations over n - 1.\n"
        "  now: The moving variance follows the population variance: squared deviations over n.\n"
        "  touches numbers of keras in 1 case in 1 scenario: topic/name (1 of 3)\n"
        "  as in topic/name[n=0], keras:\n"
        "    step 1, moving_variance[1]: 1.1266667 -> 1.0925\n"
        "  all of it: harness compare 'topic/name[n=0]' --runner keras --baseline 2.15.1 -v\n"
        "\n"
        "fused-kernel: automatic -> not-told\n"
        "  before: The fused kernel runs wherever it can.\n"
        "  now: The front end has no notion of a fused kernel.\n"
        "  touches structure alone of keras in 3 cases in 1 scenario: topic/name (3 of 3)\n"
        "  as in topic/name[n=1], keras:\n"
        "    fused: True -> None\n"
        "  all of it: harness compare 'topic/name[n=1]' --runner keras --baseline 2.15.1 -v\n"
        "\n"
        "summary: 3 changed; 3 of 3 changes explained, by 2 causes; 1 of 1 scenario touched\n"
        "\n"
        "to record it: harness upgrade 2.21.0 --record\n"
    )


def test_nothing_changed_is_said_in_two_lines(tmp_path: Path) -> None:
    assert text(upgraded(tmp_path, now=KERAS_2)) == (
        "keras: from 2.15.1 to 2.21.0+keras-3.15.1: 0 of 3 cases changed\n\nsummary: 3 match; 0 of 1 scenario touched\n"
    )


def test_what_no_rule_explains_comes_with_its_numbers(tmp_path: Path) -> None:
    comparison = upgraded(tmp_path, now=KERAS_2, odd={2: spoiled(observed(INFERS, KERAS_2))})
    (one,) = unexplained(comparison)
    assert (one.case.case, one.result.verdict) == (INFERS, Verdict.CHANGED)
    assert causes(comparison) == ()
    assert (
        "UNEXPLAINED: no rule tells why 1 outcome of 1 scenario changed\n"
        "\n"
        "  as in topic/name[n=2], keras:\n"
        "    step 2, output[0,0,0,3]: 1.0 -> 2.0\n"
        "  all of it: harness compare 'topic/name[n=2]' --runner keras --baseline 2.15.1 -v\n"
    ) in text(comparison)
    assert "0 of 1 change explained, by 0 causes; 1 UNEXPLAINED; 1 of 1 scenario touched" in text(comparison)


def test_many_unexplained_changes_are_counted_unless_asked_for(tmp_path: Path) -> None:
    cases = tuple(named(article(training=False), n) for n in range(7))
    odd = {place: spoiled(observed(case, KERAS_2)) for place, case in enumerate(cases)}
    comparison = upgraded(tmp_path, cases, now=KERAS_2, odd=odd)
    assert "\n\n  2 more UNEXPLAINED; -v tells each\n" in text(comparison)
    assert "topic/name[n=6]" not in text(comparison)
    assert "topic/name[n=6]" in text(comparison, 1)


def test_what_nothing_is_recorded_below_is_told_with_what_to_do(tmp_path: Path) -> None:
    outcomes: dict[tuple[str, str], Outcome] = {(TRAINED.id, "keras"): observed(TRAINED, keras())}
    told = text(compare(tmp_path, outcomes, selection((TRAINED,))))
    assert (
        "keras: 2.21.0+keras-3.15.1, with nothing recorded below it: 0 of 1 case changed\n"
        "\n"
        "1 case of keras: nothing is recorded below this release\n"
        "  topic/name\n"
        "  hint: record the release that you come from: `harness record`, or `harness record --tf VERSION`\n"
    ) in told
    assert "summary: 1 new; 0 of 1 scenario touched\n" in told
    assert told.endswith("to record it: harness upgrade 2.21.0 --record\n")


def test_a_lost_worker_is_told(tmp_path: Path) -> None:
    died = Crashed(cause="SIGSEGV", stderr="the end")
    told = text(upgraded(tmp_path, now=KERAS_2, odd={1: died}))
    assert "topic/name[n=1], keras: crashed\n" in told
    assert "    | the end\n" in told


def test_quiet_leaves_out_the_head_and_recording_the_hint(tmp_path: Path) -> None:
    comparison = upgraded(tmp_path)
    assert text(comparison, -1).startswith("what changed, why,")
    while_recording = render_upgrade(comparison, record=(), width=80, verbose=0, color=False)
    assert "to record it" not in while_recording


def test_the_report_keeps_within_the_width(tmp_path: Path) -> None:
    comparison = upgraded(tmp_path, odd={2: spoiled(observed(INFERS, KERAS_2))})
    for width in (60, 80, 120):
        assert max(map(len, text(comparison, 1, width).splitlines())) <= width


def test_colour_changes_no_word(tmp_path: Path) -> None:
    comparison = upgraded(tmp_path)
    coloured = render_upgrade(comparison, record=RECORD, width=110, verbose=0, color=True)
    plain = coloured
    for code in ("\x1b[1m", "\x1b[31m", "\x1b[33m", "\x1b[0m"):
        plain = plain.replace(code, "")
    assert plain == text(comparison) != coloured
