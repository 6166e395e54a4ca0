"""The course of an experiment before any arithmetic: what every step comes to, up to the one that is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from harness.case import Case
from harness.semantics.asking import Ask, BeyondTheOracle, RefusedCall, refusal
from harness.semantics.geometry import geometry
from harness.semantics.plan import Invocation, Kernel, Plan, kernel_of, plan, precision_of, refuse_arguments
from harness.steps import Assign, Build, Call, Config, Load, Save, Set, Step, Train, Training, Updates, input_of

_AT_RUN_TIME = ("InternalError", "InvalidArgumentError", "NotFoundError", "SIGABRT", "SIGSEGV")
"""Exceptions of kernels: a graph raises them when it runs, every other when it is built."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Called:
    """The layer is called on some of the case's ``inputs``, one plan each; ``runs``: so do the updates."""

    inputs: tuple[int, ...]
    plans: tuple[Plan, ...]
    runs: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Trained:
    """The layer is called and an optimizer moves gamma and beta, if it ``learns``."""

    plan: Plan
    step: Train
    runs: bool
    learns: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """The variables are there from here on, if they were not before; ``again``: they start anew."""

    again: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Assigned:
    """Variables get values."""

    step: Assign


@dataclass(frozen=True, kw_only=True, slots=True)
class Saved:
    """The variables are remembered."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Loaded:
    """The variables are what was remembered; ``case`` has the arguments of the layer that lives on from here."""

    case: Case


@dataclass(frozen=True, kw_only=True, slots=True)
class Quiet:
    """Nothing happens to a variable."""


Event: TypeAlias = Called | Trained | Made | Assigned | Saved | Loaded | Quiet


def plans_in(event: Event) -> tuple[Plan, ...]:
    """The calls that an event makes."""
    if isinstance(event, Trained):
        return (event.plan,)
    return event.plans if isinstance(event, Called) else ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Course:
    """What the steps come to.

    Attributes:
        events: one per step that is not refused.
        raised: the name of the exception type that ended it.
        trainable: the layer's flag after every step.
        kernels: of each call, by the layer called if a load puts one of other arguments in place of another: then the
            kernel that a layer is built for ahead of its calls comes first.
        parameter: shape of the variables, and ``dtype`` of them.
    """

    events: tuple[Event, ...]
    raised: str | None
    trainable: tuple[bool, ...] = ()
    kernels: tuple[tuple[Kernel, ...], ...] = ()
    parameter: tuple[int, ...] = ()
    dtype: str = "float32"

    def plans(self) -> Iterator[Plan]:
        """Every call of the layer, in order."""
        for event in self.events:
            yield from plans_in(event)


def is_graph(ask: Ask) -> bool:
    """Whether calls are built first and run later, with update operations apart."""
    return ask("updates-run-by", {"collection": True, "layer": True, "call": False, "nobody": True})


def _is_end_of(shape: tuple[int, ...], mask: tuple[int, ...]) -> bool:
    """Whether ``mask`` is the end of ``shape``, but for its channels."""
    return shape[:-1][len(shape) - 1 - len(mask) :] == mask


def _without_adjustment(case: Case) -> Case:
    return replace(case, layer={name: value for name, value in case.layer.items() if name != "adjustment"})


def course(case: Case, ask: Ask) -> Course:
    """What the steps of ``case`` come to."""
    try:
        if case.policy is not None:
            refusal(ask, "mixed-precision")
        refuse_arguments(case, [len(tensor.shape) for tensor in case.inputs], ask)
    except RefusedCall as refused:
        return Course(events=(), raised=str(refused))
    walk = _Walk(case=case, ask=ask, current=case)
    for step in case.steps:
        try:
            walk.take(step)
        except RefusedCall as refused:
            raised = str(refused)
            # With nothing done the kind of front end does not show.
            if walk.events and raised not in _AT_RUN_TIME and is_graph(ask):
                walk.events.clear()
            return walk.course(raised)
    return walk.course(None)


@dataclass(slots=True)
class _Walk:
    """Goes through the steps, keeping the layer's flag, its arguments in ``current``, and what has been traced."""

    case: Case
    ask: Ask
    current: Case
    events: list[Event] = field(default_factory=list)
    flags: list[bool] = field(default_factory=list)
    kernels: list[list[Kernel]] = field(default_factory=lambda: [[]])
    traced: dict[tuple[object, ...], bool] = field(default_factory=dict)

    def course(self, raised: str | None) -> Course:
        """What has been gone through."""
        if not self.events:
            return Course(events=(), raised=raised)
        first = self._first_plan()
        parameter = first.geometry.parameter if first else geometry(self.case, 0, grouped=False).parameter
        precision = (
            first.precision if first else precision_of(self.case, self._first_dtype(), self._first_dtype(), self.ask)
        )
        return Course(
            events=tuple(self.events),
            raised=raised,
            trainable=tuple(self.flags),
            kernels=tuple(map(tuple, self.kernels)),
            parameter=parameter,
            dtype=precision.variables,
        )

    def _first_plan(self) -> Plan | None:
        """The first call so far."""
        return next((each for event in self.events for each in plans_in(event)), None)

    def take(self, step: Step) -> None:
        """One step.

        Raises:
            RefusedCall: the front end refuses it.
        """
        flag = self.flags[-1] if self.flags else self.case.trainable
        match step:
            case Call():
                event: Event = self._called(step, flag)
            case Train():
                event = self._trained(step, flag)
            case Set():
                flag, event = step.trainable, Quiet()
            case Assign():
                self._build_ahead()
                event = Assigned(step=step)
            case Build():
                self._build_ahead()
                event = Made()
            case Config():
                self.traced.clear()
                event = Made(again=True)
                # A callable is no part of a configuration.
                self.current = _without_adjustment(self.current)
            case Save():
                self._build_ahead()
                event = Saved()
            case Load():
                flag, event = self.case.trainable, self._loaded(step)
            case _:
                raise BeyondTheOracle(f"step {step.word}")
        self.events.append(event)
        self.flags.append(flag)

    def _loaded(self, step: Load) -> Loaded:
        self.current = self.case.loaded(step)
        if self._varies():
            refuse_arguments(self.current, [], self.ask)
            self.kernels.append([self._kernel_ahead()])
        # What is made anew is traced anew.
        self.traced.clear()
        return Loaded(case=self.current)

    def _varies(self) -> bool:
        """Whether a load changes the layer's arguments."""
        return any(isinstance(step, Load) and step.layer for step in self.case.steps)

    def _build_ahead(self) -> None:
        """Where arguments change, what a layer refuses is refused by the step that builds it."""
        if not self.kernels[-1] and self._varies():
            self.kernels[-1].append(self._kernel_ahead())

    def _kernel_ahead(self) -> Kernel:
        return kernel_of(self.current, self._invocation(0, False, self.case.trainable), self.ask)

    def _plan(self, index: int, training: Training, flag: bool) -> Plan:
        tensor = self.case.inputs[index]
        if self.case.mask is not None:
            refusal(self.ask, "mask-argument")
        seen = self.traced.setdefault((tensor.dtype, tensor.shape, repr(training)), flag)
        if seen != flag:
            flag = self.ask("freeze-after-trace", {"noticed": flag, "ignored": seen})
        call = self._invocation(index, training, flag)
        known = self._first_plan()
        planned = plan(self.current, call, self.ask)
        if known is not None and planned.geometry.parameter != known.geometry.parameter:
            kinds = {name: name for name in ("ValueError", "InvalidArgumentError")}
            raise RefusedCall(self.ask("changed-channels", kinds))
        self.kernels[-1].append(planned.kernel)
        return planned

    def _invocation(self, index: int, training: Training, flag: bool) -> Invocation:
        tensor = self.case.inputs[index]
        return Invocation(
            shape=tensor.shape,
            dtype=tensor.dtype,
            first=self._first_dtype(),
            training=training,
            trainable=flag,
            masked=self.case.mask is not None,
            mask_rank=len(self.case.mask.shape) if self.case.mask is not None else 0,
            repeatable=self.case.mask is not None and _is_end_of(tensor.shape, self.case.mask.shape),
            policy=self.case.policy,
        )

    def _first_dtype(self) -> str:
        """The dtype that a layer without one takes in its first call, where it takes any."""
        index = next((one for one in map(input_of, self.case.steps) if one is not None), 0)
        return self.case.inputs[index].dtype

    def _called(self, step: Call, flag: bool) -> Called:
        inputs = (step.input, *step.beside)
        plans = tuple(self._plan(index, step.training, flag) for index in inputs)
        return Called(inputs=inputs, plans=plans, runs=self._runs(step.updates, plans))

    def _trained(self, step: Train, flag: bool) -> Trained:
        each = self._plan(step.input, step.training, flag)
        learns = flag and bool({"gamma", "beta"} - self._absent())
        if not learns:
            refusal(self.ask, "nothing-to-train")
        elif any(self._multiplies(role) for role in {"gamma", "beta"} - self._absent()):
            refusal(self.ask, "multiplying-constraint")
        return Trained(plan=each, step=step, runs=self._runs(step.updates, (each,)), learns=learns)

    def _multiplies(self, role: str) -> bool:
        constraint = self.case.layer.get(f"{role}_constraint")
        return constraint == "non_neg" or isinstance(constraint, dict)

    def _absent(self) -> set[str]:
        unless = {"gamma": "scale", "beta": "center"}
        return {role for role, argument in unless.items() if self.case.layer.get(argument) is False}

    def _runs(self, updates: Updates, plans: tuple[Plan, ...]) -> bool:
        """Whether the updates of these calls run; nobody is asked where there are none or all front ends run them."""
        if not any(each.updates or each.renorms for each in plans):
            return True
        listed = updates is Updates.RUN
        collected = listed or updates is not Updates.SKIP
        runs = {"collection": collected, "layer": listed, "call": True, "nobody": False}
        return self.ask("updates-run-by", runs)
