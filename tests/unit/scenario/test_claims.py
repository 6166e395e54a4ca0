from __future__ import annotations

from pathlib import Path

from tests.unit.each import each
from tests.unit.scenario.writing import loaded, problems

BODY = "input: {full: 1, shape: [2, 4, 3]}\nsteps: 2\nsweep: {training: [true, false, 1], layer.epsilon: [1e-3]}\n"


def of(claim: str) -> str:
    return f"{BODY}claims:\n  - {{says: it is so, source: a page, {claim}}}\n"


def problem(root: Path, claim: str) -> str:
    (only,) = problems(root, of(claim))
    return only


def test_a_claim_keeps_everything(tmp_path: Path) -> None:
    text = of('runner: "tf1", where: {training: true}, step: 1, expect: {output[0,-1]: [1, 2.0, 3], gamma: 1}')
    (claim,) = loaded(tmp_path, text.replace("output[0,-1]", '"output[0,-1]"')).claims
    assert (claim.says, claim.source, claim.runners, claim.step) == ("it is so", "a page", ("tf1",), 1)
    assert claim.where == {"training": True}
    assert claim.expect == {"output[0,-1]": [1, 2.0, 3], "gamma": 1}
    assert [type(number) for number in claim.expect["output[0,-1]"]] == [int, float, int]
    assert claim.place == f"{tmp_path.as_posix()}/topic/name.yaml:7:5"


def test_what_is_left_out_means_every_runner_every_case_and_the_last_step(tmp_path: Path) -> None:
    (claim,) = loaded(tmp_path, of("expect: {beta: 0}")).claims
    assert (claim.runners, claim.releases, claim.where, claim.step) == (None, None, {}, None)


@each(
    "claim, message",
    [
        (
            "where: {trainign: true}, expect: {beta: 0}",
            "7:46: 'trainign' is not swept here\n  hint: did you mean 'training'?",
        ),
        (
            "nondeterministic: true",
            "7:38: nothing is repeated here, so that only one result can be seen\n"
            "  hint: repetitions: 50 runs the experiment so often",
        ),
        (
            "where: {trainable: true}, expect: {beta: 0}",
            "7:46: 'trainable' is not swept here\n  hint: swept are: training, layer.epsilon",
        ),
        (
            "where: {training: 0}, expect: {beta: 0}",
            "7:56: training must be a value of the sweep, true, false or 1, got 0\n  hint: no case has this value",
        ),
        (
            "where: {training: 'true'}, expect: {beta: 0}",
            "7:56: training must be a value of the sweep, true, false or 1, got 'true'\n  hint: no case has this value",
        ),
        (
            "step: 3, expect: {beta: 0}",
            "7:44: there is no step 3: the last is 2\n  hint: steps are counted from 1; leave it out for the last",
        ),
        (
            'expect: {"output[0,4]": 1}',
            "7:47: 'output[0,4]': there is no 4 in dimension 1: output has shape [2, 4, 3]\n"
            "  hint: indices are counted from 0",
        ),
        ('expect: {"gamma[0,0]": 1}', "7:47: 'gamma[0,0]' has 2 indices: gamma has shape [3]"),
        (
            "expect: {gamma: [1, 2]}",
            "7:54: gamma must have shape [3], 3 in all, got [2]\n"
            "  hint: gamma has shape [3]; one number stands for all",
        ),
        (
            'expect: {"gamma[0]": [1]}',
            "7:59: gamma[0] must be a single number\n  hint: gamma has shape [3]; one number stands for all",
        ),
        (
            'expect: {"output[0]": [[1, 2, 3]]}',
            "7:60: output[0] must have shape [4, 3], 12 in all, got [1, 3]\n"
            "  hint: output has shape [2, 4, 3]; one number stands for all",
        ),
    ],
)
def test_claims_about_what_is_not_there(tmp_path: Path, claim: str, message: str) -> None:
    assert problem(tmp_path, claim) == message


def test_a_claim_is_checked_only_against_the_cases_it_is_about(tmp_path: Path) -> None:
    text = """
        input: {full: 1, shape: [2, 3]}
        sweep: {input.shape: [[2, 3], [2, 5]]}
        claims: [{says: a, source: b, where: {input.shape: [2, 5]}, expect: {"output[1,4]": 1}}]
    """
    assert len(loaded(tmp_path, text).claims) == 1
    assert "there is no 4 in dimension 1" in problems(tmp_path, text.replace("[2, 5]}, expect", "[2, 3]}, expect"))[0]


def test_where_the_parameter_shape_is_unknown_numbers_are_not_judged(tmp_path: Path) -> None:
    text = "input: [[1]]\nlayer: {axis: 9}\nclaims: [{says: a, source: b, expect: {gamma: [1, 2, 3, 4]}}]\n"
    assert len(loaded(tmp_path, text).claims) == 1
