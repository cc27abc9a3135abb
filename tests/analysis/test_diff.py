"""Differences of rule sets: where they were planted, of what size, and which rules they are in."""

from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pandas as pd
import pytest
from handmade import graph, network, random_network, rules_of
from hypothesis import given, settings
from hypothesis import strategies as st

import relurules as rr
from relurules.documents.difference import print_difference_html
from relurules.errors import DataError, DomainError
from relurules.ir import Head, Network, Neuron

BOX = rr.Domain.box([-1, -1, -1], [2, 2, 2], ["a", "b", "c"])


def bumped(net: Network, normal: Any, offset: float, height: float) -> Network:
    """With one more neuron, that adds height * relu(normal x + offset) to the score."""
    K = len(net)
    L = np.zeros((K + 1, K + 1))
    L[:K, :K] = net.L
    return replace(
        net,
        A=np.vstack([net.A, normal]),
        L=L,
        b=np.append(net.b, offset),
        U=np.column_stack([net.U, [height]]),
        slope=np.append(net.slope, 0.0),
        neurons=(*net.neurons, Neuron("bump", 0)),
    )


def planted(seed: int, inputs: int = 3, neurons: int = 4) -> tuple[Network, Network, Any, float]:
    """Two networks that differ near one corner of [-1, 2]^d: that corner, and by how much."""
    rng = np.random.default_rng(seed)
    normal = rng.normal(size=inputs)
    corner = np.where(normal > 0, 2.0, -1.0)
    depth, height = rng.uniform(0.1, 1.0), rng.choice([-1.0, 1.0]) * rng.uniform(0.1, 3.0)
    net = random_network(seed, inputs, neurons, 1)
    return (
        net,
        bumped(net, normal, depth - normal @ corner, height),
        corner,
        float(abs(height) * depth),
    )


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_planted_maximum_is_found(seed: int) -> None:
    one, other, corner, most = planted(seed)
    old, new = rules_of(one, BOX), rules_of(other, BOX)
    found = rr.diff(old, new)
    (gap,) = found.gaps
    assert gap.bound == pytest.approx(most, rel=1e-6)
    assert gap.bound >= most * (1 - 1e-12)
    assert gap.reached == pytest.approx(most, rel=1e-6)
    assert gap.place is not None
    assert list(gap.place.row.values()) == pytest.approx(corner, abs=1e-6)
    assert not found
    assert rr.diff(old, new, tolerance=2 * most)
    unchanged = {m.old for m in found.kept}
    X = np.random.default_rng(seed).uniform(-1, 2, (2000, 3))
    off = np.abs(old.predict(X) - new.predict(X))[:, 0]
    assert off.max() <= gap.bound
    assert unchanged.isdisjoint(old.apply(X)[off > 1e-9])


def test_equal_rules_and_equal_functions() -> None:
    net = random_network(3, 3, 5, 2)
    old = rules_of(net, BOX)
    same = rr.diff(old, old)
    assert same
    assert same.bound == 0.0
    assert len(same.kept) == len(old)
    assert "same numbers" in same.verdict()
    order = np.array([1, 0, 2, 3, 4]) if net.L[1, 0] == 0 else np.arange(5)
    turned = replace(
        net,
        A=net.A[order],
        b=net.b[order],
        L=net.L[np.ix_(order, order)],
        U=net.U[:, order],
        slope=net.slope[order],
    )
    assert rr.diff(old, rules_of(turned, BOX))
    doubled = replace(net, C=net.C * (1 + 1e-14))
    assert rr.diff(old, rules_of(doubled, BOX))
    off = rr.diff(old, rules_of(replace(net, c=net.c + np.array([0.0, 1e-3])), BOX))
    assert not off
    assert [gap.bound for gap in off.gaps] == pytest.approx([0.0, 1e-3], abs=1e-9)
    assert len(off.changed) == len(old)
    assert not off.removed


def test_decisions_data_and_rules() -> None:
    heads = [Head("complement", (0,)), Head("sigmoid", (0,))]
    line = network([[1.0, 0, 0]], [0.0], [[1.0]], c=[-0.5])
    moved = replace(line, c=line.c - 0.5)
    X = np.linspace(-1, 2, 301)[:, None] * [1.0, 0, 0]
    sides = [rules_of(net, BOX, ["no", "yes"], heads) for net in (line, moved)]
    found = rr.diff(*sides, X)
    assert found.data is not None
    assert found.data.rows == 301
    assert found.data.differing == ((X[:, 0] >= 0.5) & (X[:, 0] < 1)).sum()
    assert found.differing == 1  # where a < 0, both say no
    assert found.parts == 2
    assert found.gaps[0].output == pytest.approx(np.tanh(0.125))
    assert found.place is not None
    assert 0.5 <= float(found.place.row["a"]) < 1  # type: ignore[arg-type]
    decided = [rules_of(net, BOX, ["no", "yes"], heads, decision=0.5) for net in (line, moved)]
    told = rr.diff(*decided, X)
    assert not told
    assert told.data is not None
    assert told.data.differing == found.data.differing
    assert rr.diff(decided[0], decided[0])


def test_simplified_rules_jump_at_boundaries_only() -> None:
    net = network([[1.0, 0, 0], [0, 1.0, 0]], [0.0, 0.0], [[1.0, 0.05]])
    exact, rough = rules_of(net, BOX), rules_of(net, BOX, max_error=0.1)
    assert len(rough) < len(exact)
    found = rr.diff(exact, rough)
    assert found.gaps[0].bound <= rough.max_error * (1 + 1e-9)
    assert rr.diff(exact, rough, tolerance=0.1)
    assert found.removed
    assert "within" in str(found)


def test_domains_that_overlap_and_those_that_dont() -> None:
    net = random_network(1, 3, 4, 1)
    old = rules_of(net, BOX)
    part = rr.diff(
        old,
        rules_of(net, rr.Domain.box([0, -5, 0], [5, 5, 5], ["a", "b", "c"]).where("a + b <= 3")),
    )
    assert part
    assert "overlap" in str(part)
    with pytest.raises(DomainError, match="no row in common"):
        rr.diff(old, rules_of(net, rr.Domain.box([3, 3, 3], [4, 4, 4], ["a", "b", "c"])))
    with pytest.raises(DataError, match="other outputs"):
        rr.diff(old, rules_of(net, BOX, ["z"]))
    with pytest.raises(DataError, match="give domain, or data"):
        rr.diff(net, net)


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag not in ("meta", "link", "br", "line", "rect"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_json_and_html() -> None:
    one, other, _, most = planted(5)
    names = ("<old>.json", "new.json")
    found = rr.diff(rules_of(one, BOX), rules_of(other, BOX), names=names)
    plain = found.to_json()
    assert plain["gaps"][0]["bound"] == pytest.approx(most)
    assert plain["equivalent"] is False
    assert len(plain["kept"]) + len(plain["changed"]) + len(plain["removed"]) == plain["rules"][0]
    text = print_difference_html(found)
    assert "<old>.json" not in text
    assert "&lt;old&gt;.json" in text
    reader = _Tags()
    reader.feed(text)
    assert not reader.open


def test_an_output_without_a_name_has_that_of_the_other_side() -> None:
    """Rules of a table call the output as its target; a model of its own may name none."""
    rows = pd.DataFrame(np.random.default_rng(0).uniform(-1, 1, (40, 3)), columns=list("abc"))
    model = graph(random_network(0, 3, 3, 1), ["y"])
    price = pd.Series(model.evaluate(rows.to_numpy())[:, 0], name="price")
    named = rr.extract(model, data=rows, y=price)
    assert named.outputs == ("price",)
    assert rr.diff(named, model, rows)
    assert rr.diff(model, named, rows)
    other = graph(random_network(0, 3, 3, 1), ["cost"])
    with pytest.raises(DataError, match="other outputs"):
        rr.diff(named, other, rows)
