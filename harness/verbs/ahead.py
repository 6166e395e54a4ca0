"""Starting TensorFlow before anything else is done: importing it takes longer than all that comes before its use."""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.execution.host import Host


@contextlib.contextmanager
def started_ahead(options: argparse.Namespace) -> Iterator[Host | None]:
    """A process that imports the installed TensorFlow, if that is what will run and may be forked; it ends with this.

    Enter it before NumPy and pydantic are imported, which takes a third of a second.
    """
    elsewhere = options.tensorflow or options.keras or options.pythons
    if elsewhere or importlib.util.find_spec("tensorflow") is None:
        yield None
        return
    from harness.execution.host import host_for

    with contextlib.ExitStack() as stack:
        host = host_for(Path(sys.executable), device=options.device, threads=options.threads)
        if host is not None:
            stack.enter_context(host)
        yield host
