"""Comparisons built by hand: small, but with everything a report has to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from numpy.typing import ArrayLike

from harness.case import Case, Json
from harness.comparison import (
    Between,
    CaseComparison,
    Comparison,
    Relation,
    RunnerResult,
    ScenarioComparison,
    Stale,
    Verdict,
)
from harness.diff import Diff, Difference, DifferenceKind, diff
from harness.observation import (
    Crashed,
    Identity,
    NotApplicable,
    Observation,
    Outcome,
    Raised,
    Reported,
    Structure,
    TimedOut,
    Unavailable,
)
from harness.scale import BoundSource, Scales
from harness.semantics.account import account
from harness.semantics.agreement import Residual
from harness.semantics.claims import ClaimResult
from harness.semantics.explain import Change, Explanation
from harness.semantics.infer import Inference
from harness.steps import Call
from harness.tensor import Tensor
from harness.tolerance import Tolerance

IMAGE: list[list[list[list[int]]]] = [[[[4, 5, 9, 0], [0, 0, 2, 0]], [[2, 1, 6, 5], [7, 8, 9, 6]]]]
TRAINED: list[list[list[list[float]]]] = [[[[1.5, 2, 3, -1], [-1, -1, -1, -1]], [[0.1, -0.5, 1, 2], [3, 3.5, 3, 2.5]]]]
FROZEN: list[list[list[list[int]]]] = [[[[9, 11, 19, 1], [1, 1, 5, 1]], [[5, 3, 13, 11], [15, 17, 19, 13]]]]
RELEASE = "2.21.0"
SEED = "flags/seed-article"
IDENTICAL = Diff(differences=(), identical=True, closest=None)
WITHIN = Diff(differences=(), identical=False, closest=None)

MOVED = Difference(
    kind=DifferenceKind.VALUE,
    step=1,
    field="moving_variance",
    index=(2,),
    left="1.0999999",
    right="1.1333332",
    error=0.0333333,
    bound=3.3e-06,
    source=BoundSource.ORACLE,
    ulps=279620.0,
    elements=1,
    size=4,
    passing=10101.0,
)
OUTPUT = replace(
    MOVED,
    field="output",
    index=(0, 1, 0, 3),
    left="2.4942646",
    right="nan",
    error=float("inf"),
    ulps=None,
    passing=None,
)
UPDATES = Difference(kind=DifferenceKind.STRUCTURE, step=None, field="update_ops", left="2", right="0")


def f32(values: ArrayLike) -> Tensor:
    return Tensor.of(values, "float32")


def case(
    scenario: str = SEED,
    *,
    inputs: Sequence[Tensor] = (f32(IMAGE),),
    layer: Mapping[str, Json] | None = None,
    frozen: bool = False,
    steps: int = 1,
    **variation: Json,
) -> Case:
    key = ",".join(f"{name}={str(value).lower()}" for name, value in variation.items())
    return Case(
        id=f"{scenario}[{key}]" if key else scenario,
        scenario=scenario,
        variation=variation,
        inputs=tuple(inputs),
        initializers={},
        layer={"momentum": 0.99, "epsilon": 0.001} if layer is None else layer,
        trainable=not frozen,
        steps=tuple(Call(input=0, training=True) for _ in range(steps)),
    )


def observed(*steps: Mapping[str, Tensor], raised: Raised | None = None, fused: bool | None = None) -> Observation:
    return Observation(
        steps=steps,
        structure=Structure(
            trainable_variables=("gamma", "beta"),
            non_trainable_variables=("moving_mean", "moving_variance"),
            update_ops=None if fused is None else 2,
            fused=fused,
        ),
        raised=raised,
        identity=Identity(layer_class="keras.layers.BatchNormalization", variables=("gamma:0",), device="/CPU:0"),
    )


def result(
    runner: str = "tf1",
    verdict: Verdict = Verdict.MATCH,
    *,
    outcome: Outcome | Reported | None = None,
    differences: Sequence[Difference] = (),
    against: Diff | None = IDENTICAL,
    baseline: str | None = RELEASE,
    reason: str = "",
    explanation: Explanation | None = None,
) -> RunnerResult:
    found = Diff(differences=tuple(differences), identical=False, closest=None) if differences else against
    return RunnerResult(
        runner=runner,
        release=RELEASE,
        outcome=outcome or observed({"output": f32(TRAINED)}),
        verdict=verdict,
        baseline=baseline,
        diff=found,
        reason=reason,
        explanation=explanation,
    )


def why(
    which: Case, *sets: Mapping[str, tuple[str, str]], differences: Sequence[Difference] = (), unpredicted: bool = False
) -> Explanation:
    """An explanation by sets of changes, each ``rule: (left, right)``; none: nothing explains the differences."""
    told = Inference(case=which.id, assignments=({},), residual=None)
    off = Residual(step=1, field="output[3]", predicted="1.5", measured="1.25", error=0.25, bound=0.001)
    return Explanation(
        case=which.id,
        diff=Diff(differences=tuple(differences), identical=False, closest=None),
        sets=tuple(
            tuple(Change(rule=rule, left=(left,), right=(right,)) for rule, (left, right) in changes.items())
            for changes in sets
        ),
        left=told,
        right=told,
        unexplained=("right", off) if unpredicted else None,
    )


def with_why(between: Between, explanation: Explanation) -> Between:
    """``between`` with an explanation of what differs."""
    explanation = replace(explanation, diff=between.diff)
    relation = Relation.DIFFERS if explanation.explained else Relation.UNEXPLAINED
    return replace(between, relation=relation, explanation=explanation)


def crashed(runner: str = "tf1", said: str | None = None) -> RunnerResult:
    said = said or "2026-01-01 F tensorflow/core/kernels/fused_batch_norm_op.cc:31] Check failed: size > 0\n*** end ***"
    outcome = Crashed(cause="SIGABRT", stderr=said)
    return result(runner, Verdict.CRASHED, outcome=outcome, against=None, reason="SIGABRT")


def timed_out(runner: str = "keras") -> RunnerResult:
    outcome = TimedOut(seconds=60.0, stderr="")
    return result(runner, Verdict.TIMED_OUT, outcome=outcome, against=None, reason="no answer within 60 s")


def not_applicable(runner: str) -> RunnerResult:
    outcome = NotApplicable(reason="an eager call has no placeholder")
    return result(runner, Verdict.NOT_APPLICABLE, outcome=outcome, against=None, baseline=None, reason=outcome.reason)


def unavailable(runner: str = "tf_keras") -> RunnerResult:
    outcome = Unavailable(reason="tf-keras is not installed")
    return result(runner, Verdict.UNAVAILABLE, outcome=outcome, against=None, baseline=None, reason=outcome.reason)


def between(*differences: Difference, identical: bool = True, left: str = "tf1", right: str = "keras") -> Between:
    return Between(
        left=left,
        right=right,
        relation=Relation.DIFFERS if differences else Relation.SAME,
        diff=Diff(differences=differences, identical=identical and not differences, closest=None),
    )


def compared(
    which: Case, results: Sequence[RunnerResult], betweens: Sequence[Between] = (), claims: Sequence[ClaimResult] = ()
) -> CaseComparison:
    return CaseComparison(case=which, results=tuple(results), between=tuple(betweens), claims=tuple(claims))


def measured(which: Case, outcomes: Mapping[str, Outcome]) -> CaseComparison:
    """A case with real differences between the runners, which all match golden."""
    runners = list(outcomes)
    found = []
    for position, left in enumerate(runners):
        for right in runners[position + 1 :]:
            one, other = outcomes[left], outcomes[right]
            if isinstance(one, Observation) and isinstance(other, Observation):
                against = diff(one, other, Scales(case=which, tolerance=Tolerance()), same_runner=False)
                relation = Relation.DIFFERS if against.differences else Relation.SAME
                found.append(Between(left=left, right=right, relation=relation, diff=against))
    return compared(which, [result(name, outcome=outcome) for name, outcome in outcomes.items()], found)


def scenario(*cases: CaseComparison, title: str = "What the flags do") -> ScenarioComparison:
    name = cases[0].case.scenario
    return ScenarioComparison(name=name, title=title, path=Path(f"scenarios/{name}.yaml"), cases=cases)


def comparison(
    *scenarios: ScenarioComparison,
    runners: Sequence[str] = ("tf1", "keras"),
    stale: Sequence[Stale] = (),
    arguments: Sequence[str] = (),
    program: tuple[str, ...] = ("harness",),
) -> Comparison:
    return Comparison(
        versions={"tensorflow": RELEASE, "keras": "3.15.1", "tf_keras": RELEASE, "numpy": "2.4.6", "python": "3.11.7"},
        runners=tuple(runners),
        device="cpu",
        seconds=7.26,
        scenarios=scenarios,
        stale=tuple(stale),
        arguments=tuple(arguments),
        program=program,
    )


def claim(holds: bool | None, runner: str = "tf1") -> ClaimResult:
    return ClaimResult(
        says="After one step the moving mean is 1 % of the way to the batch mean.",
        source="What is the significance of trainable and training",
        runner=runner,
        holds=holds,
        detail={True: "", False: "moving_mean[0] is 0.0325, the claim says 0.03249997", None: "nothing was measured"}[
            holds
        ],
    )


def flags(*, changed: bool = False, with_claims: bool = False) -> ScenarioComparison:
    """The seed article's four cases: the frozen row differs between the runners."""
    cases = []
    for training in (True, False):
        for trainable in (True, False):
            which = case(training=training, trainable=trainable, frozen=not trainable)
            parts = training and not trainable
            bad = changed and training and trainable
            changed_by = why(which, {"variance-estimator": ("sample", "population")}, differences=[MOVED])
            first = result("tf1")
            if bad:
                first = result("tf1", Verdict.CHANGED, differences=[MOVED], explanation=changed_by)
            apart = between(identical=not training)
            if parts:
                by = {"frozen-normalizes-with": ("batch", "moving"), "variance-estimator": ("sample", "population")}
                apart = with_why(between(replace(OUTPUT, right="1"), MOVED), why(which, by))
            held = [claim(True), claim(False, "keras")] if with_claims and training else []
            cases.append(compared(which, [first, result("keras", against=WITHIN)], [apart], held))
    return scenario(*cases)


@cache
def all_green() -> Comparison:
    """What the first stranger sees: everything matches, the runners part in one row."""
    return comparison(flags(), scenario(compared(case("rank/two"), [result(), result("keras")], [between()])))


@cache
def all_wrong() -> Comparison:
    """One of everything that can go wrong."""
    raised = observed(raised=Raised(type="ValueError", message="Unrecognized keyword: 'fused'"))
    fused = case("layer/fused")
    unexplained = with_why(between(UPDATES), why(fused, unpredicted=True))
    either = [{"fused-impossible": ("falls-back", "ValueError")}, {"argument-fused": ("computes", "ValueError")}]
    swept = [case("momentum/sweep", momentum=momentum) for momentum in (0, 0.25, 0.5, 0.75, 0.9, 0.99, 1)]
    reason = "no golden behaviour is recorded for this release or one before it"
    missing = result("tf1", Verdict.NEW, against=None, baseline=None, reason=reason)
    return comparison(
        flags(changed=True, with_claims=True),
        scenario(compared(fused, [result(), result("keras", outcome=raised)], [unexplained])),
        scenario(
            *(
                compared(
                    which,
                    [
                        result("tf1", Verdict.CHANGED, differences=[OUTPUT, MOVED, UPDATES], baseline="2.20.0"),
                        result("keras"),
                    ],
                    [with_why(between(OUTPUT, MOVED), why(which, *either))],
                )
                for which in swept
            )
        ),
        scenario(compared(case("odd/new"), [missing, unavailable()])),
        scenario(compared(case("odd/worker"), [crashed(), timed_out()])),
        runners=("tf1", "tf_keras", "keras"),
        stale=[Stale(what="golden/flags/gone.json", reason="no such scenario")],
        arguments=("--golden", "my golden", "--device", "gpu:1"),
    )


def told(comparison: Comparison) -> Comparison:
    """``comparison`` as a machine that was sent it has it: what is told of an explanation, not the search for it.

    For tests that report it again and again: the oracle is asked once.
    """
    return replace(comparison, scenarios=tuple(replace(one, cases=_told(one.cases)) for one in comparison.scenarios))


def _told(cases: Sequence[CaseComparison]) -> tuple[CaseComparison, ...]:
    return tuple(
        replace(
            one,
            results=tuple(
                replace(x, explanation=x.explanation and account(one.case, x.explanation)) for x in one.results
            ),
            between=tuple(
                replace(x, explanation=x.explanation and account(one.case, x.explanation)) for x in one.between
            ),
        )
        for one in cases
    )
