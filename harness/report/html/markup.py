"""HTML as text: what comes from outside goes through :func:`text` or :func:`link`, and so can be no markup."""

from __future__ import annotations

from html import escape
from urllib.parse import quote


def text(value: str) -> str:
    """``value`` as the content of an element."""
    return escape(value, quote=False)


def breakable(value: str) -> str:
    """``value`` as content that may be broken behind its commas: a case's variation is one long word."""
    return text(value).replace(",", ",<wbr>")


def attribute(value: str) -> str:
    """``value`` in double quotes."""
    return f'"{escape(value)}"'


def href(target: str, root: str = "") -> str:
    """A path of the site, with its anchor if it has one, as an attribute's value in double quotes."""
    path, _, anchor = target.partition("#")
    return attribute(root + quote(path) + (f"#{quote(anchor, safe='=,')}" if anchor else ""))


def link(target: str, content: str, root: str = "") -> str:
    """A link to a path of the site; ``content`` is plain text."""
    return f"<a href={href(target, root)}>{text(content)}</a>"


def source(said: str) -> str:
    """A title or URL as somebody wrote it: a link only where it is an address of the web."""
    if said.startswith(("https://", "http://")) and not any(char.isspace() for char in said):
        return f"<a href={attribute(said)} rel=noreferrer>{text(said)}</a>"
    return text(said)
