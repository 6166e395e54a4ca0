"""Whether a sentence that somebody has to write says anything."""

from __future__ import annotations

import re

_STAND_INS = re.compile(r"\b(todo|tbd|fixme|xxx+|lorem ipsum|placeholder|n/?a|none|because)\b[.!?]*", re.IGNORECASE)
_WORD = re.compile(r"\w[\w'/.^-]*")


def stand_in(text: str) -> str | None:
    """The word in ``text`` that holds the place of something else; ``because`` counts where nothing follows."""
    stripped = text.strip()
    found = _STAND_INS.fullmatch(stripped) or re.search(r"\b(TODO|TBD|FIXME|XXX+)\b", stripped)
    return found.group(0).rstrip(".!?") if found else None


def count(text: str) -> int:
    """How many words ``text`` has."""
    return len(_WORD.findall(text))


def plain(text: str) -> str:
    """``text`` without case, punctuation and the spacing between words: equal for sentences that say the same."""
    return " ".join(word.casefold().strip(".-") for word in _WORD.findall(text))
