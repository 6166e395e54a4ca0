"""What the shell may complete a word of the command line to; argcomplete asks, docs/decisions/0013-completion.md."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import HarnessError

if TYPE_CHECKING:
    from harness.scenario.outline import Outline


def complete(parser: argparse.ArgumentParser) -> None:
    """Answer the shell, and end the process; called only when the shell asks."""
    import argcomplete

    for one in _parsers(parser):
        for action in one._actions:
            if action.dest in _COMPLETERS:
                # argcomplete looks for it there.
                action.completer = _COMPLETERS[action.dest]  # type: ignore[attr-defined]
    argcomplete.autocomplete(parser)


def _parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from _parsers(below)


def scenarios(prefix: str, parsed_args: argparse.Namespace, **_: object) -> list[str]:
    """Scenario names; once one is named up to its bracket, its cases."""
    from harness.scenario.files import find, name_in

    root = _root(parsed_args)
    if "[" in prefix:
        name = prefix.partition("[")[0]
        return [case for one in _outlines(root, name) if one.name == name for case in one.cases]
    try:
        return [name_in(path, root) for path in find(root)]
    except HarnessError:
        return []


def tags(parsed_args: argparse.Namespace, **_: object) -> list[str]:
    """Tags of the scenarios."""
    return sorted({tag for one in _outlines(_root(parsed_args)) for tag in one.tags})


def runners(**_: object) -> list[str]:
    """Every runner."""
    from harness.execution.plan import RUNNERS

    return [*RUNNERS, "all"]


def devices(**_: object) -> Iterable[str]:
    """The devices that need no number."""
    return "cpu", "gpu"


def releases(**_: object) -> list[str]:
    """What ``--tf`` takes, the catalogued versions among it."""
    from harness.releases.catalog import catalog

    return ["all", "minors", *dict.fromkeys(tensorflow for tensorflow, _ in catalog().entries)]


def rules(**_: object) -> list[str]:
    """Every rule."""
    from harness.rules import BY_ID

    return list(BY_ID)


_COMPLETERS = {
    "scenarios": scenarios,
    "tags": tags,
    "runners": runners,
    "device": devices,
    "tensorflow": releases,
    "baseline": releases,
    "releases": releases,
    "rule": rules,
}
"""By the name under which the command line is parsed to it, in whatever verb."""


def _root(parsed_args: argparse.Namespace) -> Path:
    root = getattr(parsed_args, "scenario_root", None)
    return root if isinstance(root, Path) else Path("scenarios")


def _outlines(root: Path, name: str | None = None) -> tuple[Outline, ...]:
    """All scenarios, if all are valid; else the one of ``name``, if that is."""
    from harness.scenario import outlined

    for words in ([], [name]) if name else ([],):
        try:
            return outlined(root, [word for word in words if word])
        except HarnessError:
            continue
    return ()
