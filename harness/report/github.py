"""Failures as annotations of GitHub Actions: on the line of the scenario file, beside the code under review."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.comparison import Verdict
from harness.report.layout import plural
from harness.report.one_by_one import items, vanished_text
from harness.run import Run, TargetRun

MOST = 10
"""GitHub shows so many errors of a step, and drops the others without a word."""

_GRAVITY = (Verdict.CRASHED, Verdict.TIMED_OUT, Verdict.CHANGED)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Annotation:
    """One thing that failed; ``rank`` sorts the graver first, and of the grave one per scenario."""

    rank: tuple[bool, int, int]
    title: str
    message: str
    file: str = ""
    line: int = 0


def workflow_commands(run: Run, workspace: Path | None = None) -> str:
    """``::error file=...,line=...::...``, a line each; empty where nothing failed.

    Args:
        run: what to report.
        workspace: the checkout, which GitHub counts paths from; ``None``: the working directory.
    """
    found = [one for target in run.targets for one in _of_target(target, run, workspace)]
    found.sort(key=lambda one: one.rank)
    shown = found if len(found) <= MOST else found[: MOST - 1]
    lines = [_command(one) for one in shown]
    if rest := len(found) - len(shown):
        message = f"{plural(rest, 'more failure')}: the log and the job summary tell them"
        lines.append(f"::error title=harness::{_data(message)}")
    return "".join(f"{line}\n" for line in lines)


def _of_target(one: TargetRun, run: Run, workspace: Path | None) -> Iterator[_Annotation]:
    where = f", {one.label}" if len(run.targets) > 1 or one.part else ""
    for problem in one.problems:
        yield _Annotation(rank=(False, 0, 0), title=f"harness{where}", message=str(problem))
    if one.comparison is None:
        return
    of_scenario: Counter[str] = Counter()
    for item in items(one.comparison):
        if not item.failed:
            continue
        verdict = item.result.verdict
        of_scenario[item.scenario.name] += 1
        grave = _GRAVITY.index(verdict) if verdict in _GRAVITY else len(_GRAVITY)
        yield _Annotation(
            rank=(verdict in (Verdict.NEW, Verdict.STALE), of_scenario[item.scenario.name], grave),
            title=item.name + where,
            message=item.failure(),
            file=_from(item.scenario.path, workspace),
            line=item.scenario.line,
        )
    for vanished in one.comparison.gate.vanished if one.comparison.gate else ():
        file, line, _ = vanished.expected.place.rsplit(":", 2)
        yield _Annotation(
            rank=(False, 1, len(_GRAVITY)),
            title=f"{vanished.scenario}{where}",
            message=vanished_text(one.comparison, vanished),
            file=_from(Path(file), workspace),
            line=int(line),
        )
    for stale in one.comparison.stale:
        yield _Annotation(rank=(True, 0, 0), title=f"stale{where}", message=f"{stale.what}: {stale.reason}")


def _from(path: Path, workspace: Path | None) -> str:
    return path.as_posix() if workspace is None else Path(os.path.relpath(path, workspace)).as_posix()


def _command(one: _Annotation) -> str:
    place = [f"file={_property(one.file)}", f"line={one.line}"] if one.file else []
    return f"::error {','.join([*place, f'title={_property(one.title)}'])}::{_data(one.message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
