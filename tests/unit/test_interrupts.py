"""A Ctrl-C during an import takes effect after it, and is never turned into something else."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.verbs.interrupts import held_while_building

INTERRUPTED = """
import os, signal, time
os.kill(os.getpid(), signal.SIGINT)
time.sleep(0.05)
complete = True
"""


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Ctrl-C as at a terminal, also where the tests run in a background job."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_waits_for_the_end_of_an_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "interrupted_module.py").write_text(INTERRUPTED)
    monkeypatch.syspath_prepend(tmp_path)

    def imports() -> None:
        importlib.import_module("interrupted_module")
        time.sleep(10)

    with pytest.raises(KeyboardInterrupt), held_while_building():
        imports()
    assert sys.modules.pop("interrupted_module").complete


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_elsewhere_is_raised_at_once() -> None:
    reached = []

    def goes_on() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        reached.append(True)

    with pytest.raises(KeyboardInterrupt), held_while_building():
        goes_on()
    assert not reached
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_interrupt_that_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with held_while_building():
            os.kill(os.getpid(), signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
