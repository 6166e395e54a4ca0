"""Experiments with a model around the layer: put together, frozen, compiled, fitted, evaluated, saved, in any order.

What ``fit`` and its like do depends on *when* a front end looks at ``trainable``: each such moment is a rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np

from harness.case import Case
from harness.semantics.approx import Approx, Arithmetic
from harness.semantics.asking import Ask, BeyondTheOracle, RefusedCall, refusal
from harness.semantics.backward import loss as loss_of
from harness.semantics.backward import weighted_loss
from harness.semantics.frozenness import Compiled, Frozenness, Moments
from harness.semantics.model import Flags, Made, Through, chain, made, through
from harness.semantics.optimizers import Slots, fresh, move
from harness.semantics.penalties import penalized, penalty, projected
from harness.semantics.plan import Plan, refuse_arguments
from harness.semantics.prediction import Fact, Field, FieldFact, StepsFact, StructureFact
from harness.steps import (
    Assign,
    Build,
    Call,
    Compile,
    Config,
    Fit,
    Format,
    Load,
    Loss,
    Method,
    Optimizer,
    Run,
    Save,
    Set,
    Step,
    Target,
    Train,
    Training,
)

Fields: TypeAlias = dict[str, Field]
_FLOAT32 = Arithmetic("float32")
_AFFINE = ("gamma", "beta")
_WHOLE = (Format.KERAS, Format.SAVED_MODEL)
"""What is loaded is a model, not only its weights."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Life:
    """What the experiment has come to.

    Attributes:
        case: with the arguments that the layer has by now; ``given``: that it began with.
        flags: of now.
        at_build: of when the model was put together.
        model: ``None`` before that.
        slots: of the optimizer, by weight; those of ``train`` steps by optimizer and rate besides.
        losses: told since the model was compiled or its metrics were reset, with the number of their examples.
    """

    case: Case
    given: Case
    ask: Ask
    flags: Frozenness
    at_build: Frozenness | None = None
    model: Made | None = None
    compiled: Compiled | None = None
    saved: Life | None = None
    slots: Mapping[tuple[str, str], Slots] = field(default_factory=dict)
    plans: tuple[Plan, ...] = ()
    losses: tuple[tuple[Approx, int], ...] = ()

    def taken(self, step: Step) -> tuple[Fields, Life]:
        """What ``step`` yields besides the weights, and the life after it.

        Raises:
            RefusedCall: the front end refuses it.
        """
        match step:
            case Set():
                return {}, self._set(step)
            case Compile():
                return {}, self.built()._compile(step)
            case Fit():
                return self.built()._fit(step)
            case Run():
                return self.built()._run(step)
            case Call():
                return self.built()._call(step)
            case Train():
                return self.built()._train(step)
            case Build():
                return {}, self.built()
            case Assign():
                built = self.built()
                given = {name: Approx.exact(value.float64()) for name, value in step.values.items()}
                return {}, built._holding(given)
            case Save():
                built = self.built()
                return {}, replace(built, saved=replace(built, saved=None))
            case Load():
                return {}, self._load(step)
            case Config():
                return {}, replace(self.built(), model=made(self.case, self.ask), compiled=None, slots={})

    def fields(self) -> Fields:
        """The weights as they are observed."""
        if self.model is None:
            return {}
        fields = {name: Field(dtype="float32", number=number) for name, number in self.model.weights.items()}
        if "losses" in self.case.observe:
            fields["losses"] = _loss(self._penalty())
        if "trainable_variables" in self.case.observe:
            count = sum(self.flags.trains(name) for name in self.model.weights)
            fields["trainable_variables"] = Field(dtype="int32", number=Approx.exact(count))
        return fields

    def built(self) -> Life:
        """With the model put together, if it was not yet."""
        if self.model is not None:
            return self
        model, frozen = made(self.case, self.ask), frozenset(name for name, on in self.flags.layers.items() if not on)
        flags = self.flags
        if bool(frozen) and self.ask("freeze-unbuilt", {"reaches": False, "misses": True}):
            flags = replace(flags, unreached=frozen)
        return replace(self, model=model, flags=flags, at_build=flags)

    def _made(self) -> Made:
        assert self.model is not None, "built() comes first"
        return self.model

    def _holding(self, weights: Mapping[str, Approx]) -> Life:
        return replace(self, model=self._made().with_weights(weights))

    def _set(self, step: Set) -> Life:
        if step.on is Target.LAYER:
            return replace(self, flags=self.flags.with_layer("", trainable=step.trainable))
        built = self.built()
        every = Frozenness(layers=dict.fromkeys(built.flags.layers, step.trainable), model=step.trainable)
        if every.layers == built.flags.layers or self.ask("freeze-model", {"every-layer": True, "model-only": False}):
            return replace(built, flags=every)
        return replace(built, flags=replace(built.flags, model=step.trainable))

    def _compile(self, step: Compile) -> Life:
        if step.eagerly:
            refusal(self.ask, "run-eagerly")
        compiled = Compiled(
            loss=step.loss,
            optimizer=step.optimizer,
            rate=step.rate,
            eagerly=step.eagerly,
            at_compile=self.flags,
        )
        return replace(self, compiled=compiled, slots={}, losses=())

    def _load(self, step: Load) -> Life:
        assert self.saved is not None, "the loader refuses a load without a save"
        whole = step.format in _WHOLE
        start = self.saved if whole else self._anew(step)
        weights = self.saved._made().weights
        if step.format is Format.H5:
            weights = self._from_h5(start, weights)
        return replace(start._holding(weights), compiled=None, slots={}, saved=self.saved)

    def _anew(self, step: Load) -> Life:
        """A model put together with the arguments that the load gives the layer."""
        case = self.given.loaded(step)
        if case.layer != self.given.layer:
            refuse_arguments(case, [], self.ask)
        return replace(begun(case, self.ask), given=self.given).built()

    def _from_h5(self, start: Life, weights: Mapping[str, Approx]) -> Mapping[str, Approx]:
        """The values that weights of nested models get out of a file that was written with other flags."""
        saved = self.saved
        assert saved is not None, "the loader refuses a load without a save"
        nested = tuple(one.prefix for one in saved._made().layers if one.nested)
        written = _trainable_first(weights, nested, saved.flags)
        read = _trainable_first(weights, nested, start.flags)
        if written == read:
            return weights
        matched = {name: weights[source] for name, source in zip(read, written, strict=True)}
        return self.ask("h5-order", {"by-layer": weights, "trainable-first": {**weights, **matched}})

    def _input(self, index: int) -> Approx:
        return Approx.exact(self.case.inputs[index].float64())

    def _target(self, index: int | None, output: Approx) -> Approx:
        return Approx.exact(np.zeros(output.value.shape)) if index is None else self._input(index)

    def _now(self) -> Flags:
        return Flags(normalizing=self.flags.layers, updating=self.flags.layers)

    def _pass(self, index: int, training: Training, flags: Flags) -> Through:
        return through(self._made(), self._input(index), training, flags, self.ask, self.case.inputs[index].dtype)

    def _call(self, step: Call) -> tuple[Fields, Life]:
        fields: Fields = {}
        life = self
        for number, index in enumerate((step.input, *step.beside)):
            done = life._pass(index, step.training, life._now())
            fields["output" if number == 0 else f"output_{number}"] = Field(dtype="float32", number=done.output)
            life = replace(life._holding(done.updated), plans=(*life.plans, *done.plans))
        return fields, life

    def _run(self, step: Run) -> tuple[Fields, Life]:
        if step.method is Method.TRAIN_ON_BATCH:
            fields, life = self._trained(step.input, step.target)
            return life._told(fields["loss"].number, step.input)
        done = self._pass(step.input, False, self._now())
        seen = replace(self, plans=(*self.plans, *done.plans))
        if step.method is Method.PREDICT:
            return {"output": Field(dtype="float32", number=done.output)}, seen
        assert self.compiled is not None, "a model that is not compiled has no loss"
        value, _ = self._compiled_loss(self.compiled.loss, done, step.target)
        value = _FLOAT32.add(value, self._penalty())
        if step.method is Method.TEST_ON_BATCH:
            return seen._told(value, step.input)
        return {"loss": _loss(value)}, replace(seen, losses=((value, self._examples(step.input)),))

    def _examples(self, index: int) -> int:
        return self.case.inputs[index].shape[0]

    def _told(self, value: Approx, index: int) -> tuple[Fields, Life]:
        """The loss of one batch as it is told, alone or averaged with those before it."""
        losses = (*self.losses, (value, self._examples(index)))
        told = replace(self, losses=losses)
        if len(losses) < 2:
            return {"loss": _loss(value)}, told
        alike = len({examples for _, examples in losses}) == 1
        means = {"running-mean": "batches", "running-mean-of-examples": "batches" if alike else "examples"}
        mean = self.ask("batch-loss", {"own": "own", **means})
        if mean != "own":
            value = _mean(losses, by_examples=mean == "examples")
        return {"loss": _loss(value)}, told

    def _compiled_loss(self, kind: Loss, done: Through, index: int | None) -> tuple[Approx, Approx]:
        """The loss of the output and its derivative, by what the front end makes of a mask that reaches the loss."""
        target = self._target(index, done.output)
        if done.mask is None:
            return loss_of(kind, _FLOAT32, done.output, target)
        kept = np.broadcast_to(done.mask[..., np.newaxis], done.output.value.shape).astype(np.float64)
        share = kept * (kept.size / max(float(kept.sum()), 1.0))
        means = {"ignored": np.ones_like(kept), "kept": share, "all": kept}
        return weighted_loss(kind, _FLOAT32, done.output, target, self.ask("masked-loss", means))

    def _penalty(self) -> Approx:
        """The penalties of the layer under test; no other has any."""
        trained = self.flags.layers[""] or "" in self.flags.unreached
        return penalty(self.case, _FLOAT32, self._made().weights, trainable=trained, ask=self.ask)

    def _fit(self, step: Fit) -> tuple[Fields, Life]:
        fields: Fields = {}
        life = self
        for _ in range(step.epochs):
            fields, life = life._trained(step.input, step.target)
            life = replace(life, losses=((fields["loss"].number, self._examples(step.input)),))
        if step.validation is not None:
            tested, seen = life._run(Run(method=Method.EVALUATE, input=step.validation))
            fields["val_loss"], life = tested["loss"], replace(life, losses=seen.losses)
        return fields, life

    def _trained(self, index: int, target: int | None) -> tuple[Fields, Life]:
        """One step of the compiled training, by the flags of the moments at which the front end reads them."""
        compiled = self.compiled
        assert compiled is not None, "a model that is not compiled cannot be fitted"
        compiled = replace(compiled, at_first=compiled.at_first or self.flags)
        moments = Moments(compiled=compiled, build=self.at_build or self.flags, now=self.flags, ask=self.ask)
        done = self._pass(index, True, moments.flags())
        learning = moments.gathering()
        value, slope = self._compiled_loss(compiled.loss, done, target)
        value = _FLOAT32.add(value, self._penalty())
        _, gradients = done.back(slope)
        weights = self._made().weights
        wanted = {
            name: penalized(self.case, _FLOAT32, name, weights[name], one)
            for name, one in gradients.items()
            if learning.trains(name)
        }
        life = replace(self, compiled=compiled, plans=(*self.plans, *done.plans))
        moved = life._holding(done.updated)._moved(wanted, compiled.optimizer, compiled.rate, "fit")
        return {"loss": _loss(value)}, moved

    def _train(self, step: Train) -> tuple[Fields, Life]:
        done = self._pass(step.input, step.training, self._now())
        value, slope = loss_of(step.loss, _FLOAT32, done.output, self._target(step.target, done.output))
        by_input, gradients = done.back(slope)
        wanted = {name: one for name, one in gradients.items() if self.flags.trains(name)}
        fields = {"output": Field(dtype="float32", number=done.output), "loss": _loss(value)}
        if "gradients" in self.case.observe:
            told = {"input": by_input, **wanted}
            fields |= {
                f"gradient_{name}": Field(dtype="float32", number=_FLOAT32.stored(one)) for name, one in told.items()
            }
        life = replace(self, plans=(*self.plans, *done.plans))
        key = f"{step.optimizer.value} {step.rate}"
        return fields, life._holding(done.updated)._moved(wanted, step.optimizer, step.rate, key)

    def _moved(self, gradients: Mapping[str, Approx], kind: Optimizer, rate: float, owner: str) -> Life:
        weights, slots = dict(self._made().weights), dict(self.slots)
        for name, gradient in gradients.items():
            before = slots.get((owner, name)) or fresh(gradient.value.shape)
            moved, slots[owner, name] = move(kind, rate, _FLOAT32, weights[name], gradient, before, self.ask)
            weights[name] = projected(self.case, _FLOAT32, name, moved, self.ask)
        return replace(self._holding(weights), slots=slots)


def begun(case: Case, ask: Ask) -> Life:
    """The experiment before its first step."""
    flags = Frozenness(layers={one.prefix: one.trainable for one in chain(case)})
    return Life(case=case, given=case, ask=ask, flags=flags)


def plans_in_life(case: Case, ask: Ask) -> tuple[Plan, ...]:
    """What the calls of the layer come to, up to a step that is refused; nothing where the model has a second one."""
    life = begun(case, ask)
    if sum(one.kind == "bn" for one in chain(case)) > 1:
        return ()
    with suppress(RefusedCall):
        for step in case.steps:
            _, life = life.taken(step)
    return life.plans


def lifecycle(case: Case, ask: Ask) -> Iterator[Fact]:
    """The prediction for a case with a model, step by step: what is wrong early saves what comes later."""
    life, done, raised = begun(case, ask), 0, None
    try:
        for each in chain(case):
            if each.kind == "bn":
                refuse_arguments(each, [], ask)
        _check_known(case)
        for number, step in enumerate(case.steps):
            fields, life = life.taken(step)
            done += 1
            for name, value in {**fields, **life.fields()}.items():
                yield FieldFact(number, name, value)
    except RefusedCall as refused:
        raised = str(refused)
    yield StepsFact(done, raised)
    if done and life.model is not None:
        yield from _structure(life, ask)


def _check_known(case: Case) -> None:
    """Raise BeyondTheOracle where a callable gets lost on a way that is not the same for all formats."""
    anew = any(isinstance(step, Config) or (isinstance(step, Load) and step.format in _WHOLE) for step in case.steps)
    if anew and any(each.layer.get("adjustment") is not None for each in chain(case)):
        raise BeyondTheOracle("adjustment in a model that is made anew")


def _structure(life: Life, ask: Ask) -> Iterator[Fact]:
    assert life.model is not None
    names = list(life.model.weights)
    orders = {"gamma-first": False, "beta-first": True, "beta-first-when-fused": False}
    if ask("variable-order", orders) and {"gamma", "beta"} <= set(names):
        places = {"gamma": "beta", "beta": "gamma"}
        names = [places.get(name, name) for name in names]
    yield StructureFact("trainable_variables", tuple(name for name in names if life.flags.of_layer(name)))
    yield StructureFact("non_trainable_variables", tuple(name for name in names if not life.flags.of_layer(name)))


def _trainable_first(weights: Mapping[str, Approx], prefixes: tuple[str, ...], flags: Frozenness) -> list[str]:
    """Names of the weights of the layers of ``prefixes`` as a model lists them: trainable ones before the others."""
    names = [name for name in weights if "".join(name.rpartition("/")[:2]) in prefixes]
    return sorted(names, key=lambda name: not flags.of_layer(name))


def _mean(losses: tuple[tuple[Approx, int], ...], *, by_examples: bool) -> Approx:
    """The mean of losses, in which each counts once or as often as it has examples."""
    every = Approx(np.stack([one.value for one, _ in losses]), np.stack([one.error + 0.0 for one, _ in losses]))
    if by_examples:
        counts = np.array([float(examples) for _, examples in losses])
        every = _FLOAT32.multiply(every, Approx.exact(counts * len(losses) / counts.sum()))
    return _FLOAT32.mean(every, (0,), len(losses)).reshape(())


def _loss(value: Approx) -> Field:
    return Field(dtype="float32", number=_FLOAT32.stored(value))
