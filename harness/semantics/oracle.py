"""The oracle: what a layer that gives certain answers does with a case, in float64, with error bounds.

It knows no version and no front end. Everything that differs between them is asked as a rule, at the place
where it matters; a case that never gets to a place never asks its rule.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from harness.case import Case
from harness.semantics.approx import Approx, Arithmetic, as_dtype
from harness.semantics.asking import Ask, BeyondTheOracle, Fixed, Once, computed
from harness.semantics.backward import backward, loss
from harness.semantics.course import (
    Assigned,
    Called,
    Course,
    Event,
    Loaded,
    Made,
    Saved,
    Trained,
    course,
    is_graph,
    plans_in,
)
from harness.semantics.forward import Forward, forward
from harness.semantics.lifecycle import lifecycle, plans_in_life
from harness.semantics.optimizers import Slots, fresh, move
from harness.semantics.penalties import penalty, projected
from harness.semantics.plan import Plan, frozen_updates
from harness.semantics.prediction import Fact, Field, FieldFact, Prediction, ResultsFact, StepsFact, StructureFact
from harness.semantics.state import State, initial_state, keeps_weights, variable_names
from harness.semantics.updates import Batch, update_at_once
from harness.settled import stays
from harness.steps import Optimizer
from harness.tensor import FLOATS, Tensor

Fields: TypeAlias = dict[str, Field]

_MOVING = ("moving_mean", "moving_variance")
_SHOWS = 16.0
"""Times the error of updates in order: a race whose results are nearer to each other than that leads nowhere else."""


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
    """What each call that a layer with these answers accepts comes to, up to the first that it refuses.

    Of replicas that normalize for themselves those of the first. None where a model has several such layers.
    """
    if case.model is not None:
        return plans_in_life(case, Fixed(answers))
    ask = Fixed(answers)
    return tuple(course(next(_parts(case)) if _apart(case, ask) else case, ask).plans())


def facts(case: Case, ask: Ask, once: Once = computed) -> Iterator[Fact]:
    """The prediction piece by piece, each as soon as its rules are asked, so that a search can stop early.

    Args:
        case: the experiment.
        ask: answers its rules.
        once: remembers what was computed under other answers, where they do not matter.
    """
    if case.model is not None:
        yield from lifecycle(case, ask)
        yield ResultsFact(several=False)
        return
    if _apart(case, ask):
        yield from _of_replicas(case, ask)
        return
    case = once("scale", case, ask, partial(_with_default_scale, case))
    way = once("course", case, ask, partial(course, case))
    yield StepsFact(len(way.events), way.raised)
    if not way.events:
        return
    memory = once("start", way, ask, partial(_Memory.of, case, way))
    yield from _structure(case, way, variable_names(case, weighted=memory.weighted), ask)
    since: int | None = None
    for step in range(len(way.events)):
        fields, memory = once(f"step {step}", memory, ask, partial(memory.step, step))
        if memory.raced and since is None:
            since = step
        for name, value in fields.items():
            yield FieldFact(step, name, value if since is None else _unsettled(name, value, step, since))
    yield ResultsFact(several=since is not None and case.repetitions > 1)


def _unsettled(name: str, value: Field, step: int, since: int) -> Field:
    """A field in or after the step that raced; of what is computed with racing statistics nothing is known."""
    if stays(name, step, since):
        return value
    if name in _MOVING:
        return replace(value, settled=False)
    unknown = Approx(np.full_like(value.number.value, np.nan), np.full_like(value.number.value, np.inf))
    return replace(value, number=unknown, settled=False)


def _apart(case: Case, ask: Ask) -> bool:
    """Whether there are replicas that each normalize with their own part of the batch."""
    if case.replicas > 1 and case.layer.get("synchronized"):
        return case.mask is not None and ask("replica-mask", {"together": False, "apart": True})
    return case.replicas > 1


def _of_replicas(case: Case, ask: Ask) -> Iterator[Fact]:
    """Each replica normalizes its own part of the batch, with variables of its own; observed are the first one's."""
    parts = [Prediction.of(facts(part, ask)) for part in _parts(case)]
    first = parts[0]
    for fact in first.facts():
        if isinstance(fact, FieldFact) and fact.name.startswith("output"):
            outputs = [part.steps[fact.step][fact.name].number for part in parts]
            value = np.concatenate([one.value for one in outputs])
            error = np.concatenate([np.broadcast_to(one.error, one.value.shape) for one in outputs])
            yield FieldFact(fact.step, fact.name, Field(dtype=fact.field.dtype, number=Approx(value, error)))
        elif isinstance(fact, FieldFact) and fact.name.startswith("moving_"):
            yield _of_all(fact, parts, ask)
        else:
            yield fact


def _of_all(first: FieldFact, parts: list[Prediction], ask: Ask) -> FieldFact:
    """A moving statistic, which replicas keep to themselves or average: averages of averages are averages."""
    each = [part.steps[first.step][first.name].number for part in parts]
    if all(np.array_equal(one.value, first.field.number.value) for one in each):
        return first
    stacked = Approx(np.stack([one.value for one in each]), np.stack([one.error + 0.0 * one.value for one in each]))
    arithmetic = Arithmetic(first.field.dtype)
    mean = arithmetic.mean(stacked, (0,), len(each)).reshape(each[0].value.shape)
    number = ask("replica-statistics", {"own": first.field.number, "mean": arithmetic.stored(mean)})
    return FieldFact(first.step, first.name, Field(dtype=first.field.dtype, number=number))


def _parts(case: Case) -> Iterator[Case]:
    """The case as each replica has it: inputs divided along the batch."""
    for replica in range(case.replicas):
        inputs = (np.split(tensor.float64(), case.replicas)[replica] for tensor in case.inputs)
        tensors = tuple(Tensor.of(one, tensor.dtype) for one, tensor in zip(inputs, case.inputs, strict=True))
        mask = None
        if case.mask is not None:
            mask = Tensor.of(np.split(case.mask.float64(), case.replicas)[replica], case.mask.dtype)
        yield replace(case, inputs=tensors, mask=mask, replicas=1)


def _with_default_scale(case: Case, ask: Ask) -> Case:
    if "scale" in case.layer or ask("default-scale", {"yes": True, "no": False}):
        return case
    return replace(case, layer={**case.layer, "scale": False})


def _structure(case: Case, way: Course, names: tuple[str, ...], ask: Ask) -> Iterator[Fact]:
    affine = [name for name in ("gamma", "beta") if name in names]
    if len(affine) == 2:
        fused = _chosen(way)
        orders = {"gamma-first": False, "beta-first": True, "beta-first-when-fused": fused}
        turned = any(kernel.matrix for kernel in way.kernels[-1]) or ask("variable-order", orders)
        affine = affine[::-1] if turned else affine
    others = [name for name in names if name not in affine]
    trainable = affine if way.trainable[-1] else []
    yield StructureFact("trainable_variables", tuple(trainable))
    yield StructureFact("non_trainable_variables", (*([] if trainable else affine), *others))
    yield StructureFact("fused", _fused(case, way, ask))
    yield StructureFact("update_ops", _registered(case, way, ask) if is_graph(ask) else None)


def _fused(case: Case, way: Course, ask: Ask) -> bool | None:
    """Whether the fused kernel is there, of several layers in that of the end; ``None`` where nobody has a notion."""
    last = next((event.case for event in reversed(way.events) if isinstance(event, Loaded)), case)
    notions = {"when-asked": True, "automatic": True, "not-told": False}
    if not way.kernels[-1] or ("fused" not in last.layer and not ask("fused-kernel", notions)):
        return None
    fused = _chosen(way)
    if len(way.kernels) == 1:
        return fused
    after = itertools.takewhile(lambda event: not isinstance(event, Loaded), reversed(way.events))
    called = any(each.kernel.fused for event in after for each in plans_in(event))
    # The kernel of a layer that is built without a call is in no graph; to build a function is to call it.
    return ask("updates-run-by", {"collection": fused, "layer": called, "call": fused, "nobody": called})


def _chosen(way: Course) -> bool:
    return any(kernel.fused for kernel in way.kernels[-1])


def _registered(case: Case, way: Course, ask: Ask) -> int:
    """Update operations of a graph: two for every call that updates and is built; equal calls are built once."""
    built = set()
    layer = 0
    for event in way.events:
        if isinstance(event, Made | Loaded):
            layer += 1
        for position, each in enumerate(plans_in(event)):
            if each.updates or _may_update(each, ask):
                # What is fed is decided by the run: one call serves both values.
                fed = str(each.call.training).startswith("placeholder:")
                training = "placeholder" if fed else repr(each.call.training)
                shape = each.call.shape[1:] if case.unknown_batch else each.call.shape
                # Calls of one step are built apart, even if they are alike.
                built.add((layer, position, each.call.dtype, shape, training))
    registered = 2 * len(built)
    return ask("updates-run-by", {"collection": registered, "layer": registered, "call": 0, "nobody": 0})


def _may_update(each: Plan, ask: Ask) -> bool:
    """Whether a call that is no training registers updates all the same, since only the run decides."""
    if not each.call.trainable and not frozen_updates(each.call, each.kernel, ask):
        return False
    if each.call.training in (None, "phase:false"):
        return ask("omitted-registers", {"no": False, "yes": True})
    if each.call.training == "tensor:false":
        return ask("constant-registers", {"no": False, "yes": True})
    return each.call.training == "placeholder:false"


def _counted(case: Case, way: Course, step: int) -> Fields:
    """The counts that the case asks to observe."""
    if "trainable_variables" not in case.observe:
        return {}
    affine = sum(case.layer.get(argument) is not False for argument in ("center", "scale"))
    return {"trainable_variables": Field(dtype="int32", number=Approx.exact(affine if way.trainable[step] else 0))}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Memory:
    """What the experiment has come to: the variables, what was saved of them, and the optimizers' slots.

    Attributes:
        state: ``None`` while nothing is built.
        raced: updates have raced, and what they left is no single number.
    """

    case: Case
    course: Course
    weighted: bool
    state: State | None = None
    raced: bool = False
    saved: State | None = None
    slots: Mapping[tuple[Optimizer, float, str], Slots] = field(default_factory=dict)

    def fields(self) -> Fields:
        """The variables as they are observed."""
        if self.state is None:
            return {}
        return {name: Field(dtype=self.state.dtype, number=number) for name, number in self.state.variables.items()}

    @classmethod
    def of(cls, case: Case, way: Course, ask: Ask) -> _Memory:
        """Before the first step."""
        return cls(case=case, course=way, weighted=keeps_weights(case, ask))

    def step(self, number: int, ask: Ask) -> tuple[Fields, _Memory]:
        """What is observed after step ``number``, and the memory then."""
        fields, after = self.after(self.course.events[number], ask)
        counted = {**_counted(self.case, self.course, number), **after.losses(number, ask)}
        return {**fields, **after.fields(), **counted}, after

    def losses(self, step: int, ask: Ask) -> Fields:
        """The sum of the layer's penalties, where it is observed."""
        if "losses" not in self.case.observe:
            return {}
        arithmetic = Arithmetic(self.course.dtype)
        weights = self.state.variables if self.state is not None else {}
        total = penalty(self.case, arithmetic, weights, trainable=self.course.trainable[step], ask=ask)
        return {"losses": Field(dtype="float32", number=Arithmetic("float32").stored(total))}

    def after(self, event: Event, ask: Ask) -> tuple[Fields, _Memory]:
        """What ``event`` yields besides the variables, and the memory after it."""
        match event:
            case Called():
                return self._call(event, ask)
            case Trained():
                return self._train(event, ask)
            case Made(again=again):
                return {}, replace(self, state=self._initial() if again else self._built())
            case Assigned(step=step):
                built = self._built()
                given = {role: self._variable(value) for role, value in step.values.items()}
                return {}, replace(self, state=replace(built, variables={**built.variables, **given}))
            case Saved():
                return {}, replace(self, state=self._built(), saved=self._built())
            case Loaded(case=case):
                return {}, replace(self, case=case, state=self.saved, slots={})
            case _:
                return {}, self

    def _initial(self) -> State:
        return initial_state(self.case, self.course.parameter, self.course.dtype, weighted=self.weighted)

    def _built(self) -> State:
        return self.state or self._initial()

    def _variable(self, value: Tensor) -> Approx:
        return Approx.exact(as_dtype(value.float64().reshape(self.course.parameter), self.course.dtype))

    def _input(self, index: int, each: Plan) -> Approx:
        return Approx.exact(as_dtype(self.case.inputs[index].float64(), each.precision.input))

    def _mask(self) -> NDArray[np.bool_] | None:
        return None if self.case.mask is None else self.case.mask.float64().astype(np.bool_)

    def _call(self, event: Called, ask: Ask) -> tuple[Fields, _Memory]:
        fields: Fields = {}
        before = state = self._built()
        updates: list[tuple[Plan, Batch]] = []
        for number, (index, each) in enumerate(zip(event.inputs, event.plans, strict=True)):
            done = forward(self.case, each, self._input(index, each), state, ask, self._mask())
            fields["output" if number == 0 else f"output_{number}"] = _returned(each, _output(each, done), ask)
            if event.runs and each.updates and done.batch is not None:
                updates.append((each, done.batch))
            state = done.after if event.runs else state
        race = None if len(updates) < 2 else self._race(updates, before, state, ask)
        if race is None or ask("concurrent-updates", {"in-order": True, "race": False}):
            return fields, replace(self, state=state)
        return fields, replace(self, state=race(), raced=True)

    def _race(
        self, updates: Sequence[tuple[Plan, Batch]], before: State, in_order: State, ask: Ask
    ) -> Callable[[], State] | None:
        """What racing updates leave, or says that nobody knows; ``None`` where it would not show."""
        if self.case.layer.get("renorm"):
            return _no_race_of_renorm
        left = update_at_once(self.case, updates, before, ask)
        widths = ((left.variables[name].error, in_order.variables[name].error) for name in _MOVING)
        return (lambda: left) if any((one > _SHOWS * other).any() for one, other in widths) else None

    def _train(self, event: Trained, ask: Ask) -> tuple[Fields, _Memory]:
        each, step, state = event.plan, event.step, self._built()
        done = forward(self.case, each, self._input(step.input, each), state, ask, self._mask())
        output = _output(each, done)
        arithmetic = Arithmetic(each.precision.output)
        target = np.zeros(each.geometry.shape)
        if step.target is not None:
            target = self.case.inputs[step.target].float64()
        value, slope = loss(step.loss, arithmetic, output.number, Approx.exact(target))
        found = backward(each, done, slope)
        fields: Fields = {"output": output, "loss": Field(dtype="float32", number=Arithmetic("float32").stored(value))}
        kept = Arithmetic(state.dtype)
        affine = {role: one for role, one in (("gamma", found.gamma), ("beta", found.beta)) if role in state.variables}
        if "gradients" in self.case.observe:
            # The gradient of a cast is cast back.
            given = each.call.dtype if each.call.dtype in FLOATS else each.precision.output
            fields["gradient_input"] = Field(dtype=given, number=Arithmetic(given).stored(found.input))
            learning = affine if event.learns else {}
            fields |= {
                f"gradient_{role}": Field(dtype=state.dtype, number=kept.stored(one)) for role, one in learning.items()
            }
        after = done.after if event.runs else state
        if not event.learns:
            return fields, replace(self, state=after)
        moved, slots = dict(after.variables), dict(self.slots)
        for role, gradient in affine.items():
            key = (step.optimizer, step.rate, role)
            before = slots.get(key) or fresh(each.geometry.parameter)
            own = state.variables[role]
            after_step, slots[key] = move(step.optimizer, step.rate, kept, own, gradient, before, ask)
            moved[role] = projected(self.case, kept, role, after_step, ask)
        return fields, replace(self, state=replace(after, variables=moved), slots=slots)


def _no_race_of_renorm() -> State:
    raise BeyondTheOracle("race of batch renormalization")


def _returned(each: Plan, output: Field, ask: Ask) -> Field:
    """What the caller gets: of bfloat16 images in inference some releases return an output that is not there."""
    if each.batch or each.precision.input != "bfloat16" or not each.kernel.able:
        return output
    empty = Approx.exact(np.zeros(0))
    returned = {
        "output": output,
        "empty-float32": Field(dtype="float32", number=empty),
        "empty": Field(dtype="bfloat16", number=empty),
    }
    return ask("bfloat16-fused-output", returned)


def _output(each: Plan, done: Forward) -> Field:
    dtype = each.precision.output
    return Field(dtype=dtype, number=Arithmetic(dtype).stored(done.output.reshape(each.geometry.shape)))
