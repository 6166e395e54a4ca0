"""Published claims as tables: the verdict, the sentence, where it holds and where it fails."""

from __future__ import annotations

from collections.abc import Sequence

from harness.report.claims import cells
from harness.report.html.markup import link, source, text
from harness.report.html.material import Material
from harness.report.html.page import packed
from harness.report.html.places import scenario_page
from harness.report.layout import plural
from harness.semantics.claim_ledger import Entry, Verdict

_CLASSES = {Verdict.CONFIRMED: "good", Verdict.REFUTED: "bad", Verdict.PARTLY: "part"}
_WORDS = {Verdict.PARTLY: "confirmed only in part"}
_HEADERS = ("verdict", "claim", "holds in", "fails in", "not judged")


def table(entries: Sequence[Entry], root: str, *, named: bool) -> str:
    """A table of claims.

    Args:
        entries: which.
        root: what leads from the page to the root of the site.
        named: say of which scenario each is; else who says it.
    """
    rows = []
    for entry in entries:
        verdict, sentence, *where = cells(entry)
        about = _about(entry, root) if named else f"<small>{source(entry.claim.source)}</small>"
        told = "".join(f"<td class=m>{_lines(one)}" for one in where)
        kind = _CLASSES.get(entry.verdict() or Verdict.NOT_RECORDED, "none")
        rows.append(f"<tr><td class={kind}>{_lines(verdict)}<td>{text(sentence)}<br>{about}{told}")
    head = "".join(f"<th scope=col>{name}" for name in _HEADERS)
    return f"<div class=scroll><table class='data claims'><thead><tr>{head}</thead>{''.join(rows)}</table></div>"


def _about(entry: Entry, root: str) -> str:
    count = plural(len(entry.cases), "case")
    return f"<small>{link(scenario_page(entry.scenario), entry.scenario, root)}, {count}</small>"


def _lines(told: str) -> str:
    return "<br>".join(map(text, told.splitlines()))


def body(material: Material) -> str:
    """The page of all claims, source by source."""
    entries = [entry for story in material.stories for entry in story.claims]
    title, parts = "<h1>Published claims</h1>", []
    if not entries:
        return f"{title}<p>No scenario shown here has a claim."
    verdicts = [entry.verdict() for entry in entries]
    counted = ", ".join(
        f"{verdicts.count(verdict)} {_WORDS.get(verdict, verdict.value.lower())}"
        for verdict in Verdict
        if verdict in verdicts
    )
    lead = (
        "<p class=lead>Sentences that somebody published about the layer, each held against every recorded release: "
        f"{plural(len(entries), 'claim')}, {text(counted)}.</p>"
    )
    for said in dict.fromkeys(entry.claim.source for entry in entries):
        told = [entry for entry in entries if entry.claim.source == said]
        parts += [f"<h2>{source(said)}</h2>", table(told, "", named=True)]
    return f"{title}{lead}{packed(''.join(parts))}"
