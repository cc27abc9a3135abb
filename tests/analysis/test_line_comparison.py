"""Differences of additive rules: those of the partition rules, line by line."""

from dataclasses import replace

import numpy as np
import pytest
from handmade import additive_of, network, rules_of

import relurules as rr
from relurules.documents.difference import print_difference_html
from relurules.errors import DataError, DomainError, UnsupportedError
from relurules.ir import Head, Network

BOX = rr.Domain.box([-1, -1, 0, 0], [2, 2, 1, 1], ["a", "b", "k", "l"])
DOMAIN = replace(BOX, groups=((2, 3),))
CLASSES = [Head("complement", (0,)), Head("sigmoid", (0,))]


def make_pair(seed: int, m: int = 1) -> tuple[Network, Network]:
    """Two networks of which some neurons, slopes and constants differ, one of them doubled."""
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(5, 4)) * (rng.random((5, 4)) < 0.6)
    A[1] = A[0]
    b, U = rng.normal(size=5), rng.normal(size=(m, 5))
    b[1] = b[0]
    old = network(A, b, U, C=rng.normal(size=(m, 4)), c=rng.normal(size=m))
    change = 0.1 * rng.normal(size=U.shape) * (rng.random(U.shape) < 0.5)
    moved = b + 0.2 * (rng.random(5) < 0.3)
    return old, replace(old, U=U + change, b=moved, c=old.c + 0.01)


@pytest.mark.parametrize("seed", range(6))
def test_bounds_are_those_of_the_partition_rules(seed: int) -> None:
    m = 1 + seed % 2
    one, other = make_pair(seed, m)
    parts = rules_of(one, DOMAIN), rules_of(other, DOMAIN)
    lines = additive_of(one, DOMAIN), additive_of(other, DOMAIN)
    exact = rr.diff(*parts)
    for found in (rr.diff(*lines), rr.diff(parts[0], lines[1]), rr.diff(lines[0], parts[1])):
        assert bool(found) is bool(exact)
        for a, b in zip(exact.gaps, found.gaps, strict=True):
            assert b.bound == pytest.approx(a.bound, rel=1e-6)
            assert b.reached == pytest.approx(a.bound, rel=2e-6)
        assert "not equivalent: scores differ by as much as" in str(found)
        assert "parts of the domain" not in str(found)
        assert found.to_json()["units"] == list(found.units)
        assert "<html" in print_difference_html(found)


def test_the_same_rules_are_the_same_numbers() -> None:
    one, _ = make_pair(3)
    same = rr.diff(additive_of(one, DOMAIN), additive_of(one, DOMAIN))
    assert same.same
    assert same.bound == 0.0
    assert same
    doubled = replace(
        one,
        A=np.vstack([one.A, one.A[4:]]),
        b=np.append(one.b, one.b[4:]),
        U=np.column_stack([one.U[:, :4], one.U[:, 4] / 2, one.U[:, 4] / 2]),
        L=np.zeros((6, 6)),
        slope=np.zeros(6),
        neurons=(*one.neurons, one.neurons[4]),
    )
    assert rr.diff(additive_of(one, DOMAIN), additive_of(doubled, DOMAIN)).bound == 0.0


def test_what_became_of_the_lines() -> None:
    one = network(
        [[1.0, 0, 0, 0], [0, 1.0, 0, 0], [1.0, 1.0, 0, 0]], [0.0, 0, -1], [[1.0, 2.0, 3.0]]
    )
    other = network(
        [[0, 1.0, 0, 0], [1.0, 0, 0, 0], [1.0, -1.0, 0, 0]], [0.0, 0, 0], [[2.0, 1.5, 1.0]]
    )
    found = rr.diff(additive_of(one, DOMAIN), additive_of(other, DOMAIN), names=("v1", "v2"))
    assert [(m.old, m.new) for m in found.kept] == [(2, 1)]
    assert [(m.old, m.new) for m in found.changed] == [(1, 2)]
    assert found.changed[0].gap == pytest.approx(0.5 * 2.0)
    assert [u.rule for u in found.removed] == [3]
    assert [u.rule for u in found.added] == [3]
    assert "RULES: v1 has 3 lines, v2 has 3 lines" in str(found)
    assert "line 1 is now line 2, off by up to 1" in str(found)
    mixed = rr.diff(rules_of(one, DOMAIN), additive_of(other, DOMAIN))
    assert "lines" in str(mixed)
    assert "unchanged" not in str(mixed)


def test_rows_that_get_another_class() -> None:
    rng = np.random.default_rng(0)
    one, other = make_pair(2)
    names = ["p_no", "p_yes"]
    sides = [additive_of(net, DOMAIN, names, CLASSES) for net in (one, other)]
    X = rng.uniform(DOMAIN.lower, DOMAIN.upper, (300, 4))
    X[:, 2:] = np.eye(2)[rng.integers(2, size=300)]
    found = rr.diff(*sides, X)
    told = [side.predict(X).argmax(axis=1) for side in sides]
    assert found.data is not None
    assert found.data.differing == int((told[0] != told[1]).sum())
    assert found.place is not None
    row = list(found.place.row.values())
    was, now = (side.predict(np.array([row])).argmax() for side in sides)
    assert was != now
    far = [
        additive_of(replace(net, c=net.c + 500.0), DOMAIN, names, CLASSES) for net in (one, other)
    ]
    certain = rr.diff(*far)
    assert certain.place is None
    assert any("no row is decided differently" in note for note in certain.notes)


def test_columns_that_only_one_reads_and_domains_that_overlap() -> None:
    one = additive_of(
        network([[1.0, 0.0]], [0.0], [[1.0]]), rr.Domain.box([-1, -1], [1, 1], ["a", "b"])
    )
    other = additive_of(
        network([[1.0, 0.5]], [0.0], [[1.0]]), rr.Domain.box([0, 0], [2, 2], ["a", "c"])
    )
    found = rr.diff(one, other)
    assert found.bound == pytest.approx(1.0)
    assert "only the old rules read 'b'" in str(found)
    apart = additive_of(
        network([[1.0, 0.0]], [0.0], [[1.0]]), rr.Domain.box([3, 3], [4, 4], ["a", "b"])
    )
    with pytest.raises(DomainError, match="no row in common"):
        rr.diff(one, apart)


def test_what_cannot_be_compared() -> None:
    one, other = make_pair(1)
    lines = additive_of(one, DOMAIN)
    rough = rules_of(other, DOMAIN, max_error=1.0)
    if rough.simplified:
        with pytest.raises(UnsupportedError, match="these partition rules were simplified"):
            rr.diff(lines, rough)
    with pytest.raises(DataError, match="other outputs"):
        rr.diff(lines, additive_of(one, DOMAIN, ["z"]))
