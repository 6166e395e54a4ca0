"""What golden says of every shipped claim: the verdicts, pinned; a change of one is a finding."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.golden import read
from harness.history import gather
from harness.releases.release import Release
from harness.report.claims import render_claims
from harness.scenario import Selection, find, load_all
from harness.semantics.claim_ledger import Entry, Verdict, entries
from harness.semantics.judgement import Standing

ROOT = Path(__file__).parents[2]
ARTICLE = "What is the significance of 'trainable' and 'training' flag in tf.layers.batch_normalization?"
KERAS = "https://keras.io/api/layers/normalization_layers/batch_normalization/"


@pytest.fixture(scope="module")
def book() -> list[Entry]:
    """What the article and the Keras documentation claim, from golden."""
    every = load_all(find(ROOT / "scenarios"), ROOT / "scenarios")
    scenarios = [one for one in every if one.claims and one.name.partition("/")[0] in ("flags", "lifecycle")]
    whole = [Selection(scenario=one, cases=one.cases) for one in scenarios]
    archives = [gather([one], lambda name: read(ROOT / "golden", name)) for one in whole]
    return [
        entry
        for one, archive in zip(whole, archives, strict=True)
        for entry in entries(one.scenario, one.cases, archive.histories)
    ]


def ranges(entry: Entry, standing: Standing) -> dict[str, tuple[str, str]]:
    """By runner the lowest and the highest TensorFlow on which it stands so, which must be all between them."""
    found = {}
    for runner in entry.runners:
        every = entry.releases(runner)
        alike = [release for release in every if entry.standings[runner, release] is standing]
        if alike:
            assert every[every.index(alike[0]) : every.index(alike[-1]) + 1] == tuple(alike), "in one piece"
            found[runner] = (alike[0].tensorflow, alike[-1].tensorflow)
    return found


EVERYWHERE = {"tf1": ("1.0.1", "2.21.0")}
VERDICTS = {
    (KERAS, "trainable=False means inference mode"): (
        Verdict.CONFIRMED,
        {"keras": ("2.0.0", "2.21.0"), "tf_keras": ("2.16.1", "2.21.0")},
        {"keras": ("1.6.0", "1.15.5")},
    ),
    (KERAS, "In TensorFlow 1.*, trainable=False freezes the layer"): (
        Verdict.CONFIRMED,
        {"keras": ("1.6.0", "1.15.5")},
        {"keras": ("2.0.0", "2.21.0")},
    ),
    (ARTICLE, "In inference, the first pixel"): (Verdict.CONFIRMED, EVERYWHERE, {}),
    (ARTICLE, "Frozen and in training, the first pixel"): (
        Verdict.PARTLY,
        {"tf1": ("1.6.0", "2.21.0")},
        {"tf1": ("1.0.1", "1.5.1")},
    ),
    (ARTICLE, "Trainable and in training, the first pixel"): (Verdict.CONFIRMED, EVERYWHERE, {}),
    (ARTICLE, "Trainable and in training, one step moves the averages"): (
        Verdict.PARTLY,
        {"tf1": ("1.4.0", "2.21.0")},
        {"tf1": ("1.0.1", "1.3.0")},
    ),
    (ARTICLE, "In training, the layer normalizes with the moving average"): (Verdict.REFUTED, {}, EVERYWHERE),
    (ARTICLE, "Frozen and in training, the layer normalizes with the moving"): (Verdict.REFUTED, {}, EVERYWHERE),
    (ARTICLE, "Trainable and in training, the output is the same"): (Verdict.CONFIRMED, EVERYWHERE, {}),
    (ARTICLE, "In inference, the layer scales by gamma and shifts by beta"): (Verdict.REFUTED, {}, EVERYWHERE),
    (ARTICLE, "Updating the averages needs trainable=True"): (
        Verdict.PARTLY,
        {"tf1": ("1.6.0", "2.21.0")},
        {"tf1": ("1.0.1", "1.5.1")},
    ),
    (ARTICLE, "The layer has two trainable parameters"): (Verdict.CONFIRMED, EVERYWHERE, {}),
}


def of(book: list[Entry], source: str, says: str) -> Entry:
    (entry,) = (one for one in book if one.claim.source == source and one.claim.says.startswith(says))
    return entry


@pytest.mark.parametrize(("source", "says"), VERDICTS)
def test_the_verdict_on_each_sentence(book: list[Entry], source: str, says: str) -> None:
    entry = of(book, source, says)
    verdict, holds, fails = VERDICTS[source, says]
    assert entry.verdict() is verdict
    assert (ranges(entry, Standing.HOLDS), ranges(entry, Standing.FAILS)) == (holds, fails)


def test_every_shipped_claim_of_these_two_is_pinned(book: list[Entry]) -> None:
    pinned = [one for one in book if one.scenario.startswith("flags/") and one.claim.source in (ARTICLE, KERAS)]
    assert len(pinned) == len(VERDICTS)


def test_what_keras_says_about_fit_holds_since_its_models_do(book: list[Entry]) -> None:
    found = [one for one in book if one.scenario.startswith("lifecycle/")]
    assert len(found) == 6
    assert [one.scenario for one in found if one.verdict() is not Verdict.CONFIRMED] == [
        "lifecycle/compile-then-freeze"
    ]


def test_a_layer_frozen_after_compile_stands_still_in_keras_3(book: list[Entry]) -> None:
    (entry,) = (one for one in book if one.scenario == "lifecycle/compile-then-freeze")
    assert entry.verdict() is Verdict.PARTLY
    of_keras_3 = {found for (_, release), found in entry.standings.items() if release.library == "keras"}
    of_tf_keras = {found for (runner, _), found in entry.standings.items() if runner == "tf_keras"}
    assert (of_keras_3, of_tf_keras) == ({Standing.FAILS}, {Standing.HOLDS})


def test_what_keras_documents_of_its_own_versions_is_refuted_on_the_others(book: list[Entry]) -> None:
    for says in ("trainable=False means inference mode", "In TensorFlow 1.*"):
        assert of(book, KERAS, says).verdict(meant=False) is Verdict.REFUTED


def test_nothing_is_undecided_and_only_a_refusal_is_not_applicable(book: list[Entry]) -> None:
    book = [one for one in book if one.scenario.startswith("flags/")]
    standings = {(release, found) for one in book for (_, release), found in one.standings.items()}
    unjudged = {(release, found) for release, found in standings if found not in (Standing.HOLDS, Standing.FAILS)}
    assert {found for _, found in unjudged} == {Standing.NOT_APPLICABLE}
    # Before 1.6 tf.keras cannot be called eagerly at all.
    assert all(release < Release.parse("1.6.0") for release, _ in unjudged)
    assert all(one.judgement.standing is not Standing.UNDECIDED for entry in book for one in entry.held)


def test_the_number_that_refutes_is_told(book: list[Entry]) -> None:
    told = " ".join(render_claims(book, width=120, verbose=1, color=False).split())
    assert "output[0,0,0,2] is 18.991007; normalized by nothing it would be 19; what fits is moving" in told
    assert "moving_mean[2] is 0.065, it was 0.0 before step 1" in told
    assert "keras not applicable in 1.5.0..1.5.1, 4 of 4 cases" in told
