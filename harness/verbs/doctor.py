"""``harness doctor``: what is here of what the harness can use, what is missing, and how to get it."""

from __future__ import annotations

import argparse
import sys

from harness.verbs import options as shared

SUMMARY = "show what is here, what is missing, and how to get it"


def configure(parser: argparse.ArgumentParser) -> None:
    """It has no options."""


def run(options: argparse.Namespace) -> int:  # noqa: ARG001
    """Look around; 5 when ``harness compare`` could not run."""
    from harness.diagnosis import diagnosis
    from harness.report.diagnosis import render_diagnosis

    found = diagnosis()
    sys.stdout.write(render_diagnosis(found, width=_width(), color=shared.use_color(sys.stdout)))
    return 0 if found.can_compare else 5


def _width() -> int:
    """Bug reports are 80 columns wide, whatever the terminal is."""
    return min(shared.report_width(), 80)
