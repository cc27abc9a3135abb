"""Rows that are shown are rows that a person recognises, and show what they are shown for."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from brute_force import read_witness
from handmade import network, random_network, rows_in, rules_of
from hypothesis import given, settings
from hypothesis import strategies as st

import relurules as rr
from relurules.ir import RuleSet
from relurules.ir.answers import Answer
from relurules.ir.network import Array
from relurules.links.heads import Head

WHOLE = np.array([True, False, True])
NAMES = ["credits", "income", "age"]
SEEDS = st.integers(0, 10_000)


def make_rules(seed: int, count: int = 1) -> list[RuleSet]:
    """Rules of random networks over two columns of whole numbers and one of any."""
    scale = np.array([4.0, 3000.0, 30.0])
    domain = replace(rr.Domain.box([0, 100.125, 18], [9, 9000.5, 80], NAMES), integer=WHOLE)
    found = []
    for i in range(count):
        net = random_network(seed + i, d=3, K=4, m=1)
        found.append(rules_of(replace(net, A=net.A / scale, C=net.C / scale), domain, ["y"]))
    return found


def check_rows(rules: RuleSet, answer: Answer) -> list[Array]:
    """The rows of witnesses, each in the domain, with what the rules say there; and notes of all
    that aren't whole.
    """
    rows = []
    for witness in answer.witnesses:
        x = read_witness(rules, witness)
        rows.append(x)
        assert rules.domain.contains(x[None])[0]
        assert witness.outputs["y"] == rules.predict(x[None])[0, 0]
        assert witness.rule == rules.apply(x[None])[0]
        for name, value in zip(NAMES, x, strict=True):
            if WHOLE[NAMES.index(name)] and not float(value).is_integer():
                assert any(
                    f"'{witness.shows}'" in n and "between whole numbers" in n and name in n
                    for n in answer.notes
                )
    return rows


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_extremes_are_attained_by_the_rows_shown(seed: int) -> None:
    (rules,) = make_rules(seed)
    found = rr.ask(rules, "range")
    low, high = check_rows(rules, found)
    near = 1.001e-6 * (found.values["high"] - found.values["low"] + abs(found.values["high"]))
    assert rules.predict(low[None])[0, 0] == found.values["reached"]["low"]
    if found.exact:
        assert abs(rules.predict(high[None])[0, 0] - found.values["high"]) <= near
    whole = rr.ask(rules, "range", whole=True)
    for x in check_rows(rules, whole):
        assert (x[WHOLE] == np.round(x[WHOLE])).all()
    assert not any("between whole" in note for note in whole.notes)
    reached = whole.values["reached"]["high"]
    if "largest" not in "".join(n for n in found.notes if "between whole" in n):
        assert reached == pytest.approx(found.values["high"], abs=2 * near)


@settings(max_examples=15, deadline=None)
@given(SEEDS, st.floats(0.1, 0.9))
def test_what_is_reached_is_reached_in_few_digits(seed: int, share: float) -> None:
    (rules,) = make_rules(seed)
    ends = rr.ask(rules, "range", whole=True).values["reached"]
    limit = ends["low"] + share * (ends["high"] - ends["low"])
    for whole in (True, False):
        found = rr.ask(rules, "reach", at_least=limit, whole=whole)
        assert found.holds
        (x,) = check_rows(rules, found)
        assert rules.predict(x[None])[0, 0] >= limit
        assert not whole or (x[WHOLE] == np.round(x[WHOLE])).all()
        assert all(len(f"{v:.17g}") <= 10 for v in x[WHOLE])


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_the_nearest_row_is_whole_and_no_farther(seed: int) -> None:
    (rules,) = make_rules(seed)
    start = rows_in(rules.domain, 1, seed)[0]
    start[WHOLE] = np.round(start[WHOLE])
    high = rr.ask(rules, "range", whole=True).values["reached"]["high"]
    limit = (float(rules.predict(start[None])[0, 0]) + high) / 2
    if limit <= rules.predict(start[None])[0, 0]:
        return
    found = rr.ask(rules, "counterfactual", row=start, at_least=limit)
    _, x = check_rows(rules, found)
    assert (x[WHOLE] == np.round(x[WHOLE])).all()
    assert rules.predict(x[None])[0, 0] >= limit
    distance = float((np.abs(x - start) / rules.domain.widths).sum())
    assert distance == pytest.approx(found.values["distance"]["reached"], rel=1e-9)
    assert not found.exact or distance <= found.values["distance"]["at_least"] * (1 + 1.1e-4)


@settings(max_examples=15, deadline=None)
@given(SEEDS, st.sampled_from(NAMES))
def test_pairs_go_the_way_that_they_are_shown_for(seed: int, feature: str) -> None:
    (rules,) = make_rules(seed)
    found = rr.ask(rules, "monotone", feature=feature)
    rows, j = check_rows(rules, found), NAMES.index(feature)
    for (one, other), first in zip(
        zip(rows[::2], rows[1::2], strict=True), found.witnesses[::2], strict=True
    ):
        way = 1.0 if "rises" in first.shows else -1.0
        assert (np.delete(one, j) == np.delete(other, j)).all()
        assert one[j] < other[j]
        assert way * (rules.predict(other[None]) - rules.predict(one[None]))[0, 0] > 0
    effect = rr.ask(rules, "effect", feature=feature)
    one, other = check_rows(rules, effect)
    moved = float((rules.predict(other[None]) - rules.predict(one[None]))[0, 0])
    assert moved == pytest.approx(effect.values["reached"], rel=1e-12)
    assert not effect.exact or moved == pytest.approx(effect.values["largest"], rel=2e-6)


@settings(max_examples=10, deadline=None)
@given(SEEDS)
def test_rows_of_a_difference_show_it(seed: int) -> None:
    old, new = make_rules(seed, 2)
    found = rr.diff(old, new)
    (gap,) = found.gaps
    assert gap.place is not None
    x = np.array([gap.place.row[name] for name in NAMES], dtype=float)
    assert old.domain.contains(x[None])[0]
    off = float(np.abs(old.predict(x[None]) - new.predict(x[None]))[0, 0])
    assert off == pytest.approx(gap.reached, rel=1e-12)
    assert off == pytest.approx(gap.bound, rel=1e-5)
    fractions = [n for n, whole, v in zip(NAMES, WHOLE, x, strict=True) if whole and v % 1]
    assert all(any(name in note for note in found.notes) for name in fractions)


def test_a_column_that_nothing_hangs_on_is_whole() -> None:
    """y = relu(income - 1) + relu(credits - 2.5) is least at any credits up to 2.5."""
    domain = replace(rr.Domain.box([0, 0, 0], [9, 9, 9], NAMES), integer=WHOLE)
    net = network([[0, 1.0, 0], [1.0, 0, 0]], [-1.0, -2.5], [[1.0, 1.0]])
    found = rr.ask(rules_of(net, domain, ["y"]), "range")
    assert not any("between whole" in note for note in found.notes)
    assert all(float(w.row["credits"]).is_integer() for w in found.witnesses)


def test_an_extreme_between_whole_numbers_is_told() -> None:
    """y = -|credits - 2.5| is 0 at 2.5 alone."""
    domain = replace(rr.Domain.box([0, 0, 0], [9, 9, 9], NAMES), integer=WHOLE)
    net = network([[1.0, 0, 0], [-1.0, 0, 0]], [-2.5, 2.5], [[-1.0, -1.0]])
    rules = rules_of(net, domain, ["y"])
    found = rr.ask(rules, "range")
    assert found.witnesses[1].row["credits"] == 2.5
    assert any("between whole numbers of 'credits' only" in note for note in found.notes)
    whole = rr.ask(rules, "range", whole=True)
    assert whole.witnesses[1].row["credits"] in (2.0, 3.0)
    held = rr.ask(rules, "effect", feature="credits", values=(2.5, 9))
    assert not any("between whole" in note for note in held.notes)


def test_rows_of_the_data_come_first() -> None:
    domain = replace(rr.Domain.box([0, 0, 0], [9, 9, 9], NAMES), integer=WHOLE)
    rules = rules_of(network([[1.0, 0, 0]], [0.0], [[1.0]]), domain, ["y"])
    data = np.array([[3.0, 1, 1], [12.0, 1, 1], [9.0, 2.25, 4], [0.0, 1, 2], [5.0, 1, 1]])
    ask: dict[str, Any] = {"data": data}
    low, high = rr.ask(rules, "range", **ask).witnesses
    assert (low.data_row, high.data_row) == (3, 2)
    assert high.row == dict(zip(NAMES, data[2], strict=True))
    (there,) = rr.ask(rules, "reach", at_least=4.0, **ask).witnesses
    assert there.data_row in (2, 4)
    assert "row 4 of the data" in str(rr.ask(rules, "reach", at_least=4, at_most=None,
                                            given="credits <= 6", **ask))  # fmt: skip
    (made,) = rr.ask(rules, "reach", at_least=8.5, given="age <= 3", **ask).witnesses
    assert made.data_row is None
    assert made.to_json()["data_row"] is None
    near = rr.ask(rules, "counterfactual", row=[4.0, 1, 1], at_least=5.0, **ask)
    assert near.witnesses[1].data_row == 4
    broken = rr.ask(rules, "bounded", at_most=8.0, **ask)
    assert broken.holds is False
    assert broken.witnesses[0].data_row == 2


def test_rows_of_the_data_show_differences() -> None:
    domain = replace(rr.Domain.box([0, 0, 0], [9, 9, 9], NAMES), integer=WHOLE)
    old, new = (rules_of(network([[1.0, 0, 0]], [0.0], [[c]]), domain, ["y"]) for c in (1.0, 2.0))
    data = np.array([[3.0, 1, 1], [9.0, 2.25, 4]])
    place = rr.diff(old, new, data).gaps[0].place
    assert place is not None
    assert place.data_row == 1
    assert "row 1 of the data" in str(rr.diff(old, new, data))
    assert rr.diff(old, new, data[:1]).gaps[0].place.data_row is None  # type: ignore[union-attr]


def test_large_whole_numbers_are_shown_in_full() -> None:
    """y = relu(t - 1.65e12 - 123) is above 0 from the next millisecond on."""
    domain = rr.Domain.box([1.65e12, 0], [1.65e12 + 125, 1], ["t", "b"])
    domain = replace(domain, integer=np.array([True, False]))
    rules = rules_of(network([[1.0, 0]], [-1650000000123.0], [[1.0]]), domain, ["y"])
    found = rr.ask(rules, "reach", at_least=0.5)
    assert found.witnesses[0].row["t"] in (1650000000124.0, 1650000000125.0)
    assert f"t = {found.witnesses[0].row['t']:.0f}" in str(found)


def test_columns_that_no_rule_reads_are_not_shown() -> None:
    domain = rr.Domain.box([0, 0, 0], [9, 9, 9], NAMES)
    found = rr.ask(rules_of(network([[1.0, 0, 0]], [-1.0], [[1.0]]), domain, ["y"]), "range")
    assert set(found.witnesses[0].unread) == {"income", "age"}
    assert set(found.witnesses[0].row) == set(NAMES)
    assert "income" not in str(found)


@settings(max_examples=10, deadline=None)
@given(SEEDS)
def test_rows_that_are_decided_differently_are(seed: int) -> None:
    """Thresholds of a sigmoid; of whole columns, rows are whole where any are found."""
    old, new = (
        rules_of(
            replace(net, c=net.c - float(np.median(rules.predict(rows_in(rules.domain, 50, 1))))),
            rules.domain,
            ["p"],
            [Head("sigmoid", (0,))],
        )
        for rules in make_rules(seed, 2)
        for net in [rules.traced]
        if net is not None
    )
    found = rr.diff(old, new)
    assert found.place is not None
    x = np.array([found.place.row[name] for name in NAMES], dtype=float)
    assert old.domain.contains(x[None])[0]
    one, other = (rules.predict(x[None])[0, 0] >= 0.5 for rules in (old, new))
    assert one != other
    if (x[WHOLE] % 1).any():
        assert any("'decided differently' is shown by a row between" in n for n in found.notes)
    X = rows_in(old.domain, 300, 5)
    apart = np.flatnonzero((old.predict(X) >= 0.5).ravel() != (new.predict(X) >= 0.5).ravel())
    if len(apart):
        shown = rr.diff(old, new, X).place
        assert shown is not None
        assert shown.data_row in apart
