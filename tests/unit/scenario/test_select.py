from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import InvalidOption, InvalidScenario, NothingSelected
from harness.scenario import choose, named, select
from harness.scenario.keyword import compile_keyword
from tests.unit.each import each
from tests.unit.scenario.writing import write

INPUT = "input: [[1, 2]]\n"
SWEPT = INPUT + "tags: [slow]\nsweep: {training: [true, false], trainable: [true, false]}\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A scenario folder named as by default, in the working directory."""
    monkeypatch.chdir(tmp_path)
    folder = Path("scenarios")
    write(folder, SWEPT, "flags/frozen")
    write(folder, INPUT + "tags: [rank, slow]\n", "flags/frozen-by-rank")
    write(folder, INPUT + "runners: [keras]\n", "flags/deep/one")
    write(folder, INPUT, "statistics/momentum")
    write(folder, INPUT, "plain")
    return folder


def ids(
    root: Path, *words: str, keyword: str | None = None, tags: Sequence[str] = (), runners: Sequence[str] = ()
) -> list[str]:
    selections = choose(root, words, keyword, tags, runners)
    assert all(selection.cases for selection in selections)
    return [case.id for selection in selections for case in selection.cases]


FROZEN = [f"flags/frozen[training={a},trainable={b}]" for a in ("true", "false") for b in ("true", "false")]
ALL = ["flags/deep/one", *FROZEN, "flags/frozen-by-rank", "plain", "statistics/momentum"]


def test_everything_without_words(root: Path) -> None:
    assert ids(root) == ALL


@each(
    "word",
    [
        "flags/frozen",
        "flags/frozen.yaml",
        "scenarios/flags/frozen.yaml",
        "./scenarios/flags/frozen.yaml",
        "scenarios/flags/../flags/frozen.yaml",
    ],
)
def test_a_scenario_by_name_or_file(root: Path, word: str) -> None:
    assert ids(root, word) == FROZEN


def test_a_scenario_by_absolute_path_and_from_another_folder(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = str(root.resolve() / "flags/frozen.yaml")
    assert ids(root, file) == FROZEN
    monkeypatch.chdir(root / "flags")
    assert ids(Path(".."), "frozen.yaml") == FROZEN
    elsewhere = root.resolve() if root.is_absolute() else Path("..").resolve()
    monkeypatch.chdir("/")
    assert ids(elsewhere, "scenarios/flags/frozen.yaml") == FROZEN
    assert ids(elsewhere, "flags/frozen") == FROZEN


@each("word", ["flags", "flags/", "scenarios/flags", "scenarios/flags/"])
def test_a_topic_or_folder(root: Path, word: str) -> None:
    assert ids(root, word) == ["flags/deep/one", *FROZEN, "flags/frozen-by-rank"]


def test_the_root_itself(root: Path) -> None:
    assert ids(root, "scenarios") == ALL


def test_a_name_is_not_a_prefix(root: Path) -> None:
    assert ids(root, "flags/frozen-by-rank") == ["flags/frozen-by-rank"]
    with pytest.raises(NothingSelected):
        ids(root, "flag")


def test_single_cases_and_words_together_keep_file_order(root: Path) -> None:
    assert ids(root, FROZEN[2]) == [FROZEN[2]]
    assert ids(root, "plain", FROZEN[3], FROZEN[0]) == [FROZEN[0], FROZEN[3], "plain"]
    assert ids(root, FROZEN[1], "flags/frozen") == FROZEN


@each(
    "words, text",
    [
        (["flags/frozn"], "flags/frozn: no such scenario, topic, file or case\n  hint: did you mean 'flags/frozen'?"),
        (["momentun"], "momentun: no such scenario, topic, file or case\n  hint: did you mean 'statistics/momentum'?"),
        (["statistic"], "statistic: no such scenario, topic, file or case\n  hint: did you mean 'statistics'?"),
        (
            ["flags/frozen[training=true,trainable=tru]"],
            "flags/frozen[training=true,trainable=tru]: no such scenario, topic, file or case\n"
            "  hint: did you mean 'flags/frozen[training=true,trainable=true]'?",
        ),
        (
            ["zzz", "plain", "qqq"],
            "zzz: no such scenario, topic, file or case\n"
            "  hint: `harness list` shows the names, `harness list --cases` the cases\n"
            "qqq: no such scenario, topic, file or case\n"
            "  hint: `harness list` shows the names, `harness list --cases` the cases",
        ),
    ],
)
def test_words_that_name_nothing(root: Path, words: list[str], text: str) -> None:
    with pytest.raises(NothingSelected) as caught:
        ids(root, *words)
    assert str(caught.value) == text
    assert caught.value.exit_code == 3


def test_only_files_that_words_name_are_read(root: Path) -> None:
    write(root, "steps: 0\n", "flags/broken")
    assert ids(root, "statistics") == ["statistics/momentum"]
    assert named(root, ["statistics", FROZEN[0]]) == [root / "flags/frozen.yaml", root / "statistics/momentum.yaml"]
    with pytest.raises(InvalidScenario):
        ids(root, "flags")


def test_keywords_choose_cases(root: Path) -> None:
    assert ids(root, keyword="training=true") == FROZEN[:2]
    assert ids(root, keyword="FROZEN and not trainable=true") == [FROZEN[1], FROZEN[3], "flags/frozen-by-rank"]
    assert ids(root, "flags", keyword="deep or rank") == ["flags/deep/one", "flags/frozen-by-rank"]


def test_tags_choose_scenarios_that_have_any(root: Path) -> None:
    assert ids(root, tags=["rank"]) == ["flags/frozen-by-rank"]
    assert ids(root, tags=["rank", "slow"]) == [*FROZEN, "flags/frozen-by-rank"]


def test_runners_leave_out_scenarios_that_are_not_for_them(root: Path) -> None:
    assert "flags/deep/one" not in ids(root, runners=["tf1"])
    assert ids(root, runners=["tf1", "keras"]) == ALL
    with pytest.raises(NothingSelected, match="no selected scenario is for tf1"):
        ids(root, "flags/deep", runners=["tf1"])


@each(
    "keyword, tags, text",
    [
        ("nothing", [], "-k 'nothing': matches none of 8 cases\n  hint: `harness list --cases` shows the ids"),
        (None, ["rnak"], "--tag rnak: no selected scenario has this tag\n  hint: did you mean rank?"),
        (None, ["zzz"], "--tag zzz: no selected scenario has this tag\n  hint: tags there: rank, slow"),
        (
            "momentum",
            ["slow"],
            "-k 'momentum' --tag slow: matches none of 8 cases\n  hint: `harness list --cases` shows the ids",
        ),
    ],
)
def test_what_selects_nothing(root: Path, keyword: str | None, tags: list[str], text: str) -> None:
    with pytest.raises(NothingSelected) as caught:
        ids(root, keyword=keyword, tags=tags)
    assert str(caught.value) == text


def test_no_folder_and_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(InvalidOption, match="no such folder"):
        choose(tmp_path / "none")
    with pytest.raises(NothingSelected, match="there is no scenario file"):
        choose(tmp_path)


def test_select_takes_loaded_scenarios(root: Path) -> None:
    scenarios = [selection.scenario for selection in choose(root)]
    (selection,) = select(scenarios, [FROZEN[0]], root=root)
    assert selection.scenario.name == "flags/frozen"
    assert [case.id for case in selection.cases] == [FROZEN[0]]
    assert len(select(scenarios)) == 5


IDS = ["flags/frozen[training=true]", "flags/Rank[training=false]", "numerics/nan"]


@each(
    "expression, matched",
    [
        ("frozen", [0]),
        ("RANK", [1]),
        ("flags", [0, 1]),
        ("not flags", [2]),
        ("not not flags", [0, 1]),
        ("frozen or nan", [0, 2]),
        ("flags and not frozen", [1]),
        ("not frozen and not nan", [1]),
        ("not (frozen or nan)", [1]),
        ("nan or flags and frozen", [0, 2]),
        ("(nan or flags) and frozen", [0]),
        ("training=true", [0]),
        ("android", []),
        ("((nan))", [2]),
    ],
)
def test_keyword_expressions(expression: str, matched: list[int]) -> None:
    matches = compile_keyword(expression)
    assert [index for index, text in enumerate(IDS) if matches(text)] == matched


@each(
    "expression, message",
    [
        ("", "a word is missing at the end"),
        ("  ", "a word is missing at the end"),
        ("a and", "a word is missing at the end"),
        ("not", "a word is missing at the end"),
        ("or a", "a word is missing before 'or'"),
        ("a and or b", "a word is missing before 'or'"),
        ("()", "a word is missing before ')'"),
        ("(a", "a parenthesis is not closed"),
        ("a)", "')' is not expected"),
        ("a b", "'b' is not expected"),
        ("a not b", "'not' is not expected"),
    ],
)
def test_what_is_no_keyword_expression(expression: str, message: str) -> None:
    with pytest.raises(InvalidOption) as caught:
        compile_keyword(expression)
    (problem,) = caught.value.problems
    assert (problem.place, problem.message) == (f"-k '{expression}'", message)
    assert problem.hint == "words of case ids joined by and, or, not and parentheses: 'frozen and not rank'"
    assert caught.value.exit_code == 2


EXPRESSIONS = st.recursive(
    st.sampled_from(["a", "b", "c"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda parts: f"({' '.join(parts)})"),
        inner.map(lambda part: f"not {part}"),
    ),
    max_leaves=8,
)


@given(EXPRESSIONS, st.sets(st.sampled_from("abc")))
def test_keywords_agree_with_python(expression: str, letters: set[str]) -> None:
    truth = {letter: letter in letters for letter in "abc"}
    assert compile_keyword(expression)("".join(sorted(letters))) == eval(expression, {}, truth)


def test_a_file_outside_the_folder_is_not_said_to_be_missing(tmp_path: Path) -> None:
    root = tmp_path / "scenarios"
    root.mkdir()
    outside = tmp_path / "one.yaml"
    for path in (root / "one.yaml", outside):
        path.write_text("title: A\n")
    with pytest.raises(NothingSelected) as caught:
        named(root, [str(outside)])
    assert str(caught.value) == (
        f"{outside}: the file is not below the folder of the scenarios, {root.as_posix()}\n"
        "  hint: --scenarios DIR says which folder they are in"
    )
