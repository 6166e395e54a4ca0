"""A way to say in Keras what a case says.

A recipe is data; how it reads as code is :mod:`harness.migration.code`, whether it does what it should only a run
of that code tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto

from harness.case import Case, Json
from harness.errors import InvalidOption, Problem
from harness.steps import Call, Step, Training
from harness.tensor import Tensor


class Extra(Enum):
    """Lines that a recipe adds around the layer and its calls."""

    FREEZE_VARIABLES = auto()
    """Gamma and beta are marked as not trainable."""
    THAW_AROUND_CALLS = auto()
    """The layer is trainable during a call in training, and only then."""
    RESTORE = auto()
    """A call in training is followed by the weights from before."""
    SAMPLE_VARIANCE = auto()
    """What a call in training adds to the moving variance gets the factor n/(n-1)."""
    MERGE_AXES = auto()
    """Several channel axes become one, the last; the output is put back into shape."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One thing that a recipe does differently from the case.

    Attributes:
        what: in a few words.
        why: what it is for; empty where that says itself.
        cost: how much of a change it is: 1 for an argument or lines that run once, 2 for lines at every call.
        layer: arguments that are passed, with their values.
        without: arguments that are not passed.
        trainable: the layer's ``trainable`` argument; ``None``: as the case has it.
        trainings: the ``training`` argument call by call; ``None``: as the case has it.
        extra: lines that come with it.
    """

    what: str
    why: str = ""
    cost: int = 1
    layer: Mapping[str, Json] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    trainable: bool | None = None
    trainings: tuple[Training, ...] | None = None
    extra: Extra | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """One way to say a case in Keras.

    Attributes:
        layer: arguments of the layer but for ``trainable`` and initializers.
        trainings: the ``training`` argument call by call; ``None`` where it is left out.
        changes: how it differs from the same call; empty: it is the same call.
    """

    layer: Mapping[str, Json]
    trainable: bool
    trainings: tuple[Training, ...]
    extras: frozenset[Extra] = frozenset()
    changes: tuple[Change, ...] = ()

    @property
    def cost(self) -> int:
        """How much it changes."""
        return sum(change.cost for change in self.changes)

    def with_change(self, change: Change) -> Recipe:
        """The recipe with one change more."""
        layer = {name: value for name, value in self.layer.items() if name not in change.without}
        return Recipe(
            layer={**layer, **change.layer},
            trainable=self.trainable if change.trainable is None else change.trainable,
            trainings=self.trainings if change.trainings is None else change.trainings,
            extras=self.extras | {change.extra} if change.extra else self.extras,
            changes=(*self.changes, change),
        )

    @property
    def flat(self) -> bool:
        """Whether the variables have one dimension, whatever shape the case gives them."""
        axis = self.layer.get("axis")
        several = isinstance(axis, list) and len(axis) > 1 and Extra.MERGE_AXES not in self.extras
        return not several and self.layer.get("virtual_batch_size") is None


def calls_of(case: Case) -> tuple[Call, ...]:
    """The steps of a case that a program of calls can do.

    Raises:
        InvalidOption: it has others, or something around the layer that is no call's.
    """
    problem = next((text for step in case.steps if (text := _beyond_a_call(step))), None) or _surroundings(case)
    if problem is not None:
        hint = "it translates a layer on its own that is called; `harness compare` runs what this case does"
        raise InvalidOption(Problem(place=case.id, message=f"migrate does not translate this: {problem}", hint=hint))
    return tuple(step for step in case.steps if isinstance(step, Call))


def _beyond_a_call(step: Step) -> str | None:
    if not isinstance(step, Call):
        return f"step {step.word}"
    if step.beside:
        return "call beside another"
    form = step.training.partition(":")[0] if isinstance(step.training, str) else ""
    return f"training={step.training}" if form == "phase" else None


def _surroundings(case: Case) -> str | None:
    told = {
        "model around the layer": case.model is not None,
        "mask": case.mask is not None,
        "adjustment": case.layer.get("adjustment") is not None,
        "replicas": case.replicas > 1,
        "policy": case.policy is not None,
        "repetitions": case.repetitions > 1,
        f"observing of {', '.join(case.observe)}": bool(case.observe),
    }
    return next((name for name, there in told.items() if there), None)


def _plain(training: Training) -> Training:
    """The Python value that a fed or constant tensor holds."""
    return training.partition(":")[2] == "true" if isinstance(training, str) else training


def same_call(case: Case) -> Recipe:
    """The recipe without changes: the same arguments, flags and calls.

    Raises:
        InvalidOption: see :func:`calls_of`.
    """
    trainings = tuple(_plain(call.training) for call in calls_of(case))
    return Recipe(layer=dict(case.layer), trainable=case.trainable, trainings=trainings)


def initializers_of(case: Case, recipe: Recipe) -> Mapping[str, Tensor]:
    """The initial values in the shape that the variables of ``recipe`` have."""
    if not recipe.flat:
        return case.initializers
    return {role: Tensor(value.dtype, (value.size,), value.data) for role, value in case.initializers.items()}


def case_of(case: Case, recipe: Recipe) -> Case:
    """The case that the arguments and calls of ``recipe`` make, without its extra lines."""
    calls = calls_of(case)
    return replace(
        case,
        initializers=initializers_of(case, recipe),
        layer=dict(recipe.layer),
        trainable=recipe.trainable or Extra.THAW_AROUND_CALLS in recipe.extras,
        steps=tuple(Call(input=call.input, training=flag) for call, flag in zip(calls, recipe.trainings, strict=True)),
    )
