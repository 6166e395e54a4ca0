"""Ctrl-C while modules are imported or models built: it waits for their end."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

_BUILDING = frozenset({"_frozen_importlib", "importlib._bootstrap", "pydantic"})
_AGAIN_SECONDS = 0.02


@contextlib.contextmanager
def held_while_building() -> Iterator[None]:
    """Raise KeyboardInterrupt in this block as ever, but only after an import or the building of a pydantic model.

    They turn it into something else: pydantic reports a broken model, NumPy a broken installation, and a dataclass,
    made by ``exec``, leaves a mark on the interpreter that changes the exit code from 130 to death by SIGINT.
    """
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGINT, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _interrupt(number: int, frame: FrameType | None) -> None:
    if not _building(frame):
        signal.default_int_handler(number, frame)
    again = threading.Timer(_AGAIN_SECONDS, signal.pthread_kill, (threading.main_thread().ident, number))
    again.daemon = True
    again.start()


def _building(frame: FrameType | None) -> bool:
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module in _BUILDING or module.partition(".")[0] in _BUILDING:
            return True
        frame = frame.f_back
    return False
