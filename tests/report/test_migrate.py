"""Migration advice as text: what it says of a case that can be migrated, of one that cannot, and of doubts."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from harness.migration.search import Migration
from harness.observation import Crashed, Observation, Raised
from harness.report.migrate import render_code, render_migration
from tests.unit.migration import fake_keras
from tests.unit.migration.searching import search, searched
from tests.unit.semantics.samples import article, case


@pytest.fixture(autouse=True)
def _fake_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_keras.install(monkeypatch)


def render(migration: Migration, *, width: int = 120, verbose: int = 0, color: bool = False) -> str:
    return render_migration(migration, width=width, verbose=verbose, color=color)


HEAD = """\
topic/name: from tf1@1.15.5 (recorded) to keras@2.21.0+keras-3.15.1
  the same call differs: output[0, 0, 1, 2] after step 1: -2.133208 against 4.9980016 (error 7.13, bound """
WHY = """\
    frozen-normalizes-with: batch -> moving
      tf1@1.15.5: A frozen layer called with training=True normalizes with the batch's own statistics.
"""
WHAT = """\
  this call does as before, 3 changes against it:
    - trainable=True: so that training=True normalizes with the batch
    - gamma and beta marked as not trainable: no optimizer moves them
    - momentum=1.0: a call in training leaves the moving statistics as they are

import tensorflow as tf

x = """


def test_advice_says_why_what_and_how_it_was_verified() -> None:
    found = searched(trainable=False)
    shown = render(found)
    assert found.found is not None
    assert shown.startswith(HEAD)
    assert WHY in shown
    assert WHAT in shown
    assert (
        f"\n\n{found.found.program.text}\n  verified: this code ran, eagerly, on keras@2.21.0+keras-3.15.1; " in shown
    )
    end = r"; 2 steps, all within bounds: nearest to its bound is output\[\S+( \S+)*\] after step 1, error \S+ of \S+\n"
    ran = len(found.attempts)
    assert re.search(
        end + rf"  {ran} calls run, {found.ruled_out} more not run: the oracle gave them no chance\n$",
        re.sub(r"\n {4}", " ", shown),
    )


def test_nothing_to_change_is_said() -> None:
    shown = render(searched(training=False))
    assert "\n  the same call does the same\n  this call does as before, nothing to change:\n\nimport" in shown
    assert shown.endswith("\n  1 call run\n")


def test_notes_are_told_below_the_code() -> None:
    shown = render(search(case([np.arange(24.0).reshape(4, 2, 3)], axis=[1, 2])))
    assert "\n  note: gamma, beta, moving_mean, moving_variance have shape [6] in place of [1, 2, 3]\n" in shown
    assert "the same call differs: raised: no exception against TypeError: " in shown


def test_what_cannot_be_reproduced_is_told_with_what_is_left() -> None:
    found = search(case([np.array([[[[1.0, 2.0], [np.inf, 4.0], [3.0, 0.0]]]])] * 2, momentum=0.5))
    shown = render(found)
    assert f"\n  no call reproduces it: {len(found.attempts)} calls run, none does as before\n" in shown
    assert (
        "\n  nearest: sample variance assigned after each call in training; what remains different:\n"
        "    - moving_mean[0] after step 2: nan against inf (error inf, bound "
    ) in shown
    assert shown.endswith("\n    because of moving-average: decrement -> weighted\n")
    assert "import tensorflow" not in shown
    assert render_code([found]) == ""


def test_long_remainders_are_cut() -> None:
    found = search(article(training=False), ask=lambda _: Observation(steps=(), structure=None, raised=None))
    nearest = found.nearest
    assert nearest.diff is not None
    many = replace(nearest, diff=replace(nearest.diff, differences=nearest.diff.differences * 6))
    shown = render(replace(found, attempts=(many,)))
    assert shown.count("\n    - ") == 5
    assert f"    - and {6 * len(nearest.diff.differences) - 4} differences more\n" in shown


def test_an_exception_is_nothing_to_reproduce() -> None:
    raised = Observation(steps=(), structure=None, raised=Raised(type="ValueError", message="no such axis"))
    shown = render(search(article(), raised))
    assert (
        "\n  tf1@1.15.5 raises ValueError: no such axis\n  the same call differs: raised: ValueError against" in shown
    )
    assert shown.endswith("\n  there is nothing to reproduce: an exception is no result to migrate\n")
    too = render(search(case([[[1.0]]], fused=True), raised))
    assert "\n  the same call raises ValueError too: Unrecognized keyword arguments passed to " in too


def test_a_lost_worker_is_a_doubt() -> None:
    shown = render(search(article(), ask=lambda _: Crashed(cause="SIGSEGV", stderr="")))
    assert "\n  the same call: crashed: SIGSEGV\n  no call reproduces it: " in shown
    assert re.search(r"\n    (\d+) of them ended the worker, so what they do is not known\n$", shown)


def test_what_was_measured_now_is_said() -> None:
    found = searched(training=False)
    now = replace(found, source=replace(found.source, recorded=False))
    assert "from tf1@1.15.5 (measured now: golden has nothing of this case) to" in render(now)


def test_verbose_tells_every_call_that_was_run() -> None:
    found = searched(trainable=False)
    shown = render(found, verbose=1)
    assert "\n  tried, in this order:\n    1. the same call: output[0, 0, 1, 2] after step 1: " in shown
    last = len(found.attempts)
    assert re.search(rf"\n    {last}\. trainable=True; gamma and beta [^:]*: agrees\n$", re.sub(r"\n {6}", " ", shown))


def test_lines_keep_to_the_width_but_for_code() -> None:
    found = searched(trainable=False)
    assert found.found is not None
    text, _, end = render(found, width=60, verbose=1).partition(found.found.program.text)
    assert max(map(len, (text + end).splitlines())) <= 60


def test_colour_never_touches_the_code() -> None:
    found = searched(trainable=False)
    assert found.found is not None
    colored = render(found, color=True)
    assert found.found.program.text in colored
    assert re.sub(r"\x1b\[\d+m", "", colored) == render(found)
    assert colored != render(found)


def test_code_alone_names_its_cases() -> None:
    one, other = searched(training=False), searched()
    shown = render_code([one, other])
    assert one.found is not None
    assert other.found is not None
    assert shown == f"# topic/name\n{one.found.program.text}\n# topic/name\n{other.found.program.text}"
    compile(shown, "advice", "exec")
