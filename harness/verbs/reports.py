"""Reports for machines and for pages, beside the text for people: --json, --junit, --markdown, GitHub Actions."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from harness.errors import InvalidOption, Problem
from harness.verbs.options import say

if TYPE_CHECKING:
    from harness.run import Run

_STDOUT = "-"
_KINDS = ("json", "junit", "markdown")
_LEAST_SUMMARY = 16_384


def add_reports(parser: argparse.ArgumentParser) -> None:
    """What is written beside the text: --json, --junit, --markdown."""
    group = parser.add_argument_group(
        "reports", "Written when all has run. On GitHub Actions, annotations and the job summary too, unasked."
    )
    for kind, metavar, told in (
        ("json", "FILE", "everything that was found (docs/run.schema.json); - is stdout, the text is then on stderr"),
        ("junit", "FILE", "JUnit XML: a test per case and runner, as GitLab, Jenkins and GitHub viewers read it"),
        ("markdown", "FILE", "for a pull request: what changed by rule, then each failure; at most 64 KiB"),
    ):
        group.add_argument(f"--{kind}", dest=kind, action="append", default=[], metavar=metavar, help=told)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reports:
    """Where reports go, by kind; nothing is written before :meth:`write`."""

    files: Mapping[str, str]

    @property
    def stream(self) -> TextIO:
        """Where the text for people goes: stdout, unless that is taken."""
        return sys.stderr if _STDOUT in self.files.values() else sys.stdout

    def write(self, run: Run) -> None:
        """Write every report of ``run`` that was asked for, and on GitHub Actions what is read there.

        Raises:
            InvalidOption: a file could be written before the run, and cannot any more.
        """
        for kind, name in self.files.items():
            text = _writer(kind)(run)
            if name == _STDOUT:
                sys.stdout.write(text)
            else:
                _replace(kind, Path(name), text)
        if os.environ.get("GITHUB_ACTIONS") == "true":
            self._tell_github(run)

    def _tell_github(self, run: Run) -> None:
        from harness.report.github import workflow_commands

        workspace = os.environ.get("GITHUB_WORKSPACE")
        self.stream.write(workflow_commands(run, Path(workspace) if workspace else None))
        if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
            _append_summary(run, Path(summary))


def reports(options: argparse.Namespace) -> Reports:
    """The reports that :func:`add_reports` parsed, each checked to be writable before anything runs.

    Raises:
        InvalidOption: a kind asked for twice, two kinds for one file, or a file that cannot be written.
    """
    files: dict[str, str] = {}
    for kind in _KINDS:
        asked = getattr(options, kind)
        if len(asked) > 1:
            raise InvalidOption(Problem(place=f"--{kind}", message=f"can be given once, got {', '.join(asked)}"))
        files.update((kind, name) for name in asked)
    problems = [problem for kind, name in files.items() for problem in _problems(kind, name, files)]
    if problems:
        raise InvalidOption(*problems)
    return Reports(files=files)


def _problems(kind: str, name: str, files: Mapping[str, str]) -> Iterator[Problem]:
    place = f"--{kind} {name}"
    if name == _STDOUT:
        if kind != "json":
            yield Problem(place=place, message="only JSON can go to stdout", hint=f"name a file: --{kind} FILE")
        return
    path = Path(name)
    before = [other for other in _KINDS[: _KINDS.index(kind)] if other in files and files[other] != _STDOUT]
    same = next((other for other in before if Path(files[other]).absolute() == path.absolute()), None)
    if same is not None:
        yield Problem(place=place, message=f"is the file of --{same} too")
    elif path.exists() and not path.is_file():
        yield Problem(place=place, message="is no file" if not path.is_dir() else "is a folder")
    else:
        yield from _unwritable(place, path.parent)


def _unwritable(place: str, folder: Path) -> Iterator[Problem]:
    """Whether a file can be made in ``folder``: tried, since permissions do not tell of a file system that is full."""
    import tempfile

    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        yield Problem(place=place, message=f"cannot be written: {error.strerror}")


def _writer(kind: str) -> Callable[[Run], str]:
    if kind == "json":
        from harness.report.json import run_json

        return run_json
    if kind == "junit":
        from harness.report.junit import junit_xml

        return junit_xml
    from harness.report.markdown import markdown

    return markdown


def _replace(kind: str, path: Path, text: str) -> None:
    from harness.golden.storage import replace_file

    try:
        replace_file(path, text.encode())
    except OSError as error:
        place = f"--{kind} {path.as_posix()}"
        raise InvalidOption(Problem(place=place, message=f"cannot be written: {error.strerror}")) from None


def _append_summary(run: Run, path: Path) -> None:
    """Add to what earlier commands of the step have written; a summary that GitHub would refuse is not worth a red."""
    from harness.report.markdown import SUMMARY, markdown

    try:
        room = SUMMARY - (path.stat().st_size if path.exists() else 0)
        if room < _LEAST_SUMMARY:
            say(f"{path}: the summary of this step is full, nothing was added")
            return
        with path.open("a", encoding="utf-8") as stream:
            stream.write(markdown(run, room))
    except OSError as error:
        say(f"{path}: the summary of this step cannot be written: {error.strerror}")
