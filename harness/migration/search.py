"""Finds the call that does on a target what was measured elsewhere: fewest changes first, verified by running it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from harness.case import Case
from harness.diff import Diff, DifferenceKind, diff
from harness.migration.code import Front, Program, program
from harness.observation import Observation, Outcome, Structure
from harness.scale import Scales
from harness.semantics.alternatives import recipes
from harness.semantics.examiner import Examiner
from harness.semantics.explain import Explanation, explain
from harness.semantics.feasible import Oracle
from harness.semantics.infer import Profile
from harness.semantics.recipes import Recipe, same_call
from harness.tensor import Tensor
from harness.tolerance import Tolerance


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """What is to be reproduced.

    Attributes:
        runner: whose measurement.
        release: what it ran on.
        recorded: whether golden says so; otherwise it was measured for this search.
    """

    runner: str
    release: str
    observation: Observation
    recorded: bool

    @property
    def name(self) -> str:
        """``tf1@1.15.5``."""
        return f"{self.runner}@{self.release}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Destination:
    """Where it is to be reproduced.

    Attributes:
        runner: ``keras`` or ``tf_keras``.
        release: the release that answers.
        front: where the program finds the layer.
        ask: runs a program there.
    """

    runner: str
    release: str
    front: Front
    ask: Callable[[Mapping[str, Any]], Outcome]

    @property
    def name(self) -> str:
        """``keras@2.21.0+keras-3.15.1``."""
        return f"{self.runner}@{self.release}"


Profiles: TypeAlias = Callable[[str, str], Profile | None]
"""What a runner on a release is known to answer to the rules, from its other cases."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """A recipe that was run.

    Attributes:
        outcome: what the program did.
        diff: source (left) against that; ``None`` where the worker was lost.
        notes: what is not the same and makes no difference to a call: shapes and order of variables.
    """

    recipe: Recipe
    program: Program
    outcome: Outcome
    diff: Diff | None
    notes: tuple[str, ...]

    @property
    def verified(self) -> bool:
        """Whether everything is as measured, within the bounds."""
        return self.diff is not None and not self.diff.differences

    @property
    def distance(self) -> tuple[bool, int, float]:
        """Orders attempts: those that compute before those that do not, then by what differs and how far."""
        if self.diff is None:
            return True, 0, 0.0
        found = self.diff.differences
        ended = any(one.kind in (DifferenceKind.RAISED, DifferenceKind.STEPS) for one in found)
        return ended, len(found), max((one.passing or 0.0 for one in found), default=0.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Migration:
    """What came of the search for one case.

    Attributes:
        same_call: the recipe without changes.
        explanation: why that one differs; ``None`` where it does not, or where its worker was lost.
        remaining: likewise why the nearest one still differs; ``None`` where one was found, where the nearest is
            the same call, or where the oracle cannot tell.
        attempts: all that ran, in order, the same call first.
        ruled_out: how many recipes did not run because the oracle gave them no chance; 0 where none was found.
    """

    case: Case
    source: Source
    destination: Destination
    same_call: Attempt
    explanation: Explanation | None
    remaining: Explanation | None
    attempts: tuple[Attempt, ...]
    ruled_out: int

    @property
    def found(self) -> Attempt | None:
        """The verified attempt with the fewest changes: the search ends with it. Nobody wants an exception again."""
        return self.attempts[-1] if self.attempts[-1].verified and not self.source.observation.raised else None

    @property
    def nearest(self) -> Attempt:
        """The attempt that differs least."""
        return _nearest(self.attempts)

    @property
    def lost(self) -> tuple[Attempt, ...]:
        """Attempts that the worker did not survive: nobody knows what they would have done."""
        return tuple(attempt for attempt in self.attempts if attempt.diff is None)


def migrate(
    case: Case, source: Source, destination: Destination, tolerance: Tolerance, profiles: Profiles = lambda *_: None
) -> Migration:
    """Search for ``case``.

    What the oracle gives no chance runs only after everything else has failed: that nothing reproduces a case is
    then known from runs alone. Where the source ends in an exception, only the same call is run.

    Args:
        case: what was run.
        source: what is to be reproduced.
        destination: where.
        tolerance: of the scenario.
        profiles: asked where the case alone leaves several explanations.

    Raises:
        InvalidOption: the case is not made of plain calls.
        ReleaseUnavailable: a worker of the target could not start.
    """
    oracle = Oracle(case, source.observation, tolerance)
    attempts: list[Attempt] = []
    unlikely: list[Recipe] = []
    for recipe in _in_turn(case, source, oracle, unlikely):
        attempts.append(_attempt(case, recipe, source, destination, tolerance))
        if attempts[-1].verified:
            break
        if isinstance(attempts[-1].outcome, Observation):
            oracle.learn(recipe, attempts[-1].outcome)
    why = _Why(case, source, destination, tolerance, profiles)
    nearest = _nearest(attempts)
    left = why(nearest) if nearest.recipe.changes else None
    return Migration(
        case=case,
        source=source,
        destination=destination,
        same_call=attempts[0],
        explanation=why(attempts[0]),
        remaining=left if left and left.explained else None,
        attempts=tuple(attempts),
        ruled_out=len(unlikely) if attempts[-1].verified else 0,
    )


def _in_turn(case: Case, source: Source, oracle: Oracle, unlikely: list[Recipe]) -> Iterator[Recipe]:
    """The recipes in the order to run them; what the oracle gives no chance is put into ``unlikely`` first."""
    if source.observation.raised is not None:
        yield same_call(case)
        return
    for recipe in recipes(case):
        if recipe.changes and not oracle.possible(recipe):
            unlikely.append(recipe)
        else:
            yield recipe
    yield from unlikely


def _attempt(case: Case, recipe: Recipe, source: Source, destination: Destination, tolerance: Tolerance) -> Attempt:
    written = program(case, recipe, destination.front)
    outcome = destination.ask(written.to_wire())
    if not isinstance(outcome, Observation):
        return Attempt(recipe=recipe, program=written, outcome=outcome, diff=None, notes=())
    shaped, notes = _shaped(outcome, source.observation)
    found = diff(_comparable(source.observation), _comparable(shaped), Scales(case=case, tolerance=tolerance))
    notes += tuple(_order(source.observation.structure, outcome.structure))
    return Attempt(recipe=recipe, program=written, outcome=outcome, diff=found, notes=notes)


def _comparable(observation: Observation) -> Observation:
    """An observation without what is no part of what a layer does: kernels, operations, the order of variables."""
    structure = observation.structure
    if structure is None:
        return observation
    return replace(
        observation,
        structure=replace(
            structure,
            trainable_variables=tuple(sorted(structure.trainable_variables)),
            non_trainable_variables=tuple(sorted(structure.non_trainable_variables)),
            update_ops=None,
            fused=None,
        ),
    )


def _shaped(observed: Observation, wanted: Observation) -> tuple[Observation, tuple[str, ...]]:
    """``observed`` with its variables in the shapes of ``wanted`` where they hold as many values."""
    steps = []
    moved: dict[str, dict[str, None]] = {}
    for number, step in enumerate(observed.steps):
        goal = wanted.steps[number] if number < len(wanted.steps) else {}
        shaped = dict(step)
        for name, tensor in step.items():
            shape = goal[name].shape if name in goal else tensor.shape
            if name != "output" and shape != tensor.shape and goal[name].size == tensor.size:
                shaped[name] = Tensor(tensor.dtype, shape, tensor.data)
                moved.setdefault(f"have shape {list(tensor.shape)} in place of {list(shape)}", {})[name] = None
        steps.append(shaped)
    return replace(observed, steps=tuple(steps)), tuple(f"{', '.join(names)} {how}" for how, names in moved.items())


def _order(source: Structure | None, target: Structure | None) -> Iterator[str]:
    if source is None or target is None:
        return
    for kind in ("trainable_variables", "non_trainable_variables"):
        before, after = getattr(source, kind), getattr(target, kind)
        if before != after and sorted(before) == sorted(after):
            now, then = ", ".join(after), ", ".join(before)
            yield f"the order of variables, and so of get_weights(), is {now} in place of {then}"


def _nearest(attempts: Sequence[Attempt]) -> Attempt:
    return min(attempts, key=lambda attempt: attempt.distance)


@dataclass(frozen=True, slots=True)
class _Why:
    """Explains why attempts are not what the source shows."""

    case: Case
    source: Source
    destination: Destination
    tolerance: Tolerance
    profiles: Profiles

    def __call__(self, attempt: Attempt) -> Explanation | None:
        """Nothing where there is nothing to explain."""
        if attempt.verified or not isinstance(attempt.outcome, Observation):
            return None
        alone = self._explain(attempt.outcome, None, None)
        if not alone.open:
            return alone
        left, right = (self.profiles(side.runner, side.release) for side in (self.source, self.destination))
        return self._explain(attempt.outcome, left, right)

    def _explain(self, observed: Observation, left: Profile | None, right: Profile | None) -> Explanation:
        return explain(
            Examiner(self.case, self.tolerance),
            self.source.observation,
            observed,
            same_runner=self.source.runner == self.destination.runner,
            left_profile=left,
            right_profile=right,
        )
