"""A run as JUnit XML, which GitLab, Jenkins and GitHub viewers open: a suite per target, a test per case and runner."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from harness.comparison import Comparison, Stale, Vanished, Verdict
from harness.report.one_by_one import Item, items, vanished_text
from harness.run import Run, TargetRun

# What XML 1.0 cannot hold, not even escaped: a child's stderr may have any of it.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_AS_RECORDED = (Verdict.MATCH, Verdict.NONDETERMINISTIC)
_ERRORS = (Verdict.CRASHED, Verdict.TIMED_OUT)
_SKIPPED = (Verdict.UNAVAILABLE, Verdict.NOT_APPLICABLE)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Test:
    """A test case; ``outcome`` is ``failure``, ``error`` or ``skipped``, empty where it passed."""

    classname: str
    name: str
    outcome: str = ""
    type: str = ""
    message: str = ""
    text: str = ""


def junit_xml(run: Run) -> str:
    """The run as an XML document, with a newline at the end.

    A failure has the text of the terminal with ``-v``. Crashed and timed out cases are errors, as is a target that
    could not be measured; what is unavailable or not applicable is skipped, with the reason.
    """
    suites = [(one, list(_tests(one))) for one in run.targets]
    every = [test for _, tests in suites for test in tests]
    seconds = sum(one.comparison.seconds for one, _ in suites if one.comparison)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append(f'<testsuites name="harness" time="{seconds:.3f}" {_counts(every, skipped=False)}>')
    for one, tests in suites:
        lines += _suite(one, tests)
    return "\n".join([*lines, "</testsuites>"]) + "\n"


def _suite(one: TargetRun, tests: list[_Test]) -> Iterator[str]:
    seconds = one.comparison.seconds if one.comparison else 0.0
    yield f'  <testsuite name={_attribute(one.label)} time="{seconds:.3f}" {_counts(tests, skipped=True)}>'
    if one.comparison:
        yield "    <properties>"
        for name, value in _properties(one.comparison):
            yield f"      <property name={_attribute(name)} value={_attribute(value)}/>"
        yield "    </properties>"
    for test in tests:
        yield from _test(test)
    yield "  </testsuite>"


def _properties(comparison: Comparison) -> Iterator[tuple[str, str]]:
    yield from sorted(comparison.versions.items())
    yield "device", comparison.device


def _test(test: _Test) -> Iterator[str]:
    head = f"    <testcase classname={_attribute(test.classname)} name={_attribute(test.name)}"
    if not test.outcome:
        yield f"{head}/>"
        return
    yield f"{head}>"
    told = f"<{test.outcome} type={_attribute(test.type)} message={_attribute(test.message)}"
    yield f"      {told}>{escape(_printable(test.text))}</{test.outcome}>" if test.text else f"      {told}/>"
    yield "    </testcase>"


def _tests(one: TargetRun) -> Iterator[_Test]:
    for problem in one.problems:
        yield _Test(
            classname="harness",
            name=problem.place,
            outcome="error",
            type="not measured",
            message=problem.message,
            text=str(problem),
        )
    if one.comparison is None:
        return
    for item in items(one.comparison):
        yield _of_item(item)
    for stale in one.comparison.stale:
        yield _of_stale(stale)
    for vanished in one.comparison.gate.vanished if one.comparison.gate else ():
        yield _of_vanished(vanished, one.comparison)


def _of_item(item: Item) -> _Test:
    result = item.result
    test = _Test(classname=item.scenario.name, name=item.name)
    verdict = result.verdict.value
    if item.failed:
        text = item.failure()
        outcome = "error" if result.verdict in _ERRORS else "failure"
        kind = verdict if result.verdict not in _AS_RECORDED else "differs"
        return _Test(
            classname=test.classname,
            name=test.name,
            outcome=outcome,
            type=kind,
            message=item.brief,
            text=text,
        )
    if result.verdict in _SKIPPED:
        return _Test(classname=test.classname, name=test.name, outcome="skipped", type=verdict, message=result.reason)
    return test


def _of_stale(stale: Stale) -> _Test:
    text = f"{stale.what}: {stale.reason}"
    return _Test(classname="golden", name=stale.what, outcome="failure", type="stale", message=stale.reason, text=text)


def _of_vanished(vanished: Vanished, comparison: Comparison) -> _Test:
    text = vanished_text(comparison, vanished)
    name = f"expect_difference {vanished.expected.rule} at {vanished.expected.place}"
    return _Test(
        classname=vanished.scenario,
        name=name,
        outcome="failure",
        type="vanished",
        message=text.splitlines()[0],
        text=text,
    )


def _counts(tests: list[_Test], *, skipped: bool) -> str:
    found = {kind: sum(test.outcome == kind for test in tests) for kind in ("failure", "error", "skipped")}
    text = f'tests="{len(tests)}" failures="{found["failure"]}" errors="{found["error"]}"'
    return f'{text} skipped="{found["skipped"]}"' if skipped else text


def _attribute(text: str) -> str:
    return quoteattr(_printable(text))


def _printable(text: str) -> str:
    return _FORBIDDEN.sub(lambda found: found[0].encode("unicode_escape", "backslashreplace").decode("ascii"), text)
