"""How far additive rules' score changes from one category to another, against every row that may be
the worst, and with little time.
"""

from collections.abc import Callable
from fractions import Fraction
from itertools import combinations, product
from typing import Any

import numpy as np
import pytest
from handmade import additive_of, network

import relurules as rr
from relurules.analysis import effect, line_slopes
from relurules.analysis.line_changes import LineChange, find_line_change
from relurules.analysis.line_slopes import LineSlopes, bound_line_slopes
from relurules.domain.columns import Category, Column
from relurules.errors import OutOfTimeError
from relurules.ir import AdditiveRules

_SIZES = (3, 4)


def make_lines(seed: int) -> AdditiveRules:
    """Five lines over a number and two columns of categories."""
    random = np.random.default_rng(seed)
    columns = [Column("n")] + [
        Column(f"c{i}", tuple(Category((f"v{j}",)) for j in range(size)))
        for i, size in enumerate(_SIZES)
    ]
    domain = rr.Domain.over(columns).bounded({"n": (-1.0, 2.0)})
    d = len(domain)
    net = network(
        random.normal(size=(5, d)), random.normal(size=5), random.normal(size=(1, 5)),
        C=random.normal(size=(1, d)), c=random.normal(size=1),
    )  # fmt: skip
    return additive_of(net, domain)


def list_changes(rules: AdditiveRules, one: int, other: int) -> list[Fraction]:
    """Exact changes of the score from a category of the first column to another: one of them is the
    largest, and one the smallest.
    """
    net, found = rules.network, list[Fraction]()
    exact = [list(map(Fraction, row)) for row in net.A.tolist()]
    for j in range(_SIZES[1]):

        def score(n: Fraction, i: int, j: int = j) -> Fraction:
            def form(weights: list[Fraction], constant: float) -> Fraction:
                return (
                    n * weights[0]
                    + weights[1 + i]
                    + weights[1 + _SIZES[0] + j]
                    + Fraction(constant)
                )

            total = form(list(map(Fraction, net.C[0].tolist())), float(net.c[0]))
            for k, weights in enumerate(exact):
                z = form(weights, float(net.b[k]))
                z = z if z >= 0 else z * Fraction(float(net.slope[k]))
                total += z * Fraction(float(net.U[0, k]))
            return total

        ends = {Fraction(-1), Fraction(2)}
        for i, k in product((one, other), range(len(net))):
            rest = exact[k][1 + i] + exact[k][1 + _SIZES[0] + j] + Fraction(float(net.b[k]))
            if exact[k][0] != 0 and -1 <= -rest / exact[k][0] <= 2:
                ends.add(-rest / exact[k][0])
        found += [score(n, other) - score(n, one) for n in ends]

    return found


@pytest.mark.parametrize("seed", range(3))
def test_changes_are_those_of_all_rows(seed: int) -> None:
    rules = make_lines(seed)
    answer = rr.ask(rules, "effect", feature="c0", time_limit=1000.0)
    worst = Fraction(0)
    for one, other in combinations(range(_SIZES[0]), 2):
        ends = list_changes(rules, one, other)
        told = answer.values["changes"][f"v{one} -> v{other}"]
        assert Fraction(told["high"]) >= max(ends)
        assert Fraction(told["low"]) <= min(ends)
        assert told["high"] == pytest.approx(float(max(ends)), abs=1e-7)
        assert told["low"] == pytest.approx(float(min(ends)), abs=1e-7)
        worst = max([worst, *map(abs, ends)])

    assert answer.exact
    assert answer.values["largest"] == pytest.approx(float(worst), abs=1e-7)


def count_searches(
    monkeypatch: pytest.MonkeyPatch, change: Callable[[LineChange, int], LineChange]
) -> list[Any]:
    """What searches for changes were given, each of which finds what `change` makes of it."""
    asked = list[Any]()

    def find(ground: Any, target: Any, pair: Any, sign: float, **options: Any) -> LineChange:
        key = pair.held, sign
        found = find_line_change(ground, target, pair, sign, **options)
        asked.append(key)
        return change(found, asked.count(key))

    monkeypatch.setattr(effect, "find_line_change", find)
    return asked


def test_what_had_too_little_time_gets_more(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = make_lines(0)
    whole = rr.ask(rules, "effect", feature="c0")

    def hurry(found: LineChange, turn: int) -> LineChange:
        if turn > 1:
            return found
        return found._replace(bound=found.bound + 10.0, rows=None, complete=False)

    asked = count_searches(monkeypatch, hurry)
    again = rr.ask(rules, "effect", feature="c0", time_limit=1000.0)
    assert len(asked) == 12  # three pairs, either way, twice
    assert again.values == whole.values
    assert again.exact

    def lag(found: LineChange, turn: int) -> LineChange:
        bound = found.bound if found.bound == top else min(top, found.bound + 1e-3)
        return found._replace(bound=bound, complete=found.bound == top)

    top = whole.values["largest"]
    asked = count_searches(monkeypatch, lag)  # what isn't the largest needs none
    rows = rr.ask(rules, "effect", feature="c0", time_limit=1000.0)
    assert len(asked) < 12
    assert rows.exact
    assert rows.values["largest"] == top

    asked = count_searches(monkeypatch, hurry)  # there is no more time than all of it
    once = rr.ask(rules, "effect", feature="c0")
    assert len(asked) == 6
    assert not once.exact
    assert once.values["largest"] == pytest.approx(whole.values["largest"] + 10.0)


def test_rows_of_either_way_say_no_without_the_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = make_lines(0)
    changes = [list_changes(rules, *pair) for pair in combinations(range(_SIZES[0]), 2)]
    assert any(max(ends) > 0 > min(ends) for ends in changes)
    count_searches(monkeypatch, lambda found, turn: found._replace(complete=False))
    assert rr.ask(rules, "monotone", feature="c0", time_limit=1000.0).holds is False

    def lose(found: LineChange, turn: int) -> LineChange:
        return LineChange(abs(found.bound) + 1.0, None, False)

    count_searches(monkeypatch, lose)
    with pytest.raises(OutOfTimeError, match="categories of c0"):
        rr.ask(rules, "monotone", feature="c0", time_limit=0.0)


def test_slopes_that_had_too_little_time_get_more(monkeypatch: pytest.MonkeyPatch) -> None:
    net = network([[1.0, 0.5], [-0.4, 1.0]], [0.1, -0.2], [[1.0, -2.0]], C=[[0.3, 0.1]])
    rules = additive_of(net, rr.Domain.box([-1, -1], [1, 1], ["a", "b"]))
    whole, asked = rr.ask(rules, "monotone"), list[str]()

    def hurry(ground: Any, target: Any, column: Any, deadline: Any) -> LineSlopes:
        asked.append(column.name)
        found = bound_line_slopes(ground, target, column, deadline)
        early = asked.count(column.name) == 1 and column.name == "b"
        return LineSlopes(**{**vars(found), "high": 9.0, "exact": False}) if early else found

    monkeypatch.setattr(line_slopes, "bound_line_slopes", hurry)
    again = rr.ask(rules, "monotone", time_limit=1000.0)
    assert asked == ["a", "b", "b"]
    assert again.values == whole.values
    assert again.exact
