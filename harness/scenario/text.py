"""How values and places inside a scenario are written in messages and case ids."""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from harness.case import Json

Path: TypeAlias = tuple[str | int, ...]
"""Where a value stands in a document: keys and indices from the root."""

_LONGEST = 60


def compact(value: Json) -> str:
    """``value`` as it stands in a case id: compact JSON, strings bare, NaN and infinities as YAML writes them."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and not math.isfinite(value):
        return {"nan": ".nan", "inf": ".inf", "-inf": "-.inf"}[str(value)]
    if isinstance(value, list):
        return f"[{','.join(_inner(item) for item in value)}]"
    if isinstance(value, dict):
        return f"{{{','.join(f'{json.dumps(key)}:{_inner(item)}' for key, item in value.items())}}}"
    return json.dumps(value)


def _inner(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else compact(value)


def got(value: Any) -> str:
    """``value`` for the end of ``... must be X, got``: short, and telling text from numbers."""
    if isinstance(value, str):
        text = f"'{value}'"
    elif isinstance(value, dict):
        text = f"a mapping with {', '.join(value)}" if value else "an empty mapping"
    elif value == []:
        text = "an empty list"
    else:
        text = compact(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def name_of(path: Path) -> str:
    """The last key of ``path`` with the indices behind it: ``values[0][1]``; ``the file`` for the root."""
    last = max((index for index, part in enumerate(path) if isinstance(part, str)), default=None)
    if last is None:
        return "the file"
    return str(path[last]) + "".join(f"[{index}]" for index in path[last + 1 :])


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word closest in spelling, or ``None`` when none is close."""
    matches = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return matches[0] if matches else None


def one_of(words: Sequence[str]) -> str:
    """``a``, ``a or b``, ``a, b or c``."""
    return " or ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)
