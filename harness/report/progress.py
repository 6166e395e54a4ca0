"""How far a run is, on stderr: one line that rewrites itself on a terminal, now and then a line in a log."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from threading import Lock
from typing import TextIO

_LIVE_SECONDS = 0.1
_LOG_SECONDS = 10.0
_CLEAR = "\r\x1b[K"


class Progress:
    """Tells what happens while a run goes on; safe to call from several threads.

    Args:
        stream: where to tell it, usually stderr.
        enabled: false tells nothing at all.
        total: how many times :meth:`advance` will be called; 0 if that is not known yet.
        clock: seconds that only grow.
        columns: the width of the terminal, asked each time since it may change.
    """

    def __init__(
        self,
        stream: TextIO,
        enabled: bool,
        total: int = 0,
        *,
        clock: Callable[[], float] = time.monotonic,
        columns: Callable[[], int] = lambda: shutil.get_terminal_size().columns,
    ) -> None:
        self.total = total
        self._stream = stream
        self._enabled = enabled
        self._clock = clock
        self._columns = columns
        self._live = enabled and stream.isatty()
        self._lock = Lock()
        self._began = self._told = clock()
        self._done = 0
        self._line_is_open = False

    def message(self, text: str) -> None:
        """Write a line of its own: a worker is ready, a release is being made."""
        with self._lock:
            if self._enabled:
                self._close_line()
                self._write(f"{text}\n")

    def advance(self, label: str) -> None:
        """One more of the total is done; ``label`` says which."""
        with self._lock:
            self._done += 1
            now = self._clock()
            if not self._enabled or now - self._told < (_LIVE_SECONDS if self._live else _LOG_SECONDS):
                return
            self._told = now
            if self._live:
                self._rewrite(f"{self._count()} {label}")
            else:
                self._write(f"{self._count()} {label}, {now - self._began:.0f} s\n")

    def finish(self) -> None:
        """Remove the live line, or close the log with how many were done in how long; nothing if none were."""
        with self._lock:
            self._close_line()
            if self._enabled and not self._live and self._done:
                self._write(f"{self._count()} done, {self._clock() - self._began:.1f} s\n")

    def _count(self) -> str:
        if not self.total:
            return f"[{self._done}]"
        return f"[{str(self._done).rjust(len(str(self.total)))}/{self.total}]"

    def _rewrite(self, text: str) -> None:
        # One column stays free: a full line would wrap on some terminals and could not be rewritten.
        self._write(_CLEAR + text[: max(self._columns() - 1, 1)])
        self._line_is_open = True

    def _close_line(self) -> None:
        if self._line_is_open:
            self._write(_CLEAR)
            self._line_is_open = False

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
