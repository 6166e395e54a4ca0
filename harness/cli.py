"""The verbs: parse the command line, call one, return its exit code."""

from __future__ import annotations

import argparse
import gc
import os
import re
import sys
import textwrap
from collections.abc import Sequence

from harness import __version__
from harness.errors import HarnessError
from harness.verbs import (
    bisect,
    claims,
    compare,
    completion,
    doctor,
    envs,
    explain,
    found,
    html,
    lint,
    matrix,
    merge,
    migrate,
    new,
    record,
    rules,
    schema,
    show,
    upgrade,
    validate,
)
from harness.verbs import list as list_verb
from harness.verbs.examples import epilog
from harness.verbs.interrupts import held_while_building
from harness.verbs.options import tell

_VERBS = {
    "compare": compare,
    "merge": merge,
    "record": record,
    "upgrade": upgrade,
    "show": show,
    "list": list_verb,
    "validate": validate,
    "lint": lint,
    "schema": schema,
    "new": new,
    "envs": envs,
    "doctor": doctor,
    "completion": completion,
    "matrix": matrix,
    "bisect": bisect,
    "rules": rules,
    "explain": explain,
    "migrate": migrate,
    "claims": claims,
    "found": found,
    "html": html,
}

_DESCRIPTION = "Measures what BatchNormalization does: TF1 against Keras, and both against recorded releases."

_EPILOG = """\
examples:
  harness compare                                  every scenario against its golden file
  harness compare flags/seed-article -v            one scenario, case by case
  harness show flags/seed-article                  the arrays of both runners, side by side
  harness compare --tf 2.21.0 --baseline 2.15.1    what changes from one release to another, and why
  harness upgrade 2.21.0                           what that release changes, why, and which scenarios it touches
  harness matrix flags/seed-article                since when, from the golden files alone
  harness migrate flags/seed-article               the Keras call that does what tf1 did, verified by running it
  harness new flags/mine                           a commented scenario to start from

verdicts:
  match             it did what golden holds
  nondeterministic  golden says that repeating it gives several results; what is the same each time matches
  changed           it did something else
  new, stale        golden holds nothing of it, or of another experiment
  crashed, timed out, unavailable, not applicable    nothing was measured: the report says why

exit codes:
  0    all that ran matches
  1    something changed, or a difference no rule explains
  2    invalid scenario, option or golden file
  3    nothing selected, or everything unavailable
  4    golden missing or stale
  5    environment, release or device not to be had
  6    a worker crashed or timed out where the golden holds values
  7    a shard is missing from a merge
  130  interrupted
"""


class _Help(argparse.RawDescriptionHelpFormatter):
    """Text as it is written, but for lines that are wider than the terminal: they go on below their last column."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        # argparse leaves two columns of the terminal free.
        return "\n".join(self._fitted(line, width + 2, indent) for line in text.splitlines())

    def _fitted(self, line: str, width: int, indent: str) -> str:
        columns = re.match(r"\s*(?:\S.*\s{2,})?", line)
        hanging = indent + " " * (columns.end() if columns else 0)
        return textwrap.fill(
            line,
            width,
            initial_indent=indent,
            subsequent_indent=hanging,
            break_long_words=False,
            replace_whitespace=False,
        )


def build_parser(words: Sequence[str] | None = None) -> argparse.ArgumentParser:
    """The command line: the whole of it, or as much as reading ``words`` takes, since every option costs time."""
    parser = argparse.ArgumentParser(
        prog="harness",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=_Help,
    )
    parser.add_argument("--version", action="version", version=f"harness {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", title="verbs", required=True)
    for name, module in _VERBS.items():
        verb = verbs.add_parser(
            name,
            help=module.SUMMARY,
            description=module.SUMMARY,
            epilog=epilog(name),
            formatter_class=_Help,
        )
        if words is None or name in words:
            module.configure(verb)
        verb.set_defaults(run=module.run)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; every error the user can cause becomes its text and its exit code."""
    # NumPy's BLAS starts its threads when it is imported, a third of the time of a short verb that needs none.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # pydantic looks for its plugins in every distribution that is installed: a tenth of it.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # Importing makes objects that stay; scanning them again and again is a tenth of the time of a short verb.
    gc.set_threshold(100_000)
    if "_ARGCOMPLETE" in os.environ:
        from harness.verbs.completing import complete

        complete(build_parser())
    words = sys.argv[1:] if arguments is None else arguments
    options = build_parser(words).parse_args(words)
    if "all" in getattr(options, "runners", ()):
        from harness.execution.plan import RUNNERS

        options.runners = list(RUNNERS)
    try:
        with held_while_building():
            code: int = options.run(options)
        sys.stdout.flush()
    except HarnessError as error:
        sys.stdout.flush()
        tell(error)
        return error.exit_code
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of a pipe went away; point stdout at nothing so that the interpreter's exit stays silent.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    return code
