"""Chords, and changes of a line from another one, in trees of answers: what they show, to the last
digit, and what is refused.
"""

import itertools
import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from answer_cases import evaluate, judge_by_ours, stamp
from browsers import miss
from handmade import graph, network
from second_checker import NODE, judge_answers_by_second

import relurules as rr
from relurules import checker
from relurules.ir.limits import Deadline
from relurules.proofs.answer_search import search_parts

COLUMNS, LINES = 3, 5
SEEDS = range(40)


def _draw_number(rng: np.random.Generator, over: int) -> float:
    """A number of which all that follows is a number of few digits."""
    return float(rng.integers(-2 * over, 2 * over + 1) or 1) / over


def _make_rules(lines: list[Any]) -> dict[str, Any]:
    """Additive rules over columns from -1 to 1."""
    features = [
        {"name": f"x{j}", "lower": -1.0, "upper": 1.0, "integer": False} for j in range(COLUMNS)
    ]
    return {
        "format": "relurules.additive", "version": 1, "outputs": ["y"], "features": features,
        "constraints": [], "neuron_groups": [], "lines": lines,
        "base": {"y": {"constant": 0.5, "coefficients": {"x0": 0.25}}},
    }  # fmt: skip


def _draw_rules(rng: np.random.Generator) -> dict[str, Any]:
    return _make_rules([
        {
            "coefficients": {f"x{j}": _draw_number(rng, 4) for j in range(COLUMNS)},
            "above": _draw_number(rng, 8) / 2,
            "slopes": {"y": _draw_number(rng, 4)},
        }
        for _ in range(LINES)
    ])  # fmt: skip


def _draw_takes(rng: np.random.Generator) -> list[Any]:
    """A chord or a change of every line, in any order; changes are from lines with a chord."""
    order = rng.permutation(LINES).tolist()
    chords = order[: int(rng.integers(1, LINES + 1))]
    share = (rng.integers(0, 9, size=LINES) / 8.0).tolist()
    takes: list[Any] = [["chord", k, share[k], [], []] for k in chords]
    takes += [
        ["change", k, int(rng.choice(chords)), share[k], [], []] for k in order[len(chords) :]
    ]
    return [takes[i] for i in rng.permutation(LINES)]


def _claim(rules: dict[str, Any], takes: list[Any], high: float, **part: Any) -> Any:
    """The certificate of one part with one tree of one leaf."""
    own: dict[str, Any] = {
        "columns": list(range(COLUMNS)), "lines": list(range(len(rules["lines"]))), "low": None,
        "high": high, "trees": [[takes, "leaf"]], **part,
    }  # fmt: skip
    found = {
        "format": "relurules.answer", "version": 1, "question": "range", "weights": [1.0],
        "given": {"bounds": {}, "constraints": []}, "low": None, "high": high + 0.5,
        "lowest": None, "highest": None, "parts": [own],
    }  # fmt: skip
    return stamp(found, rules), rules


Affine = dict[str | None, Fraction]


def _add(one: Affine, other: Affine, times: Fraction) -> Affine:
    return {
        key: one.get(key, Fraction(0)) + times * other.get(key, Fraction(0))
        for key in {*one, *other}
    }


def _span(form: Affine) -> tuple[Fraction, Fraction]:
    """How far a form may be below and above 0 in the box."""
    reach = sum((abs(value) for key, value in form.items() if key), Fraction(0))
    constant = form.get(None, Fraction(0))
    return max(Fraction(0), reach - constant), max(Fraction(0), reach + constant)


def _find_high(rules: dict[str, Any], takes: list[Any]) -> Fraction:
    """What the score less its constant is at most by these takes, in rationals."""
    z: list[Affine] = [
        {None: -Fraction(line["above"])} | {n: Fraction(v) for n, v in line["coefficients"].items()}
        for line in rules["lines"]
    ]
    weights = [Fraction(line["slopes"]["y"]) for line in rules["lines"]]
    total: Affine = {"x0": Fraction(0.25)}
    changes = [take for take in takes if take[0] == "change"]
    for _, k, other, share, _, _ in changes:
        weights[other] += weights[k]
        form, part = _add(z[k], z[other], Fraction(-1)), Fraction(share)
        under, over = _span(form)
        beyond = max((1 - part) * over, part * under)
        least = -max(part * over, (1 - part) * under)
        total = _add(total, {None: Fraction(1)}, weights[k] * (beyond if weights[k] > 0 else least))
        total = _add(total, form, weights[k] * part)

    for _, k, share, _, _ in (take for take in takes if take[0] == "chord"):
        part = Fraction(share)
        under, over = _span(z[k])
        beyond = max((1 - part) * over, part * under)
        total = _add(total, z[k], weights[k] * part)
        total = _add(total, {None: Fraction(1)}, max(Fraction(0), weights[k]) * beyond)

    reach = sum((abs(value) for key, value in total.items() if key), Fraction(0))
    return reach + total[None]


@pytest.mark.parametrize("seed", SEEDS)
def test_takes_show_what_they_should_and_no_digit_less(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rules, takes = _draw_rules(rng), _draw_takes(rng)
    due = _find_high(rules, takes)
    high = float(due)
    assert Fraction(high) == due
    assert judge_by_ours(*_claim(rules, takes, high))[0] == 0
    assert judge_by_ours(*_claim(rules, takes, math.nextafter(high, -math.inf)))[0] == 1

    rows = [*itertools.product([-1, 1], repeat=COLUMNS), *rng.uniform(-1, 1, size=(200, COLUMNS))]
    assert all(evaluate(rules, list(map(float, x)), [1.0]) <= due + Fraction(1, 2) for x in rows)


def test_both_checkers_say_the_same_of_takes() -> None:
    if NODE is None:
        miss("Node.js")
    cases = []
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        rules, takes = _draw_rules(rng), _draw_takes(rng)
        high = float(_find_high(rules, takes))
        cases += [_claim(rules, takes, v) for v in (high, math.nextafter(high, -math.inf))]
        takes[0][-3] = float(rng.uniform())  # a share of many digits
        cases += [_claim(rules, takes, value) for value in (high, high + 0.01, high + 1.0)]
    cases += [make() for make, _ in REFUSED.values()]
    assert judge_answers_by_second(cases) == [judge_by_ours(*files) for files in cases]


_TWO = _make_rules([
    {"coefficients": {"x0": 1.0}, "above": 0.0, "slopes": {"y": 1.0}},
    {"coefficients": {"x0": 1.0}, "above": 0.5, "slopes": {"y": -1.0}},
])  # fmt: skip


def _take(*takes: Any, high: float = 9.0, **part: Any) -> Callable[[], Any]:
    return lambda: _claim(_TWO, list(takes), high, **part)


def _chord(k: Any, share: Any = 0.5) -> list[Any]:
    return ["chord", k, share, [], []]


def _change(k: Any, other: Any, share: Any = 0.5) -> list[Any]:
    return ["change", k, other, share, [], []]


#: Name of a case -> its files, and words of why it is refused.
REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "a share above 1": (_take(_chord(0, 1.5), _chord(1)), "isn't from 0 to 1"),
    "a share below 0": (_take(_chord(0, -0.5), _chord(1)), "isn't from 0 to 1"),
    "a share that is a text": (_take(_chord(0, "1"), _chord(1)), "is no number"),
    "a share that is true": (_take(_chord(0, True), _chord(1)), "is no number"),
    "a neuron that there isn't": (_take(_chord(2), _chord(1)), "neuron 2 of 2"),
    "a neuron with a point": (_take(_chord(0.0), _chord(1)), "counted from 0"),
    "a change from itself": (_take(_change(0, 0), _chord(1)), "a change too"),
    "changes from one another": (_take(_change(0, 1), _change(1, 0)), "a change too"),
    "only a change": (_take(_change(1, 0)), ""),
    "a line that isn't told": (_take(_chord(1)), "isn't told"),
    "a chord of too few entries": (_take(["chord", 0, 0.5, []], _chord(1)), "laid out"),
    "a chord of too many": (_take(["chord", 0, 0.5, [], [], []], _chord(1)), "laid out"),
    "multipliers of no row": (_take(["chord", 0, 0.5, [0, 1.0], []], _chord(1)), "rows"),
    "multipliers that are none": (_take(["chord", 0, 0.5, None, []], _chord(1)), "no list"),
    "another name": (_take(["arc", 0, 0.5, [], []], _chord(1)), "without a number"),
    "two trees for one end": (
        _take(trees=[[[_chord(0), _chord(1)], "leaf"]] * 2), "2 trees for 1 ends"
    ),
    "no tree": (_take(trees=[]), "0 trees for 1 ends"),
    "trees that are none": (_take(trees=None), "is no list"),
}  # fmt: skip
REFUSED["only a change"] = (_take(_change(1, 0), high=0.74), "within the range")


def _name_column(name: Any) -> Callable[[], Any]:
    extra = {"name": name, "lower": 0.0, "upper": 1.0, "integer": False}
    rules = {**_TWO, "features": [*_TWO["features"], extra]}
    return lambda: _claim(rules, [_chord(0), _chord(1)], 9.0)


for _name in (1, None, True):
    REFUSED[f"a column with the name {_name}"] = _name_column(_name), "name is no text"


@pytest.mark.parametrize("kind", REFUSED)
def test_what_takes_do_not_show_is_refused(kind: str) -> None:
    make, why = REFUSED[kind]
    verdict = checker.check_answer(*make())
    assert not verdict
    assert why in verdict.why


def test_a_line_that_others_change_from_is_not_read_where_they_cancel() -> None:
    assert judge_by_ours(*_take(_change(1, 0), high=0.75)())[0] == 0


def test_a_cut_replaces_what_was_told_as_a_change() -> None:
    below: Any = [[-1], "leaf"]
    tree = [[_change(1, 0)], "split", 1, below, [[_chord(0, 1)], "leaf"]]
    assert judge_by_ours(*_take(high=1.75, trees=[tree])())[0] == 0
    assert judge_by_ours(*_take(high=1.7499, trees=[tree])())[0] == 1


def test_pairs_of_lines_that_all_hang_together_have_short_certificates() -> None:
    rng = np.random.default_rng(0)
    A, K, d = np.zeros((16, 12)), 16, 12
    for k in range(K):
        A[k, [k, k + 1] if k < d - 1 else rng.choice(d, 2, replace=False)] = rng.normal(size=2)
    net = network(A, 0.1 * rng.normal(size=K), rng.normal(size=(1, K)))
    box = rr.Domain.box([-1] * d, [1] * d)
    found = rr.prove_answer(rr.extract(graph(net), domain=box, form="additive"))
    assert sum(str(part["trees"]).count("'leaf'") for part in found.found["parts"]) < 200
    (low, high), (lowest, highest) = (found.low, found.high), found.reached
    assert 0 <= lowest - low < 1e-9
    assert 0 <= high - highest < 1e-9


def _search_range(rules: dict[str, Any], high: float) -> tuple[float, float]:
    """The range of rules that are only in a file, which both checkers accept as it stands."""
    begun = {
        "format": "relurules.answer", "version": 1, "question": "range", "weights": [1.0],
        "given": {"bounds": {}, "constraints": []}, "lowest": None, "highest": None,
    }  # fmt: skip
    score = checker.AnsweredScore(begun, rules)
    found = search_parts(score, lambda _: {"low": high, "high": -high}, Deadline.after(None))
    files = stamp({**begun, **found}, rules), rules
    assert judge_by_ours(*files)[0] == 0
    return found["low"], found["high"]


def _make_category_rules(lines: list[Any], a: float, limits: list[Any]) -> dict[str, Any]:
    """Rules of a number column and two categories, one of which counts `a`."""
    rules = _make_rules(lines)
    features = [{"name": name, "lower": 0, "upper": 1, "integer": True} for name in "ab"]
    return {
        **rules, "features": [rules["features"][0], *features], "groups": [["a", "b"]],
        "constraints": limits, "base": {"y": {"constant": 0.0, "coefficients": {"a": a}}},
    }  # fmt: skip


@pytest.mark.parametrize(
    "only_b", [{"a": 2.0, "b": -2.0}, {"a": 1e6, "x0": -0.5, "b": -2.0}], ids=["flat", "steep"]
)
def test_a_category_that_an_inequality_leaves_out_is_no_part_of_a_range(
    only_b: dict[str, float],
) -> None:
    lines = [
        {"coefficients": {"x0": 1.0, "a": -1.0}, "above": -0.5, "slopes": {"y": 1.0}},
        {"coefficients": {"x0": 0.5, "b": 1.0}, "above": 0.25, "slopes": {"y": -1.0}},
    ]
    limit = {"coefficients": only_b, "at_most": 0.0}
    low, high = _search_range(_make_category_rules(lines, 5.0, [limit]), 99.0)
    assert low == pytest.approx(-0.5)  # at x0 = -0.5
    assert high == pytest.approx(0.25)  # at x0 = 1, where both lines rise; a reaches 5.25


def test_a_line_that_weighs_a_category_by_millions_is_bounded_closely() -> None:
    line = {"coefficients": {"x0": 0.25, "b": -1e6}, "above": -0.5, "slopes": {"y": -1.0}}
    low, high = _search_range(_make_category_rules([line], 5.0, []), 99.0)
    assert low == pytest.approx(0.0, abs=1e-9)  # b
    assert high == pytest.approx(4.75)  # a at x0 = -1; half a millionth of b would be 5


def test_columns_as_wide_as_float64_have_a_proof() -> None:
    rules = _make_rules(_TWO["lines"])
    for feature in rules["features"]:
        feature.update(lower=-1e300, upper=1e300)
    low, high = _search_range(rules, 1e301)
    assert low <= 0.5 - 2.5e299
    assert high >= 1.0 + 2.5e299
