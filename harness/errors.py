"""Every error the user can cause: one class per failure, each with its exit code.

The message says what is wrong and what was got, ``place`` says where (``file:line:col``, an option, a
release), ``hint`` says what to do about it. The command line prints these three and never a traceback.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One thing wrong, at one place."""

    place: str
    message: str
    hint: str | None = None

    def __str__(self) -> str:
        """``place: message`` and, on a line of its own, the hint."""
        text = f"{self.place}: {self.message}"
        return f"{text}\n  hint: {self.hint}" if self.hint else text


class HarnessError(Exception):
    """Base of the errors below; carries one problem or several found together."""

    exit_code: ClassVar[int] = 2

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class InvalidScenario(HarnessError):
    """A scenario file that does not say an experiment; every problem of the file at once."""

    exit_code = 2


class InvalidOption(HarnessError):
    """A command line that cannot be carried out."""

    exit_code = 2


class InvalidGolden(HarnessError):
    """A golden file that is not in the golden format."""

    exit_code = 2


class InvalidRun(HarnessError):
    """The file of a run that is not in its format, or that does not go together with the others."""

    exit_code = 2


class ForeignFolder(HarnessError):
    """A folder to be written that holds something else than what it would be replaced with."""

    exit_code = 2


class NothingSelected(HarnessError):
    """The selection names no case, or no runner of a selected case is there."""

    exit_code = 3


class ReleaseUnavailable(HarnessError):
    """A release, or the environment for it, that is not to be had."""

    exit_code = 5


class DeviceUnavailable(HarnessError):
    """A device that TensorFlow does not see, or did not use."""

    exit_code = 5
