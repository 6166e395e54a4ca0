"""JUnit XML: valid for those who read it, a test per case and runner, failures in the words of the terminal."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from harness.report.junit import junit_xml
from harness.report.terminal import render
from harness.run import Run
from tests.report import samples
from tests.report.runs import everything, run, with_gate

# The schema of Jenkins' xunit plugin (junit-10.xsd), which is the strictest of the usual ones on names: per element
# the children it may have, the attributes it must have, and those it may have.
CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"properties", "testcase"},
    "properties": {"property"},
    "property": set(),
    "testcase": {"skipped", "error", "failure"},
    "skipped": set(),
    "error": set(),
    "failure": set(),
}
REQUIRED = {
    "testsuite": {"name", "tests", "failures", "errors"},
    "property": {"name", "value"},
    "testcase": {"name"},
}
ALLOWED = {
    "testsuites": {"name", "time", "tests", "failures", "errors"},
    "testsuite": {"name", "tests", "failures", "errors", "time", "skipped"},
    "property": {"name", "value"},
    "testcase": {"name", "classname", "time"},
    "skipped": {"type", "message"},
    "error": {"type", "message"},
    "failure": {"type", "message"},
}
TIME = re.compile(r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?")


def parsed(one: Run) -> ElementTree.Element:
    return ElementTree.fromstring(junit_xml(one))


def check(element: ElementTree.Element) -> None:
    assert {child.tag for child in element} <= CHILDREN[element.tag], element.tag
    assert REQUIRED.get(element.tag, set()) <= element.attrib.keys() <= ALLOWED.get(element.tag, set()), element.attrib
    assert TIME.fullmatch(element.get("time", "")), element.attrib
    for child in element:
        check(child)


@pytest.mark.parametrize("one", [everything(), run(samples.all_green()), Run(targets=(), code=3)])
def test_it_validates(one: Run) -> None:
    root = parsed(one)
    assert root.tag == "testsuites"
    check(root)


def test_counts_are_those_of_the_tests() -> None:
    root = parsed(everything())
    for suite in root:
        tests = suite.findall("testcase")
        assert suite.get("tests") == str(len(tests))
        for kind, attribute in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            assert suite.get(attribute) == str(sum(test.find(kind) is not None for test in tests))
    assert root.get("tests") == str(len(root.findall("*/testcase")))
    assert root.get("failures") == str(len(root.findall("*/*/failure")))


def test_a_test_has_one_outcome_and_a_name_of_its_own() -> None:
    for suite in parsed(everything()):
        tests = suite.findall("testcase")
        assert all(len(test) <= 1 for test in tests)
        names = [(test.get("classname"), test.get("name")) for test in tests]
        assert len(set(names)) == len(names)


def test_every_case_and_runner_is_a_test() -> None:
    comparison = samples.all_wrong()
    names = {f"{case.case.id} [{result.runner}]" for case in comparison.cases() for result in case.results}
    tests = parsed(run(comparison)).findall("*/testcase")
    assert {test.get("name") for test in tests} == names | {"golden/flags/gone.json"}
    swept = next(test for test in tests if test.get("name") == "momentum/sweep[momentum=0.5] [keras]")
    assert swept.get("classname") == "momentum/sweep"


def outcome(one: Run, name: str) -> ElementTree.Element:
    [found] = [test for test in parsed(one).findall("*/testcase") if test.get("name") == name]
    [child] = found
    return child


def test_a_failure_has_the_words_of_the_terminal() -> None:
    name = "flags/seed-article[training=true,trainable=true]"
    failure = outcome(run(samples.all_wrong()), f"{name} [tf1]")
    assert (failure.tag, failure.get("type")) == ("failure", "changed")
    assert failure.get("message") == (
        "changed; step 1, moving_variance[2]: measured 1.0999999, golden 1.1333332; "
        "variance-estimator: sample -> population"
    )
    assert failure.text
    assert failure.text in render(samples.all_wrong(), width=120, verbose=1, color=False)
    assert f"harness compare '{name}' --runner tf1" in failure.text


def test_an_unexplained_difference_fails_the_runner_that_differs_from_its_reference() -> None:
    failure = outcome(run(samples.all_wrong()), "layer/fused [keras]")
    assert failure.get("type") == "differs"
    assert failure.get("message") == "differs from tf1: update_ops: tf1 2, keras 0: UNEXPLAINED"
    assert failure.text
    assert failure.text in render(samples.all_wrong(), width=120, verbose=1, color=False)


def test_crashes_are_errors_and_what_is_not_there_is_skipped() -> None:
    found = run(samples.all_wrong())
    crashed = outcome(found, "odd/worker [tf1]")
    assert (crashed.tag, crashed.get("type")) == ("error", "crashed")
    assert crashed.text
    assert "Check failed: size > 0" in crashed.text
    assert outcome(found, "odd/worker [keras]").get("type") == "timed out"
    skipped = outcome(found, "odd/new [tf_keras]")
    assert (skipped.tag, skipped.get("message")) == ("skipped", "tf-keras is not installed")
    assert outcome(found, "odd/new [tf1]").get("type") == "new"


def test_a_difference_that_is_not_expected_fails_and_so_does_one_that_is_gone() -> None:
    found = run(with_gate(samples.all_green()))
    failure = outcome(found, "flags/seed-article[training=true,trainable=false] [keras]")
    assert failure.get("message") == "differs from tf1 by frozen-normalizes-with, which is not expected"
    gone = outcome(found, "expect_difference epsilon-floor at scenarios/flags/seed-article.yaml:9:5")
    assert gone.get("type") == "vanished"
    assert gone.text
    assert "explains no difference of keras any more" in gone.text


def test_a_target_that_was_not_measured_is_an_error() -> None:
    suites = {suite.get("name"): suite for suite in parsed(everything())}
    assert list(suites) == ["2.21.0", "2.20.0, shard 1 of 2", "1.0.1"]
    [test] = suites["1.0.1"].findall("testcase")
    assert test[0].tag == "error"
    assert "no Python 3.6" in str(test[0].text)


def test_what_xml_cannot_hold_is_escaped() -> None:
    said = samples.crashed(said="\x1b[31mred\x00 \ufffe ]]> &amp; <tag>")
    one = run(samples.comparison(samples.scenario(samples.compared(samples.case("odd/worker"), [said]))))
    text = str(outcome(one, "odd/worker [tf1]").text)
    assert "red" in text
    assert "]]> &amp; <tag>" in text
    reason = replace(samples.unavailable("tf1"), reason="a\x07b\x1b")
    one = run(samples.comparison(samples.scenario(samples.compared(samples.case("odd/none"), [reason]))))
    assert outcome(one, "odd/none [tf1]").get("message") == r"a\x07b\x1b"
