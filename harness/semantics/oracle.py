"""The oracle: what a layer that gives certain answers does with a case, in float64, with error bounds.

It knows no version and no front end. Everything that differs between them is asked as a rule, at the place
where it matters; a case that never gets to a place never asks its rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from harness.case import Case
from harness.semantics.approx import Approx, Arithmetic, as_dtype
from harness.semantics.asking import Ask, Fixed, RefusedCall
from harness.semantics.formulas import moments, normalize, normalize_by_parts
from harness.semantics.plan import SMALL_EPSILON, Plan, plan, refuse_arguments
from harness.semantics.prediction import Fact, Field, FieldFact, Prediction, StepsFact, StructureFact
from harness.semantics.state import State, initial_state, keeps_weights, variable_names
from harness.semantics.updates import Batch, Corrections, update

_AT_RUN_TIME = ("InternalError", "InvalidArgumentError", "NotFoundError")
"""Exceptions of kernels: a graph raises them when it runs, every other when it is built."""


def predict(case: Case, answers: Mapping[str, str]) -> Prediction:
    """What a layer with these answers does.

    Args:
        case: the experiment.
        answers: rule id to answer id, for every rule that the case asks; others do no harm.

    Raises:
        KeyError: the case asks a rule that has no answer, or one it does not have.
    """
    return Prediction.of(facts(case, Fixed(answers)))


def plans_of(case: Case, answers: Mapping[str, str]) -> tuple[Plan, ...]:
    """What each call that a layer with these answers accepts comes to, up to the first that it refuses."""
    ask = Fixed(answers)
    accepted: list[Plan] = []
    try:
        refuse_arguments(case, ask)
        for call in case.steps:
            accepted.append(plan(case, call, ask))
    except RefusedCall:
        pass
    return tuple(accepted)


def facts(case: Case, ask: Ask) -> Iterator[Fact]:
    """The prediction piece by piece, each as soon as its rules are asked, so that a search can stop early."""
    try:
        refuse_arguments(case, ask)
        plans = [plan(case, case.steps[0], ask)]
    except RefusedCall as refused:
        yield StepsFact(0, str(refused))
        return
    raised = None
    for call in case.steps[1:]:
        try:
            plans.append(plan(case, call, ask))
        except RefusedCall as refused:
            raised = str(refused)
            break
    if raised is not None and raised not in _AT_RUN_TIME and _is_graph(ask):
        yield StepsFact(0, raised)
        return
    yield StepsFact(len(plans), raised)
    weighted = keeps_weights(case, ask)
    yield from _structure(case, plans, variable_names(case, weighted=weighted), ask)
    state = initial_state(case, plans[0], weighted=weighted)
    for step, each in enumerate(plans):
        output, state = _step(case, each, state, ask)
        yield FieldFact(step, "output", output)
        for name, number in state.variables.items():
            yield FieldFact(step, name, Field(dtype=state.dtype, number=number))


def _is_graph(ask: Ask) -> bool:
    return ask("updates-run-by", {"collection": True, "call": False})


def _structure(case: Case, plans: list[Plan], names: tuple[str, ...], ask: Ask) -> Iterator[Fact]:
    affine = [name for name in ("gamma", "beta") if name in names]
    if len(affine) == 2:
        affine = ask("variable-order", {"gamma-first": affine, "beta-first": affine[::-1]})
    others = [name for name in names if name not in affine]
    trainable = affine if case.trainable else []
    yield StructureFact("trainable_variables", tuple(trainable))
    yield StructureFact("non_trainable_variables", (*(affine if not case.trainable else []), *others))
    yield StructureFact("fused", _told(plans))
    yield StructureFact("update_ops", _registered(case, plans) if _is_graph(ask) else None)


def _told(plans: list[Plan]) -> bool | None:
    told = [each.kernel.told for each in plans]
    return None if told[0] is None else any(told)


def _registered(case: Case, plans: list[Plan]) -> int:
    """Update operations of a graph: two for every call that updates and is built; equal calls are built once."""
    built = set()
    for each in plans:
        tensor = case.inputs[each.call.input]
        if each.updates:
            built.add((tensor.dtype, tensor.shape, repr(each.call.training)))
    return 2 * len(built)


def _step(case: Case, each: Plan, state: State, ask: Ask) -> tuple[Field, State]:
    """One call: its output, and the state after it."""
    cut, precision = each.geometry, each.precision
    wide = case.inputs[each.call.input].float64()
    x = Approx.exact(as_dtype(wide, precision.input)).reshape(cut.work)
    statistics = Arithmetic(precision.statistics)
    epsilon = _epsilon(case, each, ask)
    batch = _moments(each, x, statistics, ask) if each.batch or each.updates else None
    corrections: Corrections | None = None
    after = state
    if batch is not None and (each.batch or each.updates):
        after, corrections = update(case, each, state, batch, ask)
    arithmetic = Arithmetic(_output_arithmetic(each, ask))
    used = batch if each.batch and batch is not None else None
    mean = used.mean if used else state.spread("moving_mean", cut.broadcast)
    variance = used.variance if used else state.spread("moving_variance", cut.broadcast)
    gamma, beta = state.affine(cut.broadcast)
    if corrections is not None and each.batch:
        gamma, beta = _composed(arithmetic, corrections, gamma, beta)
    formula = normalize if each.kernel.told else normalize_by_parts
    y = formula(arithmetic, x, mean, variance, gamma, beta, epsilon).reshape(cut.shape)
    return Field(dtype=precision.output, number=Arithmetic(precision.output).stored(y)), after


def _composed(arithmetic: Arithmetic, by: Corrections, gamma: Approx, beta: Approx) -> tuple[Approx, Approx]:
    """``(x r + d) gamma + beta`` as a scale ``r gamma`` and an offset ``d gamma + beta``."""
    return arithmetic.multiply(by.r, gamma), arithmetic.add(arithmetic.multiply(by.d, gamma), beta)


def _epsilon(case: Case, each: Plan, ask: Ask) -> float:
    epsilon = case.layer.get("epsilon", 1e-3)
    assert isinstance(epsilon, int | float)
    if not each.kernel.able or epsilon >= SMALL_EPSILON:
        return float(epsilon)
    more = epsilon + 1e-12 if epsilon <= 1e-5 else epsilon
    return ask("epsilon-floor", {"none": float(epsilon), "1e-12-more": more, "1-001e-5": SMALL_EPSILON})


def _output_arithmetic(each: Plan, ask: Ask) -> str:
    own = each.precision.input
    if own not in ("float16", "bfloat16"):
        return own
    # No release is known whose fused kernel computes in 16 bits.
    return "float32" if each.kernel.told else ask("low-precision-plain", {"float32": "float32", "own": own})


def _moments(each: Plan, x: Approx, arithmetic: Arithmetic, ask: Ask) -> Batch:
    """Statistics of the batch, and with virtual batches their means over them, which updates use."""
    cut = each.geometry
    mean, variance = moments(arithmetic, x, cut.reduced, cut.values)
    infinite = np.isinf(mean.value)
    if infinite.any():
        mean = ask(
            "infinite-mean", {"infinite": mean, "nan": Approx(np.where(infinite, np.nan, mean.value), mean.error)}
        )
    if not cut.grouped or cut.work[1] == 1:
        return Batch(mean=mean, variance=variance, overall_mean=mean, overall_variance=variance)
    return Batch(
        mean=mean,
        variance=variance,
        overall_mean=arithmetic.mean(mean, (1,), cut.work[1]),
        overall_variance=arithmetic.mean(variance, (1,), cut.work[1]),
    )
