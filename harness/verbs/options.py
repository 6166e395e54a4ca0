"""Options that several verbs share, under the same names and with the same words."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from harness.errors import HarnessError, InvalidOption, Problem

if TYPE_CHECKING:
    from harness.releases.release import Release
    from harness.sharding import Shard


def add_selection(parser: argparse.ArgumentParser) -> None:
    """Which cases: SCENARIO..., --scenarios, -k, --tag, --runner."""
    parser.add_argument(
        "scenarios",
        nargs="*",
        metavar="SCENARIO",
        help="a scenario (flags/seed-article), a file, a folder, a topic, or one case with its brackets; default: all",
    )
    add_scenario_root(parser)
    parser.add_argument(
        "-k",
        dest="keyword",
        metavar="EXPR",
        help="only cases whose id matches, as in pytest: 'trainable=false and not rank'",
    )
    parser.add_argument(
        "--tag", dest="tags", action="append", default=[], metavar="TAG", help="only scenarios with this tag"
    )
    parser.add_argument(
        "--runner",
        dest="runners",
        action="append",
        default=[],
        metavar="R",
        help="tf1, keras, keras:function and so on (harness list --runners), or all that a scenario lists: all; "
        "repeatable (default: tf1 and keras, or all where a scenario lists neither)",
    )


def add_scenario_root(parser: argparse.ArgumentParser) -> None:
    """Where the scenario files are: --scenarios."""
    parser.add_argument(
        "--scenarios",
        dest="scenario_root",
        type=Path,
        default=Path("scenarios"),
        metavar="DIR",
        help="folder of the scenario files (default: %(default)s)",
    )


def add_golden(parser: argparse.ArgumentParser) -> None:
    """Where the golden files are: --golden."""
    parser.add_argument(
        "--golden",
        dest="golden_root",
        type=Path,
        default=Path("golden"),
        metavar="DIR",
        help="folder of the golden files (default: %(default)s)",
    )


def add_running(parser: argparse.ArgumentParser) -> None:
    """How to run: --device, --timeout, --threads."""
    parser.add_argument(
        "--device",
        type=_device,
        default="cpu",
        metavar="D",
        help="cpu, gpu or gpu:N (default: %(default)s); never falls back to another",
    )
    parser.add_argument(
        "--timeout",
        type=_positive,
        default=60.0,
        metavar="SECONDS",
        help="for one case, before its worker is killed (default: %(default)g)",
    )
    parser.add_argument(
        "--threads",
        type=int,
        choices=range(1, 257),
        default=1,
        metavar="N",
        help="size of TensorFlow's thread pools (default: %(default)s: the bits do not depend on the machine)",
    )


def add_targets(parser: argparse.ArgumentParser) -> None:
    """What to run on: --tf, --keras, --python."""
    group = parser.add_argument_group("targets", "Default: the TensorFlow that is installed beside the harness.")
    group.add_argument(
        "--tf",
        dest="tensorflow",
        action="append",
        default=[],
        metavar="VERSION",
        help="a release in an environment of its own: 2.15.1, 2.15, 1.8..1.15, '>=2.16', all, minors or latest; "
        "repeatable",
    )
    group.add_argument(
        "--keras",
        action="append",
        default=[],
        metavar="VERSION",
        help="with this Keras 3 (TensorFlow 2.16 and later); the same forms; repeatable",
    )
    group.add_argument(
        "--python",
        dest="pythons",
        action="append",
        type=Path,
        default=[],
        metavar="PATH",
        help="any Python that has a TensorFlow: a nightly, a build of your own; repeatable",
    )


def add_talk(parser: argparse.ArgumentParser) -> None:
    """How much to say: -v, -q."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument("-v", "--verbose", action="count", default=0, help="every case; twice: every runner's facts")
    group.add_argument("-q", "--quiet", action="store_true", help="only the failures and the summary, no progress")


def add_measuring(parser: argparse.ArgumentParser) -> None:
    """Everything that a verb takes which runs cases and knows golden."""
    add_selection(parser)
    add_golden(parser)
    add_targets(parser)
    add_running(parser)
    add_talk(parser)


def rerun_arguments(options: argparse.Namespace, target: str) -> tuple[str, ...]:
    """The options of this run that a rerun of one of its cases on ``target`` has to repeat."""
    words: list[str] = []
    for flag, value, default in (
        ("--scenarios", str(options.scenario_root), "scenarios"),
        ("--golden", str(options.golden_root), "golden"),
        ("--device", options.device, "cpu"),
        ("--timeout", f"{options.timeout:g}", "60"),
        ("--threads", str(options.threads), "1"),
        ("--baseline", getattr(options, "baseline", None) or "", ""),
    ):
        if value != default:
            words += [flag, value]
    if options.tensorflow or options.keras or options.pythons:
        words += ["--python" if target in map(str, options.pythons) else "--tf", target]
    return tuple(words)


def program() -> tuple[str, ...]:
    """How this program was called, so that a command it prints can be pasted into the same shell."""
    called = Path(sys.argv[0])
    if called.parts[-2:] == ("harness", "__main__.py"):
        return ("python", "-m", "harness")
    found = shutil.which("harness")
    if called.name != "harness" or (found and called.is_file() and Path(found).samefile(called)):
        return ("harness",)
    return (str(called),)


def say(text: str) -> None:
    """One line of talk."""
    print(text, file=sys.stderr)


def tell(error: HarnessError) -> None:
    """Say to stderr what went wrong, where, and what to do."""
    for problem in error.problems:
        say(str(problem))


def use_color(stream: TextIO) -> bool:
    """Whether to colour: on a terminal, unless NO_COLOR (no-color.org) or a dumb terminal says otherwise."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def report_width(stream: TextIO | None = None) -> int:
    """Columns to fill on ``stream``, or stdout: the terminal's; 120 on a pipe, so that no byte depends on who looks."""
    shown = stream or sys.stdout
    if not shown.isatty():
        return 120
    return max(60, os.get_terminal_size(shown.fileno()).columns)


def shard(text: str) -> Shard:
    """``I/N``, as ``--shard`` takes it."""
    from harness.sharding import Shard

    match = re.fullmatch(r"([0-9]{1,4})/([0-9]{1,4})", text)
    found = Shard(index=int(match[1]), count=int(match[2])) if match else None
    if found is None or not 1 <= found.index <= found.count:
        raise argparse.ArgumentTypeError(f"must be I/N with I from 1 to N, such as 2/4, got {text!r}")
    return found


def _device(text: str) -> str:
    if not re.fullmatch(r"cpu|gpu(:\d+)?", text):
        raise argparse.ArgumentTypeError(f"must be cpu, gpu or gpu:N, got {text!r}")
    return text


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not value > 0:
        raise argparse.ArgumentTypeError(f"must be a positive number of seconds, got {text!r}")
    return value


def release_if_given(text: str | None, place: str) -> Release | None:
    """A release as the user wrote it, if one was; raises what :func:`release` does."""
    return None if text is None else release(text, place)


def release(text: str, place: str) -> Release:
    """A release as the user wrote it.

    Raises:
        InvalidOption: it names none.
    """
    from harness.releases.release import Release

    try:
        return Release.parse(text)
    except ValueError as error:
        hint = "such as 2.15.1, or 2.21.0+keras-3.15.1 as the golden files write it"
        raise InvalidOption(Problem(place=place, message=str(error), hint=hint)) from error
