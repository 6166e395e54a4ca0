"""The change log of a layer: which releases changed which cases, and how."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.diff import Difference
from harness.history import Axis, Boundary, Change, Line, confounded
from harness.releases.release import Release
from harness.report.failures import place
from harness.report.layout import NARROWEST, abridged, plural, wrap
from harness.report.style import Style, Tone

MOST_KINDS = 4
"""How many kinds of change are told of one pair of releases without ``-v``."""

_MOST_BETWEEN = 6
_NAMES = {"tensorflow": "TensorFlow", "keras": "Keras", "tf_keras": "tf-keras"}


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangePage:
    """How to write changes.

    Attributes:
        letters: whether to name behaviours by letter, as the cells of a matrix beside it do.
    """

    width: int
    verbose: int
    letters: bool
    style: Style


def render_changes(changes: Sequence[Change], *, width: int, verbose: int, color: bool) -> str:
    """The change log, a paragraph per pair of releases in the order given, ending in a newline.

    Args:
        changes: what changed.
        width: columns to fill at most; less than 40 counts as 40.
        verbose: 0 one example of each kind of change, 1 every case and every differing field.
        color: whether to write ANSI colour sequences.
    """
    page = ChangePage(width=max(width, NARROWEST), verbose=verbose, letters=False, style=Style(color=color))
    return "\n\n".join([*(paragraph(change, page) for change in changes), wrap(counted(changes), page.width)]) + "\n"


def counted(changes: Sequence[Change]) -> str:
    """How many changes there are, and how many are known to the release."""
    if not changes:
        return "no change between the recorded releases"
    exact = sum(change.between == () for change in changes)
    count = "none" if not exact else "all" if exact == len(changes) else str(exact)
    return f"{plural(len(changes), 'change')}, {count} exact to the release"


def paragraph(change: Change, page: ChangePage) -> str:
    """One change: its releases, how exact they are, and one example of each kind of difference."""
    head = f"{change.line.runner}: {span(change)}"
    lines = [page.style.paint(wrap(head, page.width, hanging="  "), Tone.STRONG)]
    lines.append(wrap(exactness(change), page.width, "  "))
    kinds = _kinds(change.boundaries)
    shown = kinds if page.verbose > 0 else kinds[:MOST_KINDS]
    for kind in shown:
        lines += _kind(kind, page)
    if rest := kinds[len(shown) :]:
        cases = plural(sum(map(len, rest)), "case")
        lines.append(f"  {plural(len(rest), 'more kind')} of change in {cases}; -v shows all")
    return "\n".join(lines)


def span(change: Change) -> str:
    """``TensorFlow 1.4.1 -> 1.5.1``, with what stays beside it or changes with it."""
    line, before, after = change.line, change.before, change.after
    name = _NAMES[line.package()]
    text = f"{name} {_side(change, before)} -> {_side(change, after)}"
    if line.axis is Axis.LIBRARY:
        return f"{text} on TensorFlow {line.fixed}"
    if before.library_version == after.library_version and after.library:
        return f"{text}, with {_NAMES[after.library]} {after.library_version}"
    return text


def _side(change: Change, release: Release) -> str:
    version = change.line.version(release)
    floats = change.line.axis is Axis.TENSORFLOW and release.library
    if not floats or change.before.library_version == change.after.library_version:
        return version
    return f"{version} with {_NAMES[release.library or '']} {release.library_version}"


def exactness(change: Change) -> str:
    """Whether the release that changed is known, else between which two it is."""
    before, after = change.line.version(change.before), change.line.version(change.after)
    if confounded(change.before, change.after):
        return f"after {before}, at or before {after}; Keras is another one too, and either may be the cause"
    if change.between == ():
        return f"exact: no release is published between {before} and {after}"
    if change.between is None:
        return f"after {before}, at or before {after}; which releases lie between is not known"
    between = abridged(change.between, _MOST_BETWEEN)
    verb = "lies" if len(change.between) == 1 else "lie"
    return f"after {before}, at or before {after}: {between} {verb} between, not recorded"


def title(line: Line) -> str:
    """What a line is, and what stays the same along it."""
    if line.axis is Axis.LIBRARY:
        return f"{line.runner}, by {_NAMES[line.package()]} release, on TensorFlow {line.fixed}"
    text = f"{line.runner}, by TensorFlow release"
    floating = [release for release in line.releases if release.library]
    if not floating:
        return text
    first, name = floating[0], _NAMES[floating[0].library or ""]
    beside = f"{name} {line.fixed}" if line.fixed else f"the {name} recorded beside each"
    return f"{text}; with {beside} from {first.tensorflow} on"


def _kinds(boundaries: Sequence[Boundary]) -> list[list[Boundary]]:
    """Boundaries whose differences are in the same fields together; the most frequent first."""
    groups: dict[tuple[str, ...], list[Boundary]] = {}
    for boundary in boundaries:
        groups.setdefault(boundary.diff.fields, []).append(boundary)
    return sorted(groups.values(), key=len, reverse=True)


def _kind(kind: Sequence[Boundary], page: ChangePage) -> Iterator[str]:
    example = kind[0]
    if page.verbose > 0:
        for boundary in kind:
            yield wrap(_case(boundary, page), page.width, "  ", "      ")
    else:
        others = f", and {plural(len(kind) - 1, 'other case')} in the same fields" if len(kind) > 1 else ""
        yield wrap(_case(example, page) + others, page.width, "  ", "      ")
    differences = example.diff.differences if page.verbose > 0 else telling(example.diff.differences)
    if page.verbose > 0 and len(kind) > 1:
        yield wrap(f"in the first of these {len(kind)} cases:", page.width, "    ")
    for difference in differences:
        yield wrap(values(difference), page.width, "    ", "        ")
    told = {difference.field for difference in differences}
    if rest := [field for field in example.diff.fields if field not in told]:
        yield wrap(f"also: {', '.join(rest)}", page.width, "    ", "        ")


def _case(boundary: Boundary, page: ChangePage) -> str:
    before, after = boundary.letters
    return f"{boundary.history.case.id} {before} -> {after}" if page.letters else boundary.history.case.id


def telling(differences: Sequence[Difference]) -> tuple[Difference, ...]:
    """The two that say most: the first, and the first of the numbers if that is none."""
    first = differences[:1]
    number = next((difference for difference in differences if difference.step is not None), None)
    return (*first, number) if number and number not in first else tuple(first)


def values(difference: Difference) -> str:
    """``step 1, moving_variance[2]: 1.1 -> 1.1333332``."""
    return f"{place(difference)}: {difference.left} -> {difference.right}"
