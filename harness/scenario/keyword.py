"""The ``-k`` expression: words joined by ``and``, ``or``, ``not`` and parentheses, as in pytest."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from harness.errors import InvalidOption, Problem

Matcher: TypeAlias = Callable[[str], bool]

_TOKEN = re.compile(r"\s*([()]|[^\s()]+)")
_HINT = "words of case ids joined by and, or, not and parentheses: 'frozen and not rank'"


def compile_keyword(expression: str) -> Matcher:
    """A predicate on case ids: a word matches where the id contains it, in upper or lower case.

    Raises:
        InvalidOption: not an expression.
    """
    parser = _Parser(_TOKEN.findall(expression), expression)
    matcher = parser.either()
    if parser.tokens:
        raise parser.wrong(f"'{parser.tokens[0]}' is not expected")
    return matcher


class _Parser:
    """Recursive descent: either < both < negated < word."""

    def __init__(self, tokens: list[str], expression: str) -> None:
        self.tokens = tokens
        self.expression = expression

    def wrong(self, message: str) -> InvalidOption:
        return InvalidOption(Problem(place=f"-k '{self.expression}'", message=message, hint=_HINT))

    def take(self, token: str) -> bool:
        if self.tokens and self.tokens[0] == token:
            self.tokens.pop(0)
            return True
        return False

    def either(self) -> Matcher:
        parts = [self.both()]
        while self.take("or"):
            parts.append(self.both())
        return lambda text: any(part(text) for part in parts)

    def both(self) -> Matcher:
        parts = [self.negated()]
        while self.take("and"):
            parts.append(self.negated())
        return lambda text: all(part(text) for part in parts)

    def negated(self) -> Matcher:
        if self.take("not"):
            inner = self.negated()
            return lambda text: not inner(text)
        return self.word()

    def word(self) -> Matcher:
        if self.take("("):
            inside = self.either()
            if not self.take(")"):
                raise self.wrong("a parenthesis is not closed")
            return inside
        if not self.tokens:
            raise self.wrong("a word is missing at the end")
        token = self.tokens.pop(0)
        if token in ("and", "or", ")"):
            raise self.wrong(f"a word is missing before '{token}'")
        wanted = token.casefold()
        return lambda text: wanted in text.casefold()
