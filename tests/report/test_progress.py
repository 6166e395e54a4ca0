from __future__ import annotations

import io
from dataclasses import dataclass

from harness.report.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_log_gets_messages_a_line_every_ten_seconds_and_the_end() -> None:
    stream, clock = io.StringIO(), Clock()
    progress = Progress(stream, True, 30, clock=clock)
    progress.message("tf1: tensorflow 2.21.0 ready")
    for number in range(30):
        clock.now += 0.75
        progress.advance(f"tf1 x/y[n={number}]")
    progress.finish()
    assert stream.getvalue().splitlines() == [
        "tf1: tensorflow 2.21.0 ready",
        "[14/30] tf1 x/y[n=13], 10 s",
        "[28/30] tf1 x/y[n=27], 21 s",
        "[30/30] done, 22.5 s",
    ]


def test_a_terminal_gets_one_line_that_is_rewritten_and_removed() -> None:
    stream, clock = Terminal(), Clock()
    progress = Progress(stream, True, 3, clock=clock, columns=lambda: 16)
    clock.now += 1
    progress.advance("tf1 a/very-long-name")
    clock.now += 0.01
    progress.advance("tf1 too soon after")
    clock.now += 1
    progress.advance("keras b")
    progress.message("hello")
    progress.finish()
    clear = "\r\x1b[K"
    assert stream.getvalue() == f"{clear}[1/3] tf1 a/ver{clear}[3/3] keras b{clear}hello\n"


def test_disabled_is_silent() -> None:
    for stream in (io.StringIO(), Terminal()):
        clock = Clock()
        progress = Progress(stream, False, 1, clock=clock)
        progress.message("hello")
        clock.now += 100
        progress.advance("x")
        progress.finish()
        assert stream.getvalue() == ""


def test_an_unknown_total_only_counts() -> None:
    stream, clock = io.StringIO(), Clock()
    progress = Progress(stream, True, clock=clock)
    clock.now += 11
    progress.advance("x")
    assert stream.getvalue() == "[1] x, 11 s\n"


def test_finishing_without_progress_says_nothing() -> None:
    stream = io.StringIO()
    Progress(stream, True, 5).finish()
    assert stream.getvalue() == ""
