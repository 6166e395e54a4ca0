"""What a runner measured for a case, or why there is nothing to measure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from harness.tensor import Tensor


@dataclass(frozen=True, kw_only=True, slots=True)
class Raised:
    """An exception the front end raised: an observation like any other."""

    type: str
    message: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Structure:
    """What the front end built, in terms that all releases share.

    Attributes:
        trainable_variables: names in the front end's order, without scope and output number (``gamma``).
        non_trainable_variables: likewise.
        update_ops: how many operations the call registered; ``None`` where the front end has no such notion.
        fused: whether the fused kernel was resolved; ``None`` where the front end has no such notion.
    """

    trainable_variables: tuple[str, ...]
    non_trainable_variables: tuple[str, ...]
    update_ops: int | None
    fused: bool | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """What ran, in terms that every release changes: reported, never compared."""

    layer_class: str
    variables: tuple[str, ...]
    device: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Observation:
    """What was measured, step by step.

    Attributes:
        steps: per step the ``output`` and the state after it, by field name. A step that raised is not there.
        structure: absent when the front end raised before it built anything.
        raised: the exception that ended the experiment.
        identity: absent in a golden file.
        nondeterministic: repeating the experiment gave another result, beyond what rounding may do: this is the
            settled form, see :mod:`harness.settled`.
        results: every result that repeating the experiment gave, if it gave several; absent in a golden file.
    """

    steps: tuple[Mapping[str, Tensor], ...]
    structure: Structure | None
    raised: Raised | None
    identity: Identity | None = None
    nondeterministic: bool = False
    results: tuple[Result, ...] = ()

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any]) -> Observation:
        """The observation as a worker sends it."""
        structure, raised, identity = wire["structure"], wire["raised"], wire["identity"]
        return cls(
            steps=tuple({field: Tensor.from_wire(tensor) for field, tensor in step.items()} for step in wire["steps"]),
            structure=structure_from_json(structure) if structure else None,
            raised=Raised(type=raised["type"], message=raised["message"]) if raised else None,
            identity=Identity(
                layer_class=identity["class"],
                variables=tuple(identity["variables"]),
                device=identity["device"],
            )
            if identity
            else None,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What some of the repetitions of one experiment showed, and how many of them."""

    observation: Observation
    times: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Spread:
    """A field that repetitions of one experiment did not agree on, or how the experiment ended.

    Attributes:
        step: counted from 1; ``None`` for the end.
        field: ``moving_mean``, or ``raised``.
        index: the element that is farthest apart.
        values: what was seen there, as the shortest decimal of its dtype, with how many repetitions showed it; the
            commonest first.
    """

    step: int | None
    field: str
    index: tuple[int, ...]
    values: tuple[tuple[str, int], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Reported:
    """An observation without its arrays: as the file of a run tells it; ``steps`` is how many there were.

    Attributes:
        spreads: of :func:`harness.settled.spreads`.
    """

    steps: int
    structure: Structure | None
    raised: Raised | None
    identity: Identity | None
    nondeterministic: bool = False
    spreads: tuple[Spread, ...] = ()


def structure_from_json(data: Mapping[str, Any]) -> Structure:
    """A :class:`Structure` from the JSON object that workers and golden files write."""
    return Structure(
        trainable_variables=tuple(data["trainable_variables"]),
        non_trainable_variables=tuple(data["non_trainable_variables"]),
        update_ops=data["update_ops"],
        fused=data["fused"],
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Crashed:
    """The worker died on this case.

    Attributes:
        cause: ``SIGKILL``, ``exit code 3``.
        stderr: the end of what the worker said.
    """

    cause: str
    stderr: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TimedOut:
    """The worker was killed because this case outlived its deadline of ``seconds``."""

    seconds: float
    stderr: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Unavailable:
    """The runner is not there, with the reason."""

    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class NotApplicable:
    """The front end has no notion of what the case asks for, with the reason."""

    reason: str


Outcome: TypeAlias = Observation | Crashed | TimedOut | Unavailable | NotApplicable

REPEATABLE_CRASHES = ("SIGABRT", "SIGFPE", "SIGSEGV", "SIGILL", "SIGBUS")
"""Deaths that the code itself causes (an assertion, a division by zero), so they may be a recorded behaviour."""


def recordable(outcome: Outcome) -> Observation | None:
    """The outcome as something golden can hold: an observation, or a crash that the code itself causes."""
    if isinstance(outcome, Observation):
        return outcome
    if isinstance(outcome, Crashed) and outcome.cause in REPEATABLE_CRASHES:
        return Observation(steps=(), structure=None, raised=Raised(type=outcome.cause, message="the process died"))
    return None
