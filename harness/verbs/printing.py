"""What the verbs that report a run print: each target's report, then a line per target."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TextIO

from harness.report.releases import render_releases
from harness.report.terminal import render
from harness.run import TargetRun
from harness.verbs import options as shared


def tell_target(one: TargetRun, options: argparse.Namespace, stream: TextIO, *, several: bool) -> None:
    """Print the report of one target, if it was measured; ``several``: one of several."""
    if one.comparison is None:
        return
    verbose = -1 if options.quiet else options.verbose
    width, color = shared.report_width(stream), shared.use_color(stream)
    stream.write(render(one.comparison, width=width, verbose=verbose, color=color) + ("\n" if several else ""))


def tell_releases(found: Sequence[TargetRun], stream: TextIO) -> None:
    """Print a line per target, where there are several."""
    if len(found) > 1:
        stream.write(render_releases(found, width=shared.report_width(stream), color=shared.use_color(stream)))
