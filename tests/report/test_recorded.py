"""What recording did, as text."""

from __future__ import annotations

from harness.diff import Diff
from harness.golden import RecordAction
from harness.recording import Recorded
from harness.report.recorded import render_recorded
from tests.report.samples import MOVED

CHANGED = Diff(differences=(MOVED,), identical=False, closest=None)


def recorded(
    case: str,
    action: RecordAction | None,
    *,
    runner: str = "tf1",
    reason: str = "",
    diff: Diff | None = None,
    replaced: bool = False,
) -> Recorded:
    return Recorded(
        case=case, runner=runner, release="2.21.0", action=action, replaced=replaced, diff=diff, reason=reason
    )


DONE = [
    recorded("flags/a[x=1]", RecordAction.NEW),
    recorded("flags/a[x=1]", None, runner="keras", reason="unavailable: no Keras here"),
    recorded("flags/a[x=2]", RecordAction.JOINED),
    recorded("flags/a[x=2]", None, runner="keras", reason="unavailable: no Keras here"),
    recorded("flags/b", RecordAction.VALUE_CHANGED, diff=CHANGED),
    recorded("flags/c", None, reason="crashed: SIGKILL"),
]


def text(*, verbose: int = 0, color: bool = False, width: int = 80) -> str:
    return render_recorded(DONE, program=["harness"], width=width, verbose=verbose, color=color)


def test_a_row_per_scenario_then_what_went_wrong() -> None:
    assert (
        text()
        == """\
scenario    tf1 on 2.21.0        keras on 2.21.0
----------  -------------------  -----------------
flags/a     1 new, 1 joined      2 unavailable
flags/b     value changed, kept  -
flags/c     crashed              -

flags/b, tf1 on 2.21.0: value changed, kept
  step 1, moving_variance[2]: measured 1.0999999, recorded 1.1333332
    error 0.0333 (279620 ULPs), bound 3.3e-06 from the oracle; 1 of 4 elements
    differ; 10200 times the bound (0.0337) would pass
  to give up the recorded value:
    harness record flags/b --runner tf1 --replace 2.21.0

flags/c, tf1 on 2.21.0: crashed: SIGKILL

keras is unavailable: no Keras here (2 cases not recorded)

6 behaviours of 4 cases: 1 new, 2 unavailable, 1 joined, 1 value changed, kept,
1 crashed
"""
    )


def test_verbose_has_a_row_per_case() -> None:
    rows = text(verbose=1).splitlines()[2:6]
    assert [row.split()[0] for row in rows] == ["flags/a[x=1]", "flags/a[x=2]", "flags/b", "flags/c"]


def test_quiet_leaves_the_table_out() -> None:
    assert text(verbose=-1).startswith("flags/b, tf1 on 2.21.0: value changed, kept\n")


def test_colour_only_when_asked() -> None:
    assert "\x1b" not in text()
    assert "\x1b" in text(color=True)


def test_a_replaced_value_needs_no_command() -> None:
    done = [recorded("flags/b", RecordAction.VALUE_CHANGED, diff=CHANGED, replaced=True)]
    said = render_recorded(done, program=["harness"], width=80, verbose=0, color=False)
    assert "value replaced" in said
    assert "--replace" not in said
