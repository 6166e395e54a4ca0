"""``harness completion``: the script that lets a shell complete verbs, options, scenarios and cases."""

from __future__ import annotations

import argparse
import sys

SUMMARY = "print the script that lets your shell complete verbs, options, scenarios and cases"

_SHELLS = ("bash", "zsh", "fish")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the argument of this verb."""
    parser.add_argument("shell", choices=_SHELLS, metavar="SHELL", help="bash, zsh or fish")


def run(options: argparse.Namespace) -> int:
    """Print it, for the shell to read when it starts."""
    from argcomplete.shell_integration import shellcode

    sys.stdout.write(shellcode(["harness"], shell=options.shell) + "\n")
    return 0
