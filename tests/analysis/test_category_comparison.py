"""Two rule sets over several columns of categories, against every choice of categories and every
kink along the one number.
"""

from dataclasses import replace

import numpy as np
import pytest
from brute_force import list_choices
from handmade import network, random_network, rules_of

import relurules as rr
from relurules.analysis.changes import RowPair, find_largest_change
from relurules.analysis.columns import find_column, fix_category
from relurules.analysis.rule_cells import RestrictedRules
from relurules.analysis.targets import find_target
from relurules.domain.columns import Category, Column
from relurules.ir import Network
from relurules.ir.network import Array

LOW, HIGH = -1.0, 2.0


def make_domain(sizes: tuple[int, ...]) -> rr.Domain:
    columns = [Column("n")]
    columns += [
        Column(f"c{i}", tuple(Category((f"v{j}",)) for j in range(size)))
        for i, size in enumerate(sizes)
    ]
    return rr.Domain.over(columns).bounded({"n": (LOW, HIGH)})


def list_kinks(net: Network, x: Array) -> Array:
    """Where a neuron's z is 0 along the first column, and both ends."""
    places = [LOW, HIGH]
    for k in range(len(net)):
        ends = np.unique(places)
        z = net.preactivations(np.column_stack([ends, np.tile(x[1:], (len(ends), 1))]))[:, k]
        for i in np.flatnonzero(z[:-1] * z[1:] < 0).tolist():
            share = z[i] / (z[i] - z[i + 1])
            places.append(float(ends[i] + share * (ends[i + 1] - ends[i])))
    return np.unique(places)


def list_rows(domain: rr.Domain, *nets: Network) -> Array:
    """Rows at all kinks of every choice of categories: a difference is largest at one of them."""
    found = []
    for choice in list_choices(domain):
        x = np.array([choice.get(j, 0.0) for j in range(len(domain))])
        kinks = np.concatenate([list_kinks(net, x) for net in nets])
        rows = np.tile(x, (len(kinks), 1))
        rows[:, 0] = kinks
        found.append(rows)
    return np.vstack(found)


@pytest.mark.parametrize(
    ("seed", "sizes", "moved"),
    [(0, (3, 2), "slope"), (1, (4, 3), "normal"), (2, (2, 2, 3), "all")],
)
def test_the_largest_difference_is_that_of_all_choices(
    seed: int, sizes: tuple[int, ...], moved: str
) -> None:
    domain = make_domain(sizes)
    old = random_network(seed, len(domain), 4, 2)
    A, U = old.A.copy(), old.U.copy()
    if moved == "slope":
        U[0, 1] += 0.25
    elif moved == "normal":
        A[0, 2] += 0.5
    else:
        A += np.random.default_rng(seed).normal(size=A.shape) / 10
    new = replace(old, A=A, U=U)
    rows = list_rows(domain, old, new)
    most = np.abs(new.evaluate(rows) - old.evaluate(rows)).max(axis=0)

    found = rr.diff(rules_of(old, domain), rules_of(new, domain))
    assert found.complete
    assert [gap.bound for gap in found.gaps] == pytest.approx(most, abs=1e-8)
    assert [gap.reached or 0.0 for gap in found.gaps] == pytest.approx(most, rel=2e-6, abs=1e-8)


def test_rules_that_differ_for_one_row_of_categories_alone_are_told_apart() -> None:
    """One neuron is active for v6 of one column with v4 of the other, and nowhere else."""
    domain = make_domain((7, 5))
    weights = [[0.0, *np.linspace(0, 6, 7), *np.linspace(0, 4, 5)]]
    old, new = (rules_of(network(weights, [-9.5], [[u]]), domain) for u in (1.0, 3.0))
    found = rr.diff(old, new)
    assert (found.complete, found.parts) == (True, 2)
    assert found.gaps[0].bound == pytest.approx(1.0)
    assert (len(found.kept), len(found.changed)) == (1, 1)
    assert [match.gap for match in found.kept] == [0.0]
    assert found.gaps[0].place is not None
    shown = found.gaps[0].place.row
    assert (shown["c0"], shown["c1"]) == ("v6", "v4")


@pytest.mark.parametrize("seed", range(3))
def test_changes_of_a_category_are_the_same_whichever_pair_was_asked_before(seed: int) -> None:
    domain = make_domain((3, 2))
    net = random_network(seed, len(domain), 4, 1)
    ground = RestrictedRules(rules_of(net, domain), domain)
    target, column = find_target(ground, "y0"), find_column(ground, "c0")
    spaces = {at: fix_category(ground, column, at) for at in column.categories}
    rows = list_rows(domain, net)
    for one, other in ((0, 1), (0, 2), (1, 2), (1, 0)):
        pair = RowPair(spaces[one], spaces[other], column, None, (one, other))
        before, after = rows.copy(), rows.copy()
        before[:, column.at[0] : column.at[-1] + 1] = np.eye(3)[one]
        after[:, column.at[0] : column.at[-1] + 1] = np.eye(3)[other]
        change = (net.evaluate(after) - net.evaluate(before))[:, 0]
        for sign in (1.0, -1.0):
            found = find_largest_change(ground, target, pair, sign, integers=False)
            assert found.bound == pytest.approx((sign * change).max(), abs=1e-8)
