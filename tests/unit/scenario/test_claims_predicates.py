"""What a claim may say besides numbers, and what is wrong with it, told with its place."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from harness.releases.release import Release
from harness.scenario import Claim
from harness.scenario.claim_model import FieldName
from harness.scenario.model import FIELDS
from harness.scenario.value import Effect, Normalizer, SameAs
from tests.unit.each import each
from tests.unit.scenario.writing import loaded, problems

BODY = "input: {full: 1, shape: [2, 3]}\nsteps: 2\nsweep: {training: [true, false], trainable: [true, false]}\n"


def of(claim: str) -> str:
    return f"{BODY}claims:\n  - {{says: it is so, source: a page, {claim}}}\n"


def made(root: Path, claim: str) -> Claim:
    (found,) = loaded(root, of(claim)).claims
    return found


def test_every_predicate_is_kept(tmp_path: Path) -> None:
    claim = made(
        tmp_path,
        "normalized_by: nothing, moving_statistics: unchanged, beta: updated, gamma: unchanged, trainable_variables: 2",
    )
    assert claim.normalized_by is Normalizer.NOTHING
    assert claim.effects == {
        "moving_statistics": Effect.UNCHANGED, "gamma": Effect.UNCHANGED, "beta": Effect.UPDATED
    }  # fmt: skip
    assert (claim.trainable_variables, claim.expect, claim.same_as, claim.raises) == (2, {}, None, None)


def test_no_trainable_variable_at_all_is_a_claim(tmp_path: Path) -> None:
    assert made(tmp_path, "trainable_variables: 0").trainable_variables == 0


def test_an_exception_is_a_claim_of_its_own(tmp_path: Path) -> None:
    assert made(tmp_path, "raises: TypeError").raises == "TypeError"


@pytest.mark.parametrize(
    ("written", "runners"),
    [
        ("", None),
        ("runner: tf1, ", ("tf1",)),
        ("runner: [keras, tf_keras], ", ("keras", "tf_keras")),
    ],
)
def test_a_claim_is_about_one_runner_or_several(tmp_path: Path, written: str, runners: tuple[str, ...] | None) -> None:
    claim = made(tmp_path, f"{written}beta: unchanged")
    assert claim.runners == runners
    assert claim.meant_for("tf1") is (runners is None or "tf1" in runners)


@each(
    "written, release, meant",
    [
        ("1.0..1.15", "1.15.5", True),
        ("1.0..1.15", "2.0.0", False),
        ("'>=2.0'", "2.0.0", True),
        ("'2.10'", "2.10.1", True),
        ("{tensorflow: '>=2.16', keras: 3.0..3.8}", "2.21.0+keras-3.8.0", True),
        ("{tensorflow: '>=2.16', keras: 3.0..3.8}", "2.21.0+keras-3.9.2", False),
    ],
)
def test_a_claim_may_be_meant_for_some_releases(tmp_path: Path, written: str, release: str, meant: bool) -> None:
    claim = made(tmp_path, f"releases: {written}, beta: unchanged")
    assert claim.meant_for("keras", Release.parse(release)) is meant
    assert claim.meant_for("keras")


def test_the_other_case_is_named_by_what_differs(tmp_path: Path) -> None:
    scenario = loaded(
        tmp_path, of("where: {trainable: true}, same_as: {where: {trainable: false}, fields: [output, beta]}")
    )
    (claim,) = scenario.claims
    assert claim.same_as == SameAs(key=None, where={"trainable": False}, fields=("output", "beta"))
    pairs = {
        case.key: other.key
        for case in scenario.cases
        if claim.about(case) and (other := claim.same_as.of(case, scenario.cases))
    }
    assert pairs == {
        "training=true,trainable=true": "training=true,trainable=false",
        "training=false,trainable=true": "training=false,trainable=false",
    }


def test_the_other_case_is_named_by_its_key(tmp_path: Path) -> None:
    scenario = loaded(tmp_path, of('where: {training: true}, same_as: "training=false,trainable=true"'))
    (claim,) = scenario.claims
    assert claim.same_as is not None
    assert claim.same_as.fields == ("output",)
    other = claim.same_as.of(scenario.cases[0], scenario.cases)
    assert other is scenario.cases[2]


ONE_OF = "expect, normalized_by, moving_statistics, gamma, beta, same_as, trainable_variables, nondeterministic, raises"


@each(
    "claim, at, message",
    [
        ("step: 1", "{says", f"nothing is claimed that can be measured\n  hint: one or more of {ONE_OF}"),
        (
            "normalized_by: btach",
            "btach", "normalized_by must be batch, moving or nothing, got 'btach'\n  hint: did you mean batch?",
        ),
        (
            "moving_statistics: updatd",
            "updatd", "moving_statistics must be updated or unchanged, got 'updatd'\n  hint: did you mean updated?",
        ),
        ("gamma: true", "true", "gamma must be updated or unchanged, got true\n  hint: What the step does to gamma."),
        (
            "trainable_variables: -1",
            "-1", "trainable_variables must be at least 0, got -1\n"
            "  hint: How many trainable variables the layer has.",
        ),
        (
            "raises: tf.errors.InternalError",
            "tf.errors", "raises must be the name of an exception type, got 'tf.errors.InternalError'\n"
            "  hint: such as TypeError, without its module",
        ),
        (
            "raises: TypeError, step: 2",
            "step", "'step' cannot stand beside raises\n"
            "  hint: raises is about how the whole experiment ends: make it a claim of its own",
        ),
        (
            "raises: TypeError, beta: unchanged",
            "beta", "'beta' cannot stand beside raises\n"
            "  hint: raises is about how the whole experiment ends: make it a claim of its own",
        ),
        (
            "beta: unchanged, releases: 2.10",
            "2.10", "releases must be text such as '1.0..1.15', got 2.1\n"
            "  hint: quote it: 2.10 without quotes is the number 2.1",
        ),
        (
            "beta: unchanged, releases: later",
            "later",
            "releases names no releases: not a version, got 'later'\n  hint: expected a version (2.15.1), a minor "
            "(2.15), a range (1.8..1.15), a specifier ('>=2.16'), or all",
        ),
        (
            "beta: unchanged, releases: 1.15..1.0",
            "1.15..1.0",
            "releases ends before it begins, got '1.15..1.0'\n  hint: the lower version comes first: 1.0..1.15",
        ),
        (
            "beta: unchanged, releases: {kears: '3.5'}",
            "kears", "unknown key 'kears'\n  hint: did you mean 'keras'?",
        ),
        (
            "beta: unchanged, runner: []",
            "[]", "runner must not be empty\n  hint: The runner it is about, or several; every runner if left out.",
        ),
        (
            'same_as: "training=true,trainable=flase"',
            "\"training=true", "there is no case 'training=true,trainable=flase'\n"
            "  hint: did you mean 'training=true,trainable=false'?",
        ),
        (
            "same_as: frozen",
            "frozen", "there is no case 'frozen'\n  hint: what stands between the brackets of its id",
        ),
        (
            "same_as: {where: {trainabel: false}}",
            "trainabel", "'trainabel' is not swept here\n  hint: did you mean 'trainable'?",
        ),
        (
            "same_as: {where: {trainable: 0}}",
            "0}", "trainable must be a value of the sweep, true or false, got 0\n  hint: no case has this value",
        ),
        (
            "same_as: {where: {trainable: false}}",
            "{where", "a case is the same as itself\n"
            "  hint: say under where which cases the claim is about, so that it is not among them",
        ),
        (
            "same_as: {where: {trainable: false}, fields: [ouput]}, where: {trainable: true}",
            "ouput", f"fields[0] must be {', '.join(FIELDS[:-1])} or {FIELDS[-1]}, got 'ouput'\n"
            "  hint: did you mean output?",
        ),
        (
            "same_as: {fields: [output]}",
            "{fields", "where is missing\n"
            "  hint: where: In which swept fields it differs from the case, and the value of each there.",
        ),
        (
            "same_as: 3",
            "3", "same_as must be text, got 3\n"
            "  hint: The case that it equals: its key, or {where: {trainable: false}, fields: [...]}.",
        ),
    ],
)  # fmt: skip
def test_a_wrong_claim(tmp_path: Path, claim: str, at: str, message: str) -> None:
    line = of(claim).splitlines()[-1]
    column = line.index(at, 0 if at == "{says" else line.index("a page")) + 1
    assert problems(tmp_path, of(claim)) == [f"7:{column}: {message}"]


def test_each_of_several_runners_is_checked(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, of("beta: unchanged, runner: [tf1, kears]"))
    assert problem.startswith("7:69: runner[1] must ")
    assert problem.endswith("hint: did you mean keras?")


def test_the_other_case_must_have_the_step(tmp_path: Path) -> None:
    text = """
        input: {full: 1, shape: [2, 3]}
        sweep: {steps: [1, 2]}
        claims: [{says: a, source: b, where: {steps: 2}, same_as: steps=1}]
    """
    assert problems(tmp_path, text) == [
        "5:59: the case 'steps=1' has no step 2: the last is 1\n  hint: step: 1 is in every case"
    ]
    assert loaded(tmp_path, text.replace("same_as", "step: 1, same_as")).claims[0].step == 1


def test_the_fields_of_same_as_are_those_of_a_step() -> None:
    assert get_args(FieldName) == FIELDS
