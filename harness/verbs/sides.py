"""One side of a comparison as the command line names it, ``tf1@1.15.5``, and what golden holds for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from packaging.version import Version

from harness.errors import InvalidOption, Problem
from harness.execution.plan import check_runners
from harness.golden import Behaviour
from harness.history import History
from harness.releases.release import Release


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """One side as asked for: ``release`` may leave out the Keras that floats."""

    runner: str
    release: Release
    option: str

    def covers(self, recorded: str) -> bool:
        """Whether ``recorded`` is the release, or the TensorFlow, that was asked for."""
        found = Release.parse(recorded)
        return found == self.release or (self.release.library is None and found.tensorflow == self.release.tensorflow)


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """One side as recorded."""

    history: History
    behaviour: Behaviour
    release: str

    @property
    def name(self) -> str:
        """``tf1@1.15.5``."""
        return f"{self.history.runner}@{self.release}"


def parse_side(text: str, option: str) -> Side:
    """The side that ``text`` names, given as the value of ``option``.

    Raises:
        InvalidOption: it names none.
    """
    runner, separator, release = text.partition("@")
    if not separator:
        hint = f"write {option} tf1@1.15.5"
        raise InvalidOption(Problem(place=option, message=f"must be runner@release, got {text!r}", hint=hint))
    check_runners([runner], option)
    try:
        return Side(runner=runner, release=Release.parse(release), option=option)
    except ValueError as error:
        raise InvalidOption(Problem(place=option, message=str(error))) from error


def find_side(histories: Sequence[History], case: str, side: Side) -> Found | None:
    """What is recorded of ``case`` for ``side``; of several releases that it may mean, the highest."""
    found = [one for one in _recorded(histories, case, side.runner) if side.covers(one.release)]
    return max(found, key=lambda one: Release.parse(one.release), default=None)


def find_nearest(histories: Sequence[History], case: str, runner: str, tensorflow: str) -> Found | None:
    """What is recorded of ``case`` for the highest TensorFlow up to ``tensorflow``, else for the lowest above it."""
    found = _recorded(histories, case, runner)
    below = [one for one in found if Version(Release.parse(one.release).tensorflow) <= Version(tensorflow)]
    if below:
        return max(below, key=lambda one: Release.parse(one.release))
    return min(found, key=lambda one: Release.parse(one.release), default=None)


def _recorded(histories: Sequence[History], case: str, runner: str) -> list[Found]:
    return [
        Found(history=history, behaviour=behaviour, release=name)
        for history in histories
        if history.case.id == case and history.runner == runner
        for behaviour in history.behaviours
        for name in behaviour.releases
    ]
