"""What a file allows itself: ``# lint: allow too-weak: the reason``, on a line of its own or behind a value."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from harness.errors import Problem

NAME = "allow"
"""Under which problems with such comments are reported; none of them can be allowed."""

_COMMENT = re.compile(r"#\s*lint:\s*(?P<rest>.*)$")
_ALLOW = re.compile(r"allow\s+(?P<rule>[a-z-]+)\s*:\s*(?P<reason>\S.*)")
_FORM = "write # lint: allow RULE: the reason"


@dataclass(frozen=True, kw_only=True, slots=True)
class Allowed:
    """One such comment, at ``place``; ``rule`` is ``None`` where it cannot be read."""

    rule: str | None
    place: str


def allowed(text: str, file: str) -> tuple[Allowed, ...]:
    """The comments in ``text``, the content of ``file``."""
    return tuple(_comments(text, file))


def _comments(text: str, file: str) -> Iterator[Allowed]:
    for number, line in enumerate(text.splitlines(), start=1):
        if comment := _COMMENT.search(line):
            found = _ALLOW.match(comment["rest"])
            yield Allowed(rule=found["rule"] if found else None, place=f"{file}:{number}:{comment.start() + 1}")


def problems(comments: Sequence[Allowed], known: Collection[str], used: Collection[Allowed]) -> Iterator[Problem]:
    """What is wrong with ``comments``: not readable, about no rule, or allowing what nobody finds.

    Args:
        comments: of one file.
        known: names of all rules.
        used: those that allowed something, or whose rule was not asked.
    """
    for comment in comments:
        if comment.rule is None:
            yield Problem(place=comment.place, message="the comment allows nothing", hint=_FORM)
        elif comment.rule not in known:
            hint = f"rules are: {', '.join(known)}"
            yield Problem(place=comment.place, message=f"there is no rule {comment.rule}", hint=hint)
        elif comment not in used:
            message = f"allows {comment.rule}, which finds nothing here"
            yield Problem(place=comment.place, message=message, hint="remove the comment")
