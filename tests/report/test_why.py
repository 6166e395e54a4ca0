"""The texts of explanations in a comparison, built by hand or from the oracle's own predictions."""

from __future__ import annotations

from harness.case import Case
from harness.comparison import Between, Comparison, Relation, Verdict
from harness.observation import Observation, Raised
from harness.report.overview import overview
from harness.report.terminal import render
from harness.report.why import one_line, tally, why_cell
from harness.semantics.examiner import Examiner
from harness.semantics.explain import explain
from harness.semantics.oracle import predict
from tests.report import samples
from tests.report.samples import between, case, compared, comparison, result, scenario, why, with_why
from tests.unit.each import each
from tests.unit.semantics.samples import article, keras, tf1

VARIANCE = {"variance-estimator": ("sample", "population")}
FROZEN = {"frozen-normalizes-with": ("batch", "moving")}
EITHER = ({"fused-impossible": ("falls-back", "ValueError")}, {"argument-fused": ("computes", "ValueError")})
RULES = {**VARIANCE, **FROZEN, "epsilon-floor": ("1-001e-5", "none")}


def pair(which: Case, *sets: dict[str, tuple[str, str]], unpredicted: bool = False) -> Between:
    return with_why(between(samples.MOVED), why(which, *sets, unpredicted=unpredicted))


def one(*sets: dict[str, tuple[str, str]], unpredicted: bool = False) -> Comparison:
    which = case("x/y")
    found = pair(which, *sets, unpredicted=unpredicted)
    return comparison(scenario(compared(which, [result(), result("keras")], [found])))


@each(
    "sets, verbose, text",
    [
        ([VARIANCE], 0, "variance-estimator"),
        ([RULES], 0, "frozen-normalizes-with, variance-estimator, +1"),
        ([RULES], 1, "frozen-normalizes-with, variance-estimator, epsilon-floor"),
        (EITHER, 0, "fused-impossible or argument-fused"),
        ([{**VARIANCE, **FROZEN}, *EITHER], 0, "variance-estimator+frozen-normalizes-with or fused-impossible or "),
        ([{}], 0, "rounding"),
        ([], 0, "UNEXPLAINED"),
    ],
)
def test_the_cell_names_the_rules(sets: list[dict[str, tuple[str, str]]], verbose: int, text: str) -> None:
    cell = why_cell(list(one(*sets).cases()), verbose)
    assert cell.text.startswith(text) if text.endswith(" ") else cell.text == text


def test_what_is_unexplained_comes_first_in_a_cell() -> None:
    which = case("x/y")
    cases = [compared(which, [], [pair(which, sets)]) for sets in (FROZEN, VARIANCE)]
    cases.append(compared(which, [], [pair(which)]))
    assert why_cell(cases, 1).text == "UNEXPLAINED, frozen-normalizes-with, variance-estimator"


def test_a_table_without_explanations_has_no_such_column() -> None:
    same = comparison(scenario(compared(case("x/y"), [result(), result("keras")], [between()])))
    assert "why" not in overview(same, 0).headers
    assert overview(one(VARIANCE), 0).headers[-1] == "why"


def test_a_table_below_the_first_has_only_the_rows_with_a_reason() -> None:
    below = render(samples.all_green(), width=80, verbose=0, color=False).split("\n\n")[2]
    assert below.splitlines()[0].split() == ["scenario", "cases", "why"]
    assert [line.split()[0] for line in below.splitlines()[2:]] == ["flags/seed-article"]


def test_a_change_is_explained_in_a_line() -> None:
    which = case("x/y")
    assert one_line(why(which, {**FROZEN, **VARIANCE})) == (
        "why: frozen-normalizes-with: batch -> moving; variance-estimator: sample -> population"
    )
    assert one_line(why(which, *EITHER)) == (
        "why: fused-impossible: falls-back -> ValueError, or argument-fused: computes -> ValueError "
        "(this case cannot tell which)"
    )
    assert one_line(why(which, {})) == (
        "why: the same answers predict both sides: what differs is within the bounds of the oracle"
    )


def test_an_unexplained_change_tells_the_residual_without_asking() -> None:
    which = case("x/y")
    explanation = why(which, unpredicted=True)
    changed = result("tf1", Verdict.CHANGED, differences=[samples.MOVED], explanation=explanation)
    text = render(comparison(scenario(compared(which, [changed]))), width=200, verbose=0, color=False)
    assert (
        "  UNEXPLAINED: no answers predict measured 2.21.0: output[3], step 1 is 1.25, the nearest prediction 1.5; "
        "error 0.25, bound 0.001, 250 times the bound would have passed\n  rerun: harness compare x/y --runner tf1\n"
    ) in text


def test_of_what_is_no_number_no_bound_would_have_passed() -> None:
    experiment = article()
    good = predict(experiment, tf1()).as_observation()
    odd = Observation(steps=(), structure=None, raised=Raised(type="OverflowError", message="no"))
    found = explain(Examiner(experiment), good, odd, same_runner=False)
    apart = Between(left="tf1", right="keras", relation=Relation.UNEXPLAINED, diff=found.diff, explanation=found)
    whole = comparison(scenario(compared(experiment, [result(), result("keras")], [apart])))
    assert (
        "  UNEXPLAINED: no answers predict keras: raised is OverflowError after 0 steps, the nearest prediction "
        "no exception after 2 steps; no bound would have passed\n"
    ) in render(whole, width=200, verbose=0, color=False)


def test_the_summary_counts_by_rule_and_what_is_left() -> None:
    which = case("x/y")
    cases = [compared(which, [result()], [pair(which, sets)]) for sets in (VARIANCE, FROZEN, {**FROZEN, **VARIANCE})]
    cases += [compared(which, [result()], [pair(which, *EITHER)]), compared(which, [result()], [pair(which)])]
    assert [text.replace("\N{NO-BREAK SPACE}", " ") for text in tally(comparison(scenario(*cases)))] == [
        "4 of 5 differences explained (variance-estimator 2, frozen-normalizes-with 2, "
        "fused-impossible or argument-fused 1)",
        "1 UNEXPLAINED",
    ]
    assert list(tally(comparison())) == []


def test_an_unexplained_difference_is_told_and_the_summary_is_red() -> None:
    text = render(one(), width=120, verbose=-1, color=True)
    assert (
        "x/y: tf1 against keras: 1 difference\n"
        "\x1b[31m  UNEXPLAINED: both sides are predicted, but no change of answers turns one into the other\x1b[0m\n"
        "  rerun: harness compare x/y --runner tf1 --runner keras\n"
    ) in text
    assert text.splitlines()[-1].startswith("\x1b[31msummary: 2 match; tf1 and keras differ in 1 of 1 case")


def test_a_scenario_tells_five_unexplained_differences_and_counts_the_others() -> None:
    swept = [case("x/y", n=n) for n in range(7)]
    found = comparison(scenario(*(compared(which, [result()], [pair(which)]) for which in swept)))
    text = render(found, width=120, verbose=0, color=False)
    assert text.count("UNEXPLAINED: both sides") == 5
    assert "x/y: 2 more differences UNEXPLAINED; -v tells each" in text
    assert render(found, width=120, verbose=1, color=False).count("UNEXPLAINED: both sides") == 7


def test_an_explained_difference_is_told_only_when_asked() -> None:
    experiment = article()
    left, right = (predict(experiment, given).as_observation() for given in (tf1(), keras()))
    found = explain(Examiner(experiment), left, right, same_runner=False)
    apart = Between(left="tf1", right="keras", relation=Relation.DIFFERS, diff=found.diff, explanation=found)
    whole = comparison(scenario(compared(experiment, [result(), result("keras")], [apart])))
    assert "topic/name: tf1" not in render(whole, width=120, verbose=0, color=False)
    assert (
        "topic/name: tf1 against keras: 2 differences\n"
        "  variance-estimator: sample -> population\n"
        "    tf1: The moving variance follows the sample variance: squared deviations over n - 1.\n"
        "    keras: The moving variance follows the population variance: squared deviations over n.\n"
        "    moving_variance[1] after step 1: 1.1266667 against 1.0925\n"
        "  tf1: n = 4 per channel, n/(n-1) = 1.33333, 0.9801 of the initial statistics left, fused kernel, "
        "2 update ops\n"
        "  keras: n = 4 per channel, n/(n-1) = 1.33333, 0.9801 of the initial statistics left\n"
    ) in render(whole, width=120, verbose=1, color=False)
