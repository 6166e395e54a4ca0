"""The "What changed, when" table of a README: markdown, made from golden by a small committed list of cases."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.diff import Difference
from harness.history import Archive, Axis, Boundary, History, boundaries, lines_of
from harness.releases.publications import Published
from harness.releases.release import Release
from harness.report.changes import values

_FRONT_ENDS = {"tf1": "`tf.layers`", "keras": "`tf.keras`", "tf_keras": "`tf_keras`"}
_NAMES = {"tensorflow": "TensorFlow", "keras": "Keras", "tf_keras": "tf-keras"}
_BLOCK = re.compile(
    r"(?P<begin><!-- what changed: (?P<list>\S+) -->\n).*?(?P<end><!-- end of what changed -->)", re.DOTALL
)
MARKERS = "<!-- what changed: docs/what-changed.toml -->, and <!-- end of what changed --> below it"
"""What marks the place of the table; the first names the list, relative to the file it stands in."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Experiment:
    """A row of the list.

    Attributes:
        says: what the reader knows the case as; markdown.
        fields: only changes in one of these count.
    """

    case: str
    says: str
    fields: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """Which cases make the table, for which runners."""

    runners: tuple[str, ...]
    experiments: tuple[Experiment, ...]


def parse_listing(data: Mapping[str, Any]) -> Listing:
    """A :class:`Listing` from the keys of its TOML file.

    Raises:
        ValueError: a key is missing or unknown; says which.
    """
    _check(data, required={"runners", "fields", "experiment"}, optional=set(), place="the file")
    experiments = []
    for number, row in enumerate(data["experiment"], start=1):
        _check(row, required={"case", "says"}, optional={"fields"}, place=f"experiment {number}")
        fields = tuple(row.get("fields", data["fields"]))
        experiments.append(Experiment(case=row["case"], says=row["says"], fields=fields))
    return Listing(runners=tuple(data["runners"]), experiments=tuple(experiments))


def _check(data: Mapping[str, Any], *, required: set[str], optional: set[str], place: str) -> None:
    missing, unknown = sorted(required - data.keys()), sorted(data.keys() - required - optional)
    if missing:
        raise ValueError(f"{place} lacks {', '.join(missing)}")
    if unknown:
        raise ValueError(f"{place} has unknown keys: {', '.join(unknown)}")


def listing_of(text: str) -> str | None:
    """The list that the markers in ``text`` name; ``None`` without markers."""
    found = _BLOCK.search(text)
    return found["list"] if found else None


def refreshed(text: str, table: str) -> str:
    """``text`` with ``table`` between its markers."""
    return _BLOCK.sub(lambda found: f"{found['begin']}{table}{found['end']}", text, count=1)


def render_table(listing: Listing, archive: Archive, published: Published) -> str:
    """The table, ending in a newline: a row per change, lowest release first, per experiment and front end."""
    lines = ["| experiment | front end | since | what |", "| --- | --- | --- | --- |"]
    for experiment in listing.experiments:
        for runner in listing.runners:
            found = [history for history in archive.of(runner) if history.case.id == experiment.case]
            cells = list(_rows(found[0], experiment.fields, published)) if found else [("-", "not recorded")]
            front = _FRONT_ENDS.get(runner, runner)
            rows = [(experiment.says, front, since, what) for since, what in cells]
            lines += ["| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _rows(history: History, fields: Sequence[str], published: Published) -> Iterator[tuple[str, str]]:
    changed = False
    for line in lines_of([history]):
        for boundary in boundaries(history, line, published):
            told = [difference for difference in boundary.diff.differences if difference.field in fields]
            if told:
                changed = True
                yield _since(boundary), _what(told)
    if not changed:
        shown = [release for release in sorted(history.by_release) if _ran(history, release)]
        yield "-", f"the same from {shown[0].tensorflow} to {shown[-1].tensorflow}" if shown else "always refused"


def _ran(history: History, release: Release) -> bool:
    return history.behaviours[history.by_release[release]].observation.raised is None


def _since(boundary: Boundary) -> str:
    line = boundary.line
    before, after = line.version(boundary.before), line.version(boundary.after)
    where = f" (on TensorFlow {line.fixed})" if line.axis is Axis.LIBRARY else ""
    arrives = boundary.after.library == "keras" and boundary.before.library is None
    where = f" (with Keras {boundary.after.library_version})" if arrives else where
    name = _NAMES[line.package()]
    if boundary.between == ():
        return f"{name} {after}{where}"
    return f"{name}: after {before}, at or before {after}{where}"


def _what(told: Sequence[Difference]) -> str:
    """The first number of each field that changed: ``moving_mean[1]: 0.035 -> 0.0``."""
    first = {difference.field: difference for difference in reversed(told)}
    ordered = [first[field] for field in dict.fromkeys(difference.field for difference in told)]
    return "; ".join(f"`{values(difference)}`" for difference in ordered)
