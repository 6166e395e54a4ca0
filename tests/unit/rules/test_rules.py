import ast
import re
from pathlib import Path

import pytest

import harness.semantics
from harness.rules import BY_ID, RULES, Rule
from tests.unit.each import each


@each("rule", RULES)
def test_a_rule_is_a_question_with_several_answers(rule: Rule) -> None:
    assert len(rule.answers) == len(set(rule.answer_ids)) >= 2
    assert rule.question.endswith(("?", ")")), "a question, and at most a remark behind it"
    assert all(answer.says.endswith(".") for answer in rule.answers)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.id)


def test_ids_are_unique() -> None:
    assert len(BY_ID) == len(RULES)


def test_an_answer_that_a_rule_does_not_have_is_said() -> None:
    with pytest.raises(KeyError, match="variance-estimator has no answer 'median'"):
        BY_ID["variance-estimator"].says("median")


@each("name", ["oracle", "plan", "updates", "state", "formulas", "geometry", "search"])
def test_the_oracle_knows_no_version_and_no_front_end(name: str) -> None:
    source = (Path(harness.semantics.__file__).parent / f"{name}.py").read_text()
    tree = ast.parse(source)
    strings = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    assert not [text for text in strings if re.search(r"\b[123]\.\d+\.\d+\b", text)]
    assert not {"tf1", "keras", "tf_keras"} & set(strings)
