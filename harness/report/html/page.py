"""The frame of every page: head, navigation, what it was made from."""

from __future__ import annotations

import zlib
from base64 import b64encode

from harness.report.html.markup import attribute, href, link, text
from harness.report.html.places import CLAIMS, HOME, RULES, RUN, root_of

GENERATOR = "harness html"
_NAVIGATION = ((HOME, "Releases"), (RULES, "Rules"), (CLAIMS, "Claims"))
# Before anything is drawn, or the other colours would flash.
_THEME = "try{document.documentElement.dataset.theme=localStorage.harnessTheme||''}catch{}"


def packed(markup: str) -> str:
    """``markup`` compressed: the page unpacks it where it stands, which every browser can do since 2023.

    It is a tenth of its size, which is what lets a site of thousands of behaviours be small.
    """
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    data = packer.compress(markup.encode()) + packer.flush()
    told = "<noscript><p class=bad>What follows is compressed: it needs scripts to be allowed.</noscript>"
    return f"{told}<script type=text/plain id=packed>{b64encode(data).decode('ascii')}</script>"


def page(path: str, title: str, body: str, *, made_from: str, run: bool) -> str:
    """A whole page.

    Args:
        path: where it will stand in the site.
        title: plain text.
        body: markup of what is between navigation and foot.
        made_from: a sentence for the foot; plain text.
        run: whether the site has the page of a run.
    """
    root = root_of(path)
    places = [*_NAVIGATION, *([(RUN, "Run")] if run else [])]
    links = "".join(
        f"<a href={href(target, root)}{' aria-current=page' if target == path else ''}>{name}</a>"
        for target, name in places
    )
    return (
        "<!doctype html><html lang=en><meta charset=utf-8>"
        f"<meta name=viewport content={attribute('width=device-width,initial-scale=1')}>"
        f"<meta name=generator content={attribute(GENERATOR)}>"
        f"<title>{text(title)} · BatchNormalization</title>"
        f"<link rel=icon href={attribute('data:,')}>"
        f"<script>{_THEME}</script>"
        f"<link rel=stylesheet href={attribute(root + 'style.css')}>"
        f"<script src={attribute(root + 'site.js')} defer></script>"
        f"<a class=skip href=#main>to the content</a>"
        f"<header class=top>{link(HOME, 'BatchNormalization, measured', root)}"
        f"<nav aria-label=Site>{links}</nav>"
        "<button type=button id=theme hidden>theme: auto</button></header>"
        f"<main id=main>{body}</main>"
        f"<footer>{text(made_from)}</footer></html>\n"
    )
