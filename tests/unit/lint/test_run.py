from pathlib import Path

import pytest

from harness.errors import InvalidScenario
from harness.lint import RULES, lint, shelf
from tests.unit.lint.folders import IMAGE, write

FROZEN = IMAGE + "tags: [frozen]\n"


def named(root: Path, *words: str, rules: tuple[str, ...] = ()) -> list[tuple[str, str, str]]:
    chosen = [rule for rule in RULES if rule.name in rules] or list(RULES)
    found = lint(shelf(root, root / "golden", words), chosen)
    return [(one.rule, one.problem.place.replace(f"{root.as_posix()}/", ""), one.problem.message) for one in found]


def test_rules_have_a_module_each_and_a_test() -> None:
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names)
    for rule in RULES:
        module = rule.name.replace("-", "_")
        assert rule.check.__module__ == f"harness.lint.{module}"
        assert (Path(__file__).parent / f"test_{module}.py").is_file()


def test_findings_are_in_the_order_of_the_files(tmp_path: Path) -> None:
    write(tmp_path, "topic/b", FROZEN, why="TODO")
    write(tmp_path, "topic/a", FROZEN + "steps: 2\n")
    assert [(rule, place) for rule, place, _ in named(tmp_path)] == [
        ("name-mismatch", "topic/a.yaml:6:8"),
        ("missing-why", "topic/b.yaml:2:6"),
        ("name-mismatch", "topic/b.yaml:6:8"),
    ]


def test_a_comment_allows_one_rule_in_its_file(tmp_path: Path) -> None:
    write(tmp_path, "topic/a", FROZEN + "# lint: allow name-mismatch: the layer around it is frozen\n", why="TODO")
    write(tmp_path, "topic/b", FROZEN + "steps: 2\n")
    assert [(rule, place) for rule, place, _ in named(tmp_path)] == [
        ("missing-why", "topic/a.yaml:2:6"),
        ("name-mismatch", "topic/b.yaml:6:8"),
    ]


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("# lint: allow name-mismatch: a reason", "allows name-mismatch, which finds nothing here"),
        ("# lint: allow frozen: a reason", "there is no rule frozen"),
        ("# lint: allow name-mismatch", "the comment allows nothing"),
        ("# lint: allow name-mismatch:", "the comment allows nothing"),
        ("# lint: ignore everything", "the comment allows nothing"),
    ],
)
def test_a_comment_that_allows_nothing_is_a_finding(tmp_path: Path, comment: str, message: str) -> None:
    write(tmp_path, "topic/a", f"{IMAGE}steps: 2  {comment}\n")
    assert named(tmp_path) == [("allow", "topic/a.yaml:6:11", message)]


def test_what_was_not_asked_for_may_be_allowed(tmp_path: Path) -> None:
    write(tmp_path, "topic/a", FROZEN + "# lint: allow name-mismatch: the layer around it is frozen\n")
    assert named(tmp_path, rules=("missing-why",)) == []


def test_a_file_that_was_not_chosen_need_not_be_valid(tmp_path: Path) -> None:
    write(tmp_path, "topic/a", IMAGE)
    write(tmp_path, "topic/b", "layr: {}\n")
    assert named(tmp_path, "topic/a") == []
    with pytest.raises(InvalidScenario):
        named(tmp_path)
